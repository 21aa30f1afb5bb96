"""The keys of this machine's node, for the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from commonwatch.access.actor import Actor
from commonwatch.config.commands import adopting
from commonwatch.federation import card as cards
from commonwatch.federation import handing
from commonwatch.federation.line import Wire
from commonwatch.register import node, rekey

Given = Sequence[tuple[str, str]]
"""Two persons, each as PARTY/OFFICE=HANDLE, and their passwords."""


def change(party: str, ground: str, persons: Given) -> list[dict[str, Any]]:
    """Let a new key sign the journals of a party; return the journals and the entries that say so.

    :raises NotThatPerson, NotTwoPersons, NotMandated, NoJournals: naming what is wrong.
    """
    done = handing.change_key(by=_two(persons), party=party, ground=ground)
    return [each._asdict() for each in done]


def hand_over(party: str, ground: str, persons: Given) -> list[dict[str, Any]]:
    """Hand a hosted party over to its own node; return what was handed over.

    :raises NotThatPerson, NotTwoPersons, NotMandated, NoSuchPeer, NoJournals: naming what is wrong.
    """
    done = handing.hand_over(by=_two(persons), party=party, ground=ground)
    return [each._asdict() for each in done]


def take_over(signed: str, heard: str, address: str, stick: Path | None) -> dict[str, Any]:
    """Take the record of this node's party over from its host, by line or from a stick; put the pack in force here.

    :raises NotReached, NotHosted, FingerprintDiffers, AlreadyWrites, NotHandedOver: naming what is wrong.
    """
    at = node.current()
    given = cards.read(signed)
    way = handing.by_stick(stick) if stick else handing.by_line(_line(given, address))
    entries = handing.take_over(signed=signed, heard=heard, way=way)
    adopting.first(at.pack, settings.PACK)
    return {"party": at.party, "entries": entries, "host": given.party}


def _line(host: cards.Card, address: str) -> Wire:
    where = address or host.address
    return Wire(party=host.party, address=where, ca=settings.PEERS_CA, plain=settings.PEERS_PLAIN)


def _two(persons: Given) -> tuple[Actor, Actor]:
    if len(persons) != 2:
        raise rekey.NotTwoPersons
    first, second = (adopting.person_named(named, password) for named, password in persons)
    return first, second
