"""What may be done with offices and proposals. Pure: the present moment is an argument (microseconds UTC)."""

import re

from commonwatch.errors import Refusal, _

MANNERS = ("holder", "acting", "deputy")
WORDS = 2000


class BadHandle(Refusal):
    """A handle that cannot be kept."""

    code, status = "access.bad-handle", 422
    says = _("“{handle}” cannot be used as a handle.")
    hint = _("Name the chair, not the person: up to 60 letters, digits, dots, hyphens and underscores.")


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


def check_second(*, account: str, proposed_by: str, state: str, until: int, now: int) -> None:
    """Refuse to join a proposal that is one's own, has ended, or is void.

    :raises SamePerson, EndedAlready: accordingly.
    """
    if state != "open" or now >= until:
        raise EndedAlready
    if account == proposed_by:
        raise SamePerson
