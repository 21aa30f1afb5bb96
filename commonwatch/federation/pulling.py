"""Pulling: one round with one peer. What it offers is verified first and admitted then.

A round asks for the heads; where nothing has changed that is all. Journals that are behind are fetched, admitted and
cosigned one by one, so that one that does not hold stops no other.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

import msgspec
from django.db import DatabaseError

from commonwatch.errors import Broken, Refusal
from commonwatch.federation import card, cosigning, following, forking, keyring, own, peers, recovery
from commonwatch.federation.forking import Fault
from commonwatch.federation.heads import VERSION, Head, Heads, tag_of
from commonwatch.federation.keyring import Keyring, Trust
from commonwatch.federation.line import Answer, AnswersOtherwise, Line, NotReached
from commonwatch.federation.models import Contact, Cosignature, Level, Peer
from commonwatch.federation.spool import MOST_BUNDLE, NoRoom, Spool
from commonwatch.journal import checkpoint, cosign, export, note
from commonwatch.journal.manifest import Held
from commonwatch.journal.verify import CHECKPOINT
from commonwatch.register import admit, checking, node, replacing, wall
from commonwatch.register.checking import Incoming
from commonwatch.register.models import Journal

logger = logging.getLogger("commonwatch.federation")

SELDOM = 60_000_000
"""How many microseconds may lie between two notes that a peer was heard and had no news."""
MOST_HEADS = 32 * 1024 * 1024
MOST_JOURNALS = 20_000
CLOCK = "x-clock"


class Round(NamedTuple):
    """What one round did. `changed` is False when the peer had nothing new to say."""

    party: str
    changed: bool
    journals: int = 0
    entries: int = 0
    cosignatures: int = 0
    requests: int = 0
    faults: tuple[Fault, ...] = ()


class _Talk:
    """One round with one peer: the token that it is shown, how its clock stands to ours, how often it was asked."""

    def __init__(self, peer: Peer, line: Line, contact: Contact) -> None:
        self.peer, self.line, self.contact, self.requests = peer, line, contact, 0

    @cached_property
    def keys(self) -> Keyring:
        """The keys of all parties; asked for only where there is news."""
        return keyring.ring()

    @cached_property
    def witnesses(self) -> dict[str, note.Verifier]:
        """The keys of the cosignatures of all nodes."""
        return peers.witnesses()

    def ask(self, path: str, *, most: int, tag: str = "") -> Answer:
        """Ask for a path; once more where our token was made by a clock that differs."""
        answer = self._asked(path, most=most, tag=tag)
        if answer.status == 401 and CLOCK in answer.headers:
            answer = self._asked(path, most=most, tag=tag)
        if answer.status not in {200, 304}:
            raise AnswersOtherwise(party=self.peer.party, answer=answer.status)
        return answer

    def _asked(self, path: str, *, most: int, tag: str) -> Answer:
        at = node.current()
        now = at.clock() + (self.contact.skew or 0)
        headers = {"Authorization": f"Node {own.token(at, to=self.peer.party, now=now)}"}
        if tag:
            headers["If-None-Match"] = tag
        self.requests += 1
        answer = self.line.get(path, headers=headers, most=most)
        said = answer.headers.get(CLOCK, "")
        if said.isascii() and said.isdecimal() and len(said) < 20:
            self.contact.skew = int(said) - at.clock()
        return answer

    def tile(self, origin: str) -> Callable[[str, int], bytes]:
        """Return what fetches tiles of a journal."""
        return lambda path, most: self.ask(f"/journals/{origin}/{path}", most=most).body


@wall.open()
def pull(peer: Peer, line: Line) -> Round:
    """Make one round with a peer, and keep how it went.

    :raises NotReached: when it does not answer, or not in a way that can be used.
    :raises NoRoom: when our own disk does not take what it gives.
    """
    at = node.current()
    contact, _new = Contact.objects.get_or_create(party=peer.party)
    contact.asked_at = at.clock()
    talk = _Talk(peer, line, contact)
    try:
        done = _round(talk)
    except NotReached as refused:
        contact.failure = str(refused)
        contact.save()
        raise
    except NoRoom as refused:
        contact.failure = str(refused)
        with suppress(DatabaseError):  # it may lie on the same disk
            contact.save()
        raise
    _keep(contact, done)
    return done


def _keep(contact: Contact, done: Round) -> None:
    """Keep how a round went; that nothing was new is written down now and then only."""
    now = node.current().clock()
    failure = "; ".join(each.told for each in done.faults)[:2000]
    quiet = not done.changed and contact.failure == failure and 0 <= now - contact.heard_at < SELDOM
    if not 0 <= now - contact.heard_at < SELDOM:
        contact.heard_at = now  # when it was heard must not tell when it had news
    contact.failure = failure
    if done.entries:
        contact.came_at = now
    if not quiet:
        contact.save()


def _round(talk: _Talk) -> Round:
    answer = talk.ask("/nodes/heads", most=MOST_HEADS, tag=talk.contact.tag)
    if answer.status == 304:
        return Round(talk.peer.party, changed=False, requests=talk.requests)
    heads = _read(talk.peer, answer.body)
    faults = list(forking.take(heads.forks, came_from=talk.peer.party))
    faults += _learned(talk, heads.journals)
    journals, entries, cosigned = 0, 0, 0
    for each in recovery.own_first(heads.journals):
        try:
            new, lines = _journal(talk, each)
        except (Refusal, Broken) as fault:
            if isinstance(fault, NotReached | NoRoom) and not isinstance(fault, AnswersOtherwise):
                raise  # the line is cut, or the disk full: what else was offered is fetched in the next round
            logger.warning("%s from %s: %s", each.origin[:300], talk.peer.party, fault)
            faults.append(Fault(each.origin[:300], str(fault)))
            continue
        journals, entries, cosigned = journals + bool(new), entries + new, cosigned + lines
    talk.contact.tag = "" if faults else tag_of(answer.body)
    return Round(talk.peer.party, True, journals, entries, cosigned, talk.requests, tuple(faults))


def _learned(talk: _Talk, heads: Sequence[Head]) -> list[Fault]:
    """Learn how keys changed from all journals at once: one may tell by which key another was opened."""
    faults = []
    for each in heads:
        try:
            talk.keys.learn(each.changes)
        except Broken as fault:
            faults.append(Fault(each.origin[:300], str(fault)))
    return faults


@wall.open()
def take_back(party: str, line: Line, *, host: card.Card | None = None) -> int:
    """Take from a node, peer or not, what it holds of our own journals and we lack; return how many entries came.

    Nothing of it has to be believed: all of it was signed by our own key, or by that of the `host` which names ours.

    :raises NotReached: when it does not answer.
    """
    talk = _Talk(Peer(party=party), line, Contact(party=party))
    if host is not None:
        talk.keys.vouch(host)
    heads = _read(talk.peer, talk.ask("/nodes/heads", most=MOST_HEADS).body)
    at = node.current()
    mine = [
        each for each in heads.journals if each.origin.count("/") == 4 and at.holds(each.origin.split("/")[1])
    ]
    if host is not None and not any(each.changes for each in mine):
        return 0
    _learned(talk, mine)
    return sum(_journal(talk, each)[0] for each in recovery.own_first(mine))


def fetcher(origin: str, ways: Sequence[tuple[Peer, Line]]) -> Callable[[str], bytes]:
    """Return what fetches a file of a journal from the first peer that gives it.

    :raises Broken: when it is asked for a file that nobody gives.
    """
    talks = [_Talk(peer, line, Contact(party=peer.party)) for peer, line in ways]

    def fetch(path: str) -> bytes:
        for talk in talks:
            with suppress(NotReached):
                return talk.ask(f"/journals/{origin}/{path}", most=MOST_BUNDLE).body
        asked = ", ".join(talk.peer.party for talk in talks)
        raise Broken(f"nobody gives it; asked were: {asked or 'no peers, for no line leads to any'}")

    return fetch


def _read(peer: Peer, body: bytes) -> Heads:
    try:
        heads = msgspec.json.decode(body, type=Heads)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise NotReached(party=peer.party, reason=f"its list of journals cannot be read: {wrong}") from wrong
    if heads.v != VERSION or heads.node != peer.party or len(heads.journals) > MOST_JOURNALS:
        raise NotReached(party=peer.party, reason="its list of journals is of another version or node")
    return heads


def _journal(talk: _Talk, given: Head) -> tuple[int, int]:
    """Bring one journal level; return how many entries came and how many cosignatures were new."""
    found = Found(*talk.keys.open(given.checkpoint, given.origin))
    head = found.head
    if following.proved(head.origin):
        new = _forked(talk, given, found)
        note_level(talk.peer.party, head)  # not before: what it holds may be another past
        return new, cosigning.take(given.checkpoint, head, talk.witnesses)
    note_level(talk.peer.party, head)
    row = Journal.objects.filter(origin=head.origin).first()
    new = _level(talk, given, found, row.size if row else 0)
    return new, cosigning.take(given.checkpoint, head, talk.witnesses)


def _forked(talk: _Talk, given: Head, found: "Found") -> int:
    """Bring a journal with two pasts level as it was chosen; where the other past is held, from its first entry.

    :raises Forked, NotFollowed: when nobody has chosen, or this is not the past that was.
    """
    head = found.head
    forking.refuse_forked(head.origin)
    row = Journal.objects.filter(origin=head.origin).first()
    held = 0 if row is None or following.elsewhere(row) else row.size
    if not held:
        forking.check_chosen(head, talk.tile(head.origin))
    return _level(talk, given, found, held)


def _level(talk: _Talk, given: Head, found: "Found", held: int) -> int:
    """Hold a checkpoint to what is held of its journal, or fetch what lies beyond; return how many entries came."""
    head, trust = found
    if held < head.size:
        return _fetch(talk, given, found, held)
    forking.compare(head, given.checkpoint, fetch=talk.tile(head.origin))
    keep_second(head, given.checkpoint, trust)
    return 0


def keep_second(head: checkpoint.Checkpoint, signed: str, trust: Trust) -> None:
    """Keep the second signature that the owner of a journal has added since this very checkpoint came here."""
    if not node.current().pack.signs_twice:
        return
    if Journal.objects.filter(origin=head.origin, size=head.size, ours=False, second="").exists():
        admit.signed_again(delivery(trust, signed, ()))


def delivery(trust: Trust, signed: str, entries: checking.Entries) -> Incoming:
    """Put the news of a journal together with the keys by which it is held, and its own signatures alone.

    Where its key has signed two pasts, also with what was chosen here.

    :raises NoteRefused: when that key has not signed.
    """
    second = peers.second(trust.verifier.name)
    verifiers = [trust.verifier, *([note.Verifier.parse(second)] if second else [])]
    origin = trust.verifier.name
    row = Journal.objects.filter(origin=origin).first()
    return Incoming(
        cosign.only(signed, verifiers),
        entries,
        trust.verifier.vkey,
        second,
        follows=following.chosen(origin),
        anew=following.elsewhere(row) is not None,
    )


class Found(NamedTuple):
    """A checkpoint that a peer offers, and the key that has signed it."""

    head: checkpoint.Checkpoint
    trust: Trust


def _fetch(talk: _Talk, given: Head, found: Found, held: int) -> int:
    head, trust = found
    if not node.current().holds(head.origin.split("/")[1]):
        checking.open_head(delivery(trust, given.checkpoint, ()))
    spool = Spool(
        node.current(), origin=head.origin, start=held, size=head.size, fetch=talk.tile(head.origin)
    )
    spool.fill()
    try:
        door = recovery.door(head, vouched=talk.keys.vouches(trust.verifier.vkey))
        new = take_in(delivery(trust, given.checkpoint, spool.entries), door)
    except (Refusal, Broken):
        spool.empty()
        row = Journal.objects.filter(origin=head.origin).first()
        if row is not None and held:
            forking.found(row, given.checkpoint, head, fetch=talk.tile(head.origin))
        raise
    spool.empty()
    return new


def take_in(given: Incoming, door: recovery.Door) -> int:
    """Admit what was fetched of a journal and cosign it; our own past comes back by the door of recovery."""
    before = Journal.objects.filter(origin=given.signed.split("\n", 1)[0]).first() if given.anew else None
    done = door(given)
    row = Journal.objects.get(origin=done.origin)
    if before is not None:
        forget(before)
    if not row.ours:
        cosigning.cosign(row)
    return done.new


def forget(before: Journal) -> None:
    """Keep the cosignatures of a past that was set aside beside it, and no longer count by them who is how far.

    Our own stays, so that we never cosign the other past, too.
    """
    lines = cosigning.lines([before.origin]).get(before.origin, ())
    signed = cosigning.joined(before.checkpoint, lines)
    export.put(replacing.folder_of(before) / CHECKPOINT, signed.encode())
    Cosignature.objects.filter(origin=before.origin).exclude(party=node.current().party).delete()
    Level.objects.filter(origin=before.origin).delete()


def note_level(party: str, head: checkpoint.Checkpoint | Held) -> None:
    """Keep that a party has shown to hold so much of a journal."""
    row, new = Level.objects.get_or_create(party=party, origin=head.origin, defaults={"size": head.size})
    if not new and row.size < head.size:
        row.size = head.size
        row.save(update_fields=["size"])
