"""What the pages of this desk show, as plain values for their templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.charter.label import EVERYBODY
from commonwatch.charter.model import Field
from commonwatch.desks.traffic import board, rules
from commonwatch.desks.traffic.board import Passed, Recipient, Thread
from commonwatch.desks.traffic.intake import (
    Asked,
    label_about,
    label_alone,
    label_of,
    levels_for,
    moment,
    now,
    reads,
    recipients_of,
    reported,
    should_get,
    type_of,
    writer,
)
from commonwatch.desks.traffic.labels import (
    about,
    call_text,
    lasting,
    names,
    outcome_text,
    part_name,
    sign,
    wants_text,
)
from commonwatch.desks.traffic.models import Question, Reported
from commonwatch.desks.traffic.projection import said
from commonwatch.errors import Refusal
from commonwatch.register import history, node
from commonwatch.ui.templatetags.cw import party_name, words

State = tuple[str, str, str]


def state_of(each: Thread) -> State:
    """Return tone, sign and words of how a question stands."""
    row = each.row
    closed = {
        "satisfied": ("ok", "✓", gettext("closed")),
        "withdrawn": ("nil", "–", gettext("withdrawn by who asked")),
        "readers-changed": ("nil", "–", gettext("closed: its readers have changed")),
    }
    if row.state in closed:
        return closed[row.state]
    if each.answered and each.answers[-1].refused:
        return ("late", "◔", gettext("not answered, with a reason"))
    if each.answered:
        return ("ok", "✓", gettext("answered"))
    if row.due < now():
        return ("miss", "✕", gettext("overdue by {span}").format(span=lasting(now() - row.due)))
    return ("due", "○", gettext("{span} left").format(span=lasting(row.due - now())))


def line(each: Thread) -> dict[str, Any]:
    """Show a question as a line of a list."""
    row = each.row
    return {
        "row": row,
        "url": reverse("traffic:question", args=[row.key]),
        "about": about(row),
        "part": part_name(row) if row.part else "",
        "wants": "" if row.wants == "answer" else wants_text(row.wants),
        "urgent": row.urgency == "urgent",
        "state": state_of(each),
        "outcome": outcome_text(each.outcome),
        "age": lasting(now() - row.asked_at),
        "level": row.journal.level,
        "answers": len(each.answers),
    }


class Listed(NamedTuple):
    """A list of questions, with how many more there are."""

    lines: list[dict[str, Any]]
    more: int


def listed(rows: Any, *, by: Actor, most: int) -> Listed:
    """Show the first of some questions, and note that they were opened."""
    first, more = board.kept(rows, most=most)
    board.look(by, *first)
    return Listed([line(each) for each in board.threads(first, by=by)], more)


def questions(by: Actor, *, party: str, type: str, every: bool) -> dict[str, Any]:
    """Show what one's party was asked and has asked, what is overdue first, and what is closed."""
    most, pack = board.MOST if every else board.FIRST, node.current().pack
    chosen = {"party": party, "type": type}
    lists = {
        "asked": listed(board.narrowed(board.open_for(by), **chosen), by=by, most=most),
        "ours": listed(board.narrowed(board.open_of(by), **chosen), by=by, most=most),
        "history": listed(board.narrowed(board.history(by), **chosen), by=by, most=most),
    }
    return {
        **lists,
        "chosen": chosen,
        "cut": any(each.more for each in lists.values()),
        "parties": [each.code for each in pack.parties if each.code != by.party],
        "types": [each.code for each in pack.types],
        "may_ask": by.may("traffic.ask-question"),
    }


def panel(by: Actor, rows: Any, *, query: str) -> dict[str, Any]:
    """Show the questions on a report or duty, beside it."""
    found = listed(rows, by=by, most=board.FIRST)
    answer = next((each for each in found.lines if each["outcome"]), None)
    return {"found": found, "confirmed": answer, "query": query, "may_ask": by.may("traffic.ask-question")}


