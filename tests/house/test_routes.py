"""Every address is named, listed with who may open it, and answers everybody sensibly: never 500, never a hint.

Forbidden looks like absent: what a viewer may not read is answered like what was never there.
"""

import re
from hashlib import sha256
from typing import NamedTuple

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from commonwatch.access import pairs
from commonwatch.desks.drills import acts as drills
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.models import Quarantined
from commonwatch.desks.shifts import acts as shifts
from commonwatch.desks.shifts.intake import gather
from commonwatch.federation.models import Evidence
from commonwatch.journal import note
from commonwatch.register.models import Journal
from tests.house.routes import ADMINISTRATORS, EVERYBODY, NOBODY, OFFICES, READERS, ROUTES, STEP, rule
from tests.house.tree import list_of
from tests.journal import forks
from tests.summaries import desk
from tests.traffic import scenes

PERIOD = "2026-09-14"
ABSENT = "01990000-0000-7000-8000-000000000000"
FINE = {200, 204, 302, 304, 404}
AWAY = {302, 401, 404}
# What stands for the argument "key" in addresses that begin so; elsewhere a report.
KEYS = (
    ("releases/", "release"),
    ("questions/", "question"),
    ("relays/clocks/", "notice"),
    ("relays/new/", "notice"),
    ("relays/", "relay"),
    ("shifts/handover/", "handover"),
)
OF_THE_CENTER = ("handover", "plan", "call", "score", "notice", "question", "relay", "summary")


class Address(NamedTuple):
    """One pattern: its name with its namespaces, its path with `{argument}` in it, its arguments."""

    name: str
    path: str
    arguments: tuple[str, ...]


def addresses(patterns=None, *, space="", before=""):
    """Every address, from the resolver itself."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        path = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(each.pattern))
        if isinstance(each, URLResolver):
            inside = f"{space}{each.namespace}:" if each.namespace else space
            yield from addresses(each.url_patterns, space=inside, before=path)
        else:
            yield Address(f"{space}{each.name}" if each.name else "", path, tuple(each.pattern.converters))


def test_every_address_has_a_name():
    assert not [each.path for each in addresses() if not each.name]


def test_every_address_is_listed_with_who_may_open_it():
    there = {each.name for each in addresses()}
    assert there == set(ROUTES), f"new: {sorted(there - set(ROUTES))}; gone: {sorted(set(ROUTES) - there)}"


def test_every_address_ends_as_addresses_do():
    """With a slash for pages; without for files, which clients of journals and programs ask for."""
    files = ("federation:", "api:", "health", "exchange:template", "exchange:compliance-sheet")
    files += ("exchange:label", "exchange:release-label", "drills:sheet", "summaries:pdf")
    files += ("exchange:quality-sheet",)
    odd = [
        each.path for each in addresses() if not each.name.startswith(files) and not each.path.endswith("/")
    ]
    assert odd in ([], [""])


class Street(NamedTuple):
    """A house with something in it, and what stands for each argument of an address."""

    house: object
    shown: dict
    hidden: dict
    never: dict


@pytest.fixture
def street(house):
    """Belarus reports once to all members and once to the Center alone; Armenia may read the first only.

    The Center has a summary for all members, one for itself and a neighbour, and a draft.
    """
    values = {"change": "no_change"}
    na = house.na("BY")
    first = acts.submit_report(by=na, report=Sent(type="D1", period=PERIOD, values=values), channel="form")
    narrow = Sent(type="D1", period=PERIOD, values=values, audience="center")
    second = acts.submit_report(by=na, report=narrow, channel="form")
    wide, near = (release(na, second.subject, audience) for audience in ("members", "eastern-europe"))
    asked, other = (propose(na, each.subject) for each in (first, second))
    shown, hidden = drill(house, "AM"), drill(house, "BY")
    account = house.account("CRC", "duty")
    note = hand_over(house.duty())
    file = Quarantined.objects.create(
        id="0" * 32,
        account=account,
        type="D1",
        filename="odd.csv",
        data=b"odd",
        reason="unreadable",
        faults=[],
        at=house.clock(),
    )
    return Street(
        house,
        shown=samples(first.subject, first.entry, origin(first.journal), file=file.pk, release=wide)
        | {"proposal": asked, "handover": note, **shown}
        | {**traffic(house, "members"), **summed(house, "members")},
        hidden=samples(second.subject, second.entry, origin(second.journal), file=file.pk, release=near)
        | {"proposal": other, "handover": note, **hidden}
        | {**traffic(house, "eastern-europe"), **summed(house, "eastern-europe", form="sitrep")},
        never=samples(
            f"report/BY/{ABSENT}",
            ABSENT,
            "csto/BY/real/h1-nobody/1",
            file="f" * 32,
            release=f"release/BY/{ABSENT}",
        )
        | {"proposal": f"proposal/BY/{ABSENT}", "draft": "f" * 32}
        | {each: f"{each}/CRC/{ABSENT}" for each in OF_THE_CENTER},
    )


def traffic(house, audience):
    """An urgent notice for an audience, a question on it and a relay of it."""
    key = scenes.notice(house, audience=audience)
    question = scenes.ask(house, report=key, readers="all")
    return {"notice": key, "question": question, "relay": scenes.relay(house, key, recipients=["RU"])}


def summed(house, audience, *, form="day"):
    """Release a summary to an audience and begin another draft."""
    row = desk.meant(house, desk.write(house, desk.draft(house, form), "SAMPLE: words"), audience)
    return {"summary": desk.released(house, row).summary, "draft": desk.draft(house, form).id}


def origin(journal):
    return Journal.objects.get(pk=journal).origin


def drill(house, post):
    """Hold a drill with one post in the exercise, keep its score, and plan another."""
    lead = house.sit(house.node.pack.center, "shift-lead", mode="exercise")
    call = drills.plan_drill(by=lead, drill="call", posts=(post,), confirmed=True).call
    drills.end_drill(by=lead, call=call)
    score = drills.keep_score(by=lead, call=call)
    later = drills.plan_drill(by=lead, drill="call", posts=(post,), starts=house.clock())
    return {"call": call, "score": score, "plan": later.key}


def release(by, report, audience):
    choice = acts.Choice(report, audience, ground="Others ask for it")
    return acts.release_report(by=by, choice=choice).release


def propose(by, report):
    """Let a release wait for a second person, whatever its level."""
    plan = acts.plan_release(acts.Choice(report, "public", level="H0", ground="Others ask for it"), by=by)
    return pairs.propose(by=by, act="exchange.release-report", body=plan.body)


def hand_over(by):
    """Let the Center's watch be taken, and its hand-over signed."""
    shifts.take_watch(by=by, seen="")
    items = {each.key for each in gather(by)[0]}
    return shifts.sign_handover(by=by, shown=items, remarks={})


