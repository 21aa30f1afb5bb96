"""Bundles: news for a peer on a stick, sealed to its key; and what comes on one, taken in whole or not at all."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from commonwatch.errors import Broken, Refusal, _
from commonwatch.federation import card, cosigning, following, forking, keyring, own, peers, recovery, serving
from commonwatch.federation.models import Contact, Level, Peer
from commonwatch.federation.pulling import Found, delivery, forget, keep_second, note_level
from commonwatch.journal import bundle, keychange, manifest, note, seal
from commonwatch.journal.bundle import Opened, OpenedPart, Part
from commonwatch.journal.export import Erased
from commonwatch.journal.manifest import Held, Line, Manifest, Verdict
from commonwatch.register import node, vouching, wall
from commonwatch.register import seal as sealing
from commonwatch.register.admit import admit_all
from commonwatch.register.models import Journal

FOLDER = "sticks"
PLAIN = "plain"


class NotASender(Refusal):
    """The bundle is from nobody who is a peer."""

    code, status = "federation.not-a-sender", 422
    says = _("The bundle says that it is from {party}, which is no peer of this node.")
    hint = _("Exchange cards with that node first: commonwatch peer add.")


class BundleGap(Refusal):
    """Entries between what is held and what the bundle brings are lacking."""

    code, status = "federation.bundle-gap", 409
    says = _("{origin}: the bundle begins at entry {start}, and {held} are held here.")
    hint = _(
        "A bundle before this one did not arrive. Import it first, or ask {party} for one that begins earlier."
    )


class NothingForPeer(Refusal):
    """The peer has shown that it holds everything."""

    code, status = "federation.nothing-for-peer", 409
    says = _("{party} has shown that it holds everything that it may read.")
    hint = _("Nothing was written. Say --anyway to make a bundle that only says what this node holds.")


class Made(NamedTuple):
    """A bundle that was written: its number, how many journals and entries, how many bytes when sealed."""

    party: str
    serial: int
    journals: int
    entries: int
    bytes: int


class Shown(NamedTuple):
    """What a bundle would bring. `order` says how its number stands to the last that came from its sender.

    `forks` names each journal of which it has the evidence of a fork, once for each proof. `faults` says of what else
    came as evidence why it proves nothing and, once it was taken in, which journals were left out.
    """

    sender: str
    serial: int
    order: str
    made_at: str
    verdicts: tuple[Verdict, ...]
    forks: tuple[str, ...] = ()
    faults: tuple[forking.Fault, ...] = ()

    @property
    def entries(self) -> int:
        """How many entries are new."""
        return sum(each.size - each.held for each in self.verdicts if each.what == "new")


@wall.open()
def make(peer: Peer, target: Path, *, anyway: bool = False) -> Made:
    """Write what a peer is not known to hold into a file sealed to its key.

    :raises NothingForPeer: when that is nothing, unless one is wanted anyway.
    """
    at = node.current()
    contact, _new = Contact.objects.get_or_create(party=peer.party)
    rows = _rows(peer)
    lines, proofs = _lacking(peer, rows), _proofs(rows)
    if not lines and not proofs and not anyway:
        raise NothingForPeer(party=peer.party)
    said = Manifest(
        organisation=at.pack.organisation,
        sender=at.party,
        recipient=peer.party,
        serial=contact.sent_serial + 1,
        before=contact.sent_serial,
        made_at=f"{datetime.fromtimestamp(at.clock() / 1e6, tz=UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        journals=lines,
        held=_held(peer),
        forks=tuple(sha256(each).digest() for each in proofs),
    )
    with _apart(at) as place:
        with (place / PLAIN).open("xb") as file:
            bundle.write(file, said, _parts(lines, rows), signer=own.signer(at), forks=proofs)
        seal.seal(place / PLAIN, target, recipients=[peer.sealed])
    contact.sent_serial = said.serial
    contact.save(update_fields=["sent_serial"])
    return Made(
        peer.party,
        said.serial,
        len(lines),
        sum(each.size - each.start for each in lines),
        target.stat().st_size,
    )


def _rows(peer: Peer) -> dict[str, Journal]:
    withheld = vouching.withheld()
    numbers = [shelf.id for _reader, shelf in peers.shelves(peer) if shelf.origin not in withheld]
    return {row.origin: row for row in Journal.objects.filter(pk__in=numbers, size__gt=0)}


def _proofs(rows: dict[str, Journal]) -> list[bytes]:
    """List the evidence of forks of these journals, in the order of its digests."""
    found = [bytes(each.data) for some in forking.of(rows).values() for each in some]
    return sorted(found, key=lambda data: sha256(data).digest())[: manifest.MAX_FORKS]


def _lacking(peer: Peer, rows: dict[str, Journal]) -> tuple[Line, ...]:
    """List the journals of which a peer is not known to hold everything, from where it is known to hold them."""
    known = dict(Level.objects.filter(party=peer.party).values_list("origin", "size"))
    found = [
        Line(origin, min(known.get(origin, 0), row.size), row.size) for origin, row in sorted(rows.items())
    ]
    return tuple(each for each in found if each.start < each.size)


def _held(peer: Peer) -> tuple[Held, ...]:
    """List what this node holds of the journals of those for whom a peer writes: so it knows what arrived."""
    rows = Journal.objects.filter(party__in=list(peer.keys), size__gt=0).order_by("origin")
    found = [Held(row.origin, row.size, bytes.fromhex(row.root)) for row in rows if not row.ours]
    return tuple(sorted(found, key=lambda each: each.origin))


def _parts(lines: tuple[Line, ...], rows: dict[str, Journal]) -> Iterator[Part]:
    cosigned = cosigning.lines(each.origin for each in lines)
    for each in lines:
        row = rows[each.origin]
        signed = cosigning.joined(row.checkpoint, cosigned.get(each.origin, ()))
        yield Part(signed, serving.entries(row, start=each.first))


@wall.open()
def show(source: Path) -> Shown:
    """Say what a bundle would bring; nothing is written.

    :raises Broken, NotASender: naming what does not hold.
    """
    with _opened(source) as given:
        return _with_forks(_shown(given.manifest), given)


@wall.open()
def take_in(source: Path) -> Shown:
    """Take in everything that a bundle brings, or nothing of it; return what it brought.

    Evidence of forks that holds is kept in any case; of a journal with two pasts nothing is taken in until two persons
    have chosen, and the rest is.

    :raises Broken, NotASender, BundleGap, NotAdmitted: naming what does not hold.
    """
    with _opened(source) as given:
        shown = _with_forks(_shown(given.manifest), given)
        for data in given.evidence:
            forking.keep(data, came_from=shown.sender)
        keys, witnesses = keyring.ring(), peers.witnesses()
        parts = {part.line.origin: part for part in given.parts}
        for part in given.parts:
            keys.learn(_changes(part))
        found = {origin: Found(*keys.open(part.checkpoint(), origin)) for origin, part in parts.items()}
        shown = _without_forked(shown, found, parts)
        for each in shown.verdicts:
            if each.what == "gap":
                raise BundleGap(origin=each.origin, start=each.start, held=each.held, party=shown.sender)
        _admit(shown, parts, found)
        for origin in [each.origin for each in shown.verdicts]:
            head, trust = found[origin]
            note_level(shown.sender, head)
            keep_second(head, parts[origin].checkpoint(), trust)
            cosigning.take(parts[origin].checkpoint(), head, witnesses)
        _acknowledged(given.manifest)
    return shown


@wall.open()
def take_back(source: Path, *, host: card.Card) -> int:
    """Take from a bundle what the node that hosted our party holds of our own journals; return how many entries came.

    `host` is its card, compared by voice; nothing else of the bundle is taken.

    :raises Broken, NotASender, NotAdmitted: naming what does not hold.
    """
    at, keys = node.current(), keyring.ring()
    keys.vouch(host)
    with _opened(source, partial(_of_host, host)) as given:
        mine = [part for part in given.parts if at.holds(part.line.origin.split("/")[1])]
        changes = [_changes(part) for part in mine]
        for each in changes:
            keys.learn(each)
        return sum(_one_back(part, keys) for part in mine) if any(changes) else 0


def _of_host(host: card.Card, party: str) -> note.Verifier:
    if party != host.party:
        raise NotASender(party=party[:40])
    return host.verifier()


def _one_back(part: OpenedPart, keys: keyring.Keyring) -> int:
    """Take one of our own journals back, where it is not here already."""
    head, trust = keys.open(part.checkpoint(), part.line.origin)
    if Journal.objects.filter(origin=head.origin, size__gte=head.size).exists():
        return 0
    door = recovery.door(head, vouched=keys.vouches(trust.verifier.vkey))
    return door(delivery(trust, part.checkpoint(), _Read(part))).new


def _changes(part: OpenedPart) -> str:
    """Find the statements by which the entries of a journal in a bundle change its key."""
    entries = part.entries(part.line.first)
    return "".join(keychange.statement_of(each) for each in entries if isinstance(each, bytes))


def _without_forked(shown: Shown, found: dict[str, Found], parts: dict[str, OpenedPart]) -> Shown:
    """Leave out the journals of which a fork is known, or shows now, or of which this is not the past chosen here."""
    faults = {}
    for origin, (head, _trust) in found.items():
        try:
            forking.refuse_forked(origin)
            if following.elsewhere(Journal.objects.filter(origin=origin).first()) is None:
                forking.compare(head, parts[origin].checkpoint())
            else:
                forking.check_chosen(head, None)
        except (forking.Forked, forking.NotFollowed) as fault:
            faults[origin] = forking.Fault(origin, str(fault))
    kept = tuple(each for each in shown.verdicts if each.origin not in faults)
    return shown._replace(verdicts=kept, faults=(*shown.faults, *faults.values()))


def _admit(shown: Shown, parts: dict[str, OpenedPart], found: dict[str, Found]) -> None:
    incoming = []
    for each in shown.verdicts:
        part = parts[each.origin]
        if each.what == "new":
            incoming.append(delivery(found[each.origin].trust, part.checkpoint(), _Read(part)))
    given = {each.signed.split("\n", 1)[0] for each in incoming if each.anew}
    before = list(Journal.objects.filter(origin__in=given))
    done_all = admit_all(incoming) if incoming else ()
    for row in before:
        forget(row)
    for done in done_all:
        cosigning.cosign(Journal.objects.get(origin=done.origin))


class _Read:
    """The entries of one journal in a bundle, as the register asks for them: twice, from where it stands."""

    def __init__(self, part: OpenedPart) -> None:
        self._part = part

    def entries(self, start: int) -> Iterator[bytes | Erased]:
        """Yield the entries from a number on."""
        return iter(self._part.entries(start))


def _shown(said: Manifest) -> Shown:
    origins = [each.origin for each in said.journals]
    rows = Journal.objects.filter(origin__in=origins)
    held = {row.origin: 0 if following.elsewhere(row) else row.size for row in rows}
    contact = Contact.objects.filter(party=said.sender).first()
    order = manifest.order(said, contact.got_serial if contact else 0)
    return Shown(said.sender, said.serial, order, said.made_at, tuple(manifest.compare(said, held)))


def _with_forks(shown: Shown, given: Opened) -> Shown:
    forks, faults = [], []
    for data in given.evidence:
        try:
            forks.append(forking.examine(data))
        except (Broken, Refusal) as wrong:
            faults.append(forking.Fault("-", f"evidence that proves nothing: {wrong}"))
    return shown._replace(forks=tuple(forks), faults=tuple(faults))


def _acknowledged(said: Manifest) -> None:
    """Learn from a bundle what its sender holds of ours, and keep its number."""
    at = node.current()
    for each in said.held:
        row = Journal.objects.filter(origin=each.origin).first()
        if row is None or row.size < each.size:
            continue
        if sealing.root_at(at, row.pk, size=each.size) != each.root:
            if following.proved(each.origin):
                continue
            raise Broken(f"{said.sender} says that it holds another past of {each.origin}")
        note_level(said.sender, each)
    contact, _new = Contact.objects.get_or_create(party=said.sender)
    contact.got_serial, contact.heard_at = max(contact.got_serial, said.serial), at.clock()
    contact.came_at = contact.heard_at
    contact.save(update_fields=["got_serial", "heard_at", "came_at"])


def _verifier(party: str) -> note.Verifier:
    peer = peers.find(party)
    if peer is None:
        raise NotASender(party=party[:40])
    key = keyring.ring().current(party) or peer.keys[party]
    return card.verifier(card.name_of(node.current().pack.organisation, party), key)


@contextmanager
def _opened(source: Path, verifier: manifest.KeyOf = _verifier) -> Iterator[Opened]:
    """Open a sealed bundle: its plain form lies in the node's home while it is read, for this account alone."""
    at = node.current()
    with _apart(at) as place:
        seal.unseal(source, place / PLAIN, identities=[own.identity(at)])
        with (place / PLAIN).open("rb") as file:
            yield bundle.open_bundle(
                file, organisation=at.pack.organisation, recipient=at.party, verifier=verifier
            )


@contextmanager
def _apart(at: node.Node) -> Iterator[Path]:
    """Open a folder in the node's home that is gone afterwards.

    It is locked while it is in use: a bundle in plain that a killed process left behind goes with the next one.
    """
    folder = at.home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    with _locked(folder):
        for left in folder.iterdir():
            _sweep(left)
        place = Path(tempfile.mkdtemp(dir=folder))
        lock = os.open(place, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield place
    finally:
        shutil.rmtree(place)
        os.close(lock)


@contextmanager
def _locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _sweep(left: Path) -> None:
    """Take away what nobody holds who is still at work."""
    with suppress(BlockingIOError, FileNotFoundError), _locked(left, fcntl.LOCK_EX | fcntl.LOCK_NB):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
