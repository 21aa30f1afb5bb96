"""Two nodes: what one wrote the other takes in by the same door, verified, and folds into the same rows."""

from contextlib import ExitStack

import pytest

from commonwatch.desks.exchange.facts import ReportCorrected, ReportSeen
from commonwatch.desks.exchange.models import Report, Seen
from commonwatch.journal import checkpoint, tiles
from commonwatch.journal import entry as envelope
from commonwatch.journal.note import Signer
from commonwatch.register import log, seal
from commonwatch.register import node as nodes
from commonwatch.register.admit import NotAdmitted, admit
from commonwatch.register.models import Entry, Journal
from tests.conftest import lived_in
from tests.register.conftest import MEMBERS, write
from tests.small import PACK


@pytest.fixture
def two(tmp_path, empty_database, django_db_blocker):
    """The node of Belarus and the node of the Center, in one process."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        belarus = stack.enter_context(
            lived_in(
                path=tmp_path / "by", pack=PACK, party="BY", alias="belarus", empty=empty_database, hosted=()
            )
        )
        center = stack.enter_context(
            lived_in(
                path=tmp_path / "crc", pack=PACK, alias="center", empty=empty_database, hosted=(), seed=2
            )
        )
        yield belarus, center
        for house in (belarus, center):
            with nodes.use(house.node):
                house.check()


def carry(source, target, *, origin="small/BY/real/h1-members/1", change=None):
    """Carry what the target lacks of a journal."""
    with nodes.use(source.node):
        row = Journal.objects.get(origin=origin)
        entries = [bytes(e.data) for e in Entry.objects.filter(journal=row).order_by("number")]
        signed, key = row.checkpoint, row.key
    with nodes.use(target.node):
        held = Journal.objects.filter(origin=origin).first()
        entries = entries[held.size if held else 0 :]
        if change:
            entries, signed = change(entries, signed)
        return admit(signed=signed, entries=entries, key=key)


@log.turn
def correct(by):
    log.append(
        ReportCorrected(values={"events": 2}, reason="x"), by=by, subject="report/BY/one", label=MEMBERS
    )


def test_what_is_carried_folds_into_the_same_rows(two):
    belarus, center = two
    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"))
        write(by=belarus.officer(party="BY"), subject="report/BY/many", times=300)
    assert carry(belarus, center).new == 302
    with nodes.use(belarus.node):
        correct(belarus.officer(party="BY"))
    assert carry(belarus, center).size == 303

    def rows(house):
        with nodes.use(house.node):
            left_out = {"journal_id"}
            return [
                {name: value for name, value in row.items() if name not in left_out}
                for row in Report.objects.visible_to(house.officer(party="CRC")).order_by("key").values()
            ]

    assert rows(belarus) == rows(center)
    assert rows(center)[-1]["values_json"] == '{"events":2}'
    with nodes.use(center.node):
        assert Entry.objects.filter(admitted_at__gt=0).count() == 303


def test_an_addition_that_arrives_before_its_subject_is_kept(two):
    belarus, center = two

    @log.turn
    def see(by):
        log.append(ReportSeen(), by=by, subject="report/BY/one", label=MEMBERS)

    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"))
    with nodes.use(center.node):
        see(center.officer(party="CRC"))
        assert Seen.objects.get().party == "CRC"
    carry(belarus, center)
    with nodes.use(center.node):
        assert Report.objects.get().key == Seen.objects.get().subject


def drop_last(entries, signed):
    return entries[:-1], signed


def swap(entries, signed):
    return [entries[0], entries[2], entries[1]], signed


def flip(entries, signed):
    return [*entries[:-1], entries[-1].replace(b'"events":1', b'"events":7')], signed


def unsigned(entries, signed):
    return entries, signed[:-10] + "AAAAAAAA=\n"


@pytest.mark.parametrize("change", [drop_last, swap, flip, unsigned])
def test_what_does_not_hold_is_not_admitted_and_leaves_nothing(two, change):
    belarus, center = two
    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"))
        belarus.clock.tick(minutes=1)
        write(by=belarus.officer(party="BY"), subject="report/BY/two")

    with pytest.raises(NotAdmitted):
        carry(belarus, center, change=change)

    with nodes.use(center.node):
        assert not Journal.objects.exists()
        write(by=center.officer(party="CRC"), subject="report/CRC/still-writing")


def test_a_valid_key_does_not_help_an_entry_of_another_label(two):
    """A member that re-signs its own journal after widening one entry's label is refused."""
    belarus, center = two
    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"))
        row = Journal.objects.get()
        entries = [bytes(e.data) for e in Entry.objects.order_by("number")]
        forged = envelope.parse(entries[1])
        label = envelope.EntryLabel(level="H0", categories=(), parties=("*",))
        entries[1] = envelope.encode(
            envelope.Entry(**{**{f: getattr(forged, f) for f in forged.__struct_fields__}, "label": label})
        )
        head = checkpoint.Checkpoint(origin=row.origin, size=2, root=_root(entries))
        signed = checkpoint.sign_checkpoint(head, _signer(belarus, row.origin))
    with nodes.use(center.node), pytest.raises(NotAdmitted, match="label"):
        admit(signed=signed, entries=entries, key=row.key)


def _root(entries):
    from commonwatch.journal import tree

    return tiles.grow(size=0, read=lambda _l, _i: b"", leaf_hashes=[tree.leaf_hash(e) for e in entries]).root


def _signer(house, origin) -> Signer:
    return house.node.signer(party="BY", origin=origin)


def test_the_guard_is_checked_when_a_node_wakes(two):
    belarus, _center = two
    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"))
        belarus.node.awake = False
        write(by=belarus.officer(party="BY"), subject="report/BY/two")
        seal.check_guard(belarus.node)
        assert belarus.node.awake
