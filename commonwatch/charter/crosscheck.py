"""What no schema can say of a pack: names are defined, periods run forward, rules recur, texts are complete.

Every check walks what the files hold and passes over what has the wrong shape: that is the schema's to tell.
So one reading gives all faults of both sorts.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msgspec import Struct, field

from commonwatch.charter import recurrence
from commonwatch.charter.fault import Fault, Path, nearest
from commonwatch.charter.mandates import MANDATES
from commonwatch.charter.source import Document, find

FIGURES: Final = ("integer", "decimal")
STUB_FIELDS: Final = ("number", "holder", "since", "level")
_STUB_TEXT: Final = 80
_WORDS_OF_SELECTION: Final = ("@members", "@center")

# Which word refers to what: (kind of file, where, what it must name).
_REFERENCES: Final = (
    ("organisation", ("center",), "party"),
    ("parties", ("parties", "[]", "participation", "[]", "line"), "line or *"),
    ("bodies", ("bodies", "[]", "parent"), "body"),
    ("labels", ("two_persons_from",), "level"),
    ("labels", ("tlp", "*"), "level"),
    ("audiences", ("audiences", "[]", "parties", "[]"), "selector or *"),
    ("offices", ("offices", "[]", "of", "[]"), "selector"),
    ("offices", ("offices", "[]", "clearance"), "level"),
    ("offices", ("offices", "[]", "categories", "[]"), "category"),
    ("offices", ("offices", "[]", "mandates", "[]"), "mandate"),
    ("procedures", ("procedures", "[]", "steps", "[]", "by", "[]"), "actor"),
    ("types", ("types", "[]", "line"), "line"),
    ("types", ("types", "[]", "owed_by", "[]"), "selector"),
    ("types", ("types", "[]", "to", "[]"), "selector among words"),
    ("types", ("types", "[]", "level"), "level"),
    ("types", ("types", "[]", "levels", "[]"), "level"),
    ("types", ("types", "[]", "audience"), "audience"),
    ("types", ("types", "[]", "audiences", "[]"), "audience"),
    ("types", ("types", "[]", "status"), "audience"),
    ("types", ("types", "[]", "categories", "[]"), "category"),
    ("types", ("types", "[]", "channels", "[]"), "channel"),
    ("types", ("types", "[]", "fields", "[]", "codelist"), "codelist"),
    ("duty", ("cards",), "type"),
    ("duty", ("ladders", "[]", "steps", "[]", "offices", "[]"), "office"),
    ("duty", ("drills", "[]", "messages", "[]", "type"), "type"),
)

# Where the same code may not stand twice: (kind of file, the list).
_UNIQUE: Final = (
    ("parties", ("parties",)),
    ("bodies", ("bodies",)),
    ("labels", ("levels",)),
    ("labels", ("categories",)),
    ("audiences", ("audiences",)),
    ("codelists", ("codelists",)),
    ("codelists", ("codelists", "[]", "items")),
    ("offices", ("offices",)),
    ("channels", ("channels",)),
    ("procedures", ("procedures",)),
    ("procedures", ("procedures", "[]", "steps")),
    ("types", ("types", "[]", "fields")),
    ("types", ("types", "[]", "checks")),
    ("duty", ("ladders", "[]", "steps")),
    ("duty", ("shifts",)),
    ("duty", ("drills",)),
)

# Where a text in every language stands: (kind of file, where).
_TEXTS: Final = (
    ("organisation", ("name",)),
    ("organisation", ("regulation", "name")),
    ("organisation", ("lines", "*")),
    *(("parties", ("parties", "[]", key)) for key in ("name", "short", "capital")),
    ("parties", ("parties", "[]", "posts", "[]", "name")),
    ("bodies", ("bodies", "[]", "name")),
    ("labels", ("levels", "[]", "name")),
    ("labels", ("levels", "[]", "banner")),
    ("labels", ("categories", "[]", "name")),
    ("audiences", ("audiences", "[]", "name")),
    ("codelists", ("codelists", "[]", "name")),
    ("codelists", ("codelists", "[]", "items", "[]", "name")),
    ("offices", ("offices", "[]", "name")),
    ("channels", ("channels", "[]", "name")),
    ("procedures", ("procedures", "[]", "name")),
    ("procedures", ("procedures", "[]", "steps", "[]", "name")),
    ("types", ("types", "[]", "name")),
    ("types", ("types", "[]", "about")),
    *(("types", ("types", "[]", "fields", "[]", key)) for key in ("name", "help", "unit")),
    ("types", ("types", "[]", "checks", "[]", "says")),
    *(("duty", (*place, "[]", "name")) for place in (("ladders", "[]", "steps"), ("shifts",), ("drills",))),
)


class Reading(Struct):
    """All files of a pack as read, by kind; `unread` are the kinds of which some file could not be read."""

    documents: dict[str, list[Document]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def each(self, kind: str, *pattern: str) -> Iterator[tuple[Document, Path, Any]]:
        """Yield file, path and value of everything that the pattern meets in files of that kind."""
        for document in self.documents.get(kind, ()):
            for path, value in find(document.value, pattern):
                yield document, path, value

    def codes(self, kind: str, *pattern: str) -> set[str] | None:
        """Return the codes that a pattern meets; None when a file that would hold them could not be read."""
        if kind in self.unread:
            return None
        return {value for _, _, value in self.each(kind, *pattern) if isinstance(value, str)}


def cross_faults(reading: Reading) -> Iterator[Fault]:
    """Yield every fault that shows only when the files of a pack are held against each other."""
    for check in _CHECKS:
        yield from check(reading)


def _references(reading: Reading) -> Iterator[Fault]:
    known = _known(reading)
    for kind, pattern, what in _REFERENCES:
        for document, path, word in reading.each(kind, *pattern):
            words = known[what]
            if not isinstance(word, str) or words is None or word in words:
                continue
            if what == "selector among words" and not word.startswith("@"):
                continue
            noun = "party or set of parties" if what.startswith("selector") else what.split(" ")[0]
            yield document.fault(path, f"There is no {noun} “{word}”.", nearest(word, words))


def _known(reading: Reading) -> dict[str, set[str] | None]:
    parties = reading.codes("parties", "parties", "[]", "code")
    kinds = reading.codes("parties", "parties", "[]", "kind")
    selectors = None
    if parties is not None and kinds is not None:
        selectors = {*parties, *_WORDS_OF_SELECTION, *(f"@kind:{kind}" for kind in kinds)}
    lines: set[str] | None = None
    if "organisation" not in reading.unread:
        lines = {str(path[-1]) for _, path, _ in reading.each("organisation", "lines", "*")}
    if selectors is not None:
        selectors = None if lines is None else {*selectors, *(f"@line:{line}" for line in lines)}
    bodies = reading.codes("bodies", "bodies", "[]", "code")
    offices = reading.codes("offices", "offices", "[]", "code")
    actors = None
    if selectors is not None and bodies is not None and offices is not None:
        actors = {*selectors, *bodies, *offices}
    return {
        "party": parties,
        "selector": selectors,
        "selector or *": selectors if selectors is None else {*selectors, "*"},
        "selector among words": selectors,
        "line": lines,
        "line or *": lines if lines is None else {*lines, "*"},
        "body": bodies,
        "actor": actors,
        "office": offices,
        "type": reading.codes("types", "types", "[]", "code"),
        "level": reading.codes("labels", "levels", "[]", "code"),
        "category": reading.codes("labels", "categories", "[]", "code"),
        "audience": reading.codes("audiences", "audiences", "[]", "code"),
        "channel": reading.codes("channels", "channels", "[]", "code"),
        "codelist": reading.codes("codelists", "codelists", "[]", "code"),
        "mandate": set(MANDATES),
    }


def _twice(reading: Reading) -> Iterator[Fault]:
    """Codes that differ in case only are one code: journals become folders, and some disks fold case."""
    for kind, pattern in _UNIQUE:
        for document, path, _ in reading.each(kind, *pattern):
            yield from _twice_in(find(_at(document, path), ("[]", "code"), path), document, {})
    seen: dict[str, str] = {}
    for document in reading.documents.get("types", ()):
        yield from _twice_in(find(document.value, ("types", "[]", "code")), document, seen)


def _at(document: Document, path: Path) -> Any:
    value = document.value
    for step in path:
        value = value[step]
    return value


def _twice_in(found: Iterator[tuple[Path, Any]], document: Document, seen: dict[str, str]) -> Iterator[Fault]:
    for path, code in found:
        if not isinstance(code, str):
            continue
        where = f"{document.file}:{document.line(path)}"
        first = seen.setdefault(code.casefold(), where)
        if first != where:
            yield document.fault(
                path, f"The code “{code}” stands at {first} already.", "Give it another code."
            )


def _translations(reading: Reading) -> Iterator[Fault]:
    languages = [
        text for _, _, text in reading.each("organisation", "languages", "[]") if isinstance(text, str)
    ]
    if not languages:
        return
    for kind, pattern in _TEXTS:
        for document, path, texts in reading.each(kind, *pattern):
            if not isinstance(texts, dict):
                continue
            missing = [tag for tag in languages if tag not in texts]
            if missing:
                says = f"The text in {', '.join(missing)} is missing."
                yield document.fault(path, says, f"Give it in {', '.join(languages)}.")
            for tag in (each for each in texts if each not in languages):
                says = f"“{tag}” is not a language of this pack."
                yield document.fault((*path, tag), says, nearest(tag, languages))


def _zones(reading: Reading) -> Iterator[Fault]:
    places = (
        ("parties", ("parties", "[]", "zone"), ()),
        ("types", ("types", "[]", "schedule", "zone"), ("party",)),
    )
    for kind, pattern, besides in places:
        for document, path, zone in reading.each(kind, *pattern):
            if isinstance(zone, str) and zone not in besides and not _is_zone(zone):
                yield document.fault(path, f"There is no time zone “{zone}”.", _nearest_zone(zone, besides))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _nearest_zone(zone: str, besides: tuple[str, ...]) -> str:
    tail = zone.rpartition("/")[2].casefold()
    same_city = sorted(name for name in available_timezones() if name.rpartition("/")[2].casefold() == tail)
    return nearest(zone, same_city or {*available_timezones(), *besides})


def _periods(reading: Reading) -> Iterator[Fault]:
    for document, path, party in reading.each("parties", "parties", "[]"):
        for key in ("membership", "participation"):
            yield from _overlaps(document, (*path, key), party.get(key) if isinstance(party, dict) else None)
    for document, path, schedule in reading.each("types", "types", "[]", "schedule"):
        if isinstance(schedule, dict):
            yield from _backwards(document, path, schedule)


def _backwards(document: Document, path: Path, period: dict[str, Any]) -> Iterator[Fault]:
    since, until = _day(period.get("since")), _day(period.get("until"))
    if since and until and until <= since:
        says = f"The period ends on {until} and begins on {since} only."
        yield document.fault((*path, "until"), says, "`until` is the first day on which it no longer holds.")


def _overlaps(document: Document, path: Path, periods: Any) -> Iterator[Fault]:
    spans: dict[str, list[tuple[date, date, int]]] = {}
    for number, period in enumerate(periods if isinstance(periods, list) else ()):
        since = _day(period.get("since")) if isinstance(period, dict) else None
        if since is None:
            continue
        yield from _backwards(document, (*path, number), period)
        until = _day(period.get("until")) or date.max
        earlier = spans.setdefault(str(period.get("line", "")), [])
        met = next((span for span in earlier if since < span[1] and span[0] < until), None)
        if met:
            says = f"The period overlaps the one on line {document.line((*path, met[2]))}."
            yield document.fault(
                (*path, number, "since"), says, "Let the earlier one end on the day this begins."
            )
        earlier.append((since, until, number))


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _schedules(reading: Reading) -> Iterator[Fault]:
    for document, path, kind in reading.each("types", "types", "[]"):
        schedule = kind.get("schedule") if isinstance(kind, dict) else None
        if not isinstance(schedule, dict):
            continue
        if not kind.get("status"):
            says = "A scheduled type needs a `status` audience."
            yield document.fault(
                (*path, "schedule"), says, "Name the audience that learns that the duty was met."
            )
        if "within" in kind:
            says = "`within` is for types that follow an event; this one has a schedule."
            yield document.fault((*path, "within"), says, "Keep one of the two.")
        since, rule = _day(schedule.get("since")), schedule.get("rule")
        if since is None or not isinstance(rule, str):
            continue
        try:
            recurrence.parse(rule, start=since)
        except ValueError as error:
            yield document.fault(
                (*path, "schedule", "rule"), str(error), "A rule is such as FREQ=WEEKLY;BYDAY=MO."
            )


def _answers(reading: Reading) -> Iterator[Fault]:
    for document, path, answer in reading.each("types", "types", "[]", "fields", "[]"):
        if not isinstance(answer, dict):
            continue
        kind = answer.get("kind")
        if kind in ("code", "codes") and "codelist" not in answer:
            yield document.fault(path, f"A {kind} answer needs a `codelist`.", "Name one of codelists.yaml.")
        if kind not in ("code", "codes") and "codelist" in answer:
            yield document.fault(
                (*path, "codelist"), f"A {kind} answer takes no codelist.", "Make its kind code."
            )
        for key in ("minimum", "maximum", "cumulative", "watch"):
            if key in answer and kind not in FIGURES:
                says = f"`{key}` is for figures; this answer is {kind}."
                yield document.fault((*path, key), says, "Leave it out, or make its kind integer or decimal.")
        low, high = answer.get("minimum"), answer.get("maximum")
        if isinstance(low, int) and isinstance(high, int) and low > high:
            yield document.fault(
                (*path, "minimum"), f"The minimum {low} is above the maximum {high}.", "Swap them."
            )


def _rules_across(reading: Reading) -> Iterator[Fault]:
    for document, path, kind in reading.each("types", "types", "[]"):
        asked = _asked(kind)
        for inner, check in find(kind, ("checks", "[]")):
            if not isinstance(check, dict):
                continue
            where = (*path, *inner)
            yield from _whole(document, where, check)
            yield from _names_in(document, where, check, asked)
            yield from _values_of(reading, document, (*where, "when"), check.get("when"), asked)


def _names_in(
    document: Document, where: Path, check: dict[str, Any], asked: dict[str, Any]
) -> Iterator[Fault]:
    """Hold that a check compares figures of its type, and asks for fields that there are."""
    figures = [code for code, answer in asked.items() if answer.get("kind") in FIGURES]
    for place, named in _figures_of(check):
        if isinstance(named, str) and named not in figures:
            says = f"“{named}” is not a figure." if named in asked else f"There is no field “{named}”."
            yield document.fault((*where, *place), says, nearest(named, figures))
    for place, named in (*find(check, ("needs",)), *find(check, ("when", "field"))):
        if isinstance(named, str) and named not in asked:
            yield document.fault((*where, *place), f"There is no field “{named}”.", nearest(named, asked))


def _asked(kind: Any) -> dict[str, dict[str, Any]]:
    """Return the fields of a type by their codes."""
    return {answer["code"]: answer for _, answer in find(kind, ("fields", "[]"))
            if isinstance(answer, dict) and isinstance(answer.get("code"), str)}  # fmt: skip


def _figures_of(check: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield the place and name of every figure that a check compares."""
    for side in ("left", "right"):
        yield from ((place, named) for place, named in find(check, (side,)) if isinstance(named, str))
        yield from find(check, (side, "[]"))
    yield from find(check, ("right", "last"))


