"""What may be released: to more readers or at a lower level, by its originator, and never a notice of existence."""

from collections.abc import Mapping, Sequence
from typing import Any

from commonwatch.charter.label import EVERYBODY, Label, flows
from commonwatch.charter.model import InformationType, LabelScheme
from commonwatch.desks.exchange.rules.sending import WithdrawnAlready
from commonwatch.errors import Refusal, _


class NothingWider(Refusal):
    """A release by which nobody could read who cannot read already."""

    code, status = "exchange.nothing-wider", 409
    says = _("This would be read by nobody who may not read the report already.")
    hint = _(
        "Choose more readers or a lower level. A report cannot be taken back from those who have read it."
    )


class LevelAbove(Refusal):
    """A release above the level of what is released."""

    code, status = "exchange.level-above", 409
    says = _("The report stands at {level}; a release cannot stand above it.")
    hint = _("To raise a level, withdraw the report and file it anew.")


class NotToBeChosen(Refusal):
    """A level, a category or an audience that is not there to be chosen."""

    code, status = "exchange.not-to-be-chosen", 422
    says = _("“{given}” cannot be chosen here.")
    hint = _("Choose one of: {known}.")


class PublicAtLowest(Refusal):
    """What everybody reads has the lowest level and no category."""

    code, status = "exchange.public-at-lowest", 422
    says = _("What everybody may read stands at the level {level} and under no category.")
    hint = _("Choose that level, or fewer readers.")


class StubOnly(Refusal):
    """A notice that something exists stays with those for whom it was written."""

    code, status = "exchange.stub-only", 409
    says = _("This is a notice of existence; it is never released.")
    hint = _("Ask those who hold the matter itself.")


class NotInReport(Refusal):
    """A field to be released that the report does not have."""

    code, status = "exchange.not-in-report", 422
    says = _("The report says nothing under: {fields}.")
    hint = _("It says something under: {known}.")


class NothingChosen(Refusal):
    """A release without content."""

    code, status = "exchange.nothing-chosen", 422
    says = _("No field was chosen, so there is nothing to release.")
    hint = _("Choose at least one field.")


class ReleasedAlready(Refusal):
    """The same was released to the same readers before, and stands."""

    code, status = "exchange.released-already", 409
    says = _("This was released to these readers already.")
    hint = _("The report's page lists what was released.")


class ProposedAlready(Refusal):
    """The same release waits for a second person."""

    code, status = "exchange.proposed-already", 409
    says = _("This release was proposed already and waits for a second person.")
    hint = _("The report's page leads to the proposal.")


class ToldByTelephone(Refusal):
    """What another party told by telephone is that party's own matter."""

    code, status = "exchange.told-by-telephone", 403
    says = _("{owes} told this by telephone; it is for {owes} to release it.")
    hint = _("Ask {owes} to confirm the report and to release it.")


class ByProgram(Refusal):
    """A program's key proves no person."""

    code, status = "exchange.by-program", 403
    says = _("A program does not release; a person does.")
    hint = _("Sign in, and release it on the report's page.")


class ChangedSince(Refusal):
    """The report, or who would read it, is not what was shown any more."""

    code, status = "exchange.changed-since", 409
    says = _("The report or its readers have changed since this was shown; nothing was released.")
    hint = _("Look at it again, and release it anew.")


def check_release(
    source: Label, target: Label, *, type_: InformationType, state: str, scheme: LabelScheme
) -> None:
    """Refuse a release that adds no reader and lowers no level, and one of what is never released.

    Both labels are as of one originator, who stands in both.

    :raises StubOnly, WithdrawnAlready, LevelAbove, PublicAtLowest, NothingWider: saying what is wrong.
    """
    stubs = {level.code for level in scheme.levels if level.stub_only}
    if type_.stub_only or source.level in stubs:
        raise StubOnly
    if state == "withdrawn":
        raise WithdrawnAlready
    if scheme.ranks[target.level] > scheme.ranks[source.level]:
        raise LevelAbove(level=source.level)
    if target.parties == EVERYBODY and (target.level != scheme.lowest or target.categories):
        raise PublicAtLowest(level=scheme.lowest)
    if flows(source, target, scheme=scheme):
        raise NothingWider


def check_releaser(client: str) -> None:
    """Refuse a program where a person is asked for.

    :raises ByProgram: whatever its key carries.
    """
    if client:
        raise ByProgram


def check_choice(given: str, *, known: Sequence[str]) -> None:
    """Refuse what is not among the choices.

    :raises NotToBeChosen: naming them.
    """
    if given not in known:
        raise NotToBeChosen(given=given[:60], known=", ".join(known) or "-")


def chosen_values(
    values: Mapping[str, Any], fields: Sequence[str] | None, *, nil: bool = False
) -> dict[str, Any]:
    """Return the values that are released: all of them, or those of the fields named, in the report's order.

    :raises NotInReport, NothingChosen: when the choice does not fit the report.
    """
    if fields is None:
        return dict(values)
    strange = [each for each in fields if each not in values]
    if strange:
        raise NotInReport(fields=", ".join(strange)[:200], known=", ".join(values) or "-")
    found = {code: value for code, value in values.items() if code in fields}
    if not found and not nil:
        raise NothingChosen
    return found
