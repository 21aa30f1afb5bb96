"""The daily digests: written by the calendar alone, once for every day, and broken by whatever happens to a line."""

from datetime import UTC, date, datetime, timedelta

import pytest

from commonwatch.access import digests, logs
from commonwatch.access.models import Digest, Event, Opened
from commonwatch.access.seats import porter
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent
from commonwatch.errors import Broken
from commonwatch.journal import tree

DAY = date(2026, 9, 14)


def read(house, times=3):
    """Let Armenia open a report of Belarus some times."""
    sent = Sent(type="D1", period="2026-09-14", values={"change": "no_change"})
    report = acts.submit_report(by=house.na("BY"), report=sent, channel="form")
    client = house.client("AM", "na-officer")
    for _each in range(times):
        house.clock.tick(minutes=1)
        client.get(f"/reports/{report.subject}/")


def digested(house, party="BY", log="reads"):
    rows = Digest.objects.visible_to(porter(party)).filter(party=party, log=log)
    return {row.day: row.count for row in rows}


@pytest.fixture
def night(house):
    """The night after a day with lines; its digests are written."""
    read(house)
    logs.note("sign-in-failed", party="BY", account="by-na-officer")
    house.clock.set(datetime(2026, 9, 15, 1, tzinfo=UTC))
    digests.write_digests()
    return house


def test_a_day_is_digested_once_it_is_over_and_only_once(house):
    read(house)
    assert digests.write_digests() == 0
    house.clock.set(datetime(2026, 9, 15, 0, 4, tzinfo=UTC))
    assert digests.write_digests() == 0
    house.clock.set(datetime(2026, 9, 15, 0, 6, tzinfo=UTC))
    assert digests.write_digests() > 0
    assert digests.write_digests() == 0
    assert digested(house) == {"2026-09-14": 3}


def test_a_digest_is_the_merkle_root_of_the_lines_and_stands_in_the_partys_own_journal(night):
    row = Digest.objects.visible_to(porter("BY")).get(party="BY", log="reads")
    assert row.journal.parties == "BY"
    assert row.root != tree.EMPTY_ROOT.hex()
    assert not Digest.objects.visible_to(night.duty()).filter(party="BY").exists()
    digests.check("BY", DAY)


def test_a_digest_is_for_those_who_may_read_every_line_that_it_counts(night):
    for office, reads in (
        ("na-head", True),
        ("auditor", False),
        ("administrator", False),
        ("analyst", False),
    ):
        rows = Digest.objects.visible_to(night.sit("BY", office)).filter(party="BY")
        assert rows.exists() is reads, office


def test_days_without_lines_are_digested_too_so_that_a_missing_one_shows(night):
    night.clock.tick(days=3)
    digests.write_digests()
    assert digested(night) == {"2026-09-14": 3, "2026-09-15": 0, "2026-09-16": 0, "2026-09-17": 0}
    assert digests.check_all() >= 8


def test_a_party_without_any_line_has_no_digest(night):
    assert digested(night, party="KZ") == {}
    assert digests.lacking("KZ") is None


def test_what_others_do_changes_nothing_in_a_partys_journal(night):
    """Armenia gets its two digests each night, and no more on a night after its people read at Belarus."""
    logs.note("sign-in-failed", party="AM", account="am-na-officer")
    night.clock.tick(days=1)
    digests.write_digests()
    quiet = digested(night, party="AM")
    read(night)
    night.clock.tick(days=1)
    digests.write_digests()
    assert digested(night, party="AM") == {**quiet, "2026-09-16": 0}


def test_a_line_that_was_altered_breaks_the_check(night):
    line = Opened.objects.filter(owner="BY").first()
    Opened.objects.filter(pk=line.pk).update(office=line.office[:-1] + "s")
    with pytest.raises(Broken, match="reads of BY on 2026-09-14 are not those"):
        digests.check("BY", DAY)
    with pytest.raises(Broken):
        digests.check_all()


@pytest.mark.parametrize(
    "column", [each.name for each in Opened._meta.concrete_fields if each.name not in {"id", "at", "owner"}]
)
def test_every_column_of_a_line_is_under_the_digest(night, column):
    line = Opened.objects.filter(owner="BY").first()
    value = getattr(line, column)
    changed = value + 1 if isinstance(value, int) else f"{value}x"[-32:]
    Opened.objects.filter(pk=line.pk).update(**{column: changed})
    with pytest.raises(Broken):
        digests.check("BY", DAY)


def test_a_line_that_was_dropped_breaks_the_check(night):
    Opened.objects.filter(owner="BY").last().delete()
    with pytest.raises(Broken, match="are 2, and 3 were digested"):
        digests.check("BY", DAY)


def test_a_line_that_was_added_breaks_the_check(night):
    line = Event.objects.filter(party="BY").first()
    line.pk = None
    line.save()
    with pytest.raises(Broken, match="the events of BY on 2026-09-14 are"):
        digests.check("BY", DAY)


def test_lines_whose_order_was_changed_break_the_check(night):
    first, second = Opened.objects.filter(owner="BY").order_by("id")[:2]
    Opened.objects.filter(pk=first.pk).update(salt=second.salt, at=second.at)
    Opened.objects.filter(pk=second.pk).update(salt=first.salt, at=first.at)
    with pytest.raises(Broken):
        digests.check("BY", DAY)


def test_a_day_without_a_digest_is_named(night):
    with pytest.raises(Broken, match="no digest of the reads of BY on 2026-09-20"):
        digests.check("BY", date(2026, 9, 20))


def test_old_lines_go_all_at_once_and_their_digests_hold_on(night):
    night.clock.tick(days=100)
    digests.write_digests()
    kept = date(2026, 12, 1)
    assert logs.let_go(before=kept) > 3
    assert not Opened.objects.exists()
    digests.check_all(kept=kept)
    with pytest.raises(Broken):
        digests.check_all(kept=DAY)


def test_of_days_that_should_be_gone_nothing_else_may_be_missing(night):
    night.clock.tick(days=100)
    digests.write_digests()
    Opened.objects.filter(owner="BY").last().delete()
    with pytest.raises(Broken):
        digests.check_all(kept=DAY + timedelta(days=30))