def _whole(document: Document, where: Path, check: dict[str, Any]) -> Iterator[Fault]:
    """Hold that a check either compares or names what must be filled in."""
    sides = ("left", "op", "right")
    if "needs" in check:
        for key in (each for each in sides if each in check):
            says = "A check either compares or `needs` a field; this one does both."
            yield document.fault((*where, key), says, "Make two checks of it.")
        if "when" not in check:
            says = "A field that is always needed is `required`; here `when` is missing."
            yield document.fault((*where, "needs"), says, "Add `when`, or set `required: true` at the field.")
        return
    for key in (each for each in sides if each not in check):
        says, fix = f"“{key}” is missing.", "A check has `left`, `op` and `right`, or else `needs`."
        yield Fault(document.file, document.line(where), f"{document.field_name(where)}.{key}", says, fix)


def _values_of(
    reading: Reading, document: Document, where: Path, when: Any, asked: dict[str, dict[str, Any]]
) -> Iterator[Fault]:
    """Hold that the value asked for is one that the field may have."""
    answer = asked.get(str(when.get("field"))) if isinstance(when, dict) else None
    if answer is None or "is" not in when:
        return
    kind, wanted = answer.get("kind"), when["is"]
    if kind == "yes_no":
        if not isinstance(wanted, bool):
            yield document.fault((*where, "is"), f"“{wanted}” is not yes or no.", "Write true or false.")
        return
    if kind not in ("code", "codes"):
        says = f"`is` is for codes and yes or no; this answer is {kind}."
        yield document.fault((*where, "is"), says, "Leave it out: then any value will do.")
        return
    lists = reading.each("codelists", "codelists", "[]")
    known = {item for _d, _p, each in lists if isinstance(each, dict) and each.get("code") == answer.get("codelist")
             for _, item in find(each, ("items", "[]", "code")) if isinstance(item, str)}  # fmt: skip
    for each in wanted if isinstance(wanted, list) else [wanted]:
        if known and (not isinstance(each, str) or each not in known):
            fix = nearest(str(each), known)
            yield document.fault((*where, "is"), f"“{each}” is not on the list of this answer.", fix)


