"""Tags and filters of every page: texts by language, instants, figures, labels, refusals."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from commonwatch.access.actor import ConfirmItIsYou
from commonwatch.errors import Refusal
from commonwatch.register import node
from commonwatch.ui.browsers import browser_name
from commonwatch.ui.refusals import told as told_words
from commonwatch.ui.refusals import way_to_confirm

register = template.Library()
register.filter(browser_name)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "ru": ("янв.", "февр.", "мар.", "апр.", "мая", "июн.", "июл.", "авг.", "сент.", "окт.", "нояб.", "дек."),
}


def moment(value: int | datetime) -> datetime:
    """Read microseconds UTC, or an aware datetime, as a datetime in UTC."""
    return value.astimezone(UTC) if isinstance(value, datetime) else EPOCH + timedelta(microseconds=value)


@register.filter
def words(texts: Mapping[str, str] | str | None) -> str:
    """Pick the text of the active language; English, or whatever there is, when it has none."""
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    language = (get_language() or "en").split("-")[0]
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))


@register.filter
def clock(value: int | datetime | None) -> str:
    """Write a moment in UTC: the time alone today, with the day otherwise, with the year in other years."""
    if value is None or value == "":
        return ""
    at = moment(value)
    today = moment(node.current().clock())
    shown = f"{at.hour:02d}:{at.minute:02d}"
    if at.date() == today.date():
        return shown
    language = (get_language() or "en").split("-")[0]
    month = MONTHS.get(language, MONTHS["en"])[at.month - 1]
    year = "" if at.year == today.year else f" {at.year}"
    return f"{at.day} {month}{year} {shown}"


@register.filter
def iso(value: int | datetime) -> str:
    """Write a moment for machines, RFC 3339 in UTC."""
    return moment(value).strftime("%Y-%m-%dT%H:%M:%SZ")


@register.filter
def figure(value: Any) -> Any:
    """Write a whole number in groups of three by thin spaces; anything else as it is."""
    return (
        f"{value:,}".replace(",", "\u2009")
        if isinstance(value, int) and not isinstance(value, bool)
        else value
    )


@register.filter
def party_name(code: str) -> str:
    """Name a party in the active language; the code when the pack has none."""
    pack = node.current().pack
    return words(pack.party(code).short) if pack.has_party(code) else code


@register.filter
def type_name(code: str) -> str:
    """Name an information type in the active language; the code when the pack has none."""
    pack = node.current().pack
    return words(pack.type(code).name) if pack.has_type(code) else code


@register.simple_tag
def label_tag(level: str) -> SafeString:
    """Show a level's code in its tone, with its name for those who point at it."""
    known = {each.code: each for each in node.current().pack.labels.levels}
    found = known.get(level)
    if found is None:
        return format_html('<span class="tag secret">{}</span>', gettext("unknown label"))
    return format_html('<span class="tag {}" title="{}">{}</span>', found.tone, words(found.name), level)


@register.simple_tag
def readers(parties: Any) -> str:
    """Say in words who reads: the names of the parties, or everybody."""
    if tuple(parties) == ("*",):
        return gettext("everybody, the public included")
    return ", ".join(party_name(code) for code in parties)


@register.simple_tag
def told(refusal: Refusal) -> SafeString:
    """Show a refusal as one notice."""
    says, hint = told_words(refusal)
    way: SafeString | str = ""
    if isinstance(refusal, ConfirmItIsYou):
        link = '<p><a href="{}" target="_blank" rel="noopener">{}</a></p>'  # beside the page, so that it stays as typed
        way = format_html(link, way_to_confirm(), gettext("Confirm in a new window, then send this again"))
    return format_html(
        '<div class="notice" role="alert"><p><strong>{}</strong></p><p>{}</p>{}</div>', says, hint, way
    )
