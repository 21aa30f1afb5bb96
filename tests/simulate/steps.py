"""The steps from which the dice choose. Each returns in a few words what it did."""

from contextlib import suppress

from commonwatch.access import adopting, pairs
from commonwatch.access.actor import Actor
from commonwatch.charter import compare
from commonwatch.charter.label import Viewer
from commonwatch.desks.exchange.facts import ReportCorrected, ReportSeen, ReportSubmitted, ReportWithdrawn
from commonwatch.errors import Broken, Refusal
from commonwatch.federation import bundling, erasing, peers
from commonwatch.federation.line import NotReached
from commonwatch.journal import tree
from commonwatch.journal.entry import ERASED_KIND
from commonwatch.register import epoch, log, recover, rekey, wall
from commonwatch.register import node as nodes
from commonwatch.register.audience import is_due, label_of_journal
from commonwatch.register.models import Entry, Journal
from commonwatch.register.pen import Stopped
from tests.simulate.disk import FAULTS, IN_TURN, Crash
from tests.simulate.network import Errand, Slow
from tests.simulate.pack import PACKS, PARTIES, labels
from tests.simulate.truth import hold

DAMAGED, STAYS = 0.15, 0.3
"""How often a byte of a stick has changed, and how often it stays at hand when it was read."""


def officer(party, account="tester"):
    """Seat somebody of a party."""
    return Actor(
        viewer=Viewer(party=party, clearance="H2", categories=frozenset({"med"})),
        account=account,
        party=party,
        office="tester",
        mandates=frozenset({adopting.ADOPT, erasing.ERASE}),
    )


@log.turn
def file(drafts, *, by):
    """Write some entries in one turn, and tell how long each journal is with them."""
    written = log.append_many(drafts, by=by)
    origins = dict(
        Journal.objects.filter(pk__in={each.journal for each in written}).values_list("pk", "origin")
    )
    return [(origins[each.journal], each.number, each.hash) for each in written]


def _joined(proposal, *, by):
    """Let a second person join what was proposed."""
    row = pairs.find(proposal, by=by)
    pairs.second(by=by, proposal=proposal, digest=row.digest)


def _hold_audience(place, origins):
    """See that nobody reads what was written but the audience that it has by the pack in force."""
    late = [row.origin for row in Journal.objects.filter(origin__in=origins) if is_due(place.node, row)]
    hold(not late, f"{place.name} wrote into {late} although their readers have changed")


def damaged(path, where):
    """Return a copy of a file with one byte changed, so far into it (0 to 1)."""
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 0x10
    target = path.with_suffix(".damaged")
    target.write_bytes(data)
    return target