def _sames(reading: Reading) -> Iterator[Fault]:
    """Hold that what is asked twice is the same: a field of another type, of the same kind and codelist."""
    types = {kind["code"]: _asked(kind) for _, _, kind in reading.each("types", "types", "[]")
             if isinstance(kind, dict) and isinstance(kind.get("code"), str)}  # fmt: skip
    known = {f"{type_}.{code}" for type_, asked in types.items() for code in asked}
    for document, path, kind in reading.each("types", "types", "[]"):
        own = kind.get("code") if isinstance(kind, dict) else None
        named_in = (
            ((*path, *inner, *place), answer, named)
            for inner, answer in find(kind, ("fields", "[]"))
            for place, named in find(answer, ("same_as", "[]"))
            if isinstance(named, str)
        )
        for where, answer, named in named_in:
            type_, _dot, code = named.rpartition(".")
            other = types.get(type_, {}).get(code)
            if other is None:
                yield document.fault(where, f"There is no field “{named}”.", nearest(named, known))
            elif type_ == own:
                says = f"“{named}” is a field of this very type."
                yield document.fault(where, says, "Name a field of another type, or use a check.")
            elif any(other.get(key) != answer.get(key) for key in ("kind", "codelist")):
                says = f"“{named}” is {_sort(other)}, and this answer is {_sort(answer)}."
                yield document.fault(where, says, "Only a field of the same kind asks for the same.")


