"""Questions and relays for programs: the same acts as the pages, and the same refusals."""

import pytest

from commonwatch.access.models import Opened
from tests.exchange.test_api import Program
from tests.traffic.scenes import ask, notice, relay, report


@pytest.fixture
def belarus(house):
    return Program(house, "BY")


def test_a_program_lists_reads_and_answers_what_its_party_was_asked(house, belarus):
    key = ask(house, report=report(house), part="events", readers="all")
    listed = belarus.get("questions").json()["questions"]
    assert [(each["question"], each["part"], each["state"]) for each in listed] == [(key, "events", "open")]

    done = belarus.post(f"questions/{key}/answer", {"text": "Three"})
    assert done.status_code == 200
    assert [each["text"] for each in done.json()["answers"]] == ["Three"]
    again = belarus.post(f"questions/{key}/answer", {"text": "Four"})
    assert (again.status_code, again.json()["code"]) == (409, "traffic.answered-already")
    added = belarus.post(f"questions/{key}/answer", {"text": "And four", "supplement": True}).json()
    assert [each["supplement"] for each in added["answers"]] == [False, True]


def test_a_program_says_why_its_party_does_not_answer(house, belarus):
    key = ask(house)
    done = belarus.post(f"questions/{key}/refuse", {"reason": "Not ours"}).json()
    assert [each["refused"] for each in done["answers"]] == [True]


def test_a_question_of_others_is_as_if_absent(house):
    key = ask(house)
    other = Program(house, "KZ")
    assert other.get("questions").json() == {"questions": []}
    for answer in (other.get(f"questions/{key}"), other.post(f"questions/{key}/answer", {"text": "x"})):
        assert (answer.status_code, answer.json()["code"]) == (404, "traffic.no-such-question")


def test_a_program_acknowledges_a_relay_for_its_party(house, belarus):
    key = relay(house, notice(house, "KZ"), recipients=["BY", "RU"])
    assert [each["relay"] for each in belarus.get("relays").json()["relays"]] == [key]
    house.clock.tick(minutes=3)
    done = belarus.post(f"relays/{key}/acknowledge", {}).json()
    assert {each["party"]: bool(each["acknowledged_at"]) for each in done["recipients"]} == {
        "BY": True,
        "RU": False,
    }
    again = belarus.post(f"relays/{key}/acknowledge", {})
    assert (again.status_code, again.json()["code"]) == (409, "traffic.acknowledged-already")
    assert Program(house, "TJ").post(f"relays/{key}/acknowledge", {}).status_code == 403


def test_what_a_program_reads_leaves_a_line(house, belarus):
    key = ask(house, report=notice(house), readers="all")
    belarus.get(f"questions/{key}")
    assert set(Opened.objects.filter(how="api").values_list("subject", flat=True)) == {key}
