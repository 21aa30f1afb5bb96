"""Taking the watch and handing it over: who may, and what both sign."""

from collections.abc import Collection, Iterable
from hashlib import sha256

import msgspec

from commonwatch.desks.shifts.facts import HandoverSigned, Item
from commonwatch.errors import Refusal, _

LATE = 15 * 60 * 1_000_000
"""After so many microseconds past the end of the shift a hand-over counts as late."""

_ENCODE = msgspec.json.Encoder(order="deterministic").encode


class TakenMeanwhile(Refusal):
    """Somebody else took the watch while the page stood open."""

    code, status = "shifts.taken-meanwhile", 409
    says = _("{account} took the watch at {at} UTC, before you.")
    hint = _("Nothing was done. Look at the page again.")


class WatchIsYours(Refusal):
    """Who has the watch takes it again."""

    code, status = "shifts.watch-is-yours", 409
    says = _("You have the watch already, until {until} UTC.")
    hint = _("Hand it over when the shift ends.")


class NotYourWatch(Refusal):
    """Only who has the watch hands it over."""

    code, status = "shifts.not-your-watch", 409
    says = _("Only who has the watch can hand it over.")
    hint = _("See under Shifts who has it.")


class OpenAlready(Refusal):
    """A hand-over waits for its second signature."""

    code, status = "shifts.open-already", 409
    says = _("A hand-over of this watch is signed and waits for the officer who comes.")
    hint = _("Withdraw it first, with the reason.")


class StillMore(Refusal):
    """Something began to wait since the page was shown."""

    code, status = "shifts.still-more", 409
    says = _("Since you opened the page {count} more things wait.")
    hint = _("They stand in the list now. Look at them and sign again.")


class NotAllSeen(Refusal):
    """An item was not ticked."""

    code, status = "shifts.not-all-seen", 422
    says = _("{count} things are not marked as seen.")
    hint = _("Read each and mark it, then sign.")


class ToOneself(Refusal):
    """A hand-over takes two."""

    code, status = "shifts.to-oneself", 409
    says = _("You signed this hand-over yourself: another officer takes it over.")
    hint = _("If nobody comes, say so to the shift lead; the watch stays with you.")


class SeenOtherwise(Refusal):
    """What would be signed is not what was shown."""

    code, status = "shifts.seen-otherwise", 409
    says = _("What you read is not what stands in the register now.")
    hint = _("Read the page again, then sign.")


class OverWith(Refusal):
    """The hand-over has ended."""

    code, status = "shifts.over-with", 409
    says = _("This hand-over waits for nobody any more.")
    hint = _("The page says how it ended.")


class NotYourHandover(Refusal):
    """Who signed withdraws; a colleague refuses."""

    code, status = "shifts.not-your-handover", 409
    says = _("Who signed a hand-over withdraws it; a colleague refuses it.")
    hint = _("Choose the other of the two.")


def digest_of(fact: HandoverSigned) -> str:
    """Return the SHA-256 (hex) of what the outgoing officer signs: all of it but the digest itself."""
    return sha256(_ENCODE(msgspec.structs.replace(fact, digest=""))).hexdigest()


def digest_since(digest: str, since: Iterable[Item]) -> str:
    """Return the SHA-256 (hex) of what the incoming officer signs: the first signature's, and what came since."""
    return sha256(_ENCODE([digest, sorted(each.key for each in since)])).hexdigest()


def check_shown(items: Iterable[Item], *, shown: Collection[str]) -> None:
    """Refuse to sign while something waits that was not on the page.

    :raises StillMore: counting it.
    """
    more = sum(each.key not in shown for each in items)
    if more:
        raise StillMore(count=more)


def check_seen(keys: Iterable[str], *, seen: Collection[str]) -> None:
    """Refuse to take over before every item is marked as seen.

    :raises NotAllSeen: counting those that are not.
    """
    left = sum(each not in seen for each in keys)
    if left:
        raise NotAllSeen(count=left)


def how_late(at: int, *, due_at: int) -> int:
    """Say how many minutes after the end of a shift something happened; 0 in time or shortly after."""
    return (at - due_at) // 60_000_000 if at - due_at > LATE else 0
