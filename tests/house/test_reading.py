"""Whatever gives somebody what is not public leaves a line in the log of reading: no door can forget it.

A word and a figure that stand nowhere else are put into reports and a release. Every address is opened by several
offices, filled with everything that is there; an answer in which either is found must have left a line.
"""

import base64
import re
from itertools import product

import pytest

from commonwatch.access.actor import actor_of
from commonwatch.access.models import Opened, Proposal
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.summaries.models import Draft
from commonwatch.register.models import Entry, Journal
from tests.house.routes import ROUTES, rule
from tests.house.test_routes import addresses
from tests.house.tree import list_of
from tests.summaries import desk

WORD, FIGURE = "Canarybird", 7654321
TRACE = re.compile(rf"{WORD}|7\D{{0,6}}654\D{{0,6}}321")
OFFICES = [("BY", "na-officer"), ("BY", "na-head"), ("AM", "na-officer"), ("CRC", "duty")]
QUERIES = {
    "exchange:series": ["", "?type=D1&field=events", "?type=D1&field=events&as=csv"],
    "exchange:receipt": ["", "?page"],
    "exchange:new": ["", "?period=2026-09-14", "?owes=BY"],
    "exchange:release-report": ["", "?audience=members"],
}
MOST = 60
OWNERS = {"summaries:summary": "CRC"}
"""Whose the thing is that was opened, where it is not the report of Belarus itself."""


@pytest.fixture
def told(house):
    """Belarus reports to all, to the Center alone and at H2; releases the second, and proposes to release the third."""
    values = {"change": "no_change", "text": f"SAMPLE: {WORD}", "events": FIGURE}
    first = actor_of(house.account("BY", "na-officer"))
    done = []
    for day, more in ((12, {}), (13, {"audience": "center"}), (14, {"audience": "center", "level": "H2"})):
        sent = Sent(type="D1", period=f"2026-09-{day}", values=values, **more)
        done.append(acts.submit_report(by=first, report=sent, channel="form"))
    choices = [
        acts.Choice(report=each.subject, audience="members", ground="Others ask for it") for each in done[1:]
    ]
    for choice in choices:
        acts.release_report(by=first, choice=choice)
    row = desk.choose(house, desk.draft(house), *done)
    desk.released(house, desk.write(house, row, f"SAMPLE: {WORD}"))
    desk.choose(house, desk.draft(house), *done)
    return house


def candidates(house):
    """What stands for each argument of an address: everything that is there, and one thing that fits nothing."""
    entries = list(Entry.objects.values_list("entry_id", "subject"))
    subjects = sorted({subject for _id, subject in entries if subject.startswith(("report/", "release/"))})
    proposals = list(Proposal.objects.visible_to(house.na("BY")).values_list("key", flat=True))
    return {
        "key": [*subjects, *proposals],
        "report": subjects,
        "release": subjects,
        "proposal": proposals,
        "summary": sorted({subject for _id, subject in entries if subject.startswith("summary/")}),
        "draft": list(Draft.objects.values_list("id", flat=True)),
        "entry": [str(each) for each, subject in entries if subject in subjects],
        "origin": list(Journal.objects.filter(party="BY").values_list("origin", flat=True)),
        "path": ["0/000.p/1", *(f"entries/000.p/{width}" for width in range(1, 9))],
        "code": ["D1"],
        "party": ["BY"],
        "period": ["2026-09-12", "2026-09-13", "2026-09-14"],
        "form": ["csv", "xlsx"],
    }


def opened_paths(house):
    known = candidates(house)
    for each in addresses():
        if rule(each.name).asks != "GET":
            continue
        filled = [known.get(argument, ["0"]) for argument in each.arguments]
        assert len(list(product(*filled))) <= MOST, f"{each.name} is tried too often"
        for values in product(*filled):
            path = "/" + each.path.format(**dict(zip(each.arguments, values, strict=True)))
            for query in QUERIES.get(each.name, [""]):
                yield each.name, path + query


def test_whatever_gives_content_that_is_not_public_leaves_a_line(told):
    giving, faults = set(), []
    for office in OFFICES:
        client = told.client(*office)
        for name, path in opened_paths(told):
            Opened.objects.all().delete()
            answer = client.get(path)
            gives = answer.status_code == 200 and TRACE.search(text_of(answer))
            left = set(Opened.objects.values_list("party", "account", "owner"))
            if gives:
                giving.add(name)
            if gives and left != {(office[0], "-".join(office).lower(), OWNERS.get(name, "BY"))}:
                faults.append(f"{path} gives content to {office}, and {left or 'no line'} was left")
            if answer.status_code != 200 and left:
                faults.append(f"{path} answers {answer.status_code} and leaves {left}")
    assert not faults, list_of(faults)
    marked = {name for name, route in ROUTES.items() if route.gives}
    assert giving == marked, f"give and are not marked: {giving - marked}; do not: {marked - giving}"


def text_of(answer):
    """The whole answer, with what stands in it in base64 (the entry of a receipt) opened."""
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    coded = re.findall(rb"[A-Za-z0-9+/]{120,}={0,2}", data)
    opened = [base64.b64decode(each[: len(each) // 4 * 4]) for each in coded]
    return b"\n".join([data, *opened]).decode("utf-8", errors="replace")


def test_a_list_for_programs_leaves_a_line_for_each_report(told):
    told.client("CRC", "duty").get("/api/reports")
    assert Opened.objects.filter(how="api", account="crc-duty").count() == 3


def test_a_page_that_has_not_changed_leaves_no_line(told):
    client = told.client("CRC", "duty")
    first = client.get("/")
    Opened.objects.all().delete()
    assert client.get("/", headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert not Opened.objects.exists()
