"""A member leaves or joins in mid-year: who reads what before and after, and what of the exchange goes on."""

from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from commonwatch.charter import model
from commonwatch.desks.exchange import acts, board, rules, series, shown
from commonwatch.desks.exchange.facts import ReleaseCarried, ReleaseWithdrawn, ReportCarried
from commonwatch.desks.exchange.intake import Sent, micros
from commonwatch.desks.exchange.models import Activation, Release, Report, Slip, Waiver
from commonwatch.register import epoch, history, log, rebuild
from commonwatch.register import node as nodes
from commonwatch.register.admit import admit
from commonwatch.register.models import Entry, Journal
from tests.conftest import lived_in

DAY = "2026-09-14"
LEAVES = date(2026, 9, 15)


def member(pack, code, *periods):
    """The pack in which a party was a member in these periods alone."""
    parties = tuple(
        replace(each, membership=tuple(model.Period(*period) for period in periods), participation=())
        if each.code == code
        else each
        for each in pack.parties
    )
    return replace(pack, parties=parties)


@pytest.fixture
def leaving(house):
    """Tajikistan is a member until 2026-09-15."""
    house.node.pack = member(house.node.pack, "TJ", (date(2003, 9, 18), LEAVES))
    return house


@pytest.fixture
def joining(house):
    """Tajikistan is a member from 2026-09-15 on."""
    house.node.pack = member(house.node.pack, "TJ", (LEAVES,))
    return house


def d1(**changes):
    return Sent(**({"type": "D1", "period": DAY, "values": {"change": "change", "events": 3}} | changes))


def file(house, party="BY", **changes):
    return acts.submit_report(by=house.na(party), report=d1(**changes), channel="form")


def correct(house, report, *, party="BY", events=4, **more):
    return acts.correct_report(
        by=house.na(party), report=report, values={"change": "change", "events": events},
        reason="One more was found", channel="form", **more,
    )  # fmt: skip


def keys(house, party):
    return set(Report.objects.visible_to(house.na(party)).values_list("key", flat=True))


def stands(house, reader, *, party="BY", period=DAY):
    pack = house.node.pack
    cell = board.board(reader).cell(pack.type("D1"), pack.party(party))
    return cell.duty.status if cell.duty and cell.duty.slot.period == period else None


def test_who_left_reads_what_was_reported_before_and_nothing_after(leaving):
    before = file(leaving).subject
    leaving.clock.tick(days=1)
    after = file(leaving, period="2026-09-15").subject

    assert keys(leaving, "TJ") == {before}
    assert keys(leaving, "KZ") == {before, after}
    assert Journal.objects.get(origin="csto/BY/real/h1-members/1").closed


def test_a_correction_after_somebody_left_goes_on_in_the_next_epoch_and_cites_the_old_hash(leaving):
    first = file(leaving)
    leaving.clock.tick(days=1)

    done = correct(leaving, first.subject)

    assert done.subject == f"{first.subject}~2"
    assert keys(leaving, "TJ") == {first.subject}
    assert Report.objects.get(key=first.subject).versions == 1
    new = Report.objects.get(key=done.subject)
    assert (new.values["events"], new.versions, new.first_at, new.number) == (4, 2, first.at, 1)
    opened = history.of_subject(done.subject, reader=leaving.na("KZ"))[0]
    assert isinstance(opened.fact, ReportCarried)
    assert opened.fact.continues == first.hash
    assert [ref.hash for ref in opened.refs] == [first.hash]
    again = correct(leaving, first.subject, events=5)
    assert (again.subject, Report.objects.get(key=done.subject).versions) == (done.subject, 3)


def test_what_goes_on_is_counted_once_by_who_sees_both(leaving):
    first = file(leaving)
    leaving.clock.tick(hours=20)
    correct(leaving, first.subject)

    reader, pack = leaving.duty(), leaving.node.pack
    slots = [board.rules.slot_of(pack.type("D1"), pack.party("BY"), DAY)]
    status = board.stand(reader, slots, now=leaving.clock.now)[slots[0]]
    assert (status.timeliness, status.content, status.double) == ("on_time", "corrected", False)
    assert [each.key for each in board.reports_for(reader, slots)["D1", "BY", DAY]] == [f"{first.subject}~2"]
    field = next(each for each in pack.type("D1").fields if each.code == "events")
    line = next(
        each for each in series.lines(reader, pack.type("D1"), field, since=None, until=None)
        if each.party == "BY"
    )  # fmt: skip
    assert [point.value for point in line.points] == [4]