class Steps:
    """What may happen in a world."""

    def __init__(self, world):
        self.world, self.dice = world, world.dice
        self.serial = 0

    def append(self):
        """Write one to five entries at some node, its twin among them."""
        places = [each for each in self.world.every() if each.up]
        return self.append_at(self.dice.choice(places)) if places else "nobody is up"

    def append_at(self, place, drafts=None):
        """Write at a node; what it writes is read by the audience of the pack that is in force there."""

        def act():
            written = file(drafts or self._drafts(place), by=officer(place.party))
            self.world.acknowledged(place, written)
            _hold_audience(place, {each[0] for each in written})
            return (
                f"{place.name} wrote {len(written)} into {', '.join(sorted({each[0] for each in written}))}"
            )

        return self._turn(place, act)

    def _turn(self, place, act):
        """Let somebody act at a node; a node that is behind its guard must refuse."""
        behind = place.behind
        with nodes.use(place.node):
            try:
                said = act()
            except Stopped:
                hold(behind, f"{place.name} refuses to write, and is not behind its guard")
                return f"{place.name} refuses to write: it is behind its guard"
            except log.NotAdopted:
                self.world.crashed(place)
                place.start()
                return f"{place.name} starts again, by version {place.node.pack.version} of the pack"
            except (log.Closed, adopting.BehindAdoption) as refused:
                self.world.look(place)
                return f"{place.name} may not write there: {refused}"
            except OSError as full:
                self.world.look(place)
                return f"{place.name} could not write: {full.strerror}"
        hold(not behind, f"{place.name} wrote while it was behind its guard")
        return said

    def _drafts(self, place):
        """Make up what is filed: new reports under one label, or more about one that stands."""
        number = self.dice.randrange(10)
        if number < 3:
            found = self._more(place)
            if found:
                return found
        label = self.dice.choice(labels(place.party, place.node.pack))
        times = self.dice.choice((1, 1, 2, 5)) if number < 9 else self.dice.randint(20, 300)
        fact = ReportSubmitted(
            type="D1", owes=place.party, period="2026-09-14", values={"events": self.dice.randrange(1000)}
        )
        return [log.Draft(fact, self._subject(place), label) for _each in range(times)]

    def everywhere(self, place):
        """Write at a node under each of its labels, so that what a twin wrote there is contradicted."""
        said = []
        for label in labels(place.party, place.node.pack):
            fact = ReportSubmitted(type="D1", owes=place.party, period="2026-09-15")
            said.append(self.append_at(place, [log.Draft(fact, self._subject(place), label)]))
        return "; ".join(said)

    def _subject(self, place):
        self.serial += 1
        return f"report/{place.party}/{place.name}-{self.serial}"

    def _more(self, place):
        """Correct or withdraw a report of one's own, or say that somebody else's was seen."""
        with wall.open():
            found = Entry.objects.filter(kind=ReportSubmitted.kind).order_by("journal__origin", "number")
            known = list(found.values_list("subject", "journal_id"))
            if not known:
                return None
            subject, journal = self.dice.choice(known)
            label = label_of_journal(Journal.objects.get(pk=journal))
        if subject.split("/")[1] != place.party:
            return [log.Draft(ReportSeen(), subject, label)]
        if self.dice.random() < 0.2:
            return [log.Draft(ReportWithdrawn(reason="in error"), subject, label)]
        return [log.Draft(ReportCorrected(values={"events": self.dice.randrange(1000)}), subject, label)]

    def erase(self):
        """Let two persons at some node, its twin among them, erase one of its entries by order."""
        places = [each for each in self.world.every() if each.up]
        return self.erase_at(self.dice.choice(places)) if places else "nobody is up"

    def erase_at(self, place):
        """Erase one entry of a journal that is still open."""
        with nodes.use(place.node), wall.open():
            rows = Entry.objects.filter(journal__party=place.party, journal__closed=False)
            rows = rows.filter(kind__startswith="exchange.report.").order_by("journal__origin", "number")
            known = list(rows.values_list("entry_id", "journal__origin", "number"))
        if not known:
            return f"{place.name} has nothing to erase"
        entry, origin, number = self.dice.choice(known)

        def act():
            one, two = officer(place.party, "one"), officer(place.party, "two")
            _joined(erasing.propose_erasure(by=one, entry=str(entry), ground="by law"), by=two)
            with wall.open():
                last = (
                    Entry.objects.filter(kind=ERASED_KIND, journal__origin=origin).order_by("number").last()
                )
            self.world.acknowledged(place, [(origin, last.number, tree.leaf_hash(bytes(last.data)).hex())])
            return f"{place.name} erased {number} of {origin} by entry {last.number}"

        return self._turn(place, act)

    def adopt(self):
        """Let two persons put another version of the pack in force at some node, and start it with that."""
        twin = self.world.twin
        places = [
            each for each in self.world.places.values() if each.up and not (twin and twin.party == each.party)
        ]
        return self.adopt_at(self.dice.choice(places)) if places else "nobody is up"

    def adopt_at(self, place):
        """Adopt at a node; until it is started with what is in force it writes nothing."""
        old = place.node.pack
        new = self.dice.choice([each for each in PACKS.values() if each is not old])

        def act():
            one, two = officer(place.party, "one"), officer(place.party, "two")
            codes = [each.code for each in compare.compare(old, new, on=nodes.today(place.node))]
            said = adopting.body(digest=new.digest, version=new.version, summary=codes, before=old.digest)
            _joined(pairs.propose(by=one, act=adopting.ADOPT, body=said), by=two)
            self.world.look(place)
            with suppress(log.NotAdopted):
                file(self._drafts(place), by=one)
                hold(False, f"{place.name} wrote by a pack that is no longer in force")
            return f"{place.name} adopted version {new.version}: {', '.join(codes)}"

        said = self._turn(place, act)
        if place.up and "adopted" in said:
            self.world.crashed(place)
            place.start()
            hold(place.node.pack is new, f"{place.name} does not work by what it adopted")
        return said

    def change_key(self):
        """Let two persons at some node, whose party has no twin, have another key sign its journals."""
        twins = self.world.truth.twins
        places = [each for each in self.world.places.values() if each.up and each.party not in twins]
        return self.change_key_at(self.dice.choice(places)) if places else "nobody is up"

    def change_key_at(self, place):
        """Change the keys at a node: of all its journals, or of none."""

        def act():
            two = rekey.Two(officer(place.party, "one"), officer(place.party, "two"), "yearly")
            done = rekey.change(place.party, two)
            self.world.look(place)
            self.world.changed += 1
            return f"{place.name} changes the key of {len(done)} journals"

        return self._turn(place, act)

    def turn_over(self):
        """Let some node close every journal whose readers have changed."""
        places = [each for each in self.world.every() if each.up]
        return self.turn_over_at(self.dice.choice(places)) if places else "nobody is up"

    def turn_over_at(self, place):
        """Close at a node what has to be closed; nothing is left then."""

        def act():
            done = epoch.turn_over()
            self.world.look(place)
            hold(not epoch.due(place.node), f"{place.name} leaves journals open whose readers have changed")
            return f"{place.name} closes {', '.join(each.origin for each in done) or 'nothing'}"

        return self._turn(place, act)

    def write_stick(self):
        """Let some node, or its twin, write what another lacks on a stick; it is on its way then."""
        one, other = self.dice.sample(PARTIES, 2)
        place = self.world.answers_for(one, to=other)
        if not place.up:
            return f"{place.name} is down and writes no stick"
        self.serial += 1
        path = self.world.folder / f"stick-{self.serial}.cwb"
        try:
            with nodes.use(place.node):
                made = bundling.make(peers.find(other), path)
        except bundling.NothingForPeer:
            return f"{place.name} has nothing for {other}"
        self.world.sticks.append((path, other))
        said = f"{made.entries} entries of {made.journals} journals"
        return f"{place.name} writes {said} on stick {self.serial} for {other}"

    def bring_stick(self):
        """Let a stick arrive: in whatever order, a second time, or with a byte changed."""
        if not self.world.sticks:
            return "no stick is on its way"
        path, party = self.dice.choice(self.world.sticks)
        place, damage, again = self.world.places[party], self.dice.random(), self.dice.random() < STAYS
        if not place.up:
            return f"{place.name} is down when {path.stem} arrives"
        if damage < DAMAGED:
            return f"{path.stem}, with a byte changed: {self._taken(place, damaged(path, damage / DAMAGED))}"
        if not again:
            self.world.sticks.remove((path, party))
        return f"{path.stem}: {self._taken(place, path)}"

    def _taken(self, place, path):
        """Take a stick in, whole or not at all."""
        before = {row.origin: row.size for row in place.journals()}
        try:
            with nodes.use(place.node):
                done = bundling.take_in(path)
        except (Refusal, Broken) as refused:
            after = {row.origin: row.size for row in place.journals()}
            hold(before == after, f"{place.name} took in a part of {path.stem}: {refused!r}")
            return f"{place.name} takes nothing: {type(refused).__name__}"
        finally:
            self.world.look(place)
        self.world.brought += done.entries
        return f"{place.name} takes {done.entries} entries from {done.sender}"

    def pull(self):
        """Let some node ask another for what is new."""
        places = [each for each in self.world.places.values() if each.up]
        if not places:
            return "nobody is up"
        place = self.dice.choice(places)
        return self.pull_of(place, self.dice.choice([each for each in PARTIES if each != place.party]))

    def pull_of(self, place, party):
        """Begin a round of one node with the node of a party."""
        slow = self.dice.random() < self.world.network.weather.slow
        return self.go_on((Slow if slow else Errand)(self.world, place, party))

    def go_on(self, errand):
        """Let a round go on until it waits, fails or is done."""
        name = f"{errand.place.name} asks {errand.party}"
        try:
            errand.go_on()
        except NotReached as unreached:
            return f"{name}: {unreached}"
        except Crash as crash:
            self.world.crashed(crash.place)
            return f"{name}, and {crash.place.name} stops in the middle"
        finally:
            self.world.look(errand.place)
        if not errand.over:
            self.world.errands.append(errand)
            return f"{name} and waits until step {errand.due}"
        done = errand.done
        faults = "".join(f"; {each.origin}: {each.says}" for each in done.faults)
        return f"{name}: {done.entries} entries, {done.cosignatures} cosignatures{faults}"

    def cut(self):
        """Cut a line, in one direction or both."""
        one, other = self.dice.sample(PARTIES, 2)
        self.world.network.cuts.add((one, other))
        if self.dice.random() < 0.5:
            self.world.network.cuts.add((other, one))
        return f"the line from {one} to {other} is cut"

    def part(self):
        """Part the nodes into two groups."""
        group = frozenset(self.dice.sample(PARTIES, self.dice.randint(1, 3)))
        self.world.network.groups = (group,)
        return f"{', '.join(sorted(group))} reach only one another"

    def heal(self):
        """Mend the lines."""
        self.world.network.cuts.clear()
        self.world.network.groups = ()
        return "every line is mended"

    def fault(self):
        """Plan a fault of the disk or a stop in the middle of a turn."""
        place = self.dice.choice(self.world.every())
        place.planned, place.countdown = self.dice.choice(FAULTS), self.dice.randint(1, 12)
        at = f" after {place.countdown} moments" if place.planned == IN_TURN else ""
        return f"{place.name} will meet: {place.planned}{at}"

    def crash(self):
        """Stop a machine between two steps."""
        place = self.dice.choice(self.world.every())
        self.world.crashed(place)
        return f"{place.name} stops"

    def restart(self):
        """Start the machines that are down."""
        down = [each for each in self.world.every() if not each.up]
        for each in down:
            each.start()
        return f"{', '.join(each.name for each in down) or 'nobody'} starts"

    def clock(self):
        """Put a clock back."""
        place = self.dice.choice(self.world.every())
        place.set_back()
        return f"the clock of {place.name} is put back to {place.offset / 3_600_000_000:+.1f} hours"

    def back_up(self):
        """Copy the database of a node."""
        place = self.dice.choice(list(self.world.places.values()))
        if place.behind:
            return f"{place.name} is behind its guard, and is not backed up"
        self.world.alone(place)
        self.serial += 1
        place.copies.append(place.copy(self.world.folder / "copies" / f"{place.name}-{self.serial}"))
        return f"{place.name} is backed up"

    def restore(self):
        """Put an old copy of a node's database back, its guard staying; what was there is laid aside."""
        places = [each for each in self.world.places.values() if each.copies and not each.behind]
        if not places:
            return "there is no copy to put back"
        place = self.dice.choice(places)
        self.world.crashed(place)
        self.serial += 1
        place.newest = place.copy(self.world.folder / "copies" / f"{place.name}-{self.serial}-newest")
        place.put_back(self.dice.choice(place.copies))
        place.start()
        self.world.truth.cut_back(place)
        self.world.look(place)
        return f"{place.name} is put back to an old copy{', behind its guard' if place.behind else ''}"

    def bring_newest(self):
        """Put back what was laid aside where an old copy took its place."""
        for place in self.world.places.values():
            if place.behind:
                return self.bring_newest_to(place)
        return "nobody is behind"

    def bring_newest_to(self, place):
        """Put back what was laid aside: that is level with the guard, but for what a twin wrote meanwhile."""
        self.world.crashed(place)
        place.put_back(place.newest)
        place.start()
        self.world.look(place)
        if place.behind and place.party in self.world.truth.twins:
            return f"{place.name} has its newest copy back, which lacks what its twin wrote"
        hold(not place.behind, f"{place.name} has all that it ever wrote, and is behind its guard")
        return f"{place.name} has its newest copy back"

    def declare(self, place):
        """Let two persons say of every journal that lacks its end that the end is lost."""
        two = (officer(place.party), officer(place.party))
        two[1].account = "second"
        lost = []
        for _try in range(2):  # what one journal lost is written into another, which must be mended first
            for lag in recover.lagging(place.node):
                with suppress(recover.OtherFirst):
                    recover.declare_lost(place.node, origin=lag.origin, ground="the disk is gone", by_two=two)
                    place.acked[lag.origin] = lag.held
                    lost.append(lag.origin)
        self.world.look(place)
        hold(not place.behind, f"{place.name} has declared its loss, and is behind its guard")
        return f"{place.name} declares lost the ends of {', '.join(lost)}"

    def lie(self):
        """Let the node of one party have a twin, which writes and answers some peers in its place; later, others."""
        if self.world.twin is None:
            said = self.world.lie()
            if self.world.twin is None:
                return said
        twin = self.world.twin
        peers = [each for each in PARTIES if each != twin.party]
        self.world.deceived = frozenset(self.dice.sample(peers, self.dice.randint(1, 4)))
        said = [f"{twin.name} answers {', '.join(sorted(self.world.deceived))}"]
        if twin.up:
            said.append(self.append_at(twin))
        asking = self.world.places[self.dice.choice(sorted(self.world.deceived))]
        if asking.up:
            said.append(self.pull_of(asking, twin.party))
        return "; ".join(said)


WEIGHTS = {
    "append": 30,
    "pull": 46,
    "cut": 4,
    "part": 2,
    "heal": 4,
    "fault": 7,
    "crash": 2,
    "restart": 9,
    "clock": 2,
    "back_up": 4,
    "restore": 2,
    "bring_newest": 3,
    "lie": 3,
    "erase": 5,
    "adopt": 5,
    "turn_over": 3,
    "change_key": 3,
    "write_stick": 5,
    "bring_stick": 7,
}
