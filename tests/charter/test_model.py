"""Who belongs, who takes part, and whom a selector or an audience names on a day."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.charter.model import Participation, Party, Period
from commonwatch.charter.pack import load

PACK = load(Path(__file__).resolve().parents[2] / "organisations" / "csto")
TODAY = date(2026, 9, 14)
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2030, 1, 1))


def party(*, membership=(), participation=()):
    return Party(
        code="X", kind="state", name={}, short={}, membership=membership, participation=participation
    )


@given(days, days, days)
def test_a_period_holds_its_first_day_and_not_its_last(since, until, day):
    assert Period(since=since, until=until).covers(day) == (since <= day < until)


@given(days, days)
def test_a_member_without_any_statement_takes_part(since, day):
    member = party(membership=(Period(since=since),))
    assert member.takes_part("daily", day) == (since <= day)


@given(days, days, days)
def test_nobody_takes_part_outside_membership(since, until, day):
    member = party(
        membership=(Period(since=since, until=until),),
        participation=(Participation(line="*", status="full", since=date(2000, 1, 1)),),
    )
    assert not member.takes_part("daily", day) or member.member_on(day)


@given(days, st.integers(1, 2000), days)
def test_reduced_participation_ends_with_its_period(since, length, day):
    until = since + timedelta(days=length)
    member = party(participation=(Participation(line="*", status="reduced", since=since, until=until),))
    assert member.takes_part("daily", day) == (not since <= day < until)


def test_what_is_said_of_the_line_counts_before_what_is_said_of_all():
    member = party(
        participation=(
            Participation(line="emergencies", status="full", since=date(2024, 1, 1)),
            Participation(line="*", status="absent", since=date(2024, 1, 1)),
        )
    )
    assert member.takes_part("emergencies", TODAY)
    assert not member.takes_part("daily", TODAY)


def test_selectors_name_parties_in_the_order_of_the_pack():
    assert PACK.select(("@members",), on=TODAY) == ("AM", "BY", "KG", "KZ", "RU", "TJ")
    assert PACK.select(("RU", "@center", "BY"), on=TODAY) == ("BY", "RU", "CRC")
    assert PACK.select(("@kind:organ",), on=TODAY) == ("CRC", "SEC", "JS", "CCC")
    assert PACK.select(("*",), on=TODAY) == ()


def test_a_line_of_work_names_the_members_that_take_full_part_in_it():
    """Armenia's part is reduced in every line since 2024-02-22; organs belong to no line."""
    assert PACK.select(("@line:daily",), on=TODAY) == ("BY", "KG", "KZ", "RU", "TJ")
    assert PACK.select(("@line:daily",), on=date(2024, 2, 21)) == ("AM", "BY", "KG", "KZ", "RU", "TJ")
    assert PACK.select(("@line:daily", "@center"), on=date(2003, 9, 17)) == ("CRC",)


def test_readers_have_the_names_by_which_the_pack_calls_them():
    members = PACK.readers("members", originator="BY", on=TODAY)
    assert PACK.named(members, writer="BY", on=TODAY) == ("members",)
    assert PACK.named(("CRC",), writer="CRC", on=TODAY) == ("own", "center")
    assert PACK.named(("BY", "CRC"), writer="CRC", on=TODAY) == ("own:BY", "center:BY")
    assert PACK.named(("BY", "KZ", "TJ"), writer="BY", on=TODAY) == ()
    assert PACK.named(("*",), writer="BY", on=TODAY) == ("public",)


def test_nobody_is_a_member_before_the_charter():
    assert PACK.select(("@members",), on=date(2003, 9, 17)) == ()
    assert len(PACK.select(("@members",), on=date(2003, 9, 18))) == 6


@given(
    st.sampled_from([a.code for a in PACK.audiences]), st.sampled_from([p.code for p in PACK.parties]), days
)
def test_the_originator_always_reads_what_it_wrote(audience, originator, day):
    readers = PACK.readers(audience, originator=originator, on=day)
    assert readers == ("*",) or originator in readers
    assert list(readers) == sorted(set(readers))


def test_an_audience_of_nobody_is_the_originator_alone():
    assert PACK.readers("own", originator="KZ", on=TODAY) == ("KZ",)


def test_the_public_is_everybody():
    assert PACK.readers("public", originator="KZ", on=TODAY) == ("*",)


def test_an_audience_nobody_defined_is_an_error():
    with pytest.raises(KeyError):
        PACK.readers("nobody", originator="KZ", on=TODAY)
