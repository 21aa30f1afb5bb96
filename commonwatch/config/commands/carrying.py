"""Bundles of this machine's node, for the command line."""

from pathlib import Path
from typing import Any

import msgspec

from commonwatch.federation import acts, bundling, peers


def make(party: str, target: Path, *, anyway: bool) -> dict[str, Any]:
    """Write a bundle for a peer; return what is in it.

    :raises NoSuchPeer, NothingForPeer: when there is nobody to write to, or nothing to write.
    """
    peer = peers.find(party)
    if peer is None:
        raise acts.NoSuchPeer(party=party)
    return bundling.make(peer, target, anyway=anyway)._asdict()


def show(source: Path) -> dict[str, Any]:
    """Say what a bundle would bring."""
    return _plain(bundling.show(source))


def take_in(source: Path) -> dict[str, Any]:
    """Take a bundle in; return what it brought."""
    return _plain(bundling.take_in(source))


def _plain(shown: bundling.Shown) -> dict[str, Any]:
    return {
        "sender": shown.sender,
        "serial": shown.serial,
        "order": shown.order,
        "made_at": shown.made_at,
        "entries": shown.entries,
        "forks": list(shown.forks),
        "faults": [each.told for each in shown.faults],
        "journals": [msgspec.to_builtins(each) for each in shown.verdicts],
    }
