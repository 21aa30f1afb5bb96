"""Epochs: a journal whose readers are no longer its audience closes, and what is open in it goes on in the next."""

from contextlib import ExitStack
from datetime import date

import pytest
from msgspec.structs import replace

from commonwatch.charter import model
from commonwatch.charter.label import Label
from commonwatch.desks.exchange.facts import ReportSeen, ReportWithdrawn
from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Broken
from commonwatch.federation import serving
from commonwatch.journal import checkpoint, receipt, tiles, tree
from commonwatch.journal import entry as envelope
from commonwatch.journal.verify import JournalRefused, verify_journal
from commonwatch.register import audience, epoch, erase, history, log, rekey, seal, verify
from commonwatch.register import node as nodes
from commonwatch.register.admit import NotAdmitted, admit
from commonwatch.register.models import Entry, Journal
from tests.conftest import lived_in
from tests.register.conftest import CENTER, MEMBERS, write
from tests.small import PACK

WITHOUT_AM = Label(level="H1", parties=("BY", "CRC", "KZ"))
FIRST, SECOND = "small/BY/real/h1-members/1", "small/BY/real/h1-members/2"


def without(code, pack=PACK, *, until=date(2026, 9, 15), since=date(2000, 1, 1)):
    """The pack in which a party was a member for a time only."""
    periods = (model.Period(since=since, until=until),)
    parties = tuple(replace(each, membership=periods) if each.code == code else each for each in pack.parties)
    return replace(pack, parties=parties)


@pytest.fixture
def leaving(small):
    """Armenia is a member until 2026-09-15."""
    small.node.pack = without("AM")
    return small


@log.turn
def add(fact, *, by, subject="report/BY/one", label=MEMBERS):
    return log.append(fact, by=by, subject=subject, label=label)


def kinds(origin):
    return list(
        Entry.objects.filter(journal__origin=origin).order_by("number").values_list("kind", flat=True)
    )


def carry_on(*subjects, fails=False):
    """Carry reports as a desk would: withdrawn here, opened there. Returns what undoes it."""

    def carry(move):
        if fails:
            raise RuntimeError("the power fails")
        held = [each for each in subjects if history.of_subject(each, reader=move.eyes)]
        closing = [log.Draft(ReportWithdrawn(reason="carried"), each, move.label) for each in held]
        opening = [
            log.Draft(
                history.of_subject(each, reader=move.eyes)[0].fact, audience.following(each), move.target
            )
            for each in held
        ]
        return audience.Carried(tuple(closing), tuple(opening))

    return carry


@pytest.fixture
def carrying(monkeypatch):
    """Let a desk of this test carry instead of the real ones."""

    def use(carrier):
        monkeypatch.setattr(audience, "_CARRIERS", {"test": carrier})

    return use


def test_nothing_is_due_while_membership_stands(leaving):
    write(by=leaving.officer(party="BY"))
    assert epoch.due(leaving.node) == []
    assert epoch.turn_over() == []

    leaving.clock.tick(days=1)
    found = epoch.due(leaving.node)[0]
    assert (found.origin, found.gone, found.new) == (FIRST, ("AM",), ())


def test_a_journal_closes_with_one_last_entry_and_goes_on_in_the_next(leaving, carrying):
    carrying(carry_on("report/BY/one"))
    write(by=leaving.officer(party="BY"))
    leaving.clock.tick(days=1)

    assert epoch.turn_over() == [(FIRST, SECOND)]
    assert epoch.turn_over() == []

    assert kinds(FIRST)[-2:] == ["exchange.report.withdrawn", "register.journal.closed"]
    assert kinds(SECOND) == ["register.journal.opened", "exchange.report.submitted"]
    old, new = Journal.objects.get(origin=FIRST), Journal.objects.get(origin=SECOND)
    assert (old.closed, old.continued, new.parties) == (True, SECOND, "BY,CRC,KZ")
    opened = history.past(Entry.objects.get(journal=new, number=0)).fact
    assert (opened.previous, opened.previous_size, opened.audience) == (FIRST, 2, ("members",))
    assert history.past(Entry.objects.get(journal=old, number=old.size - 1)).fact.next == SECOND


def test_who_joins_is_not_told_how_much_was_written_before(small):
    small.node.pack = without("AM", since=date(2026, 9, 15), until=None)
    write(by=small.officer(party="BY"), label=WITHOUT_AM)
    small.clock.tick(days=1)

    assert epoch.turn_over() == [(FIRST, SECOND)]
    opened = history.past(Entry.objects.get(journal__origin=SECOND, number=0)).fact
    assert (opened.previous, opened.previous_size, opened.previous_root) == (FIRST, 0, "")