def samples(subject, entry, journal, *, file, release):
    signer = note.Signer(name=journal, seed=bytes(32))
    data = forks.evidence(forks.LEFT[:5], forks.RIGHT[:9], signer=signer)
    Evidence.objects.get_or_create(
        digest=sha256(journal.encode()).hexdigest(), defaults={"origin": journal, "data": data, "found_at": 0}
    )
    return {
        "digest": sha256(journal.encode()).hexdigest(),
        "release": release,
        "key": subject,
        "report": subject,
        "entry": entry,
        "origin": journal,
        "name": file,
        "code": "D1",
        "type": "D1",
        "party": "BY",
        "period": PERIOD,
        "form": "csv",
        "path": "0/000.p/1",
        "handle": "by-administrator",
        "id": 999,
        "pk": 999,
    }


def asked(arguments=None):
    """Every address that answers GET, filled with what stands for its arguments."""
    for each in addresses():
        if rule(each.name).asks == "GET":
            yield each, "/" + each.path.format(**of(each, arguments or {}))


def of(address, arguments):
    """What stands for the arguments of an address: the key of a release is not that of a report."""
    own = next((name for start, name in KEYS if address.path.startswith(start)), "key")
    return {**arguments, "key": arguments.get(own)}


VIEWERS = {
    "public": None,
    "national": ("AM", "na-officer"),
    "owner": ("BY", "na-officer"),
    "center": ("CRC", "duty"),
}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_every_page_answers_everybody(street, viewer):
    client = street.house.client(*(VIEWERS[viewer] or ()))
    client.raise_request_exception = False
    faults = []
    for arguments in (street.shown, street.hidden, street.never):
        for each, path in asked(arguments):
            answer = client.get(path)
            shut = VIEWERS[viewer] is None and rule(each.name).who in {OFFICES, READERS, ADMINISTRATORS}
            refused = {403} if rule(each.name).who in {READERS, ADMINISTRATORS} else set()
            if answer.status_code not in (AWAY if shut else FINE | refused):
                faults.append(f"{answer.status_code} {path} {raised(answer)}")
    assert not faults, list_of(sorted(set(faults)))


def raised(answer):
    """Say what a view raised, when it did."""
    return repr(answer.exc_info[1])[:200] if getattr(answer, "exc_info", None) else ""


def test_pages_open_to_those_for_whom_they_are(street):
    """So that the test before does not pass because everything is 404."""
    offices = (VIEWERS["center"], VIEWERS["owner"], ("BY", "auditor"), ("BY", "administrator"))
    clients = [street.house.client(*office) for office in offices]
    leading = street.house.client("CRC", "shift-lead")
    leading.post("/mode/", {"mode": "exercise"})
    clients.append(leading)
    faults = []
    for each, path in asked(street.shown):
        opened = {client.get(path).status_code for client in clients}
        if (200 in opened) is (rule(each.name).who in {NOBODY, STEP}):
            faults.append(f"{opened} {path}")
    assert not faults, list_of(faults)


def test_the_public_opens_what_is_for_everybody(street):
    public = street.house.client()
    general = [
        path for each, path in asked(street.shown) if not each.arguments and rule(each.name).who == EVERYBODY
    ]
    assert {path: public.get(path).status_code for path in general} == dict.fromkeys(general, 200)


def test_what_is_for_posting_does_not_answer_a_get(street):
    client = street.house.client(*VIEWERS["center"])
    read = {each.path for each, _path in asked(street.shown)}
    for each in addresses():
        if rule(each.name).asks == "POST" and each.path not in read:
            answer = client.get("/" + each.path.format(**street.shown))
            assert answer.status_code == 405, each.path


def test_forbidden_looks_like_absent(street):
    client = street.house.client(*VIEWERS["national"])
    faults = []
    for each, path in asked(street.hidden):
        if {"key", "report", "entry", "origin", "name", "proposal"}.isdisjoint(each.arguments):
            continue
        other = "/" + each.path.format(**of(each, street.never))
        hidden, never = client.get(path), client.get(other)
        if hidden.status_code != never.status_code or said(hidden, path) != said(never, other):
            faults.append(f"{path}: {hidden.status_code}, and {never.status_code} for what was never there")
    assert not faults, list_of(faults)


def said(answer, path):
    """The body without the address itself, and without what changes with every answer."""
    text = answer.content.decode(errors="replace").replace(path, "PATH")
    for part in path.strip("/").split("/"):
        if len(part) > 20:
            text = text.replace(part, "PART")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="\w+"', "", text)
