"""What stands around every page: banner, clocks, ways to the desks, proof in the foot."""

from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_bidi, gettext_lazy

from commonwatch.access import pairs, waiting
from commonwatch.access.actor import Actor
from commonwatch.access.asking import actor_for
from commonwatch.register import node
from commonwatch.register.models import Journal
from commonwatch.ui.templatetags.cw import moment, words

DESKS = (
    ("exchange:watch", gettext_lazy("Watch"), "exchange.see-board"),
    ("exchange:mine", gettext_lazy("My reports"), "exchange.see-board"),
    ("exchange:reports", gettext_lazy("Reports"), "exchange.see-board"),
    ("traffic:questions", gettext_lazy("Questions"), "exchange.see-board"),
    ("traffic:relays", gettext_lazy("Relays"), "exchange.see-board"),
    ("summaries:list", gettext_lazy("Summaries"), "exchange.see-board"),
    ("shifts:roster", gettext_lazy("Shifts"), "shifts.write-log"),
    ("ui:people", gettext_lazy("People"), "access.administer-people"),
)
FURTHER = (
    ("drills:index", gettext_lazy("Drills"), ""),
    ("shifts:posts", gettext_lazy("Contact cards"), "exchange.see-board"),
    ("exchange:types", gettext_lazy("Regulation"), "exchange.see-board"),
    ("exchange:series", gettext_lazy("Series"), "exchange.see-board"),
    ("exchange:quality", gettext_lazy("Quality"), "exchange.see-board"),
    ("exchange:compliance", gettext_lazy("Compliance"), "exchange.see-board"),
    ("federation:journals", gettext_lazy("Journals"), ""),
    ("federation:peers", gettext_lazy("Nodes"), "federation.manage-peers"),
)
OTHERS = (
    ("ui:people", gettext_lazy("People and offices"), ""),
    ("ui:audiences", gettext_lazy("Audiences"), ""),
    ("ui:reads", gettext_lazy("Log of reading"), "access.read-log"),
    ("ui:events", gettext_lazy("Security log"), "access.read-log"),
    ("notices:notices", gettext_lazy("Reminders"), ""),
    ("federation:erasures", gettext_lazy("Erasures"), ""),
    ("federation:forks", gettext_lazy("Forks"), "federation.follow-past"),
    ("ui:own-reads", gettext_lazy("What I opened"), ""),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give every template its `frame`; nothing of it is found before a template asks."""
    return {"frame": SimpleLazyObject(_made(request))}


def _made(request: HttpRequest) -> Callable[[], dict[str, Any]]:
    def make() -> dict[str, Any]:
        """Find what stands around this one page."""
        actor = actor_for(request)
        at = node.current()
        return {
            "actor": _seat(actor),
            "clocks": clocks(),
            "banner": banner(actor),
            "sample": at.demo,
            "exercise": actor is not None and actor.mode == "exercise",
            "real": len(waiting.alarms(actor)) if actor else 0,
            "nav": ways(request, actor),
            "further": further(request, actor),
            "others": others(request, actor),
            "proof": proof(actor),
            "hosted": hosted(actor),
            "lang": get_language(),
            "direction": "rtl" if get_language_bidi() else "ltr",
            "languages": settings.LANGUAGES,
            "theme": request.COOKIES.get("theme", "auto"),
            "organisation": at.pack.name,
        }

    return make


def _seat(actor: Actor | None) -> dict[str, Any] | None:
    if actor is None:
        return None
    return {
        "office_name": words(actor.charter_office.name),
        "party_name": words(actor.charter_party.short),
        "party": actor.party,
        "office": actor.office,
    }


def clocks() -> list[tuple[str, str, int]]:
    """Return the time in UTC and in each capital: name, HH:MM, minutes ahead of UTC."""
    at = node.current()
    now = moment(at.clock())
    found = [("UTC", f"{now:%H:%M}", 0)]
    seen = {("UTC", 0)}
    for party in at.pack.parties:
        if not party.capital or not party.member_on(now.date()) or len(found) > 7:
            continue
        local = now.astimezone(ZoneInfo(party.zone))
        ahead = local.utcoffset()
        offset = int(ahead.total_seconds() // 60) if ahead else 0
        name = words(party.capital)
        if (name, offset) not in seen:
            seen.add((name, offset))
            found.append((name, f"{local:%H:%M}", offset))
    return found


def banner(actor: Actor | None) -> dict[str, str]:
    """Return the banner of the highest level that the reader's pages may hold."""
    known = sorted(node.current().pack.labels.levels, key=lambda level: level.rank)
    levels = [level for level in known if not level.stub_only]  # a notice of existence has no content to mark
    held = {shelf.label.level for shelf in actor.shelves} if actor else set()
    highest = [level for level in levels if level.code in held] or levels[: 2 if actor else 1]
    return {"text": words(highest[-1].banner), "tone": highest[-1].tone, "code": highest[-1].code}


def ways(request: HttpRequest, actor: Actor | None) -> list[dict[str, Any]]:
    """List the ways to the desks that the office may open; a number beside one says how much waits there."""
    if actor is None:
        return []
    found = _open(request, actor, DESKS)
    if pairs.carried(actor):
        to = (("ui:pairs", gettext_lazy("Two persons"), ""),)
        found += [each | {"count": pairs.waiting(actor)} for each in _open(request, actor, to)]
    return found


def further(request: HttpRequest, actor: Actor | None) -> dict[str, Any]:
    """List the ways that stand under “More”, and say whether the page at hand is one of them."""
    found = [] if actor is None else _open(request, actor, FURTHER)
    return {"ways": found, "current": any(each["current"] for each in found)}


def others(request: HttpRequest, actor: Actor | None) -> list[dict[str, Any]]:
    """List the ways that stand in the menu: pages opened now and then, by every office."""
    return [] if actor is None else _open(request, actor, OTHERS)


def _open(request: HttpRequest, actor: Actor, ways: Iterable[tuple[str, Any, str]]) -> list[dict[str, Any]]:
    """Make the ways that an office may open; a page that asks for no mandate is open to every office."""
    found = []
    for name, text, mandate in ways:
        url = reverse(name)
        current = request.path == url if url == "/" else request.path.startswith(url)
        if not mandate or actor.may(mandate):
            found.append({"name": text, "url": url, "current": current})
    return found


def proof(actor: Actor | None) -> dict[str, Any] | None:
    """Return the state of the longest journal within reach, for the foot of the page."""
    if actor is None or not actor.shelves:
        return None
    shelf = max(actor.shelves, key=lambda each: each.last_at)
    root = Journal.objects.values_list("root", flat=True).get(pk=shelf.id)
    return {
        "origin": shelf.origin,
        "size": shelf.size,
        "root_short": f"{root[:4]}…{root[-2:]}",
        "signed_at": shelf.last_at,
        "journals": len(actor.shelves),
        "node": node.current().party,
    }


def hosted(actor: Actor | None) -> dict[str, str] | None:
    """Say for whom, and by whom, the reader's journals are signed when its party has no node of its own."""
    at = node.current()
    if actor is None or actor.party not in at.hosted:
        return None
    return {"party": words(actor.charter_party.short), "node": words(at.pack.party(at.party).short)}