def test_who_left_reads_what_was_and_nothing_after(leaving, carrying):
    carrying(carry_on("report/BY/one"))
    write(by=leaving.officer(party="BY"))
    leaving.clock.tick(days=1)
    epoch.turn_over()
    write(by=leaving.officer(party="BY"), subject="report/BY/two", label=WITHOUT_AM)

    def seen(party):
        reader = leaving.officer(party=party)
        return [shelf.origin for shelf in reader.shelves], set(
            Report.objects.visible_to(reader).values_list("key", flat=True)
        )

    assert seen("AM") == ([FIRST], {"report/BY/one"})
    assert seen("KZ") == ([FIRST, SECOND], {"report/BY/one", "report/BY/one~2", "report/BY/two"})


def test_writing_into_an_outdated_audience_turns_it_over_first_and_is_run_again(leaving, carrying):
    carrying(carry_on("report/BY/one"))
    write(by=leaving.officer(party="BY"))
    leaving.clock.tick(days=1)

    with pytest.raises(log.Closed, match=r"h1-members/1 is closed") as refused:
        add(ReportWithdrawn(reason="x"), by=leaving.officer(party="BY"))

    assert refused.value.fields["next"] == SECOND
    assert kinds(FIRST)[-1] == "register.journal.closed"
    write(by=leaving.officer(party="BY"), subject="report/BY/two", label=WITHOUT_AM)
    assert kinds(SECOND)[-1] == "exchange.report.submitted"


def test_the_first_write_to_todays_readers_closes_the_epoch_before(leaving):
    write(by=leaving.officer(party="BY"))
    write(by=leaving.officer(party="KZ"), subject="report/KZ/one")
    leaving.clock.tick(days=1)
    write(by=leaving.officer(party="BY"), subject="report/BY/two", label=WITHOUT_AM)

    assert dict(Journal.objects.values_list("origin", "closed")) == {
        FIRST: True,
        SECOND: False,
        "small/KZ/real/h1-members/1": False,
    }


def test_what_one_writes_elsewhere_closes_nothing(leaving):
    """The moment at which a journal closes tells its readers nothing about what was written for others."""
    write(by=leaving.officer(party="BY"))
    write(by=leaving.officer(party="BY"), subject="report/BY/narrow", label=CENTER)
    leaving.clock.tick(days=1)
    write(by=leaving.officer(party="BY"), subject="report/BY/narrow-2", label=CENTER)
    write(by=leaving.officer(party="KZ"), subject="report/KZ/two", label=WITHOUT_AM)

    assert not Journal.objects.get(origin=FIRST).closed


def test_a_neighbour_adds_nothing_to_what_an_outdated_audience_reads(leaving):
    write(by=leaving.officer(party="BY"))
    leaving.clock.tick(days=1)

    with pytest.raises(log.Closed, match=FIRST) as refused:
        add(ReportSeen(), by=leaving.officer(party="KZ"))

    assert SECOND not in str(refused.value.fields)
    assert not Journal.objects.filter(party="KZ").exists()


def test_a_label_that_is_nobodys_audience_any_more_is_not_opened_again(leaving):
    write(by=leaving.officer(party="BY"))
    leaving.clock.tick(days=1)
    epoch.turn_over()
    with pytest.raises(log.Closed):
        write(by=leaving.officer(party="BY"), subject="report/BY/late", label=MEMBERS)


def test_who_comes_back_opens_a_third_epoch_and_reads_nothing_between(small):
    twice = (model.Period(date(2000, 1, 1), date(2026, 9, 15)), model.Period(date(2026, 9, 20)))
    small.node.pack = replace(
        PACK, parties=tuple(replace(p, membership=twice) if p.code == "AM" else p for p in PACK.parties)
    )
    for day, label in ((0, MEMBERS), (2, WITHOUT_AM), (6, MEMBERS)):
        small.clock.set(small.clock.now.replace(day=14 + day))
        write(by=small.officer(party="BY"), subject=f"report/BY/{day}", label=label)

    assert [shelf.origin for shelf in small.officer(party="AM").shelves] == [FIRST, FIRST[:-1] + "3"]
    assert Journal.objects.get(origin=SECOND).continued == FIRST[:-1] + "3"


