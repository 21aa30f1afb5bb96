"""What may be released, revised, withdrawn and acknowledged."""

from collections.abc import Sequence

import msgspec

from commonwatch.desks.summaries.facts import Block, Heading, Item, Paragraph, Table
from commonwatch.errors import Refusal, _

MOST_BYTES = 65_535
ENVELOPE = 2_000
"""Bytes of an entry besides its body and references: label, subject, salt, who wrote."""
REFERENCE = 130
MOST_TEXT = 8_000
MOST_TITLE = 200


class Stale(Refusal):
    """Something that was chosen was corrected or withdrawn since."""

    code, status = "summaries.stale", 409
    says = _("Since it was chosen, this has changed: {items}.")
    hint = _("Take the present version, or keep it as it was: then it is marked so.")


class NobodyLeft(Refusal):
    """A label that leaves no reader besides the writer."""

    code, status = "summaries.nobody-left", 409
    says = _("Nobody would be left to read this: {items} takes the last readers away.")
    hint = _("Leave it out, ask for its release, or put it into an annex.")


class TooLarge(Refusal):
    """More than one entry can hold."""

    code, status = "summaries.too-large", 413
    says = _("The summary has {bytes} bytes; an entry holds {most}.")
    hint = _("Take out or shorten the largest parts first: {largest}.")


class TooLong(Refusal):
    """A text that is longer than its field."""

    code, status = "summaries.too-long", 422
    says = _("A text of {length} characters is longer than {most}.")
    hint = _("Shorten it, or divide it into two paragraphs.")


class NothingToRelease(Refusal):
    """A summary without content or without a title."""

    code, status = "summaries.nothing-to-release", 422
    says = _("There is nothing to release yet.")
    hint = _("Give it a title, and choose something or write a paragraph.")


class NothingChanged(Refusal):
    """A version that says what the one before said."""

    code, status = "summaries.nothing-changed", 409
    says = _("This says what the version before says; nothing was released.")
    hint = _("Change something first.")


class ChangedSince(Refusal):
    """The draft, or who would read it, is not what was shown any more."""

    code, status = "summaries.changed-since", 409
    says = _("The draft or its readers have changed since this was shown; nothing was released.")
    hint = _("Look at it again, and release it then.")


class OtherReaders(Refusal):
    """A new version for other readers."""

    code, status = "summaries.other-readers", 409
    says = _("This version would have another label than the summary that it revises.")
    hint = _("Withdraw that one and issue this anew, or leave out what changes the label: {items}.")


class NumberFixed(Refusal):
    """A version in a journal that takes nothing more."""

    code, status = "summaries.journal-closed", 409
    says = _("The journal of this summary is closed: its readers have changed.")
    hint = _("Release a new summary, and say in it what it replaces.")


class SavedMeanwhile(Refusal):
    """Two officers at one draft."""

    code, status = "summaries.saved-meanwhile", 409
    says = _("{account} saved this draft at {at} UTC, after you had opened it. Yours was not saved over it.")
    hint = _("Both texts stand below. Save again to keep yours where they differ.")


class NotYours(Refusal):
    """Only who released revises and withdraws."""

    code, status = "summaries.not-yours", 403
    says = _("This was released by {party}; only {party} may revise or withdraw it.")
    hint = _("Ask {party}.")


class WithdrawnAlready(Refusal):
    """What no longer stands."""

    code, status = "summaries.withdrawn-already", 409
    says = _("This summary was withdrawn.")
    hint = _("Release a new one.")


class GroundMissing(Refusal):
    """No ground was given."""

    code, status = "summaries.ground-missing", 422
    says = _("Say why.")
    hint = _("One sentence is enough; it is kept with the summary.")


class NotARecipient(Refusal):
    """Who is not to acknowledge a summary."""

    code, status = "summaries.not-a-recipient", 409
    says = _("{party} is not among those who are to acknowledge this summary.")
    hint = _("Its page lists them.")


class OutcomeUnknown(Refusal):
    """An outcome of a call that there is not."""

    code, status = "summaries.outcome-unknown", 422
    says = _("“{given}” is no outcome of a call.")
    hint = _("Choose one of: {known}.")


def check_ground(ground: str) -> None:
    """Refuse when no ground is given, or one too long.

    :raises GroundMissing, TooLong: saying so.
    """
    if not ground.strip():
        raise GroundMissing
    if len(ground) > MOST_TEXT:
        raise TooLong(length=len(ground), most=MOST_TEXT)


def check_lengths(title: str, blocks: Sequence[Block]) -> None:
    """Refuse a summary without title or content, and texts that are too long.

    :raises NothingToRelease, TooLong: saying so.
    """
    if not title.strip() or all(isinstance(each, Heading) for each in blocks):
        raise NothingToRelease
    if len(title) > MOST_TITLE:
        raise TooLong(length=len(title), most=MOST_TITLE)
    for each in blocks:
        text = each.comment if isinstance(each, Item) else each.text if isinstance(each, Paragraph) else ""
        if len(text) > MOST_TEXT:
            raise TooLong(length=len(text), most=MOST_TEXT)


def check_size(body: bytes, blocks: Sequence[Block], *, references: int) -> None:
    """Refuse what one entry cannot hold, naming the largest blocks.

    :raises TooLarge: with the largest, by their first words.
    """
    whole = len(body) + references * REFERENCE + ENVELOPE
    if whole <= MOST_BYTES:
        return
    sizes = sorted(((len(msgspec.json.encode(each)), _words(each)) for each in blocks), reverse=True)
    largest = "; ".join(f"{words} ({size})" for size, words in sizes[:3])
    raise TooLarge(bytes=whole, most=MOST_BYTES, largest=largest)


def _words(block: Block) -> str:
    """Say by a few words which block is meant."""
    if isinstance(block, Item):
        return ", ".join(filter(None, (block.owes or block.party, f"{block.type} {block.period}".strip())))
    text = block.code if isinstance(block, Table) else block.text
    return f"“{text[:40].strip()}…”" if len(text) > 40 else f"“{text}”"


def number_of(code: str, day: str, count: int, version: int = 0) -> str:
    """Write a summary's number as people say it: "D2 2026-09-14 v2", and "D2 2026-09-14/2 v1" for a second one."""
    name = f"{code} {day}" if count == 1 else f"{code} {day}/{count}"
    return f"{name} v{version}" if version else name
