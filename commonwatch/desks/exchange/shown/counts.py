"""The lines of the table of compliance: a thousand at once, so they are written here and not by the template."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from commonwatch.desks.exchange import compliance, rules
from commonwatch.ui.templatetags.cw import figure, party_name, type_name

SHOWN = ("owed", "on_time", "late", "missing", "due", "exempt", "corrected", "nil")


def by_type(found: compliance.Counted) -> list[dict[str, Any]]:
    """Show each party, all types together and then each, which leads to its page."""
    says = _Lines()
    return [
        {
            "name": party_name(group.party.code),
            "total": says.total(group),
            "lines": says.lines(group.rows, says.type_of),
        }
        for group in compliance.by_party(compliance.rows(found))
    ]


def by_month(groups: Sequence[compliance.Months], name_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """Show each party or each type, all months together and then each."""
    says = _Lines()
    return [
        {
            "name": name_of(group.code),
            "total": says.total(group),
            "lines": says.lines(group.rows, lambda row: escape(row.month)),
        }
        for group in groups
    ]


class _Lines:
    """Writes the lines of one page as safe HTML; what is said in many of them is looked up once."""

    def __init__(self) -> None:
        self.hidden = (
            f'<td colspan="8"><span class="cell nil">· {escape(gettext("not shown to you"))}</span></td>'
        )
        self._types: dict[str, str] = {}

    def type_of(self, row: compliance.Row) -> str:
        """Name the type of a line, as a link."""
        code = row.type.code
        if code not in self._types:
            url = escape(reverse("exchange:type", args=[code]))
            self._types[code] = f'<a href="{url}">{escape(type_name(code))}</a>'
        return self._types[code]

    def total(self, group: compliance.Group | compliance.Months) -> SafeString:
        """Write the figures of a group."""
        told = '<td colspan="8"></td>' if group.total is None else _figures(group.total)
        return mark_safe(told + _figure(group.unanswered))  # noqa: S308 - figures alone

    def lines(self, rows: Sequence[Any], name: Callable[[Any], str]) -> SafeString:
        """Write the lines of a group, each named by `name` in safe HTML."""
        return mark_safe("\n".join([self._line(row, name(row)) for row in rows]))  # noqa: S308 - escaped piece by piece

    def _line(self, row: compliance.Row | compliance.Month, name: str) -> str:
        told = self.hidden if row.hidden else _figures(row.tally)
        return f'<tr><th scope="row">{name}</th>{told}{_figure(row.unanswered)}</tr>'


@lru_cache(maxsize=4096)
def _figures(tally: rules.Tally) -> str:
    return "".join([_figure(getattr(tally, each)) for each in SHOWN])


def _figure(count: int) -> str:
    return f'<td class="figure">{figure(count)}</td>'