def test_a_withdrawal_after_somebody_left_takes_no_values_along_and_opens_the_duty(leaving):
    first = file(leaving)
    leaving.clock.tick(days=1)
    done = acts.withdraw_report(by=leaving.na("BY"), report=first.subject, reason="Wrong day")

    row = Report.objects.get(key=done.subject)
    assert (row.state, row.values) == ("withdrawn", {})
    slots = [board.rules.slot_of(leaving.node.pack.type("D1"), leaving.node.pack.party("BY"), DAY)]
    assert board.stand(leaving.duty(), slots, now=leaving.clock.now)[slots[0]].timeliness == "missing"
    file(leaving)
    slip = Slip.objects.get(key__endswith="~2")
    assert sorted(board.msgspec.json.decode(slip.reports_json)) == ["1", "2"]


def test_a_reference_is_known_across_epochs(leaving):
    first = file(leaving, ref="a-1")
    leaving.clock.tick(days=1)
    assert file(leaving, ref="a-1") == first._replace(again=True)

    done = correct(leaving, first.subject, ref="c-1")
    again = correct(leaving, first.subject, ref="c-1")
    assert again == done._replace(again=True)


def test_waivers_and_types_that_are_on_are_carried_and_can_be_ended(leaving):
    lead = leaving.lead()
    since = micros(leaving.clock.now)
    waiver = acts.grant_waiver(by=lead, type="D1", party="KG", ground="Post moves", since=since, until=None)
    gone = acts.grant_waiver(by=lead, type="D1", party="TJ", ground="Leaving", since=since, until=None)
    switched = acts.activate_type(by=lead, type="T1", ground="Exercise season")
    leaving.clock.tick(days=1)
    epoch.turn_over()

    assert set(Waiver.objects.filter(carried=False).values_list("key", "party", "since")) == {
        (f"{waiver}~2", "KG", since)
    }
    assert Waiver.objects.get(key=gone).until == micros(leaving.clock.now)
    assert Activation.objects.get(until=None).key == f"{switched}~2"
    assert stands(leaving, leaving.duty(), party="KG", period="2026-09-15").timeliness == "exempt"
    mine = Waiver.objects.visible_to(leaving.na("TJ"))
    assert {row.key for row in mine} == {waiver, gone}

    listed = shown.waivers(lead, Waiver.objects.visible_to(leaving.lead()))["rows"]
    assert [each["row"].key for each in listed if not each["over"]] == [f"{waiver}~2"]
    leaving.clock.tick(minutes=1)
    acts.end_waiver(by=leaving.lead(), waiver=waiver, ground="Done")
    acts.deactivate_type(by=leaving.lead(), type="T1", ground="Over")
    assert Waiver.objects.get(key=f"{waiver}~2").end_ground == "Done"
    assert Waiver.objects.get(key=waiver).end_ground == ""
    assert not Activation.objects.filter(until=None).exists()


def test_who_joins_sees_how_it_stands_and_nothing_of_what_was_said(joining):
    """The report is in before the day changes; it falls due after."""
    joining.clock.set(datetime(2026, 9, 14, 23, 30, tzinfo=UTC))
    old = file(joining).subject
    early = file(joining, period="2026-09-15").subject
    waiver = acts.grant_waiver(
        by=joining.lead(), type="D1", party="KG", ground="Post moves",
        since=micros(joining.clock.now), until=None,
    )  # fmt: skip
    joining.clock.tick(hours=1)
    epoch.turn_over()

    new = joining.na("TJ")
    assert keys(joining, "TJ") == set()
    assert stands(joining, new, period="2026-09-15").timeliness == "on_time"
    assert stands(joining, new, party="KG", period="2026-09-15").timeliness == "exempt"
    assert [row.key for row in Waiver.objects.visible_to(new)] == [f"{waiver}~2"]
    bodies = b"".join(bytes(entry.data) for entry in Entry.objects.visible_to(joining.na("TJ")))
    assert b'"events"' not in bodies
    assert old.encode() not in bodies
    assert early.encode() not in bodies
    cited = [history.past(each) for each in Entry.objects.visible_to(joining.na("TJ"))]
    assert all(not past.refs for past in cited)


