"""What a node's own party writes about its peers: who they are, until when, and which keys count no more."""

from collections.abc import Mapping

from commonwatch.register.fact import Fact, fact


@fact("federation.peer.added")
class PeerAdded(Fact, frozen=True, omit_defaults=True):
    """A node is a peer from here on, with the keys of its card; a later one takes the place of an earlier one.

    `keys` are public keys (base64) by party; `heard` is the fingerprint (40 digits) as it was heard or read, and `how`
    says whether that was "spoken" or "carried". `proposal` is the subject on which two persons agreed to other keys.
    """

    party: str
    address: str
    keys: Mapping[str, str]
    witness: str
    sealed: str
    heard: str
    how: str
    proposal: str = ""


@fact("federation.peer.seconded")
class PeerSeconded(Fact, frozen=True, omit_defaults=True):
    """The key (base64, ML-DSA-44) of the second signature of a party for which a peer writes, from the same card."""

    party: str
    key: str


@fact("federation.peer.ended")
class PeerEnded(Fact, frozen=True, omit_defaults=True):
    """It is a peer no longer: nothing is given to it and nothing taken from it."""

    ground: str


@fact("federation.key.revoked")
class KeyRevoked(Fact, frozen=True, omit_defaults=True):
    """A key (base64) of a party was lost to somebody: it counts up to a size of each journal, and no further.

    `sizes` are by origin; a journal that is not named counts for nothing.
    """

    key: str
    sizes: Mapping[str, int]
    ground: str
    proposal: str = ""


@fact("federation.fork.settled")
class ForkSettled(Fact, frozen=True, omit_defaults=True):
    """Two persons have chosen which past of a journal is followed here: the one that has this root (hex) at this size.

    `evidence` are the digests (SHA-256, hex) of the proofs that they had before them, in order. `second` is the account
    that joined whoever wrote this; `proposal` the subject on which they agreed, empty when they did so on the machine.
    """

    origin: str
    size: int
    root: str
    evidence: tuple[str, ...]
    ground: str
    second: str
    proposal: str = ""