@pytest.mark.parametrize("step", ["carrying", "closing", "opening"])
def test_a_failure_between_two_steps_leaves_nothing_half_done(leaving, carrying, monkeypatch, step):
    write(by=leaving.officer(party="BY"))
    write(by=leaving.officer(party="KZ"), subject="report/KZ/one")
    leaving.clock.tick(days=1)
    before = list(Entry.objects.order_by("pk").values_list("pk", "kind"))
    with monkeypatch.context() as patched:
        if step == "carrying":
            carrying(carry_on(fails=True))
        elif step == "closing":
            carrying(
                lambda move: audience.Carried(
                    (log.Draft(ReportWithdrawn(reason="x"), "no-owner", move.label),)
                )
            )
        else:
            wrong = Label(level="H9", parties=("BY",))
            carrying(lambda _move: audience.Carried((), (log.Draft(ReportSeen(), "report/BY/x", wrong),)))
        with pytest.raises((RuntimeError, Broken, log.UnknownLabel)):
            epoch.turn_over()
        patched.undo()

    assert list(Entry.objects.order_by("pk").values_list("pk", "kind")) == before
    assert not Journal.objects.filter(closed=True).exists()
    if step != "closing":  # what breaks an invariant stops the pen, as everywhere
        carrying(carry_on("report/BY/one"))
        assert len(epoch.turn_over()) == 2


def test_a_turn_that_is_refused_after_closing_leaves_the_closing(leaving):
    write(by=leaving.officer(party="BY"))
    leaving.clock.tick(days=1)

    @log.turn
    def refused(by):
        log.append(ReportSeen(), by=by, subject="report/BY/new", label=WITHOUT_AM)
        raise log.NotHere(party="BY")

    with pytest.raises(log.NotHere):
        refused(leaving.officer(party="BY"))
    assert kinds(FIRST)[-1] == "register.journal.closed"
    assert kinds(SECOND) == ["register.journal.opened"]


def test_a_wider_audience_is_said_to_be_wider(small, carrying):
    """Kazakhstan joins: carrying becomes releasing, and the desks are told."""
    moves = []
    small.node.pack = without("KZ", until=None, since=date(2026, 9, 15))
    write(by=small.officer(party="BY"), label=Label(level="H1", parties=("AM", "BY", "CRC")))
    small.clock.tick(days=1)
    carrying(lambda move: moves.append(move) or audience.Carried())
    epoch.turn_over()

    assert [(move.widened, move.target) for move in moves] == [(True, MEMBERS)]
    assert [shelf.origin for shelf in small.officer(party="KZ").shelves] == [SECOND]


def test_an_audience_that_the_pack_no_longer_has_ends_without_a_next(small):
    write(by=small.officer(party="BY"))
    small.node.pack = replace(PACK, audiences=PACK.audiences[1:])
    assert epoch.turn_over() == [(FIRST, "")]
    with pytest.raises(log.Closed, match="closed"):
        add(ReportWithdrawn(reason="x"), by=small.officer(party="BY"))


def test_what_its_writer_alone_or_everybody_reads_never_closes(small):
    for label in (Label(level="H1", parties=("CRC",)), Label(level="H0", parties=("*",))):
        write(by=small.officer(), subject=f"report/CRC/{label.level}", label=label)
    small.node.pack = replace(PACK, audiences=())
    assert epoch.due(small.node) == []


class Served:
    """A journal as it is served, for the verifier that knows no database."""

    def __init__(self, row):
        self.row = row

    def checkpoint(self):
        return self.row.checkpoint

    def tile(self, path):
        return serving.tile(self.row, str(path))


def test_closed_journals_are_verified_offline_and_their_receipts_hold(leaving):
    place = write(by=leaving.officer(party="BY"))[0]
    leaving.clock.tick(days=1)
    epoch.turn_over()
    row = Journal.objects.get(origin=FIRST)

    assert verify_journal(Served(row), vkey=row.key, entries="strict").checkpoint.size == row.size
    entry = history.entry(place.id, reader=leaving.officer(party="AM"))
    assert receipt.verify_receipt(history.receipt_of(entry), vkey=row.key).checkpoint.size == 3


def test_an_entry_after_the_last_is_found_in_the_database_and_offline(leaving):
    write(by=leaving.officer(party="BY"))
    leaving.clock.tick(days=1)
    epoch.turn_over()
    leaving.node.pack = PACK  # a node that has forgotten that it closed goes on as if nothing had happened
    Journal.objects.filter(origin=FIRST).update(closed=False, continued="")
    write(by=leaving.officer(party="BY"), subject="report/BY/after")
    row = Journal.objects.get(origin=FIRST)
    assert kinds(FIRST)[-1] == "exchange.report.submitted"

    with pytest.raises(Broken, match="entry 3 adds to a journal that is closed"):
        verify.verify_stored(row)
    with pytest.raises(JournalRefused, match="entry 2 closes the journal, and entry 3 adds to it"):
        verify_journal(Served(row), vkey=row.key)
    leaving.check = lambda: None