def test_who_joins_is_not_told_that_what_it_cannot_know_is_missing(joining):
    file(joining)
    joining.clock.tick(days=1)
    epoch.turn_over()
    pack = joining.node.pack
    slots = [board.rules.slot_of(pack.type("D1"), pack.party(each), DAY) for each in ("BY", "KZ")]

    said = board.stand(joining.na("TJ"), slots, now=joining.clock.now)
    assert list(said.values()) == [None, None]
    known = board.stand(joining.duty(), slots, now=joining.clock.now)
    assert [each.timeliness for each in known.values()] == ["on_time", "missing"]


def test_a_correction_after_somebody_joined_is_sent_to_them_and_names_no_entry_they_cannot_read(joining):
    first = file(joining)
    joining.clock.tick(days=1)
    done = correct(joining, first.subject)

    assert keys(joining, "TJ") == {done.subject}
    opened = history.of_subject(done.subject, reader=joining.na("TJ"))[0]
    assert (opened.refs, opened.fact.continues) == ((), first.hash)
    assert (
        shown.report(joining.na("TJ"), Report.objects.select_related("journal").get(key=done.subject))[
            "continues"
        ]
        == ""
    )


def test_a_report_by_telephone_is_confirmed_in_the_next_epoch(leaving):
    told = acts.submit_report(by=leaving.duty(), report=d1(owes="KG"), channel="telephone")
    leaving.clock.tick(days=1)
    done = acts.confirm_report(by=leaving.na("KG"), report=told.subject)

    assert keys(leaving, "TJ") == {told.subject}
    assert Report.objects.get(key=done.subject).confirms == told.subject


def test_nobody_marks_as_seen_what_stands_in_a_closed_journal(leaving):
    first = file(leaving)
    leaving.clock.tick(days=1)
    with pytest.raises(log.Closed):
        acts.mark_seen(by=leaving.duty(), report=first.subject)
    row = Report.objects.select_related("journal").get(key=first.subject)
    assert not shown.report(leaving.duty(), row)["may_see"]


def test_the_pages_say_what_is_closed_and_where_it_goes_on(leaving):
    first = file(leaving)
    leaving.clock.tick(days=1)
    done = correct(leaving, first.subject)

    def page(party, path):
        return leaving.client(party, "na-officer").get(path).content.decode()

    assert f"/reports/{done.subject}" in page("BY", f"/reports/{first.subject}/")
    assert f"/reports/{first.subject}" in page("BY", f"/reports/{done.subject}/")
    assert "closed, continued in csto/BY/real/h1-members/2" in " ".join(page("BY", "/journals/").split())
    told = " ".join(page("TJ", "/journals/").split())
    assert "csto/BY/real/h1-members/2" not in told
    assert "closed" in told
    assert done.subject not in page("TJ", f"/reports/{first.subject}/")


def test_an_exercise_is_carried_apart_from_what_is_real(leaving):
    acts.submit_report(by=leaving.sit("BY", "na-officer", mode="exercise"), report=d1(), channel="form")
    file(leaving)
    leaving.clock.tick(days=1)
    epoch.turn_over()
    assert sorted(
        Journal.objects.filter(closed=False, slug="h1-members").values_list("origin", flat=True)
    ) == ["csto/BY/exercise/h1-members/2", "csto/BY/real/h1-members/2"]


def test_a_year_of_coming_and_going_rebuilds_to_the_same_tables(house):
    house.node.pack = member(
        house.node.pack, "TJ", (date(2003, 9, 18), LEAVES), (date(2026, 9, 17), date(2026, 9, 19))
    )
    report = file(house).subject
    acts.grant_waiver(
        by=house.lead(), type="D1", party="KG", ground="Post moves", since=micros(house.clock.now), until=None
    )
    for day in range(15, 21):
        house.clock.tick(days=1)
        file(house, period=f"2026-09-{day}")
        file(house, "KZ", period=f"2026-09-{day}")
        report = correct(house, report, events=day).subject
        epoch.turn_over()

    assert report.endswith("~4")
    assert Report.objects.get(key=report).versions == 7
    assert Waiver.objects.get(carried=False).key.endswith("~4")
    assert rebuild.differing() == []


