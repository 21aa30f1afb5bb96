"""The list of reports and releases: one line each, what can be chosen, and where the list goes on."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop

from commonwatch.access.actor import Actor
from commonwatch.desks.exchange import finding, rules
from commonwatch.desks.exchange.intake import moment
from commonwatch.desks.exchange.models import Listed
from commonwatch.desks.exchange.shown.wording import (
    CHANNELS,
    STATES,
    Choice,
    period_text,
    writer,
)
from commonwatch.desks.exchange.wording import utc
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import party_name, type_name, words

WHAT = {"report": gettext_noop("reports"), "release": gettext_noop("releases")}
SAYS = {
    "report": gettext_noop("{party} reported {type}"),
    "release": gettext_noop("{party} released {type}"),
}


class Asked(NamedTuple):
    """What the form of the list holds, as it was typed. Days are written like 2026-09-14, both included."""

    q: str = ""
    type: str = ""
    party: str = ""
    period: str = ""
    since: str = ""
    until: str = ""
    state: str = ""
    channel: str = ""
    what: str = ""
    urgent: str = ""
    unseen: str = ""

    @property
    def query(self) -> str:
        """The part of an address that asks the same."""
        return urlencode({name: value for name, value in self._asdict().items() if value})

    @property
    def chosen(self) -> bool:
        """Whether anything is asked for besides words."""
        return any(self[1:])


class Line(NamedTuple):
    """One report or release as the list shows it; `seen` is None where that is not asked."""

    key: str
    at: int
    sentence: SafeString
    period: str
    level: str
    tone: str
    sign: str
    state: str
    versions: int
    who: str
    notes: str
    seen: bool | None
    urgent: bool
    place: str
    number: int


def reports(by: Actor, asked: Asked, found: finding.Found) -> dict[str, Any]:
    """Show a page of the list: its lines, what can be chosen, and the ways on."""
    return {
        **choices(asked),
        "lines": _lines(by, found.rows),
        "more": _way(asked, found.after) if found.after and found.until is None else "",
        "further": _way(asked, found.after) if found.after and found.until is not None else "",
        "looked_back_to": utc(moment(found.until)) if found.until is not None else "",
    }


def choices(asked: Asked) -> dict[str, Any]:
    """Show what can be chosen, and what was."""
    pack = node.current().pack
    return {
        "asked": asked,
        "types": _choices(((each.code, words(each.name)) for each in pack.types), asked.type),
        "parties": _choices(((each.code, words(each.short)) for each in pack.parties), asked.party),
        "states": _choices(((code, gettext(says)) for code, (_t, _s, says) in STATES.items()), asked.state),
        "channels": _choices(((code, gettext(says)) for code, says in CHANNELS.items()), asked.channel),
        "whats": _choices(((code, gettext(says)) for code, says in WHAT.items()), asked.what),
    }


def _choices(given: Iterable[tuple[str, str]], chosen: str) -> list[Choice]:
    return [Choice(code, name, code == chosen) for code, name in given]


def _way(asked: Asked, after: finding.Place) -> str:
    """Write the address at which the list goes on."""
    where = urlencode({"before": after.at, "after": after.key})
    return f"{reverse('exchange:reports')}?{asked.query}{'&' if asked.query else ''}{where}"


def _lines(by: Actor, rows: list[Listed]) -> list[Line]:
    seen = finding.seen_by_us(by, rows) if rows else set()
    continued = finding.continued(by, rows) if rows else set()
    urgent = {each.code for each in node.current().pack.types if each.urgent}
    return [
        _line(
            row,
            seen=None
            if row.party == by.party or row.what != "report" or row.state == "withdrawn"
            else (row.key, row.versions) in seen,
            continued=row.key in continued,
            urgent=row.type in urgent,
        )
        for row in rows
    ]


def _line(row: Listed, *, seen: bool | None, continued: bool, urgent: bool) -> Line:
    tone, sign, state = STATES.get(row.state, STATES["value"])
    if row.state == "value" and row.versions > 1 and row.what == "report":
        sign, state = "↺", gettext_noop("corrected")
    address = reverse("exchange:report" if row.what == "report" else "exchange:release", args=[row.key])
    link = format_html('<a href="{}">{}</a>', address, type_name(row.type))
    says = gettext(SAYS.get(row.what, SAYS["report"]))
    journal = row.journal
    return Line(
        key=row.key,
        at=row.at,
        sentence=format_html(says, party=format_html("<b>{}</b>", party_name(row.party)), type=link),
        period=period_text(row.period) if row.period else _event(row),
        level=journal.level,
        tone=tone,
        sign=sign,
        state=gettext(state),
        versions=row.versions,
        who=writer(row.party, row.office),
        notes="; ".join(_notes(row, continued=continued)),
        seen=seen,
        urgent=urgent,
        place=f"{journal.party} {journal.slug}",
        number=row.number,
    )


def _event(row: Listed) -> str:
    """Say of an event when it became known."""
    if not row.event_at:
        return ""
    return gettext("known at {moment}").format(moment=utc(rules.instant(row.event_at)))


def _notes(row: Listed, *, continued: bool) -> list[str]:
    """Say what else is to be known of a line: for whom it was written, how it came, that it goes on."""
    notes = []
    if row.owes != row.party and row.what == "report":
        notes.append(gettext("by telephone for {party}").format(party=party_name(row.owes)))
    elif row.channel in CHANNELS and row.channel != "telephone":
        notes.append(gettext(CHANNELS[row.channel]))
    if continued:
        notes.append(gettext("goes on in a later epoch"))
    return notes