def _sort(answer: dict[str, Any]) -> str:
    """Name the kind of an answer, with its list."""
    return " of ".join(str(answer[key]) for key in ("kind", "codelist") if key in answer)


def _choices(reading: Reading) -> Iterator[Fault]:
    """Hold that choices include the default, and that nothing above the lowest level goes to the public."""
    ranks = _ranks(reading)
    public = {audience["code"] for _, _, audience in reading.each("audiences", "audiences", "[]")
              if isinstance(audience, dict) and isinstance(audience.get("code"), str)
              and isinstance(audience.get("parties"), list) and "*" in audience["parties"]}  # fmt: skip
    for document, path, kind in reading.each("types", "types", "[]"):
        if not isinstance(kind, dict):
            continue
        for one, many in (("level", "levels"), ("audience", "audiences")):
            if isinstance(kind.get(many), list) and kind.get(one) not in kind[many]:
                says = f"`{many}` lacks “{kind.get(one)}”, which is the default."
                yield document.fault((*path, many), says, f"Add {kind.get(one)}.")
        level = kind.get("level")
        above = isinstance(level, str) and ranks.get(level, 0) > min(ranks.values(), default=0)
        if above and isinstance(kind.get("audience"), str) and kind["audience"] in public:
            says = f"Matter of level {level} would go to the public."
            yield document.fault((*path, "audience"), says, "Choose a narrower audience or the lowest level.")


