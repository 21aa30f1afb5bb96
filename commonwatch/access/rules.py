"""What may be done with offices and proposals. Pure: the present moment is an argument (microseconds UTC)."""

import re
from collections.abc import Iterable

from commonwatch.errors import Refusal, _

MANNERS = ("holder", "acting", "deputy")
WORDS = 2000


class BadHandle(Refusal):
    """A handle that cannot be kept."""

    code, status = "access.bad-handle", 422
    says = _("“{handle}” cannot be used as a handle.")
    hint = _("Name the chair, not the person: up to 60 letters, digits, dots, hyphens and underscores.")


class OtherPrefix(Refusal):
    """A handle that another party may want.

    Handles are of one node: were any party free to take any, a refusal would tell who there is at another.
    """

    code, status = "access.other-prefix", 422
    says = _("A handle of this party begins with “{prefix}”.")
    hint = _("For instance {prefix}duty-1. So handles of two parties never meet.")


class BadManner(Refusal):
    """An office is held, acted in or deputised for; nothing else."""

    code, status = "access.bad-manner", 422
    says = _("“{manner}” is no way of holding an office.")
    hint = _("Choose one of: {known}.")


class PeriodBackwards(Refusal):
    """A period that ends before it begins, or a deputy without an end."""

    code, status = "access.period", 422
    says = _("The period cannot be kept: {because}.")
    hint = _("Check both days. Who acts or deputises does so until a day that is named.")


class HeldAlready(Refusal):
    """The same office twice at one time."""

    code, status = "access.held-already", 409
    says = _("“{account}” holds the office “{office}” within that period already.")
    hint = _("End that one first, or choose a period that begins after it.")


class NobodyLeft(Refusal):
    """A party whose people nobody could administer."""

    code, status = "access.nobody-left", 409
    says = _("Nobody could administer the people of the party after that.")
    hint = _("Give somebody else an office that administers people first; that account must be open.")


class NotInExercise(Refusal):
    """People and their offices are real, whatever is exercised."""

    code, status = "access.not-in-exercise", 409
    says = _("Offices are given and ended in real work only.")
    hint = _("Nothing was done. Leave the exercise by the menu, then do it again.")


class GroundMissing(Refusal):
    """An act that needs a ground."""

    code, status = "access.ground-missing", 422
    says = _("Say on what ground, in a sentence of at most 2000 characters.")
    hint = _("The ground is kept beside the act.")


class EndedAlready(Refusal):
    """What has ended stays ended."""

    code, status = "access.ended-already", 409
    says = _("This has ended already.")
    hint = _("Nothing was changed.")


class SamePerson(Refusal):
    """The second person is another one."""

    code, status = "access.same-person", 409
    says = _("Who proposed this cannot be its second person.")
    hint = _("Ask a colleague whose office has the mandate.")


class PersonsOnly(Refusal):
    """A program's key proves no person."""

    code, status = "access.persons-only", 403
    says = _("A program cannot be one of two persons.")
    hint = _("Nothing was done. Sign in and do it on the page “Two persons”.")


class ProposerGone(Refusal):
    """Both persons hold their office when the act is done."""

    code, status = "access.proposer-gone", 409
    says = _("Who proposed this no longer holds the office in which it was proposed.")
    hint = _("Turn it down, and let a colleague propose it anew.")


class SeenOtherwise(Refusal):
    """What is to be done is not what was shown."""

    code, status = "access.seen-otherwise", 409
    says = _("This is not what you were shown; nothing was done.")
    hint = _("Open it again and read it before you join.")


def check_handle(handle: str) -> None:
    """Refuse a handle that cannot be kept.

    :raises BadHandle: naming the form.
    """
    if not re.fullmatch(r"[a-zA-Z0-9][\w.-]{0,59}", handle, flags=re.ASCII):
        raise BadHandle(handle=handle[:60])


def prefix_of(party: str) -> str:
    """Return how the handles of a party begin: its code in small letters, and a hyphen."""
    return re.sub(r"[^a-z0-9._-]", "-", party.lower()) + "-"


def check_prefix(handle: str, *, party: str, parties: Iterable[str]) -> None:
    """Refuse a handle that is not recognisably of `party` among the parties of the pack; the longest prefix counts.

    :raises OtherPrefix: naming how handles of the party begin.
    """
    named = [each for each in parties if handle.lower().startswith(prefix_of(each))]
    if max(named, key=len, default="") != party:
        raise OtherPrefix(prefix=prefix_of(party))


def check_real(mode: str) -> None:
    """Refuse to change offices in an exercise.

    :raises NotInExercise: saying how to leave it.
    """
    if mode != "real":
        raise NotInExercise


def check_person(client: str) -> None:
    """Refuse a program where a person is asked for.

    :raises PersonsOnly: whatever its key carries.
    """
    if client:
        raise PersonsOnly


def overlap(*, since: int, until: int | None, other_since: int, other_until: int | None) -> bool:
    """Say whether two half-open periods share a moment; None is without an end."""
    return (until is None or other_since < until) and (other_until is None or since < other_until)


def check_period(*, manner: str, since: int, until: int | None, now: int) -> None:
    """Refuse a period that cannot be: backwards, over already, or open-ended for who acts or deputises.

    :raises BadManner, PeriodBackwards: saying what is wrong.
    """
    if manner not in MANNERS:
        raise BadManner(manner=manner[:40], known=", ".join(MANNERS))
    if until is None and manner != "holder":
        raise PeriodBackwards(because=_("it has no end"))
    if until is not None and until <= since:
        raise PeriodBackwards(because=_("it ends before it begins"))
    if until is not None and until <= now:
        raise PeriodBackwards(because=_("it is over already"))


def check_ground(ground: str) -> None:
    """Refuse an act without a ground.

    :raises GroundMissing: also when it is too long.
    """
    if not 0 < len(ground.strip()) <= WORDS:
        raise GroundMissing


def standing(*, state: str, until: int, now: int) -> str:
    """Say how a proposal stands: "open", "void" once its time is over, or how it ended."""
    return "void" if state == "open" and now >= until else state


def check_open(*, state: str, until: int, now: int) -> None:
    """Refuse what can come of a proposal no more.

    :raises EndedAlready: when it was seconded, taken back or turned down, or is void.
    """
    if standing(state=state, until=until, now=now) != "open":
        raise EndedAlready


def check_second(*, account: str, proposed_by: str) -> None:
    """Refuse to join what one proposed oneself, in whichever office.

    :raises SamePerson: accordingly.
    """
    if account == proposed_by:
        raise SamePerson