def audience_gone(pack, code):
    """The pack without one of its named audiences."""
    return replace(pack, audiences=tuple(each for each in pack.audiences if each.code != code))


def released(house, to="members"):
    """Release a report for the Center to a named audience."""
    done = file(house, audience="center")
    choice = acts.Choice(report=done.subject, audience=to, ground="Others ask")
    return done, acts.release_report(by=house.na("BY"), choice=choice).release


def withdraw(house, release, ground="Sent too early"):
    return acts.withdraw_release(by=house.na("BY"), release=release, ground=ground)


def releases(house, party):
    rows = Release.objects.visible_to(house.na(party)).order_by("key")
    return {row.key: (row.state, row.values) for row in rows}


SAID = {"change": "change", "events": 3}


def test_a_release_is_withdrawn_after_somebody_left_who_keeps_it_as_it_was(leaving):
    done, release = released(leaving)
    last = history.of_subject(release, reader=leaving.na("KZ"))[-1]
    before = leaving.client("TJ", "na-officer").get(f"/releases/{release}/").content
    leaving.clock.tick(days=1)
    new = withdraw(leaving, release)

    assert new == f"{release}~2"
    assert releases(leaving, "KZ") == {release: ("value", SAID), new: ("withdrawn", {})}
    assert releases(leaving, "TJ") == {release: ("value", SAID)}
    opened, ended = history.of_subject(new, reader=leaving.na("KZ"))
    assert opened.fact == ReleaseCarried(
        type="D1", owes="BY", period=DAY, version=1, continues=last.place.hash
    )
    assert [ref.hash for ref in opened.refs] == [last.place.hash]
    assert ended.fact == ReleaseWithdrawn(ground="Sent too early")
    told = b"".join(bytes(each.data) for each in Entry.objects.visible_to(leaving.na("TJ")))
    assert b"exchange.release.withdrawn" not in told
    assert b"Sent too early" not in told
    assert b"released" in before
    with pytest.raises(rules.WithdrawnAlready):
        withdraw(leaving, release)
    assert acts.release_report(
        by=leaving.na("BY"), choice=acts.Choice(report=done.subject, audience="members", ground="Now")
    ).release


def test_who_joined_reads_that_a_release_was_withdrawn_and_nothing_that_it_said(joining):
    done, release = released(joining)
    joining.clock.tick(days=1)
    new = withdraw(joining, release)

    assert releases(joining, "TJ") == {new: ("withdrawn", {})}
    opened = history.of_subject(new, reader=joining.na("TJ"))[0]
    assert opened.refs == ()
    told = b"".join(bytes(each.data) for each in Entry.objects.visible_to(joining.na("TJ")))
    for kept in (b'"events"', b"Others ask", done.hash.encode(), done.subject.encode()):
        assert kept not in told
    assert {row.key for row in board.releases(joining.na("TJ"))} == {new}


def test_a_release_withdrawn_in_the_next_epoch_is_one_line_to_who_reads_both(leaving):
    done, release = released(leaving)
    leaving.clock.tick(days=1)
    new = withdraw(leaving, release)

    assert [row.key for row in board.releases(leaving.na("KZ"))] == [new]
    assert [row.key for row in board.releases(leaving.na("TJ"))] == [release]
    kz, tj, by = (leaving.client(party, "na-officer") for party in ("KZ", "TJ", "BY"))
    assert [each["release"] for each in kz.get("/api/releases").json()["releases"]] == [new]
    stream = kz.get("/").content.decode()
    assert f'<b>BLR</b> withdrew its release of <a href="/releases/{new}/">' in stream
    assert f"/releases/{release}/" not in stream
    assert f"/releases/{release}/" in tj.get("/").content.decode()
    report = by.get(f"/reports/{done.subject}/").content.decode()
    assert f"/releases/{new}/" in report
    assert f"/releases/{release}/" not in report
    assert "This release was withdrawn." in report


