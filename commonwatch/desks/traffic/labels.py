"""Labels, parties, reports and lengths of time in words, as the pages of this desk have them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils.translation import gettext, ngettext

from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.desks.traffic import rules
from commonwatch.desks.traffic.intake import type_of
from commonwatch.desks.traffic.models import Question, Relay, Reported
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import party_name, type_name, words

HOUR, DAY = 60, 1440


class Sign(NamedTuple):
    """A label as pages show it: who reads, in one sentence; the level's code, tone and banner; categories by name."""

    readers: str
    level: str
    tone: str
    banner: str
    categories: str


def names(parties: Iterable[str]) -> str:
    """Name parties in the order of the organisation, as sentences have them."""
    wanted = set(parties)
    order = [each.code for each in node.current().pack.parties if each.code in wanted]
    return ", ".join(party_name(code) for code in [*order, *sorted(wanted.difference(order))])


def sign(label: Label, *, writer: str, sent: bool = False) -> Sign:
    """Show a label: of something about to be sent, or of something that was."""
    level = node.current().pack.level(label.level)
    marks = {each.code: words(each.name) for each in node.current().pack.labels.categories}
    return Sign(
        readers=_readers(label.parties, writer=writer, sent=sent),
        level=level.code,
        tone=level.tone,
        banner=words(level.banner),
        categories=", ".join(f"{code} {marks.get(code, '')}".strip() for code in label.categories),
    )


def _readers(parties: Sequence[str], *, writer: str, sent: bool) -> str:
    if tuple(parties) == EVERYBODY:
        return gettext("By everybody: public.")
    says = gettext("May be read by: {readers}.") if sent else gettext("Will be read by: {readers}.")
    return says.format(readers=names({*parties, writer}))


def about(row: Question | Relay | Reported) -> str:
    """Say in words which report, duty or notice something is about."""
    if not row.type:
        return gettext("on nothing in particular")
    period = getattr(row, "period", "")
    return ", ".join(filter(None, (type_name(row.type), party_name(row.owes), period)))


def part_name(row: Question) -> str:
    """Name the field that is asked about; empty for the whole report."""
    type_ = type_of(row.type)
    fields = {each.code: words(each.name) for each in type_.fields} if type_ else {}
    return fields.get(row.part, row.part)


def lasting(micros: int) -> str:
    """Write a length of time (microseconds) in one unit."""
    minutes = max(0, micros) // rules.MINUTE
    if minutes < 2 * HOUR:
        return ngettext("{n} min", "{n} min", minutes).format(n=minutes)
    if minutes < 2 * DAY:
        return ngettext("{n} h", "{n} h", minutes // HOUR).format(n=minutes // HOUR)
    return ngettext("{n} day", "{n} days", minutes // DAY).format(n=minutes // DAY)


def outcome_text(outcome: str) -> str:
    """Say what an answer says of a notice."""
    return {
        "confirmed": gettext("confirmed"),
        "refuted": gettext("refuted"),
        "partly": gettext("confirmed in part"),
    }.get(outcome, outcome)


def wants_text(wants: str) -> str:
    """Say what is wanted."""
    return {
        "confirmation": gettext("a confirmation is asked for"),
        "release": gettext("its release is asked for"),
    }.get(wants, gettext("an answer is asked for"))


def call_text(outcome: str) -> str:
    """Say what came of a telephone call."""
    return {
        "acknowledged": gettext("acknowledged by telephone"),
        "no-answer": gettext("nobody answered"),
        "unreachable": gettext("the line was dead"),
    }.get(outcome, outcome)
