"""What may be sent how: channel, label, times, reasons."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange.rules.content import as_utc
from commonwatch.errors import Refusal, _

AHEAD = timedelta(minutes=10)


class ChannelNotAllowed(Refusal):
    """A report that comes in a way its type does not have."""

    code, status = "exchange.channel-not-allowed", 422
    says = _("{type} holds no content here: it travels by {channels}.")
    hint = _("Only a note that it exists may be entered.")


class LabelNotAllowed(Refusal):
    """A level or an audience that the type does not allow."""

    code, status = "exchange.label-not-allowed", 422
    says = _("{type} may not be sent at {label}.")
    hint = _("It may be sent at: {allowed}.")


class TwoMarkings(Refusal):
    """A level and a TLP marking, which may say two things."""

    code, status = "exchange.two-markings", 422
    says = _("Say either a level or a TLP marking, not both.")
    hint = _("The organisation gives each marking its level; an audience may be named beside it.")


class EventTimeMissing(Refusal):
    """A report on an event without the time at which it was known, or with one that cannot be."""

    code, status = "exchange.event-time", 422
    says = _("Say when the event became known, in UTC, written like 2026-09-14T05:41Z; it cannot lie ahead.")
    hint = _("“{given}” is not such a time.")


class WithdrawnAlready(Refusal):
    """A withdrawn report does not change any more."""

    code, status = "exchange.withdrawn-already", 409
    says = _("This report was withdrawn; it stays as it is.")
    hint = _("File a new report for the period.")


class NothingChanged(Refusal):
    """A correction that changes nothing."""

    code, status = "exchange.nothing-changed", 409
    says = _("Nothing differs from the version that stands.")
    hint = _("Change a value, or leave the report as it is.")


class ReasonMissing(Refusal):
    """An act that needs a reason."""

    code, status = "exchange.reason-missing", 422
    says = _("Say why, in a sentence of at most 2000 characters.")
    hint = _("The reason is kept beside the act, for everybody who may read it.")


class PeriodBackwards(Refusal):
    """A time that ends before it begins."""

    code, status = "exchange.period-backwards", 422
    says = _("It ends before it begins.")
    hint = _("Check both days; the last day named is no longer part of it.")


class DayUnreadable(Refusal):
    """A day that cannot be read."""

    code, status = "exchange.day-unreadable", 422
    says = _("“{text}” is not a day.")
    hint = _("Days are written like 2026-09-14.")


def check_channel(type_: InformationType, channel: str) -> None:
    """Refuse content of a type that is kept as a note of existence only, when it comes in bulk.

    :raises ChannelNotAllowed: for an import of such a type.
    """
    if type_.stub_only and channel == "import":
        raise ChannelNotAllowed(type=type_.code, channels=", ".join(type_.channels))


def check_label(type_: InformationType, *, level: str, audience: str) -> None:
    """Refuse a level or audience that the type does not allow; empty means the type's own.

    :raises LabelNotAllowed: naming what it allows.
    """
    levels = {type_.level, *type_.levels}
    audiences = {type_.audience, *type_.audiences}
    if level and level not in levels:
        raise LabelNotAllowed(type=type_.code, label=level, allowed=", ".join(sorted(levels)))
    if audience and audience not in audiences:
        raise LabelNotAllowed(type=type_.code, label=audience, allowed=", ".join(sorted(audiences)))


def check_one_marking(*, level: str, marking: str) -> None:
    """Refuse a level beside a TLP marking.

    :raises TwoMarkings: when both are said.
    """
    if level and marking:
        raise TwoMarkings


def check_marked(
    type_: InformationType,
    label: Label,
    *,
    marking: str,
    allowed: Mapping[str, tuple[str, ...]],
    lowest: str,
) -> None:
    """Refuse readers beyond every audience that the type allows (its audiences with their readers).

    :raises LabelNotAllowed: naming these audiences.
    """
    within = [
        readers
        for readers in allowed.values()
        if readers == EVERYBODY or (label.parties != EVERYBODY and set(label.parties) <= set(readers))
    ]
    if not within or (label.parties == EVERYBODY and label.level != lowest):
        wanted = f"TLP:{marking}"
        raise LabelNotAllowed(type=type_.code, label=wanted, allowed=", ".join(dict.fromkeys(allowed)))


def instant(text: str) -> datetime:
    """Read an RFC 3339 time; one without a zone is UTC.

    :raises EventTimeMissing: when it is none.
    """
    try:
        return as_utc(text)
    except ValueError as error:
        raise EventTimeMissing(given=text[:40]) from error


def event_text(text: str) -> str:
    """Write the time of an event as it is kept, RFC 3339 in UTC; what cannot be read stays as it was typed."""
    if not text:
        return ""
    try:
        return instant(text).strftime("%Y-%m-%dT%H:%M:%SZ")
    except EventTimeMissing:
        return text


def check_event(type_: InformationType, event_at: str, *, now: datetime) -> None:
    """Refuse a report on an event that does not say when it became known, or on a periodic type without a period.

    :raises EventTimeMissing: naming the form.
    :raises PeriodMissing: for a type that is owed by the calendar.
    """
    if type_.schedule is not None and not type_.urgent and not event_at:
        raise PeriodMissing(type=type_.code)
    if not event_at or instant(event_at) > now + AHEAD:
        raise EventTimeMissing(given=event_at[:40])


class PeriodMissing(Refusal):
    """A periodic report without its period."""

    code, status = "exchange.period-missing", 422
    says = _("Say for which period this {type} is.")
    hint = _("The page “What I owe” lists the open periods.")


def check_correction(
    *, state: str, reason: str, old: Mapping[str, Any], new: Mapping[str, Any], nil: bool
) -> None:
    """Refuse a correction of a withdrawn report, one without a reason, and one that changes nothing.

    :raises WithdrawnAlready, ReasonMissing, NothingChanged: accordingly.
    """
    check_withdrawal(state=state, reason=reason)
    if dict(old) == dict(new) and nil == (state == "nil"):
        raise NothingChanged


def check_withdrawal(*, state: str, reason: str) -> None:
    """Refuse to change a withdrawn report, or to act without a reason.

    :raises WithdrawnAlready, ReasonMissing: accordingly.
    """
    if state == "withdrawn":
        raise WithdrawnAlready
    if not 0 < len(reason.strip()) <= 2000:
        raise ReasonMissing


def check_waiver(*, ground: str, since: int, until: int | None) -> None:
    """Refuse a waiver or a switch without a ground, or one that ends before it begins.

    :raises ReasonMissing, PeriodBackwards: accordingly.
    """
    if not 0 < len(ground.strip()) <= 2000:
        raise ReasonMissing
    if until is not None and until <= since:
        raise PeriodBackwards