def question(by: Actor, row: Question) -> dict[str, Any]:
    """Show a question with its answers, and what may be done about it."""
    each = board.threads([row], by=by)[0]
    heard = Reported.objects.visible_to(by).filter(key=row.report).first() if row.report else None
    closed = row.closed_at
    own, asked, stands = row.party == by.party, row.to == by.party, not row.journal.closed
    return {
        **line(each),
        "wants_text": wants_text(row.wants),
        "who": writer(row.party, row.office),
        "report": heard,
        "report_url": _url_of(heard) if heard else "",
        "answers": [
            {
                "row": one,
                "who": writer(one.party, one.office),
                "outcome": outcome_text(one.outcome),
                "url": _url_named(one.report) if one.report else "",
                "after": closed is not None and one.at > closed,
                "took": lasting(one.at - row.asked_at),
                "late": one.at > row.due and not one.supplement,
            }
            for one in each.answers
        ],
        "sign": sign(label_of(row), writer=row.party),
        "read_by": sign(label_of(row), writer=row.party, sent=True),
        "may_answer": asked and stands and by.may("traffic.answer-question"),
        "may_close": own and stands and row.state == "open" and by.may("traffic.close-question"),
        "supplements": each.answered,
        "outcomes": [(code, outcome_text(code)) for code in rules.OUTCOMES]
        if row.wants == "confirmation"
        else [],
        "again": row.state == "readers-changed" and own,
    }


def _url_named(key: str) -> str:
    """Return the address of a report or release by its name."""
    return reverse("exchange:release" if key.startswith("release/") else "exchange:report", args=[key])


def _url_of(row: Reported) -> str:
    """Return the address of a report or release, at the desk whose it is."""
    return reverse("exchange:release" if row.release else "exchange:report", args=[row.key])


# The form that asks


def ask(by: Actor, typed: Mapping[str, str]) -> dict[str, Any]:
    """Show the form that asks, as far as it is filled in, with who will read the question."""
    row = reported(typed["report"], by=by) if typed.get("report") else None
    type_ = type_of(row.type if row else typed.get("type", ""))
    pack = node.current().pack
    possible = [
        each.code
        for each in pack.parties
        if each.code != by.party and (row is None or reads(label_of(row), each.code))
    ]
    chosen = _chosen(typed, row, possible)
    timers = pack.duty.timers
    if row is not None:
        board.look(by, row)
    return {
        "typed": chosen,
        "report": row,
        "report_url": _url_of(row) if row else "",
        "about": about(row) if row else _duty_text(typed),
        "fields": [(each.code, words(each.name)) for each in type_.fields] if type_ and row else [],
        "parties": possible,
        "wants": _wants(by, row),
        "routine": lasting(timers.question_routine * rules.MINUTE),
        "urgent": lasting(timers.question_urgent * rules.MINUTE),
        "confirmation": lasting(timers.confirmation * rules.MINUTE),
        "readers": _readers(row),
        "levels": [] if row else levels_for(by),
        "audiences": [] if row else _audiences(by),
        **_who(by, chosen, row),
    }


def _duty_text(typed: Mapping[str, str]) -> str:
    """Say which duty is asked about, where there is no report."""
    if not typed.get("type"):
        return ""
    return about(Reported(type=typed["type"], owes=typed.get("owes", ""), period=typed.get("period", "")))


def _chosen(typed: Mapping[str, str], row: Reported | None, possible: Sequence[str]) -> dict[str, str]:
    """Fill in what was not said: who is asked first of all is whose matter it is; all who read it read the question."""
    to = typed.get("to") or (row.owes if row else typed.get("owes", ""))
    public = row is not None and "*" in label_of(row).parties
    first = "two" if row is None or row.journal.closed or public else "all"
    return {
        "text": "", "part": "", "wants": "answer", "due": "", "type": "", "owes": "", "period": "",
        "urgency": "routine", "level": node.current().pack.labels.internal, "audience": "",
        **{name: value for name, value in typed.items() if value},
        "to": to if to in possible else next(iter(possible), ""),
        "readers": typed.get("readers") or first,
        "report": row.key if row else "",
    }  # fmt: skip


def _wants(by: Actor, row: Reported | None) -> list[tuple[str, str]]:
    """List what can be wanted: of an urgent notice its confirmation, of a report of others its release."""
    found = [("answer", gettext("An answer"))]
    type_ = type_of(row.type) if row else None
    if row is not None and type_ is not None and type_.urgent and row.state != "withdrawn":
        found.append(
            ("confirmation", gettext("Confirmation by the state concerned: confirmed, refuted or in part"))
        )
    if row is not None and row.party != by.party and not row.release:
        found.append(("release", gettext("Its release to those who should get it")))
    return found


def _readers(row: Reported | None) -> list[tuple[str, str]]:
    """List who can be chosen to read the question."""
    two = ("two", gettext("Only the two of us: who asks and who is asked"))
    if row is None:
        return [two, ("named", gettext("An audience of the organisation"))]
    whole = ("all", gettext("All who read the report"))
    return [two] if row.journal.closed else [whole, two]


