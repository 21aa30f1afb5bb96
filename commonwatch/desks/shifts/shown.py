"""What the pages of shifts show, as plain values for their templates."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

from commonwatch.access.actor import Actor
from commonwatch.charter.model import Field, Shift
from commonwatch.desks.shifts import board, rules
from commonwatch.desks.shifts.acts import came_since
from commonwatch.desks.shifts.facts import Item, PostState
from commonwatch.desks.shifts.intake import (
    card_type,
    gather,
    log_label,
    moment,
    now,
    officers,
    open_handover,
    posts_now,
    roster_label,
    shift_to_take,
    watch_now,
)
from commonwatch.desks.shifts.labels import sign
from commonwatch.desks.shifts.models import Handover, Line, Turn, Watch
from commonwatch.register import node
from commonwatch.ui.templatetags.cw import clock, iso, party_name, type_name, words

SORTS = {
    "note": gettext_noop("Note"),
    "call": gettext_noop("Call"),
    "alarm": gettext_noop("Alarm"),
    "decision": gettext_noop("Decision"),
    "test": gettext_noop("Communications test"),
}
TONES = {
    "note": ("nil", "·"), "call": ("due", "☎"), "alarm": ("miss", "▲"),
    "decision": ("ok", "◆"), "test": ("nil", "☎"),
}  # fmt: skip
OUTCOMES = {
    "promised": gettext_noop("promised by a certain hour"),
    "reached": gettext_noop("reached"),
    "no-answer": gettext_noop("no answer"),
    "wrong-number": gettext_noop("wrong number"),
    "other": gettext_noop("something else"),
}
CARDS = {
    "fresh": ("ok", "✓", gettext_noop("up to date")),
    "stale": ("late", "◔", gettext_noop("stale")),
    "flagged": ("miss", "✕", gettext_noop("the post did not answer")),
    "absent": ("nil", "–", gettext_noop("no card")),
}
STATES = {
    "signed": ("due", "○", gettext_noop("waits for the second signature")),
    "accepted": ("ok", "✓", gettext_noop("taken over")),
    "refused": ("miss", "✕", gettext_noop("refused")),
    "withdrawn": ("nil", "–", gettext_noop("withdrawn")),
    "overtaken": ("miss", "✕", gettext_noop("the watch was taken without it")),
}
HOWS = {
    "first": ("nil", "·", gettext_noop("nobody had it")),
    "handover": ("ok", "✓", gettext_noop("handed over")),
    "stayed": ("late", "◔", gettext_noop("stayed for another shift")),
    "without-handover": ("miss", "✕", gettext_noop("without a hand-over")),
}
WEEKDAYS = (
    gettext_noop("Mon"), gettext_noop("Tue"), gettext_noop("Wed"), gettext_noop("Thu"),
    gettext_noop("Fri"), gettext_noop("Sat"), gettext_noop("Sun"),
)  # fmt: skip
PLACES = {
    "report": "exchange:report",
    "release": "exchange:release",
    "question": "traffic:question",
    "relay": "traffic:relay",
    "handover": "shifts:note",
}


def shift_name(code: str) -> str:
    """Name a shift in the active language; by its code when the pack has it no more."""
    found: dict[str, Shift] = {each.code: each for each in node.current().pack.duty.shifts}
    return words(found[code].name) if code in found else code


def state(known: Mapping[str, tuple[str, str, str]], code: str) -> tuple[str, str, str]:
    """Return tone, mark and words of a state."""
    tone, mark, said = known.get(code, ("nil", "·", code))
    return tone, mark, gettext(said)


def span(minutes: int) -> str:
    """Write a length of time in hours and minutes."""
    hours, rest = divmod(minutes, 60)
    return gettext("{hours} h {minutes} min").format(hours=hours, minutes=rest)


# Who has the watch


def standing(by: Actor) -> dict[str, Any]:
    """Say who has the watch now, since and until when, and who is planned for the shift that runs."""
    held, at = watch_now(by), node.current().clock()
    keeps = bool(node.current().pack.duty.shifts) and (held is not None or by.may("shifts.take-watch"))
    over = held is not None and at >= held.until
    signed = open_handover(by) if held is not None else None
    return {
        "keeps": keeps,
        "held": held,
        "shift": shift_name(held.shift) if held else "",
        "over": over,
        "over_by": span((at - held.until) // 60_000_000) if held and over else "",
        "mine": held is not None and held.account == by.account,
        "signed": signed,
        "may_take": by.may("shifts.take-watch"),
        "may_sign": by.may("shifts.sign-handover"),
        "takes": _takes(held) if by.may("shifts.take-watch") and keeps else None,
        "sign": sign(roster_label(by.party), writer=by.party),
    }


def _takes(held: Watch | None) -> dict[str, Any]:
    """Say which shift somebody would take now."""
    found = shift_to_take(held)
    return {"name": words(found.shift.name), "starts": found.starts, "until": found.until}


# The roster


def roster(by: Actor, *, since: date) -> dict[str, Any]:
    """Show the roster from a day on, with the forms of whoever plans it."""
    drawn = board.roster(by, since=since)
    plans = by.may("shifts.plan-roster")
    ahead = board.turns_ahead(by) if plans else []
    return {
        "shifts": [
            {"name": words(each.name), "code": each.code, "starts": each.starts, "hours": span(each.minutes)}
            for each in drawn.shifts
        ],
        "days": [_day(day, cells, drawn) for day, cells in drawn.days],
        "gaps": drawn.gaps,
        "doubles": len(drawn.odd.doubles),
        "rests": len(drawn.odd.rests),
        "earlier": f"?since={since - timedelta(days=board.DAYS)}",
        "later": f"?since={since + timedelta(days=board.DAYS)}",
        "swapped": board.swapped(by),
        "may_plan": plans,
        "officers": officers(by.party) if plans else (),
        "ahead": [{"key": each.key, "name": turn_name(each)} for each in ahead],
        "today": now().date(),
        "sign": sign(roster_label(by.party), writer=by.party),
        "standing": standing(by),
    }


def _day(day: date, cells: list[board.Cell], drawn: board.Roster) -> dict[str, Any]:
    return {
        "day": day,
        "weekday": gettext(WEEKDAYS[day.weekday()]),
        "today": day == now().date(),
        "cells": [
            {
                "now": cell.now,
                "gap": cell.gap,
                "two": len(cell.turns) > 1,
                "turns": [_turn(each, drawn.odd) for each in cell.turns],
            }
            for cell in cells
        ],
    }


def _turn(row: Turn, odd: rules.Odd) -> dict[str, Any]:
    rest = odd.rests.get(row.key)
    return {
        "row": row,
        "double": row.key in odd.doubles,
        "rest": span(rest) if rest is not None else "",
    }


def turn_name(row: Turn) -> str:
    """Name a turn for a list to choose from."""
    return f"{row.date} · {shift_name(row.shift)} · {row.account}"


# The log


def log(by: Actor, asked: board.Asked, *, typed: Mapping[str, str], printed: bool) -> dict[str, Any]:
    """Show the log of the shift, with the form that adds a line."""
    found = board.lines(by, asked)
    struck = board.line_of(by, typed["strikes"]) if typed.get("strikes") else None
    board.look(by, found.rows[0] if found.rows else None, detail=f"log {asked.shift or now().date()}")
    rows = [line(each) for each in (reversed(found.rows) if printed else found.rows)]
    query = {"sort": asked.sort, "q": asked.q, "shift": asked.shift}
    kept = {name: value for name, value in query.items() if value}
    return {
        "lines": rows,
        "older": "?" + urlencode(kept | {"before": found.older}) if found.older else "",
        "print": "?" + urlencode(kept | {"print": 1}),
        "back": "?" + urlencode(kept) if kept else reverse("shifts:log"),
        "printed": printed,
        "asked": asked,
        "sorts": [(code, gettext(name)) for code, name in SORTS.items()],
        "shifts": [_choice(each) for each in board.latest_shifts()],
        "typed": typed,
        "struck": struck,
        "may_write": by.may("shifts.write-log"),
        "sign": sign(log_label(by.party), writer=by.party),
        "standing": standing(by),
    }


def _choice(found: rules.Stretch) -> tuple[str, str]:
    code = f"{found.day.isoformat()}.{found.shift.code}"
    return code, f"{found.day.isoformat()} · {words(found.shift.name)}"


def line(row: Line) -> dict[str, Any]:
    """Show one line of the log."""
    tone, mark = TONES.get(row.sort, ("nil", "·"))
    return {
        "row": row,
        "tone": tone,
        "mark": mark,
        "sort": gettext(SORTS.get(row.sort, row.sort)),
        "outcome": outcome(row) if row.called else "",
        "cites": [cited(each) for each in row.about],
    }


def outcome(row: Line) -> str:
    """Say what came of a call."""
    party = party_name(row.called)
    if row.outcome == "promised" and row.promised_at is not None:
        return gettext("{party} was called: promised by {at} UTC").format(
            party=party, at=clock(row.promised_at)
        )
    said = gettext(OUTCOMES.get(row.outcome, row.outcome))
    return gettext("{party} was called: {outcome}").format(party=party, outcome=said)


def cited(key: str) -> dict[str, str]:
    """Name what a line speaks of, with the way to it where there is a page."""
    duty = rules.duty_of(key)
    if duty:
        name = gettext("{type}, {party}, {period}").format(
            type=type_name(duty.type), party=party_name(duty.party), period=duty.period
        )
        return {"key": key, "name": name, "url": reverse("exchange:duty", args=list(duty))}
    kind, party, _id = key.split("/", 2)
    names = {
        "report": gettext("Report by {party}"),
        "release": gettext("Release by {party}"),
        "question": gettext("Question by {party}"),
        "relay": gettext("Relay by {party}"),
    }
    name = names.get(kind, "{party}").format(party=party_name(party))
    return {"key": key, "name": name if kind in names else f"{kind}, {name}", "url": _way(kind, key)}


def _way(kind: str, key: str) -> str:
    try:
        return reverse(PLACES[kind], args=[key]) if kind in PLACES else ""
    except NoReverseMatch:
        return ""


# Hand-over


def handover(by: Actor, *, typed: Mapping[str, str]) -> dict[str, Any]:
    """Show how the watch stands, what would be handed over now, and the last hand-overs."""
    stands = standing(by)
    writes = stands["mine"] and stands["may_sign"] and stands["signed"] is None
    items, left = gather(by) if writes else ([], 0)
    return {
        "standing": stands,
        "writes": writes,
        "items": [item(each, typed=typed, number=n) for n, each in enumerate(items)],
        "left": left,
        "posts": [post_state(each) for each in posts_now(by)] if writes else [],
        "general": typed.get("general", ""),
        "reason": typed.get("reason", ""),
        "handovers": [past(each) for each in board.handovers(by)],
        "watches": [
            {"row": each, "state": state(HOWS, each.how), "shift": shift_name(each.shift)}
            for each in board.watches(by)
        ],
        "sign": sign(log_label(by.party), writer=by.party),
    }


def item(each: Item, *, typed: Mapping[str, str], number: int) -> dict[str, Any]:
    """Show one thing that waits, with what was typed beside it."""
    return {
        "item": each,
        "number": number,
        "remark": typed.get(f"remark-{number}", "")
        if typed.get(f"item-{number}") == each.key
        else each.remark,
    }


def past(row: Handover) -> dict[str, Any]:
    """Show a hand-over in a list: how it ended, and how late."""
    late = rules.how_late(row.ended_at or node.current().clock(), due_at=row.due_at)
    lasting = row.state in {"signed", "accepted"}
    return {
        "row": row,
        "shift": shift_name(row.shift),
        "state": state(STATES, row.state),
        "late": span(late) if late and lasting else "",
    }


def note(by: Actor, row: Handover, *, seen: Collection[str], typed: Mapping[str, str]) -> dict[str, Any]:
    """Show a hand-over note: what waited, what came since, and who signed; with the form of who may sign it."""
    waits = row.state == "signed"
    since = came_since(row, by=by) if waits else row.since
    takes = waits and row.account != by.account and by.may("shifts.sign-handover")
    body = row.body
    return {
        "row": row,
        "shift": shift_name(row.shift),
        "state": state(STATES, row.state),
        "late": past(row)["late"],
        "items": [ticked(each, seen) for each in body.items],
        "since": [ticked(each, seen) for each in since],
        "left": body.left,
        "posts": [post_state(each) for each in body.posts],
        "next": ", ".join(body.next),
        "remarks": body.remarks,
        "digest": rules.digest_since(row.digest, since),
        "takes": takes,
        "withdraws": waits and row.account == by.account and by.may("shifts.sign-handover"),
        "reason": typed.get("reason", ""),
        "sign": sign(log_label(by.party), writer=by.party),
        "print_at": iso(node.current().clock()),
    }


def ticked(each: Item, seen: Collection[str]) -> dict[str, Any]:
    """Show a thing that was handed over, and whether it was marked as seen."""
    return {"item": each, "seen": each.key in seen}


def post_state(each: PostState) -> dict[str, Any]:
    """Show how a post could be reached."""
    called = {"reached": gettext("answered"), "not-reached": gettext("did not answer")}.get(each.call, "")
    return {
        "party": each.party,
        "state": state(CARDS, each.card),
        "called": called,
        "at": each.called_at,
    }


# Cards and calls


def posts(by: Actor, *, typed: Mapping[str, str]) -> dict[str, Any]:
    """Show the contact cards of all parties, and the form of a test call beside each."""
    found = board.held_cards(by)
    kind = card_type()
    return {
        "kind": kind,
        "cards": [card(each, by) for each in found],
        "stale_days": node.current().pack.duty.timers.card_stale_days,
        "may_call": by.may("shifts.log-call"),
        "typed": typed,
        "sign": sign(log_label(by.party), writer=by.party),
    }


def card(held: board.Held, by: Actor) -> dict[str, Any]:
    """Show one party's card: its age and state, its numbers, what else it says; else the posts of the pack."""
    kind, sent = card_type(), held.card.sent
    age = (node.current().clock() - sent.at) // 86_400_000_000 if sent else 0
    fields = {each.code: each for each in kind.fields} if kind else {}
    shown = [
        {
            "name": words(fields[code].name),
            "value": value_text(fields[code], value),
            "dials": rules.telephone(str(value)) if fields[code].kind == "text" else "",
        }
        for code, value in held.values.items()
        if code in fields and value not in ("", None)
    ]
    return {
        "party": held.card.party.code,
        "sent": sent,
        "age": age,
        "state": state(CARDS, held.card.state),
        "numbers": [each for each in shown if each["dials"]],
        "fields": [each for each in shown if not each["dials"]],
        "posts": [
            {"name": words(each.name), "telephone": each.telephone, "dials": rules.telephone(each.telephone),
             "sample": each.sample}
            for each in held.card.party.posts
        ],
        "call": line(held.card.call) if held.card.call else None,
        "own": by.party == held.card.party.code,
        "kind": kind.code if kind else "",
    }  # fmt: skip


