"""Every sentence that a person may read is there in Russian, with the same named fields, and is found at run time."""

import ast
import importlib
import io
import os
import re
import sys

import pytest
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.utils.translation import gettext, ngettext, override
from django.utils.translation.template import templatize

from commonwatch.errors import Refusal
from tests.house.tree import PRODUCT, ROOT, list_of, modules, named

CATALOGUES = sorted(PRODUCT.rglob("locale/ru/LC_MESSAGES/django.po"))
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
FIELD = re.compile(r"%\((\w+)\)[a-z]|(?<!\{)\{(\w*)[^{}]*\}(?!\})")


def in_code():
    """Yield every marked sentence of the code with its place; anything but a plain text is a fault."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and named(node.func) in MARKS and node.args:
                said = node.args[0]
                text = said.value if isinstance(said, ast.Constant) else None
                yield module.at(node), text, isinstance(said, ast.JoinedStr)


def in_templates():
    """Yield every marked sentence of the templates with its place."""
    for path in sorted(PRODUCT.rglob("templates/**/*")):
        if path.suffix in {".html", ".txt", ".xml"}:
            for line, text in marked_in(path.read_text(), str(path)):
                yield f"{path.relative_to(ROOT)}:{line}", text


def marked_in(template, name="template"):
    """Yield (line, sentence) of what a template marks for translation."""
    code = io.BytesIO(templatize(template, origin=name).encode())
    for line, found, _comments, _context in extract("javascript", code, KEYWORDS):
        yield line, found[0] if isinstance(found, tuple) else found


def spoken(text):
    """Say whether a sentence has words of its own, besides its named fields."""
    return any(each.isalpha() for each in FIELD.sub("", text))


def sentences():
    """Every marked sentence, with the first place where it stands."""
    found = {}
    for place, text, _folded in in_code():
        if text:
            found.setdefault(text, place)
    for place, text in in_templates():
        found.setdefault(text, place)
    return {text: place for text, place in found.items() if spoken(text)}


def translations():
    """Every translation of every catalogue by its sentence: plural forms are several texts."""
    found = {}
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file, locale="ru"):
                if not message.id:
                    continue
                found[key(message)] = () if message.fuzzy else forms(message)
    return found


def test_sentences_of_templates_are_found():
    template = """{% load i18n %}<p title="{% translate "It's late" %}">{{ _("Due") }}</p>
    {% blocktranslate with who=party trimmed %}Sent by
    {{ who }}.{% endblocktranslate %}
    {% blocktranslate count n=total %}one report{% plural %}{{ n }} reports{% endblocktranslate %}"""
    found = [text for _line, text in marked_in(template)]
    assert found == ["It's late", "Due", "Sent by %(who)s.", "one report"]


def untranslated(marked, known):
    """Name the marked sentences that lack a translation, or a form of it, with their places."""
    return [
        f"{place}: {text!r}" for text, place in marked.items() if not known.get(text) or not all(known[text])
    ]


def other_fields(known):
    """Name the translations whose named fields are others than those of their sentence."""
    return [
        f"{text!r}: {fields(each)} for {fields(text)}"
        for text, said in known.items()
        for each in said
        if each and fields(each) != fields(text)
    ]


def fields(text):
    return {first or second for first, second in FIELD.findall(text)}


def other_plurals():
    """Name the sentences whose translation has more or fewer plural forms than Russian has in their catalogue."""
    faults = []
    for path in CATALOGUES:
        with path.open("rb") as file:
            catalogue = read_po(file, locale="ru")
        faults += [
            f"{path.relative_to(ROOT)}: {message.id[0]!r} has {len(forms(message))} forms of {catalogue.num_plurals}"
            for message in catalogue
            if message.pluralizable and len(forms(message)) != catalogue.num_plurals
        ]
    return faults


def test_every_sentence_is_in_russian():
    faults = untranslated(sentences(), translations())
    assert not faults, list_of(["without a translation:", *faults])


def test_translations_name_the_same_fields():
    faults = other_fields(translations())
    assert not faults, list_of(faults)


def test_translations_have_every_plural_form():
    faults = other_plurals()
    assert not faults, list_of(faults)


def test_what_lacks_is_found_and_named():
    marked = {"Due": "a:1", "{n} reports": "a:2", "Late": "a:3"}
    known = {
        "Due": ("Срок",),
        "{n} reports": ("{n} отчёт", "", "{n} отчётов"),
        "Sent by {who}": ("Отправил {party}",),
    }
    assert untranslated(marked, known) == ["a:2: '{n} reports'", "a:3: 'Late'"]
    assert other_fields(known) == ["'Sent by {who}': {'party'} for {'who'}"]


def test_sentences_are_marked_as_plain_texts():
    faults = [
        f"{place}: marked for translation, but put together at run time"
        for place, _t, odd in in_code()
        if odd
    ]
    assert not faults, list_of(faults)


def refusals():
    """Every refusal of the product, whichever modules the tests before have loaded."""
    for module in modules():
        if module.room not in {"__main__", "wsgi"}:
            importlib.import_module(module.name)
    return sorted({cls for cls in below(Refusal) if cls.__module__.startswith("commonwatch.")}, key=repr)


def below(cls):
    for child in cls.__subclasses__():
        yield child
        yield from below(child)


def test_what_a_refusal_says_is_marked_for_translation():
    marked = {text for _place, text, _odd in in_code()}
    faults = [
        f"{cls.__module__}.{cls.__name__}.{name}: {said!r}"
        for cls in refusals()
        for name in ("says", "hint")
        if (said := getattr(cls, name)) and said not in marked
    ]
    assert not faults, list_of(faults)


def test_a_code_of_a_refusal_names_its_room_and_one_thing():
    """A family of refusals (all that is wrong with sheets) may share the code of its base."""
    codes = {}
    for cls in refusals():
        assert re.fullmatch(r"[a-z]+\.[a-z-]+", cls.code), f"{cls.__qualname__}: {cls.code}"
        assert 400 <= cls.status < 600, cls.__qualname__
        if "code" in vars(cls):
            codes.setdefault(cls.code, []).append(f"{cls.__module__}.{cls.__qualname__}")
    shared = {code: names for code, names in codes.items() if len(names) > 1}
    assert not shared


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.relative_to(PRODUCT).parts[0])
def test_a_compiled_catalogue_is_in_step_with_its_source(path):
    compiled = path.with_suffix(".mo")
    assert compiled.exists(), f"run: pybabel compile -D django -l ru -d {path.parents[2].relative_to(ROOT)}"
    with path.open("rb") as file:
        source = {
            key(each): forms(each) for each in read_po(file, locale="ru") if each.string and not each.fuzzy
        }
    with compiled.open("rb") as file:
        found = {key(each): forms(each) for each in read_mo(file)}
    assert source.keys() - {""} == found.keys() - {""}
    assert [text for text in source if text and source[text] != found[text]] == []


def forms(message):
    return tuple(message.string) if message.pluralizable else (message.string,)


def key(message):
    return message.id[0] if message.pluralizable else message.id


def test_translations_are_found_at_run_time():
    known = translations()
    with override("ru"):
        faults = [
            f"{place}: {text!r}"
            for text, place in sentences().items()
            if text in known and all(known[text]) and at_run_time(text, known[text]) not in known[text]
        ]
    assert not faults, list_of(["translated, but in a catalogue that Django does not read:", *faults])


def at_run_time(text, said):
    return gettext(text) if len(said) == 1 else ngettext(text, text, 1)


def test_the_count_is_told_and_whatever_lacks_ends_it_with_1(capsys, monkeypatch):
    assert counted() == 0
    assert capsys.readouterr().out.endswith("0 untranslated\n")
    monkeypatch.setattr("tests.house.test_language.translations", dict)
    assert counted() == 1
    assert not capsys.readouterr().out.endswith("\n0 untranslated\n")


def counted():
    """Print how many sentences are marked and translated; return the exit code: 1 when anything lacks."""
    marked, known = sentences(), translations()
    lacking = untranslated(marked, known)
    faults = [*lacking, *other_fields(known), *other_plurals()]
    with_fields = sum(1 for text in marked if fields(text))
    plural = sum(1 for text in marked if len(known.get(text, ())) > 1)
    print(f"{len(marked)} sentences marked, {len(marked) - len(lacking)} in Russian")
    print(
        f"{with_fields} with named fields and {plural} with plural forms, each compared with its translation"
    )
    for fault in faults:
        print(f"  {fault}")
    print(f"{len(lacking)} untranslated")
    return 1 if faults else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
    sys.exit(counted())
