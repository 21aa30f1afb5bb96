"""What acts and pages of the drills look for: the present moment, posts, labels, calls within reach, how they stand."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from commonwatch.charter.label import Label
from commonwatch.charter.model import Drill
from commonwatch.desks.drills import rules
from commonwatch.desks.drills.models import Answer, Call, Found, Part, Plan, Played
from commonwatch.errors import Refusal, _
from commonwatch.journal.entry import new_id
from commonwatch.register import node
from commonwatch.register.gate import Reader

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoSuchCall(Refusal):
    """Absent and forbidden look alike."""

    code, status = "drills.no-such-call", 404
    says = _("There is no such drill.")
    hint = _("It may have been held with other posts.")


def now() -> int:
    """Return the node's present moment in microseconds UTC."""
    return node.current().clock()


def micros(moment: datetime) -> int:
    """Return an aware moment as microseconds UTC."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """Return microseconds UTC as an aware moment."""
    return EPOCH + timedelta(microseconds=at)


def new_subject(kind: str, party: str) -> str:
    """Mint the name of a subject that `party` will own."""
    at = node.current()
    return f"{kind}/{party}/{new_id(millis=at.clock() // 1000, random=at.random(10))}"


def drill_of(code: str) -> Drill:
    """Return a drill of the pack.

    :raises NoSuchDrill: naming those that there are.
    """
    known = node.current().pack.duty.drills
    found = next((each for each in known if each.code == code), None)
    if found is None:
        raise rules.NoSuchDrill(drill=code, known=", ".join(each.code for each in known) or "-")
    return found


def posts_known() -> tuple[str, ...]:
    """Return the parties whose posts may be drilled today: the members, the Center itself left out."""
    at = node.current()
    members = at.pack.select(("@members",), on=node.today(at))
    return tuple(code for code in members if code != at.pack.center)


def regions() -> dict[str, tuple[str, ...]]:
    """Return the named audiences that hold some posts and not all, with their posts, in the pack's order."""
    at, known = node.current(), posts_known()
    found = {}
    for each in at.pack.audiences:
        readers = at.pack.readers(each.code, originator=at.pack.center, on=node.today(at))
        posts = tuple(code for code in known if code in readers)
        if posts and posts != known:
            found[each.code] = posts
    return found


def level() -> str:
    """Return the level of what a drill writes: the lowest above the public one, where the scheme has any."""
    levels = node.current().pack.labels.levels
    usual = sorted((each for each in levels if not each.stub_only), key=lambda each: each.rank)
    return usual[min(1, len(usual) - 1)].code


def own_label(party: str) -> Label:
    """Return the label of a plan: its writer alone."""
    return Label(level=level(), parties=(party,))


def posts_label(posts: Iterable[str], *, by: str) -> Label:
    """Return the label of a call, or of one post's part: those posts and the writer."""
    return Label(level=level(), parties=(*posts, by))


def kept_label(by: str) -> Label:
    """Return the label of a kept score: the narrowest named audience in which every member reads."""
    at = node.current()
    on = node.today(at)
    members = {*at.pack.select(("@members",), on=on), by}
    named = [
        at.pack.readers(each.code, originator=by, on=on)
        for each in at.pack.audiences
        if "*" not in each.parties
    ]
    wide = sorted((each for each in named if members.issubset(each)), key=len)
    return Label(level=level(), parties=wide[0] if wide else tuple(members))


def call_of(key: str, *, by: Reader) -> Call:
    """Return a call within reach.

    :raises NoSuchCall: absent and forbidden alike.
    """
    row = (
        None if "\0" in key else Call.objects.visible_to(by).select_related("journal").filter(key=key).first()
    )
    if row is None:
        raise NoSuchCall
    return row


def plan_of(key: str, *, by: Reader) -> Plan:
    """Return a plan within reach.

    :raises NoSuchCall: absent and forbidden alike.
    """
    row = (
        None if "\0" in key else Plan.objects.visible_to(by).select_related("journal").filter(key=key).first()
    )
    if row is None:
        raise NoSuchCall
    return row


def plan_behind(call: Call, *, by: Reader) -> Plan | None:
    """Return the plan of a call, for those who may read it."""
    return Plan.objects.visible_to(by).select_related("journal").filter(call=call.key).first()


def called(call: Call) -> rules.Called:
    """Return a call as the rules judge it."""
    limits = ((rules.ACKNOWLEDGE, call.acknowledge), *call.messages)
    return rules.Called(call.started_at, call.codes, limits, call.ended_at)


def running(by: Reader, *, at: int) -> list[Call]:
    """List the calls within reach that are under way, the latest first."""
    rows = Call.objects.visible_to(by).filter(started_at__gt=at - rules.DAY).order_by("-started_at", "key")
    return [row for row in rows if at < called(row).ends_at]


def scores(by: Reader, calls: Sequence[Call], *, at: int) -> dict[str, rules.Score]:
    """Judge calls as they stand at a moment, each by its key; five queries for any number of calls.

    A test message counts for the latest call of its post before it, and within a day of it.
    """
    if not calls:
        return {}
    keys = [call.key for call in calls]
    first, last = min(call.started_at for call in calls), max(call.started_at for call in calls) + rules.DAY
    came: dict[str, list[rules.Came]] = {key: [] for key in keys}
    for answer in Answer.objects.visible_to(by).filter(call__in=keys):
        came[answer.call].append(rules.Came(answer.post, rules.ACKNOWLEDGE, answer.at, answer.by_telephone))
    around = Call.objects.visible_to(by).filter(started_at__gte=first, started_at__lt=last)
    others = sorted(((row.started_at, row.codes) for row in around), key=lambda each: each[0])
    sent = Played.objects.visible_to(by).filter(at__gte=first, at__lt=last, withdrawn=False)
    messages = list(
        sent.filter(owes__in={post for call in calls for post in call.codes}).order_by("at", "key")
    )
    for call in calls:
        came[call.key] += _messages(call, messages, others)
    parts: dict[str, list[tuple[str, str]]] = {key: [] for key in keys}
    for part in Part.objects.visible_to(by).filter(call__in=keys).order_by("key"):
        parts[part.call].append((part.post, part.fault))
    finds: dict[str, list[rules.Find]] = {key: [] for key in keys}
    for find in Found.objects.visible_to(by).filter(call__in=keys).order_by("at", "key"):
        finds[find.call].append(rules.Find(find.post, find.fault, find.at))
    return {
        call.key: rules.score(
            called(call), came=came[call.key], parts=parts[call.key], finds=finds[call.key], now=at
        )
        for call in calls
    }


def _messages(
    call: Call, sent: Sequence[Played], others: Sequence[tuple[int, Sequence[str]]]
) -> list[rules.Came]:
    """Choose the test messages of a call: from it until the next call of the same post, a day at most."""
    wanted = {type_ for type_, _minutes in call.messages}
    until = {
        post: min(
            (at for at, posts in others if at > call.started_at and post in posts),
            default=call.started_at + rules.DAY,
        )
        for post in call.codes
    }
    return [
        rules.Came(row.owes, row.type, row.at, row.by_telephone, row.corrections)
        for row in sent
        if row.type in wanted and row.owes in until and call.started_at <= row.at < until[row.owes]
    ]