def value_text(each: Field, value: Any) -> str:
    """Write a value of a card as a person reads it: codes by their names."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if each.codelist:
        names = {one.code: words(one.name) for one in node.current().pack.codelist(each.codelist).items}
        given = value if isinstance(value, list | tuple) else [value]
        return ", ".join(names.get(str(one), str(one)) for one in given)
    return str(value)


def call(by: Actor, *, party: str, about: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Show the post of a party with the form of a call, the calls of the last day, and what the log says of it."""
    held = board.held_cards(by, party=party) if party else []
    made = board.calls(by, party=party) if party else []
    recent = [each for each in made if _lately(each)]
    key = rules.cited_key(about) if about else ""
    told = {each.key for each in made}
    return {
        "party": party,
        "about": key,
        "about_name": cited(key)["name"] if key else "",
        "card": card(held[0], by) if held else pack_posts(party),
        "recent": line(recent[0]) if recent else None,
        "calls": [line(each) for each in made],
        "mentions": [line(each) for each in board.mentions(by, key) if each.key not in told],
        "outcomes": [(code, gettext(said)) for code, said in OUTCOMES.items()],
        "typed": typed,
        "may_call": by.may("shifts.log-call") and bool(party),
        "sign": sign(log_label(by.party), writer=by.party),
    }


def pack_posts(party: str) -> dict[str, Any]:
    """Show the posts that the pack names for a party that owes no card."""
    pack = node.current().pack
    found = pack.party(party).posts if pack.has_party(party) else ()
    return {
        "party": party,
        "posts": [
            {"name": words(each.name), "telephone": each.telephone, "dials": rules.telephone(each.telephone),
             "sample": each.sample}
            for each in found
        ],
        "state": state(CARDS, "absent"),
    }  # fmt: skip


def _lately(row: Line) -> bool:
    """Say whether a post was called so lately that the next officer need not call it again."""
    return now() - moment(row.at) <= rules.TWICE