def _audiences(by: Actor) -> list[tuple[str, str]]:
    """List the audiences in which somebody else reads, but not everybody."""
    at = node.current()
    on = node.today(at)
    return [
        (each.code, words(each.name))
        for each in at.pack.audiences
        if at.pack.readers(each.code, originator=by.party, on=on) not in {EVERYBODY, (by.party,)}
    ]


def _who(by: Actor, chosen: Mapping[str, str], row: Reported | None) -> dict[str, Any]:
    """Say who will read the question as it stands, or what hinders it."""
    try:
        if row is not None:
            label = label_about(row, by=by, to=chosen["to"], readers=chosen["readers"])
        else:
            label = label_alone(
                by=by, to=chosen["to"], readers=chosen["readers"], level=chosen["level"],
                audience=chosen["audience"],
            )  # fmt: skip
    except Refusal as refusal:
        return {"sign": None, "hindrance": refusal}
    return {"sign": sign(label, writer=by.party), "hindrance": None}


def asked(typed: Mapping[str, str], *, due: int | None) -> Asked:
    """Read what was typed into the form as a question."""
    known = {name: typed[name] for name in Asked._fields if typed.get(name) and name != "due"}
    return Asked(**({"to": "", "text": ""} | known), due=due)


# Relays


class Shown(NamedTuple):
    """One value of a notice as pages show it."""

    name: str
    value: str


def values(by: Actor, row: Reported) -> list[Shown]:
    """List what a notice says, in the order of its form."""
    found = said(each.fact for each in history.of_subject(row.key, reader=by) if each.line.party == row.party)
    type_ = type_of(row.type)
    fields = {each.code: each for each in type_.fields} if type_ else {}
    ordered = [*(code for code in fields if code in found), *(code for code in found if code not in fields)]
    return [Shown(_name(code, fields), _value(found[code], fields.get(code))) for code in ordered]


def _name(code: str, fields: Mapping[str, Field]) -> str:
    return words(fields[code].name) if code in fields else code


def _value(value: Any, field: Field | None) -> str:
    """Write one value for people."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(_value(each, field) for each in value)
    if field is not None and field.codelist:
        items = {each.code: words(each.name) for each in node.current().pack.codelist(field.codelist).items}
        return items.get(str(value), str(value))
    at = _instant(str(value)) if field is not None and field.kind == "instant" else None
    if at is not None:
        return gettext("{moment} UTC").format(moment=f"{at:%Y-%m-%d %H:%M}")
    return str(value)


def _instant(text: str) -> datetime | None:
    """Read a moment of a report; None when it is none, or has no offset."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.astimezone(moment(0).tzinfo) if read.tzinfo else None