def _ranks(reading: Reading) -> dict[str, int]:
    return {
        level["code"]: level["rank"]
        for _, _, level in reading.each("labels", "levels", "[]")
        if isinstance(level, dict)
        and isinstance(level.get("code"), str)
        and isinstance(level.get("rank"), int)
    }


def _levels(reading: Reading) -> Iterator[Fault]:
    before: int | None = None
    for document, path, rank in reading.each("labels", "levels", "[]", "rank"):
        if not isinstance(rank, int):
            continue
        if before is not None and rank <= before:
            says = f"The rank {rank} does not rise above {before}, the rank of the level before."
            yield document.fault(path, says, "List levels from the most open to the most sensitive.")
        before = rank


def _stubs(reading: Reading) -> Iterator[Fault]:
    """Secret matter never enters: a type of such a level says that it exists, who holds it and since when."""
    secret = {level["code"] for _, _, level in reading.each("labels", "levels", "[]")
              if isinstance(level, dict) and level.get("stub_only") is True
              and isinstance(level.get("code"), str)}  # fmt: skip
    for document, path, kind in reading.each("types", "types", "[]"):
        if not isinstance(kind, dict):
            continue
        stub = kind.get("stub_only") is True
        for inner, level in (*find(kind, ("level",)), *find(kind, ("levels", "[]"))):
            if not stub and isinstance(level, str) and level in secret:
                says = f"At level {level} nothing but a notice of existence may stand."
                yield document.fault((*path, *inner), says, "Set `stub_only: true`, or choose a lower level.")
        if stub or (isinstance(kind.get("level"), str) and kind["level"] in secret):
            yield from _beyond_stub(document, path, kind)


