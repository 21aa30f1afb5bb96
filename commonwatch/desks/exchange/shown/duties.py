"""One duty: how it stands and why, and whom to call."""

from typing import Any

from django.utils.translation import gettext, gettext_noop

from commonwatch.access.actor import Actor
from commonwatch.charter.model import InformationType, Party
from commonwatch.desks.exchange import board, nils, rules
from commonwatch.desks.exchange.intake import now
from commonwatch.desks.exchange.shown.wording import STATES, period_text, posts
from commonwatch.desks.exchange.watching import run_text, span
from commonwatch.desks.exchange.wording import utc


def duty(by: Actor, type_: InformationType, party: Party, slot: rules.Slot) -> dict[str, Any]:
    """Show one cell of the board: how the duty stands and why, its reports, and whom to call."""
    status = board.stand(by, [slot], now=now())[slot]
    open_ = status is not None and status.timeliness in {"in_grace", "missing"}
    return {
        "type": type_,
        "owes": party.code,
        "slot": slot,
        "period_text": period_text(slot.period),
        "status": status,
        "cell": cell(status),
        "reasons": [*reasons(slot, status), *_nil_run(by, type_, party)],
        "reports": [
            {
                "row": each,
                "cell": STATES.get(each.state, STATES["value"]),
                "state": gettext(STATES[each.state][2]),
            }
            for each in board.reports_for(by, [slot]).get((slot.type, slot.party, slot.period), [])
        ],
        "posts": posts(party) if open_ else [],
        "may_report": by.party == party.code and by.may("exchange.submit-report"),
        "may_call": by.party != party.code and by.may("shifts.log-call"),
        "duty_key": f"duty/{type_.code}/{party.code}/{slot.period}",
        "may_telephone": by.party != party.code and by.may("exchange.submit-on-behalf"),
    }


def _nil_run(by: Actor, type_: InformationType, party: Party) -> list[str]:
    """Point out that nil returns have followed one another for too long, where the viewer may know it."""
    return [run_text(run) for run in nils.running(by, types=[type_], party=party.code)]


def cell(status: rules.Status | None) -> tuple[str, str, str]:
    """Return tone, sign and words of how a duty stands."""
    if status is None:
        return ("nil", "·", gettext("not shown to you"))
    return {
        "on_time": ("ok", "✓", gettext("received on time")),
        "late": ("late", "◔", gettext("received late")),
        "in_grace": ("late", "◔", gettext("past due, in grace")),
        "missing": ("miss", "✕", gettext("missing")),
        "due": ("due", "○", gettext("due")),
        "exempt": ("nil", "–", gettext("exempt")),
    }[status.timeliness]


CONTENTS = {
    "withdrawn": gettext_noop("An earlier report was withdrawn."),
    "corrected": gettext_noop("It was corrected after it came."),
    "nil": gettext_noop("The party said that there is nothing to report."),
}


def reasons(slot: rules.Slot, status: rules.Status | None) -> list[str]:
    """Say in whole sentences why a duty stands as it does."""
    said = [
        gettext("Due at {due}.").format(due=utc(slot.due_at)),
        gettext("Missing after {moment}.").format(moment=utc(slot.missing_at)),
    ]
    if status is None:
        return [*said, gettext("Whether it was met is for other readers to know.")]
    if status.received_at is not None:
        said.append(gettext("Received at {moment}.").format(moment=utc(status.received_at)))
    if status.timeliness == "late":
        said.append(gettext("It came {span} late.").format(span=span(status.minutes)))
    if status.timeliness in {"in_grace", "missing"}:
        said.append(gettext("{span} past due.").format(span=span(status.minutes)))
    if status.by_telephone:
        said.append(gettext("Written down by telephone; the party has not confirmed it yet."))
    if status.double:
        said.append(gettext("The party filed more than one report for this period."))
    if status.content in CONTENTS:
        said.append(gettext(CONTENTS[status.content]))
    if status.ground:
        said.append(gettext("Exempt by a waiver. Ground: {ground}").format(ground=status.ground))
    return said