def relay_new(by: Actor, row: Reported, typed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Show a notice as it stands, with what is chosen before it is relayed in one confirm."""
    possible = recipients_of(row)
    lacking = [code for code in should_get(row) if code not in possible]
    chosen = list(typed["recipients"]) if typed else list(possible)
    timers = node.current().pack.duty.timers
    before = [each.row for each in board.relays_of(by, row.key)]
    return {
        "row": row,
        "about": about(row),
        "report_url": _url_of(row),
        "values": values(by, row),
        "sign": sign(label_of(row), writer=row.party),
        "possible": [(code, code in chosen) for code in possible],
        "lacking": names(lacking),
        "before": before,
        "done": next((each for each in before if each.version >= row.versions), None),
        "withdrawn": row.state == "withdrawn",
        "remark": typed["remark"] if typed else "",
        "within": typed["within"] if typed else timers.relay_acknowledged,
        "late": now() - row.first_at > timers.relay * rules.MINUTE,
        "took": lasting(now() - row.last_at),
        "limit": lasting(timers.relay * rules.MINUTE),
        "may_relay": by.may("traffic.relay-notice"),
        "may_ask": by.may("traffic.ask-question"),
    }


def release_text(row: Reported) -> str:
    """Word the question that asks for a notice's release."""
    lacking = names(should_get(row))
    return gettext(
        "Please release this urgent notice, so that the Center can relay it to: {parties}."
    ).format(parties=lacking)


def relay(by: Actor, each: Passed) -> dict[str, Any]:
    """Show a relay with each recipient's clock, and the notice as it stands now."""
    row = each.row
    notice = Reported.objects.visible_to(by).select_related("journal").filter(key=row.notice).first()
    mine = next((one for one in each.recipients if one.party == by.party), None)
    center = row.party == by.party
    if notice is not None:
        board.look(by, notice)
    return {
        "row": row,
        "about": about(row),
        "who": writer(row.party, row.office),
        "notice": notice,
        "notice_url": _url_of(notice) if notice else "",
        "values": values(by, notice) if notice else [],
        "withdrawn": notice is not None and notice.state == "withdrawn",
        "corrected": notice is not None and notice.state != "withdrawn" and notice.versions > row.version,
        "anew_url": reverse("traffic:relay-new", args=[row.notice])
        if center and by.may("traffic.relay-notice")
        else "",
        "recipients": [_clock_of(one, each) for one in each.recipients],
        "told": len(each.recipients) - len(each.lacking),
        "may_acknowledge": mine is not None
        and mine.acknowledged is None
        and not row.journal.closed
        and by.may("traffic.acknowledge-relay"),
        "mine": mine,
        "may_call": center and not row.journal.closed and by.may("traffic.log-call"),
        "outcomes": [(code, call_text(code)) for code in rules.CALLS],
        "sign": sign(label_of(row), writer=row.party),
        "read_by": sign(label_of(row), writer=row.party, sent=True),
        "closed": row.journal.closed,
    }


def _clock_of(one: Recipient, each: Passed) -> dict[str, Any]:
    """Show how a recipient stands: when it acknowledged, or how long it still has, or by how much it is late."""
    row, at = each.row, one.told_at
    if at is not None:
        late = at > row.due
        text = gettext("after {span}").format(span=lasting(at - row.relayed_at))
        if late:
            text = gettext("after {span}, late").format(span=lasting(at - row.relayed_at))
        state = ("late", "◔", text) if late else ("ok", "✓", text)
    elif row.due < now():
        state = ("miss", "✕", gettext("late by {span}").format(span=lasting(now() - row.due)))
    else:
        state = ("due", "○", gettext("{span} left").format(span=lasting(row.due - now())))
    pack = node.current().pack
    return {
        "party": one.party,
        "at": at,
        "who": writer(one.party, one.acknowledged.office) if one.acknowledged else "",
        "by_telephone": one.acknowledged is None and at is not None,
        "state": state,
        "calls": [{"row": call, "text": call_text(call.outcome)} for call in one.calls],
        "overdue": at is None and row.due < now(),
        "waits": one.acknowledged is None,
        "posts": [
            {"name": words(post.name), "telephone": post.telephone, "sample": post.sample}
            for post in (pack.party(one.party).posts if pack.has_party(one.party) else ())
        ],
    }


def relays(by: Actor, *, every: bool) -> dict[str, Any]:
    """Show what waits to be relayed, and what was relayed, the newest first."""
    first, more = board.kept(board.relays(by), most=board.MOST if every else board.FIRST)
    board.look(by, *first)
    found = board.pending(by) if by.may("traffic.relay-notice") else []
    return {
        "pending": [
            {
                "about": about(each.notice),
                "url": reverse("traffic:relay-new", args=[each.target.key]),
                "due": each.due,
                "overdue": each.due < now(),
                "span": lasting(abs(each.due - now())),
                "anew": each.anew,
                "possible": bool(each.possible),
                "asked": each.asked,
                "level": each.target.journal.level,
            }
            for each in found
        ],
        "relays": [_relay_line(by, each) for each in board.passed(first, by=by)],
        "more": more,
        "may_relay": by.may("traffic.relay-notice"),
    }


def _relay_line(by: Actor, each: Passed) -> dict[str, Any]:
    row = each.row
    mine = next((one for one in each.recipients if one.party == by.party), None)
    if each.lacking and row.due < now():
        state = ("miss", "✕", gettext("late by {span}").format(span=lasting(now() - row.due)))
    elif each.lacking:
        state = ("due", "○", gettext("{span} left").format(span=lasting(row.due - now())))
    else:
        state = ("ok", "✓", gettext("acknowledged by all"))
    return {
        "row": row,
        "about": about(row),
        "url": reverse("traffic:relay", args=[row.key]),
        "told": len(each.recipients) - len(each.lacking),
        "lacking": names(each.lacking),
        "of": len(each.recipients),
        "state": state,
        "waits": mine is not None and not mine.told,
        "level": row.journal.level,
    }


# Clocks


class Step(NamedTuple):
    """One step of a notice: when (microseconds UTC, None when not yet), how it stands, and what is said of it."""

    name: str
    at: int | None
    state: State
    text: str
    url: str = ""


_TICK = timedelta(microseconds=1)


def clocks(by: Actor, row: Reported) -> dict[str, Any]:
    """Show every step of an urgent notice against the times that the pack gives for it."""
    found = board.relays_of(by, row.key)
    wanted = board.about(by, report=row.key).filter(wants="confirmation").order_by("asked_at", "key")
    asked = board.threads(wanted[: board.FIRST], by=by)
    board.look(by, row, *(each.row for each in found), *(each.row for each in asked))
    waits = row.state != "withdrawn" and all(each.row.version < row.versions for each in found)
    steps = [*_told(row), _relayed(row, found), *_taken(found), *_confirmation(asked)]
    return {
        "row": row,
        "about": about(row),
        "steps": steps,
        "relay_url": reverse("traffic:relay-new", args=[row.key])
        if waits and by.may("traffic.relay-notice")
        else "",
        "corrected": bool(found) and waits,
        "withdrawn": row.state == "withdrawn",
    }


def _told(row: Reported) -> list[Step]:
    """Show when it happened, became known and was sent."""
    steps = []
    for name, text in ((gettext("Happened"), row.happened_at), (gettext("Known"), row.event_at)):
        at = _instant(text) if text else None
        if at is not None:
            steps.append(Step(name, (at - moment(0)) // _TICK, ("nil", "·", ""), ""))
    after = lasting(row.first_at - steps[-1].at) if steps and steps[-1].at is not None else ""
    says = gettext("{span} later").format(span=after) if after else ""
    return [*steps, Step(gettext("Sent"), row.first_at, ("nil", "·", ""), says)]


def _relayed(row: Reported, found: Sequence[Passed]) -> Step:
    """Show the first relay against its limit."""
    limit = node.current().pack.duty.timers.relay * rules.MINUTE
    name, allowed = gettext("Relayed"), gettext("limit {span}").format(span=lasting(limit))
    if not found:
        late = now() - row.first_at - limit
        if late > 0:
            says = gettext("not yet, late by {span}").format(span=lasting(late))
            return Step(name, None, ("miss", "✕", says), allowed)
        says = gettext("not yet, {span} left").format(span=lasting(-late))
        return Step(name, None, ("due", "○", says), allowed)
    at = found[0].row.relayed_at
    took, url = at - row.first_at, reverse("traffic:relay", args=[found[-1].row.key])
    if took > limit:
        says = gettext("after {span}, late by {late}").format(span=lasting(took), late=lasting(took - limit))
        return Step(name, at, ("late", "◔", says), allowed, url)
    return Step(name, at, ("ok", "✓", gettext("after {span}").format(span=lasting(took))), allowed, url)


def _taken(found: Sequence[Passed]) -> list[Step]:
    """Show how many of the latest relay's recipients have acknowledged: the first, the last, and who lacks."""
    if not found:
        return []
    last = found[-1]
    times = sorted(each.told_at for each in last.recipients if each.told_at is not None)
    count = gettext("{told} of {all}").format(told=len(times), all=len(last.recipients))
    name = gettext("Acknowledged")
    url = reverse("traffic:relay", args=[last.row.key])
    if not last.lacking:
        state = ("late", "◔", count) if times[-1] > last.row.due else ("ok", "✓", count)
        says = gettext("the first after {first}, the last after {last}").format(
            first=lasting(times[0] - last.row.relayed_at), last=lasting(times[-1] - last.row.relayed_at)
        )
        return [Step(name, times[-1], state, says, url)]
    says = gettext("lacking: {parties}").format(parties=names(last.lacking))
    late = last.row.due < now()
    return [Step(name, None, ("miss", "✕", count) if late else ("due", "○", count), says, url)]


def _confirmation(asked: Sequence[Thread]) -> list[Step]:
    """Show when a confirmation was asked for, of whom, and what was answered."""
    steps = []
    for each in asked:
        row = each.row
        url = reverse("traffic:question", args=[row.key])
        to = gettext("of {party}").format(party=party_name(row.to))
        steps.append(Step(gettext("Confirmation asked"), row.asked_at, ("nil", "·", ""), to, url))
        tone, mark, says = state_of(each)
        at = each.answers[0].at if each.answers else None
        steps.append(
            Step(
                gettext("Confirmation"),
                at,
                (tone, mark, outcome_text(each.outcome) or says),
                party_name(row.to),
                url,
            )
        )
    return steps
