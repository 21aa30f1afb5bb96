"""Several nodes of the small organisation in one process; the lines between them go through the real addresses."""

import gzip
from contextlib import ExitStack, contextmanager

from django.test import Client

from commonwatch.access.actor import Actor
from commonwatch.charter.label import Viewer
from commonwatch.federation import acts, card, own, peers, pulling, settling
from commonwatch.federation.line import Answer, NotReached
from commonwatch.register import node as nodes
from tests.conftest import lived_in
from tests.small import PACK

PARTIES = ("CRC", "AM", "BY", "KZ")


class Within:
    """A line to another node of this process; `cut` lets nothing through, `change` alters what comes."""

    def __init__(self, house):
        self.house, self.cut, self.asked = house, False, []
        self.change = lambda _path, answer: answer

    def get(self, path, *, headers, most):
        if self.cut:
            raise NotReached(party=self.house.node.party, reason="the line is cut")
        self.asked.append(path)
        with nodes.use(self.house.node):
            said = Client().get(path, headers=dict(headers))
        names = {name.lower(): value for name, value in said.headers.items()}
        body = said.content
        if names.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        answer = self.change(path, Answer(said.status_code, names, body))
        if len(answer.body) > most:
            raise NotReached(party=self.house.node.party, reason="too long")
        return answer


def keeper(house):
    """Seat whoever keeps the peers of a node."""
    return Actor(
        viewer=Viewer(party=house.node.party, clearance="H2"),
        account="tester",
        party=house.node.party,
        office="head",
        mandates=frozenset({acts.MANAGE, acts.REVOKE, settling.FOLLOW}),
    )


def introduce(house, other):
    """Let a node take another in."""
    with nodes.use(other.node):
        signed = own.signed_card(other.node, address="https://there.example")
    with nodes.use(house.node):
        heard = card.spoken(card.read(signed).fingerprint)
        acts.add_peer(by=keeper(house), signed=signed, heard=heard)


def pull(house, other, line=None):
    """Make one round of a node with another."""
    with nodes.use(house.node):
        peer = peers.find(other.node.party)
        return pulling.pull(peer, line or Within(other))


@contextmanager
def several(path, empty, *, parties=PARTIES, known=True):
    """Open a node for each party, every one a peer of every other when they are `known`."""
    with ExitStack() as stack:
        found = {
            party: stack.enter_context(
                lived_in(
                    path=path / party.lower(), pack=PACK, party=party, alias=f"node-{party.lower()}",
                    empty=empty, hosted=(), seed=number,
                )
            )
            for number, party in enumerate(parties, 1)
        }  # fmt: skip
        if known:
            for house in found.values():
                for other in found.values():
                    if other is not house:
                        introduce(house, other)
        yield found
        for house in found.values():
            with nodes.use(house.node):
                house.check()