def test_the_pages_of_a_release_say_where_it_goes_on_to_who_may_read_it(leaving):
    _done, release = released(leaving)
    leaving.clock.tick(days=1)

    def page(party, key):
        return " ".join(leaving.client(party, "na-officer").get(f"/releases/{key}/").content.decode().split())

    form = page("BY", release).partition('id="end-help"')[2].partition("</p>")[0]
    assert "Kazakhstan" in form
    assert "Tajikistan" not in form
    by = leaving.client("BY", "na-officer")
    answer = by.post(f"/releases/{release}/withdraw/", {"ground": "Sent too early"})
    new = f"{release}~2"
    assert answer["Location"] == f"/releases/{new}/"

    assert f"/releases/{new}/" in page("KZ", release)
    assert f"/releases/{release}/" in page("KZ", new)
    assert "What it said stays with those to whom it was released." in page("KZ", new)
    assert "Sent too early" in page("KZ", new)
    assert "events" not in page("KZ", new)
    assert f"/releases/{release}/withdraw/" not in page("BY", release)
    left = page("TJ", release)
    assert "its readers have changed" in left
    assert (new in left, "withdrawn" in left, "Sent too early" in left) == (False, False, False)
    assert leaving.client("TJ", "na-officer").get(f"/releases/{new}/").status_code == 404


def test_a_release_whose_audience_is_gone_is_not_withdrawn_and_the_refusal_says_why(leaving):
    _done, release = released(leaving, to="caucasus")
    leaving.node.pack = audience_gone(leaving.node.pack, "caucasus")
    epoch.turn_over()

    with pytest.raises(acts.NobodyToTell):
        withdraw(leaving, release)
    by = leaving.client("BY", "na-officer")
    page = by.get(f"/releases/{release}/").content.decode()
    assert "This release cannot be withdrawn: nobody is its audience any more." in page
    assert f"/releases/{release}/withdraw/" not in page
    answer = by.post(f"/releases/{release}/withdraw/", {"ground": "Sent too early"})
    assert (answer.status_code, b"nobody is its audience" in answer.content) == (409, True)


def test_a_release_is_behind_the_report_that_goes_on_in_the_next_epoch(leaving):
    done = file(leaving)
    choice = acts.Choice(report=done.subject, audience="public", level="H0", ground="Asked by many")
    release = acts.release_report(by=leaving.na("BY"), choice=choice).release
    leaving.clock.tick(days=1)
    new = correct(leaving, done.subject).subject

    by = leaving.client("BY", "na-officer")
    page = by.get(f"/releases/{release}/").content.decode()
    assert "The released version is behind" in page
    assert f'href="/reports/{new}/"' in page
    for key in (done.subject, new):
        report = by.get(f"/reports/{key}/").content.decode()
        assert f"/releases/{release}/" in report
        assert "The released version is behind" in report


def test_the_journals_of_two_epochs_give_the_same_releases_in_whichever_order_they_come(
    tmp_path, packs, empty_database, django_db_blocker
):
    pack, found = member(packs["csto"], "TJ", (date(2003, 9, 18), LEAVES)), []
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        homes = [
            stack.enter_context(
                lived_in(
                    path=tmp_path / name, pack=pack, party=name[:2], alias=f"of-{name}",
                    empty=empty_database, hosted=(), seed=seed,
                )
            )
            for seed, name in enumerate(("BY", "KZ-forth", "KZ-back"))
        ]  # fmt: skip
        with nodes.use(homes[0].node):
            _done, release = released(homes[0])
            homes[0].clock.tick(days=1)
            withdraw(homes[0], release)
            rows = list(Journal.objects.filter(party="BY", slug="h1-members").order_by("origin"))
            sent = [
                (row, [bytes(each.data) for each in Entry.objects.filter(journal=row).order_by("number")])
                for row in rows
            ]
        for home, way in zip(homes[1:], (1, -1), strict=True):
            home.clock.tick(days=1)
            with nodes.use(home.node):
                for row, entries in sent[::way]:
                    admit(signed=row.checkpoint, entries=entries, key=row.key)
                found.append(releases(home, "KZ"))
        for home in homes:
            with nodes.use(home.node):
                home.check()

    assert len(sent) == 2
    assert found == [{release: ("value", SAID), f"{release}~2": ("withdrawn", {})}] * 2
