"""Peers of this machine's node, for the command line and the worker that makes rounds."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from commonwatch.config.commands import adopting
from commonwatch.config.commands.submitting import actor
from commonwatch.errors import Broken, Refusal
from commonwatch.federation import acts, board, following, forking, own, peers, pulling, settling
from commonwatch.federation import card as cards
from commonwatch.federation.line import Wire
from commonwatch.federation.models import Peer
from commonwatch.register import node
from commonwatch.register.models import Journal

EVERY: Final = 10.0
SLICE: Final = 1.0
NOWHERE: Final = "-"

logger = logging.getLogger("commonwatch.federation")


def card(address: str) -> dict[str, str]:
    """Return this node's card and its fingerprint as it is read aloud."""
    at = node.current()
    found = own.card_of(at, address=address)
    return {"card": own.signed_card(at, address=address), "spoken": cards.spoken(found.fingerprint)}


def read_card(where: str) -> str:
    """Read a card from a file, or from the node at an address.

    :raises NotReached, BadAddress: when that node does not answer.
    """
    if "://" not in where:
        return Path(where).read_text(encoding="utf-8")
    line = Wire(party=where, address=where, ca=settings.PEERS_CA, plain=settings.PEERS_PLAIN)
    return line.get("/nodes/card", headers={}, most=cards.MOST).body.decode("utf-8", "replace")


def look_at(signed: str) -> dict[str, Any]:
    """Say what a card claims; its fingerprint is not shown, for it is to be heard from the other side."""
    found = cards.read(signed)
    return {
        "party": found.party,
        "organisation": found.organisation,
        "address": found.address,
        "parties": sorted(found.keys),
    }


def add(seat: str, signed: str, *, heard: str, how: str) -> dict[str, str]:
    """Take a node in; return whose it is and the subject under which it is known."""
    subject = acts.add_peer(by=actor(seat), signed=signed, heard=heard, how=how)
    return {"party": cards.read(signed).party, "subject": subject}


def end(seat: str, party: str, ground: str) -> None:
    """End a peer."""
    acts.end_peer(by=actor(seat), party=party, ground=ground)


def listed() -> list[dict[str, Any]]:
    """List the peers and how it stands with each."""
    return [
        {
            "party": each.party,
            "address": each.address,
            "fingerprint": each.fingerprint,
            "spoken": each.spoken,
            "journals": each.journals,
            "level": each.level,
            "heard": f"{each.heard:%Y-%m-%d %H:%M:%S} UTC" if each.heard else "",
            "skew": each.skew_text,
            "failure": each.failure,
        }
        for each in board.peers_of()
    ]


def pull(party: str = "") -> list[dict[str, Any]]:
    """Make one round with each peer that has an address, or with one of them.

    :raises NoSuchPeer: when that one is none.
    """
    found = peers.standing()
    if party:
        found = [each for each in found if each.party == party]
        if not found:
            raise acts.NoSuchPeer(party=party)
    return [_round(each) for each in found if each.address != NOWHERE]


def _round(peer: Peer) -> dict[str, Any]:
    said: dict[str, Any] = {"party": peer.party, "failure": "", "changed": False, "faults": []}
    try:
        done = pulling.pull(peer, wire(peer))
    except (Refusal, Broken) as refused:
        return said | {"failure": str(refused)}
    except DatabaseError:
        raise
    except OSError as error:
        return said | {
            "failure": f"The system of this node does not let this be done: {error.strerror or error}."
        }
    except Exception:
        logger.exception("What %s sent was not understood", peer.party)
        return said | {"failure": "What it sent was not understood; the log of this node says more."}
    faults = [each._asdict() for each in done.faults]
    return said | done._asdict() | {"faults": faults}


def follow(origin: str, checkpoint: str, ground: str, persons: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Let two persons, each given as PARTY/OFFICE=HANDLE with a password, choose which past of a journal is followed.

    :raises FollowTakesTwo, NotThatPerson, NotMandated, NoFork, NoSuchPast, OwnPast: naming what is wrong.
    """
    if len(persons) != 2:
        raise settling.FollowTakesTwo
    first, second = (adopting.person_named(named, password) for named, password in persons)
    subject = settling.follow_as_two(by=(first, second), origin=origin, checkpoint=checkpoint, ground=ground)
    held = Journal.objects.get(origin=origin)
    return {"subject": subject, "held": "other" if following.elsewhere(held) else "chosen"}


def evidence(folder: Path) -> list[dict[str, str]]:
    """Write every proof of two pasts into a folder, a file each; return which."""
    found = [each for rows in forking.everything().values() for each in rows]
    if found:
        folder.mkdir(parents=True, exist_ok=True)
    said = []
    for each in found:
        path = folder / f"{each.digest[:16]}.txt"
        path.write_bytes(bytes(each.data))
        heads = [settling.name_of(side) for side in following.sides_of(bytes(each.data))]
        said.append({"file": str(path), "origin": each.origin, "first": heads[0], "second": heads[1]})
    return said


def wire(peer: Peer) -> Wire:
    """Return the line to a peer."""
    return Wire(party=peer.party, address=peer.address, ca=settings.PEERS_CA, plain=settings.PEERS_PLAIN)


def work(*, every: float = EVERY, wanted: Callable[[], bool] = lambda: True) -> None:
    """Make rounds with all peers as long as it is wanted. One that fails is tried again with the next round."""
    while wanted():
        close_old_connections()
        try:
            pull()
        except DatabaseError:
            logger.exception("A round with the peers was broken off")
            connections.close_all()
        until = time.monotonic() + every
        while wanted() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))
