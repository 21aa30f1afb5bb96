"""How words are compared, and what a mark may say of a run."""

import pytest

from commonwatch.desks.exchange.rules import words


def test_words_are_compared_without_case_points_and_the_dots_of_yo():
    assert words.words_of("Мост через Чёрную речку: закрыт!", "no_change", "2026-W37") == (
        "мост", "через", "черную", "речку", "закрыт", "no", "change", "2026", "w37",
    )  # fmt: skip


def test_a_long_text_is_compared_like_a_short_one():
    assert words.words_of("Паводок. " * 1000) == ("паводок",)


def test_what_values_say_leaves_out_yes_and_no():
    said = {"text": "a fire", "topics": ["border"], "events": 12, "asks": True}
    assert list(words.spoken(said)) == ["a fire", "border", "12"]


@pytest.mark.parametrize(
    "typed", ["граница", "границе", "границы", "границей", "Границу", "границ", "границам"]
)
@pytest.mark.parametrize("said", ["граница", "границы", "границами", "границах"])
def test_a_russian_word_is_found_in_any_case_form(typed, said):
    [term] = words.asked(typed)
    assert words.words_of(said)[0].startswith(term)


@pytest.mark.parametrize(
    ("word", "term"), [("дом", "дом"), ("река", "река"), ("bridge", "bridge"), ("2026", "2026")]
)
def test_short_words_and_words_of_other_languages_keep_their_ending(word, term):
    assert words.stem(word) == term


def test_no_more_words_are_looked_for_than_can_be():
    assert len(words.asked(" ".join(f"word{number}" for number in range(40)))) == words.MOST_WORDS


def mark(text, *tokens):
    return words.marked(words.EMPTY, words.words_of(text), tokens)


def test_a_mark_never_denies_what_is_there():
    text = "Сель сошёл на дорогу; the bridge at km 14 is closed, 128 persons were led away"
    made = mark(text, "type=T8")
    for word in words.words_of(text):
        for end in range(1, len(word) + 1):
            assert words.may_hold(made, [[words.places(word[:end])]]), word[:end]
    assert words.may_hold(made, [[words.place("type=T8")], [words.places("bridge")]])


def test_a_mark_denies_what_is_not_there():
    made = mark("the bridge is closed", "type=T8")
    assert not words.may_hold(made, [[words.places("landslip")]])
    assert not words.may_hold(made, [[words.place("type=D1")]])
    assert not words.may_hold(made, [[words.places("bridge")], [words.places("landslip")]])
    assert words.may_hold(made, [[words.places("landslip"), words.places("bridge")]])


def test_a_mark_keeps_what_was_set_before_and_is_plain_text():
    made = words.marked(mark("flood"), words.words_of("fire"), ())
    assert words.may_hold(made, [[words.places("flood")], [words.places("fire")]])
    assert made.isascii()
    assert len(made) == words.CHARACTERS
    assert "\0" not in made