def test_in_a_closed_journal_bytes_still_go_and_the_key_still_changes(leaving):
    by = leaving.officer(party="BY")
    place = write(by=by)[0]
    leaving.clock.tick(days=1)
    epoch.turn_over()
    first = Journal.objects.get(origin=FIRST)
    erase.erase(by=by, entry=place.id, ground="SAMPLE: a judgment")
    persons = rekey.Two(by, leaving.officer(party="BY", account="second"), "SAMPLE: yearly")
    rekey.change("BY", persons)

    assert kinds(FIRST)[-3:] == ["register.journal.closed", "register.entry.erased", "register.key.changed"]
    row = Journal.objects.get(origin=FIRST)
    assert (row.closed, row.continued, row.key == first.key) == (True, first.continued, False)
    verify.verify_stored(row)
    assert verify_journal(Served(row), vkey=first.key, changes=row.changes).erased == (1,)
    with pytest.raises(log.Closed):
        add(ReportWithdrawn(reason="x"), by=by)


@pytest.fixture
def two(tmp_path, empty_database, django_db_blocker):
    """The node of Belarus, which Armenia's leaving closes, and the node of the Center."""
    pack = without("AM")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        houses = [
            stack.enter_context(
                lived_in(
                    path=tmp_path / party, pack=pack, party=party, alias=party, empty=empty_database,
                    hosted=(), seed=seed,
                )
            )
            for seed, party in enumerate(("BY", "CRC"), 1)
        ]  # fmt: skip
        yield houses
        for house in houses:
            with nodes.use(house.node):
                house.check()


def send(source, target, origin, *, change=None):
    """Send what the target lacks of a journal."""
    with nodes.use(source.node):
        row = Journal.objects.get(origin=origin)
        entries = [bytes(e.data) for e in Entry.objects.filter(journal=row).order_by("number")]
        signed, key = row.checkpoint, row.key
    if change:
        entries, signed = change(entries, row)
    with nodes.use(target.node):
        held = Journal.objects.filter(origin=origin).first()
        return admit(signed=signed, entries=entries[held.size if held else 0 :], key=key)


def test_a_second_node_takes_in_the_closed_journal_and_the_next(two):
    belarus, center = two
    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"))
    send(belarus, center, FIRST)
    with nodes.use(belarus.node):
        belarus.clock.tick(days=1)
        write(by=belarus.officer(party="BY"), subject="report/BY/two", label=WITHOUT_AM)
    for origin in (SECOND, FIRST):
        send(belarus, center, origin)

    with nodes.use(center.node):
        rows = {row.origin: row for row in Journal.objects.all()}
        assert (rows[FIRST].closed, rows[FIRST].continued, rows[SECOND].closed) == (True, SECOND, False)
        assert rows[SECOND].audience == "members"
        center.clock.tick(days=1)
        assert epoch.due(center.node) == []
        with pytest.raises(log.Closed):
            add(ReportSeen(), by=center.officer(party="CRC"))


def test_a_node_adds_nothing_to_an_outdated_journal_that_its_owner_has_not_closed_yet(two):
    belarus, center = two
    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"))
    send(belarus, center, FIRST)
    with nodes.use(center.node):
        add(ReportSeen(), by=center.officer(party="CRC"))
        center.clock.tick(days=1)
        with pytest.raises(log.Closed):
            add(ReportSeen(version=2), by=center.officer(party="CRC"))


def test_an_entry_after_the_last_is_not_admitted(two):
    belarus, center = two
    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"))
        belarus.clock.tick(days=1)
        epoch.turn_over()

    def longer(entries, row):
        more = envelope.parse(entries[1])
        fields = {name: getattr(more, name) for name in more.__struct_fields__}
        fields |= {"id": more.id[:-1] + ("0" if more.id[-1] != "0" else "1"), "subject": "report/BY/after"}
        fields |= {"at": envelope.parse(entries[-1]).at}
        entries = [*entries, envelope.encode(envelope.Entry(**fields))]
        leaves = [tree.leaf_hash(each) for each in entries]
        grown = tiles.grow(size=0, read=lambda _level, _number: b"", leaf_hashes=leaves)
        head = checkpoint.Checkpoint(origin=row.origin, size=grown.size, root=grown.root)
        signer = belarus.node.signer(party="BY", origin=row.origin)
        return entries, checkpoint.sign_checkpoint(head, signer)

    with pytest.raises(NotAdmitted, match="after the entry that closes"):
        send(belarus, center, FIRST, change=longer)
    send(belarus, center, FIRST)
    with pytest.raises(NotAdmitted, match="after the entry that closes"):
        send(belarus, center, FIRST, change=longer)


def test_the_guard_knows_closed_journals(leaving):
    write(by=leaving.officer(party="BY"))
    leaving.clock.tick(days=1)
    epoch.turn_over()
    assert seal.check_guard(leaving.node) == []
