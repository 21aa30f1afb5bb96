"""Whether one may ask, answer, close, relay, acknowledge and call. Pure: moments are arguments, in microseconds UTC."""

from collections.abc import Iterable, Sequence

from commonwatch.charter.model import InformationType, Timers
from commonwatch.errors import Refusal, _

MINUTE = 60_000_000
SOONEST = 10 * MINUTE
LATEST = 30 * 24 * 60 * MINUTE
MOST_TEXT = 4000
URGENCIES = ("routine", "urgent")
WANTS = ("answer", "confirmation", "release")
OUTCOMES = ("confirmed", "refuted", "partly")
CALLS = ("acknowledged", "no-answer", "unreachable")


class NoSuchQuestion(Refusal):
    """Absent and forbidden look alike."""

    code, status = "traffic.no-such-question", 404
    says = _("There is no such question.")
    hint = _("It may have been asked among others.")


class NoSuchRelay(Refusal):
    """Absent and forbidden look alike."""

    code, status = "traffic.no-such-relay", 404
    says = _("There is no such relay.")
    hint = _("It may have been meant for other recipients.")


class NoSuchNotice(Refusal):
    """Absent and forbidden look alike."""

    code, status = "traffic.no-such-report", 404
    says = _("There is no report of that name.")
    hint = _("It may have been written for other readers.")


class NobodyAsked(Refusal):
    """A question to nobody, or to oneself."""

    code, status = "traffic.nobody-asked", 422
    says = _("Say which party is asked; your own party is not asked.")


class AskedCannotRead(Refusal):
    """Who is asked would not be able to read what it is asked about, or the question itself."""

    code, status = "traffic.asked-cannot-read", 409
    says = _("{party} cannot read this, so it cannot be asked about it.")
    hint = _("Ask {writer}, who wrote it, or ask on no report in particular.")


class ReadersChanged(Refusal):
    """Nobody new can be told in a journal that is closed."""

    code, status = "traffic.readers-changed", 409
    says = _("The readers of this report have changed, so the question cannot go to all of them.")
    hint = _("Ask it between the two of you alone.")


class LabelUnknown(Refusal):
    """A level or audience that cannot be chosen."""

    code, status = "traffic.label-unknown", 422
    says = _("A question cannot be asked at the level {level} for the audience {audience}.")
    hint = _("Choose a level that your office may read, and an audience that is offered.")


class TextMissing(Refusal):
    """Nothing was said."""

    code, status = "traffic.text-missing", 422
    says = _("Something has to be written here.")
    hint = _("Write it in words that will still be understood tomorrow.")


class TextTooLong(Refusal):
    """More was said than is kept."""

    code, status = "traffic.text-too-long", 422
    says = _("This text has {count} characters; at most {most} are kept.")


class NoSuchPart(Refusal):
    """The form of the report has no such field."""

    code, status = "traffic.no-such-field", 422
    says = _("The report has no field “{part}”.")


class Unknown(Refusal):
    """A choice that is not offered."""

    code, status = "traffic.unknown-choice", 422
    says = _("“{given}” cannot be chosen here.")
    hint = _("Possible are: {known}.")


class DueOutOfBounds(Refusal):
    """An answer that is due too soon or too late."""

    code, status = "traffic.due-out-of-bounds", 422
    says = _("An answer can be due from ten minutes to thirty days from now.")


class WithinOutOfBounds(Refusal):
    """A relay that is to be acknowledged at once or never."""

    code, status = "traffic.within-out-of-bounds", 422
    says = _("A relay can be acknowledged within one minute to 24 hours.")


class DueUnreadable(Refusal):
    """What was typed is no moment."""

    code, status = "traffic.due-unreadable", 422
    says = _("“{text}” is not a moment.")
    hint = _("Write it like 2026-09-14T12:00, in UTC.")


class NotAsked(Refusal):
    """Somebody else was asked."""

    code, status = "traffic.not-asked", 403
    says = _("This question was asked of {party}; only {party} may answer it.")


class NotTheAsker(Refusal):
    """Somebody else asked."""

    code, status = "traffic.not-the-asker", 403
    says = _("This question was asked by {party}; only {party} may close it.")


class AnsweredAlready(Refusal):
    """A colleague was quicker."""

    code, status = "traffic.answered-already", 409
    says = _("This was answered already: {who}, {at} UTC.")
    hint = _(
        "Nothing was sent; what you typed still stands here. Read that answer, or send yours as a supplement."
    )


class ClosedAlready(Refusal):
    """It needs no answer any more."""

    code, status = "traffic.closed-already", 409
    says = _("This question is closed already.")


class NotAnsweredYet(Refusal):
    """What nobody has answered cannot satisfy."""

    code, status = "traffic.not-answered-yet", 409
    says = _("Nobody has answered this yet.")
    hint = _("Withdraw the question, with a ground, if you need no answer any more.")


