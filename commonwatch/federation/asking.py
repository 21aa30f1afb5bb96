"""Which node asks: by the token that it shows, held to the key of its card. No clock but this node's counts."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.http import HttpRequest

from commonwatch.access import limits
from commonwatch.errors import Refusal, _
from commonwatch.federation import keyring, own, peers
from commonwatch.federation.models import Peer
from commonwatch.journal import keychange
from commonwatch.register import node

SCHEME: Final = "Node "
EARLY: Final = 30
"""Seconds by which a token may be ahead of this node's clock."""
LONGEST: Final = 4_000


class NotAPeer(Refusal):
    """The token is of nobody who is a peer here."""

    code, status = "federation.not-a-peer", 401
    says = _("This node does not know the node that asks.")
    hint = _("Exchange cards: commonwatch peer card, then commonwatch peer add.")


class TokenLate(Refusal):
    """The token does not hold at this moment of this node's clock."""

    code, status = "federation.token-late", 401
    says = _("The token does not hold at this time.")
    hint = _("The header X-Clock says what time it is here; make it again by that.")


def node_of(request: HttpRequest) -> Peer | None:
    """Return the peer that asks; None when no node does.

    :raises NotAPeer, TokenLate: when what is shown does not hold.
    """
    given = request.headers.get("Authorization", "")
    if not given.startswith(SCHEME):
        return None
    if not hasattr(request, "found_node"):
        found = _opened(given.removeprefix(SCHEME).strip())
        if found is None:
            limits.count("key", request=request)
        request.found_node = found  # type: ignore[attr-defined]
    if request.found_node is None:  # type: ignore[attr-defined]
        raise NotAPeer
    return request.found_node  # type: ignore[attr-defined, no-any-return]


def _opened(token: str) -> Peer | None:
    at = node.current()
    if len(token) > LONGEST:
        return None
    try:
        claimed = jwt.decode(token, options={"verify_signature": False})
        peer = peers.find(str(claimed.get("iss", ""))[:40])
        if peer is None:
            return None
        said = _verified(token, peer, audience=at.party)
    except jwt.PyJWTError:
        return None
    if not _holds(said, at.clock() // 1_000_000):
        raise TokenLate
    return peer


def _verified(token: str, peer: Peer, *, audience: str) -> dict[str, Any]:
    options: Any = {"verify_exp": False, "verify_iat": False, "require": ["iss", "aud", "iat", "exp"]}
    for key in _keys(token, peer):
        public = Ed25519PublicKey.from_public_bytes(peers.key_bytes(key))
        with suppress(jwt.InvalidSignatureError):
            return jwt.decode(token, public, algorithms=[own.ALGORITHM], audience=audience, options=options)
    raise jwt.InvalidSignatureError


def _keys(token: str, peer: Peer) -> Iterator[str]:
    """Yield the key of a peer's card; then the one to which it leads, by journals or by what the token shows."""
    yield peer.keys[peer.party]
    ring = keyring.ring()
    shown = jwt.get_unverified_header(token).get(own.CHANGES, "")
    with suppress(keychange.KeyChangeRefused):
        ring.learn(str(shown))
    if (key := ring.current(peer.party)) is not None:
        yield key


def _holds(said: dict[str, Any], now: int) -> bool:
    begins, ends = said["iat"], said["exp"]
    if not (isinstance(begins, int) and isinstance(ends, int) and 0 < ends - begins <= own.LASTS):
        return False
    return begins - EARLY <= now < ends