def _beyond_stub(document: Document, path: Path, kind: dict[str, Any]) -> Iterator[Fault]:
    for inner, answer in find(kind, ("fields", "[]")):
        if not isinstance(answer, dict):
            continue
        code = answer.get("code")
        if code not in STUB_FIELDS:
            says = f"“{code}” is content, and this type gives notice of existence only."
            fix = f"Allowed are {', '.join(STUB_FIELDS)}."
            yield document.fault((*path, *inner), says, fix)
        elif answer.get("kind") == "text" and not _is_short(answer.get("max_length")):
            says = "A text here could hold content."
            yield document.fault((*path, *inner), says, f"Set `max_length` to {_STUB_TEXT} or less.")


def _is_short(length: Any) -> bool:
    return isinstance(length, int) and length <= _STUB_TEXT


def _sources(reading: Reading) -> Iterator[Fault]:
    for document, path, kind in reading.each("types", "types", "[]"):
        if isinstance(kind, dict) and kind.get("proposal") is False and "source" not in kind:
            says = "A type that is no proposal needs the source that says so."
            yield document.fault((*path, "proposal"), says, "Add `source`, or set `proposal: true`.")
    for document, path, post in reading.each("parties", "parties", "[]", "posts", "[]"):
        if isinstance(post, dict) and post.get("sample") is not True and "source" not in post:
            says = "A real number needs its public source."
            yield document.fault((*path, "telephone"), says, "Add `source`, or set `sample: true`.")


def _steps(reading: Reading) -> Iterator[Fault]:
    for document, path, procedure in reading.each("procedures", "procedures", "[]"):
        steps = {code for _, code in find(procedure, ("steps", "[]", "code")) if isinstance(code, str)}
        named = (("first",), ("steps", "[]", "follows", "[]"), ("steps", "[]", "needs", "[]"))
        for inner, step in (found for pattern in named for found in find(procedure, pattern)):
            if isinstance(step, str) and step not in steps:
                says = f"This procedure has no step “{step}”."
                yield document.fault((*path, *inner), says, nearest(step, steps))
        yield from _unreachable(document, path, procedure)


def _unreachable(document: Document, path: Path, procedure: Any) -> Iterator[Fault]:
    follows: dict[str, list[Any]] = {}
    where: dict[str, Path] = {}
    for inner, step in find(procedure, ("steps", "[]")):
        if isinstance(step, dict) and isinstance(step.get("code"), str):
            after = step.get("follows")
            follows[step["code"]] = after if isinstance(after, list) else []
            where[step["code"]] = inner
    first = procedure.get("first") if isinstance(procedure, dict) else None
    if not isinstance(first, str) or first not in follows:
        return
    reached, waiting = {first}, [first]
    while waiting:
        new = [step for step in follows[waiting.pop()] if isinstance(step, str) and step in follows]
        waiting += [step for step in new if step not in reached]
        reached.update(new)
    for code in follows.keys() - reached:
        says = f"Nothing leads to the step “{code}” from “{first}”."
        yield document.fault((*path, *where[code]), says, "Name it in the `follows` of the step before it.")


def _parents(reading: Reading) -> Iterator[Fault]:
    above: dict[str, str] = {}
    for _, _, body in reading.each("bodies", "bodies", "[]"):
        if (
            isinstance(body, dict)
            and isinstance(body.get("code"), str)
            and isinstance(body.get("parent"), str)
        ):
            above[body["code"]] = body["parent"]
    for document, path, body in reading.each("bodies", "bodies", "[]"):
        code = body.get("code") if isinstance(body, dict) else None
        seen: set[str] = set()
        at = above.get(code) if isinstance(code, str) else None
        while at is not None and at != code and at not in seen:
            seen.add(at)
            at = above.get(at)
        if at is not None and at == code:
            yield document.fault((*path, "parent"), f"“{code}” stands above itself.", "Break the circle.")


_CHECKS: Final[tuple[Callable[[Reading], Iterator[Fault]], ...]] = (
    _references, _twice, _translations, _zones, _periods, _schedules, _answers, _rules_across,
    _sames, _choices,
    _levels, _stubs, _sources, _steps, _parents,
)  # fmt: skip
