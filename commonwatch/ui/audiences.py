"""Who reads what, in words: the named audiences of the pack, how they will change, and the journals within reach."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from commonwatch.access.actor import Actor
from commonwatch.charter.label import EVERYBODY
from commonwatch.charter.model import Level, NamedAudience, Pack, Party
from commonwatch.register import node
from commonwatch.register.gate import Shelf
from commonwatch.ui.page import page
from commonwatch.ui.pairs import seat
from commonwatch.ui.templatetags.cw import party_name, words

AHEAD = timedelta(days=365)


@require_safe
def audiences(request: HttpRequest) -> HttpResponse:
    """Show every named audience, the levels, and the journals that stand under each as far as one may read them."""
    by = seat(request)
    at = node.current()
    today = node.today(at)
    return page(
        request,
        "ui/audiences.html",
        {
            "audiences": [_audience(each, by=by, pack=at.pack, today=today) for each in at.pack.audiences],
            "unnamed": [
                journal(each) for each in by.shelves if not names_of(each, pack=at.pack, today=today)
            ],
            "levels": [_level(each, pack=at.pack) for each in at.pack.labels.levels],
            "marks": at.pack.labels.categories,
            "tlp": _tlp(at.pack),
            "today": today.isoformat(),
            "party": by.party,
        },
    )


def _audience(named: NamedAudience, *, by: Actor, pack: Pack, today: date) -> dict[str, Any]:
    under = [each for each in by.shelves if named.code in names_of(each, pack=pack, today=today)]
    return {
        "code": named.code,
        "name": named.name,
        "rule": [selector(each, pack=pack) for each in named.parties],
        "today": readers(named, pack=pack, on=today),
        "changes": list(changes(named, pack=pack, today=today)),
        "own": [journal(each) for each in under if each.party == by.party],
        "others": [journal(each) for each in under if each.party != by.party],
    }


def readers(named: NamedAudience, *, pack: Pack, on: date) -> list[str]:
    """Name who reads on a day, besides whoever wrote; everybody is one word."""
    if "*" in named.parties:
        return [gettext("everybody, the public included")]
    return [party_name(code) for code in pack.select(named.parties, on=on)]


def selector(code: str, *, pack: Pack) -> str:
    """Say in words whom one part of an audience's rule chooses."""
    if code == "*":
        return gettext("everybody, the public included")
    if code == "@members":
        return gettext("every member, as of the day")
    if code == "@center":
        return party_name(pack.center)
    if code.startswith("@line:"):
        line = code.removeprefix("@line:")
        return gettext("every member that takes full part in “{line}”, as of the day").format(
            line=words(pack.lines.get(line, {})) or line
        )
    if code.startswith("@kind:"):
        now = pack.select((code,), on=node.today(node.current()))
        return gettext("{parties}, and whoever comes to be of the same kind").format(
            parties=", ".join(party_name(each) for each in now)
        )
    return party_name(code)


def changes(named: NamedAudience, *, pack: Pack, today: date) -> Iterator[dict[str, Any]]:
    """Find the days of the next year on which the readers change, by the periods that the pack already knows."""
    if "*" in named.parties:
        return
    days = {day for party in pack.parties for day in turns(party) if today < day <= today + AHEAD}
    for day in sorted(days):
        before = pack.select(named.parties, on=day - timedelta(days=1))
        after = pack.select(named.parties, on=day)
        if before != after:
            yield {
                "day": day.isoformat(),
                "joins": [party_name(code) for code in after if code not in before],
                "leaves": [party_name(code) for code in before if code not in after],
            }


def turns(party: Party) -> list[date]:
    """List the days on which a party's membership, or its part in some line, begins or ends."""
    begins = [each.since for each in party.membership] + [each.since for each in party.participation]
    ends = [each.until for each in party.membership] + [each.until for each in party.participation]
    return begins + [day for day in ends if day is not None]


def names_of(shelf: Shelf, *, pack: Pack, today: date) -> frozenset[str]:
    """Name the audiences under which a journal stands: as it was opened, or as its readers are called today."""
    given = frozenset(each.partition(":")[0] for each in shelf.audience.split(",") if each)
    known = frozenset(each.code for each in pack.audiences)
    if given & known:
        return given & known
    if shelf.label.parties == EVERYBODY:
        return frozenset(each.code for each in pack.audiences if "*" in each.parties)
    if set(shelf.label.parties) <= {shelf.party}:
        return frozenset(each.code for each in pack.audiences if not each.parties)
    called = pack.named(shelf.label.parties, writer=shelf.party, on=today)
    return frozenset(each.partition(":")[0] for each in called)


def journal(shelf: Shelf) -> dict[str, Any]:
    """Make the line of one journal within reach."""
    pack = node.current().pack
    names = {each.code: each.name for each in pack.labels.categories}
    return {
        "origin": shelf.origin,
        "party": shelf.party,
        "level": shelf.label.level,
        "categories": [words(names[code]) if code in names else code for code in shelf.label.categories],
        "epoch": shelf.origin.rpartition("/")[2],
        "size": shelf.size,
        "closed": shelf.closed,
        "continued": shelf.continued,
        "hosted": shelf.party != node.current().party,
    }


def _level(level: Level, *, pack: Pack) -> dict[str, Any]:
    scheme = pack.labels
    two = bool(scheme.two_persons_from) and level.rank >= scheme.ranks[scheme.two_persons_from]
    return {"level": level, "lowest": level.code == scheme.lowest, "two": two}


def _tlp(pack: Pack) -> list[dict[str, str]]:
    meanings = {
        "CLEAR": gettext("may be passed on to anybody"),
        "GREEN": gettext("may be passed on within the community, not in public"),
        "AMBER": gettext(
            "may be passed on within one's own organisation and to those it serves, where they need it"
        ),
        "AMBER+STRICT": gettext("may be passed on within one's own organisation alone, where it is needed"),
        "RED": gettext("is for those alone to whom it was given"),
    }
    return [
        {"mark": mark, "means": meanings.get(mark, ""), "level": pack.labels.tlp.get(mark, "")}
        for mark in meanings
    ]