class OutcomeMissing(Refusal):
    """A confirmation was asked for, and it is not said whether it is one."""

    code, status = "traffic.outcome-missing", 422
    says = _("Say whether it is confirmed, refuted or confirmed in part.")


class AnswerElsewhere(Refusal):
    """The report that holds the answer is not for all who read the question."""

    code, status = "traffic.answer-elsewhere", 409
    says = _("Not everybody who reads this question may read that report.")
    hint = _("Say the answer in words, or release the report to them first.")


class NotUrgent(Refusal):
    """Only urgent notices are relayed."""

    code, status = "traffic.not-urgent", 409
    says = _("{type} is no urgent notice; only urgent notices are relayed.")


class NoticeWithdrawn(Refusal):
    """What no longer stands is not passed on."""

    code, status = "traffic.notice-withdrawn", 409
    says = _("This notice was withdrawn; it is not relayed.")
    hint = _("Tell those to whom an earlier version was relayed.")


class NobodyMayRead(Refusal):
    """There is nobody to whom a notice can be relayed."""

    code, status = "traffic.nobody-may-read", 409
    says = _("Nobody but {writer} and the Center may read this notice, so it cannot be relayed.")
    hint = _("Ask {writer} to release it to those who should get it.")


class NoRecipient(Refusal):
    """Nobody was chosen, or somebody who may not read the notice."""

    code, status = "traffic.no-recipient", 422
    says = _("Choose at least one recipient, and only such as may read the notice.")


class RelayedAlready(Refusal):
    """A colleague was quicker."""

    code, status = "traffic.relayed-already", 409
    says = _("This version was relayed already, at {at} UTC.")
    hint = _("The page of that relay shows who has acknowledged.")


class NotARecipient(Refusal):
    """It was not relayed to that party."""

    code, status = "traffic.not-a-recipient", 403
    says = _("This notice was not relayed to {party}.")


class AcknowledgedAlready(Refusal):
    """Once is enough."""

    code, status = "traffic.acknowledged-already", 409
    says = _("{party} has acknowledged this already, at {at} UTC.")


def check_text(text: str) -> str:
    """Return a text without the blanks around it, and without NUL, which no database keeps.

    :raises TextMissing, TextTooLong: when there is nothing in it, or too much.
    """
    found = text.replace("\0", "").strip()
    if not found:
        raise TextMissing
    if len(found) > MOST_TEXT:
        raise TextTooLong(count=len(found), most=MOST_TEXT)
    return found


def check_choice(given: str, known: Sequence[str]) -> str:
    """Return what was chosen.

    :raises Unknown: when it is not offered.
    """
    if given not in known:
        raise Unknown(given=given, known=list(known))
    return given


def minutes_for(wants: str, urgency: str, *, timers: Timers) -> int:
    """Return how many minutes an answer may take when nobody says otherwise."""
    if wants == "confirmation":
        return timers.confirmation
    return timers.question_urgent if urgency == "urgent" else timers.question_routine


def due_at(given: int | None, *, now: int, wants: str, urgency: str, timers: Timers) -> int:
    """Return when an answer is due: as given, within bounds, or as the pack's timers say.

    :raises DueOutOfBounds: when it is too soon or too late.
    """
    if given is None:
        return now + minutes_for(wants, urgency, timers=timers) * MINUTE
    if not now + SOONEST <= given <= now + LATEST:
        raise DueOutOfBounds
    return given


def check_part(part: str, type_: InformationType | None) -> None:
    """Refuse a field that the form of a report does not have.

    :raises NoSuchPart: naming it.
    """
    if part and (type_ is None or part not in {each.code for each in type_.fields}):
        raise NoSuchPart(part=part)


def check_urgent(type_: InformationType | None, *, code: str, state: str) -> None:
    """Refuse to relay what is no urgent notice, or stands no longer.

    :raises NotUrgent, NoticeWithdrawn: saying so.
    """
    if type_ is None or not type_.urgent:
        raise NotUrgent(type=code)
    if state == "withdrawn":
        raise NoticeWithdrawn


def check_recipients(chosen: Iterable[str], *, possible: Sequence[str], writer: str) -> tuple[str, ...]:
    """Return the recipients of a relay, in the organisation's order.

    :raises NobodyMayRead: when nobody may read the notice besides those two.
    :raises NoRecipient: when none is chosen, or one that may not read it.
    """
    if not possible:
        raise NobodyMayRead(writer=writer)
    wanted = set(chosen)
    if not wanted or not wanted <= set(possible):
        raise NoRecipient
    return tuple(each for each in possible if each in wanted)


def check_within(minutes: int | None, *, timers: Timers) -> int:
    """Return within how many minutes a relay is to be acknowledged: as given, or as the pack's timers say.

    :raises WithinOutOfBounds: below one minute or beyond a day.
    """
    found = timers.relay_acknowledged if minutes is None else minutes
    if not 1 <= found <= 24 * 60:
        raise WithinOutOfBounds
    return found
