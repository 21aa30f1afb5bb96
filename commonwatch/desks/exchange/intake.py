"""From what somebody sends to what is written: label, duty, number, reference; found for a whole batch at once.

Everything here reads; nothing writes. It runs inside the turn, so what it reads still holds when the acts append.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from commonwatch.access.actor import Actor, require
from commonwatch.charter.label import EVERYBODY, Label, spelled_out
from commonwatch.charter.markings import label_for
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange import rules
from commonwatch.desks.exchange.earlier import last_said, said_elsewhere
from commonwatch.desks.exchange.facts import DutyCarried, ReportSubmitted
from commonwatch.desks.exchange.models import Activation, Reference, Report, Slip
from commonwatch.desks.exchange.models import Waiver as WaiverRow
from commonwatch.desks.exchange.projection import content_digest, reference_key, slip_subject
from commonwatch.errors import Refusal, _
from commonwatch.formats import tlp
from commonwatch.register import audience as audiences
from commonwatch.register import log, node
from commonwatch.register.gate import Reader

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOK_UP = 400
COMPARED_WITH = 60
COMPARED = 31
"""How many reports at once are compared with the party's earlier figures: a month of days."""


class UnknownType(Refusal):
    """The pack has no such information type."""

    code, status = "exchange.unknown-type", 422
    says = _("There is no information type “{type}”.")
    hint = _("The regulation lists: {known}.")


class UnknownParty(Refusal):
    """The pack has no such party."""

    code, status = "exchange.unknown-party", 422
    says = _("There is no party “{party}”.")
    hint = _("The parties are: {known}.")


class OtherContent(Refusal):
    """A reference used before, with other content."""

    code, status = "exchange.other-content", 409
    says = _("The reference “{ref}” was used before for a report with other content.")
    hint = _("Send a correction of {report}, or use a new reference.")


class BadReference(Refusal):
    """A reference that cannot be kept."""

    code, status = "exchange.bad-reference", 422
    says = _("A reference has at most 100 characters and no control characters.")


class BatchRefused(Refusal):
    """A batch in which something is wrong: nothing of it was written."""

    code, status = "exchange.batch-refused", 422
    says = _("{count} of {of} reports cannot be taken; none was written.")
    hint = _("Mend the ones named and send the whole batch again.")

    def __init__(self, *, refusals: Sequence[tuple[int, Refusal]], of: int) -> None:
        super().__init__(count=len({index for index, _refusal in refusals}), of=of)
        self.refusals = tuple(refusals)


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One report as somebody sends it. Empty fields take the type's default.

    `known_at` (RFC 3339) and `warned` (codes of what an import found unusual) are for imports alone. `tlp` is a TLP 2.0
    marking in place of `level`. A value written {"from": TYPE} is taken from the party's return of that type.
    """

    type: str
    period: str = ""
    values: Mapping[str, Any] = {}
    nil: bool = False
    owes: str = ""
    event_at: str = ""
    level: str = ""
    audience: str = ""
    ref: str = ""
    note: str = ""
    confirms: str = ""
    known_at: str = ""
    warned: tuple[str, ...] = ()
    tlp: str = ""


class Prepared(NamedTuple):
    """A report ready to be written; `again` is the subject already written under the same reference.

    `slip` is the subject of its slip, `continues` the slip of a closed journal that it continues, when there is one.
    `drawn` says of each value that was taken from another return from which.
    """

    fact: ReportSubmitted
    label: Label
    slip_label: Label | None
    starts: int
    known_at: int | None
    warnings: tuple[rules.ValueFault, ...]
    again: str = ""
    again_entry: str = ""
    slip: str = ""
    continues: Slip | None = None
    drawn: Mapping[str, rules.Source] = {}


class SlipStand(NamedTuple):
    """How a writer stands with a duty: its latest slip, and the reports noted on it and on those it continues."""

    row: Slip
    reports: dict[str, tuple[str, int]]
    closed: bool


def micros(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970-01-01 UTC."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """Return microseconds UTC as an aware moment."""
    return EPOCH + timedelta(microseconds=at)


def now() -> datetime:
    """Return the node's present moment."""
    return moment(node.current().clock())


def type_of(code: str) -> InformationType:
    """Return an information type.

    :raises UnknownType: naming those there are.
    """
    pack = node.current().pack
    if pack.has_type(code):
        return pack.type(code)
    raise UnknownType(type=code, known=", ".join(each.code for each in pack.types))


def party_code(code: str) -> str:
    """Return the code of a party that exists.

    :raises UnknownParty: naming those there are.
    """
    pack = node.current().pack
    if not pack.has_party(code):
        raise UnknownParty(party=code, known=", ".join(each.code for each in pack.parties))
    return code


def activations(reader: Reader) -> list[rules.Activation]:
    """Read when types owed "while active" were switched on, as far as the reader may know."""
    rows = Activation.objects.visible_to(reader).values_list("type", "parties", "since", "until")
    return [
        rules.Activation(
            type=type_,
            parties=tuple(parties.split(",")) if parties else (),
            since=moment(since),
            until=None if until is None else moment(until),
        )
        for type_, parties, since, until in rows
    ]


def check_reference(ref: str) -> None:
    """Refuse a sender's reference that cannot be kept.

    :raises BadReference: when it is too long or holds control characters.
    """
    if len(ref) > 100 or not ref.isprintable():
        raise BadReference


def content_label(type_: InformationType, *, owes: str, by: str, level: str, audience: str) -> Label:
    """Return the label of a report's content: the type's own, or another that the type allows.

    :raises LabelNotAllowed: naming what the type allows.
    """
    rules.check_label(type_, level=level, audience=audience)
    parties = _parties(audience or type_.audience, owes=owes, by=by)
    label = Label(level=level or type_.level, categories=type_.categories, parties=parties)
    lowest = node.current().pack.labels.lowest
    if label.parties == EVERYBODY and label.level != lowest:
        wanted, allowed = (
            f"{label.level} {audience or type_.audience}",
            f"{lowest} {audience or type_.audience}",
        )
        raise rules.LabelNotAllowed(type=type_.code, label=wanted, allowed=allowed)
    return label


def marked_label(type_: InformationType, *, owes: str, by: str, marking: str, audience: str) -> Label:
    """Return the label of a report that came under a TLP marking: the pack's level for it, and readers in its bound.

    Without an audience as many read as the marking lets; that, too, must not be wider than the type allows.

    :raises LabelNotAllowed: naming what the type allows.
    :raises NoLevel, NobodyNamed, TooWide: naming what the marking asks.
    """
    at = node.current()
    on = node.today(at)
    chosen = None
    if audience:
        rules.check_label(type_, level="", audience=audience)
        chosen = at.pack.readers(audience, originator=owes, on=on)
    label = label_for(
        marking, pack=at.pack, originator=owes, on=on, chosen=chosen, categories=type_.categories
    )
    rules.check_label(type_, level=label.level, audience="")
    allowed = {
        code: at.pack.readers(code, originator=owes, on=on) for code in (type_.audience, *type_.audiences)
    }
    rules.check_marked(type_, label, marking=marking, allowed=allowed, lowest=at.pack.labels.lowest)
    return spelled_out(label, originator=by)


def status_label(type_: InformationType, *, owes: str, by: str) -> Label:
    """Return the label of the slip: the scheme's level for slips, and the audience that the type gives its status."""
    parties = _parties(type_.status, owes=owes, by=by)
    return Label(level=node.current().pack.labels.internal, parties=parties)


def _parties(audience: str, *, owes: str, by: str) -> tuple[str, ...]:
    """Return the parties of a named audience today: with the party that owes, and with who writes."""
    at = node.current()
    readers = at.pack.readers(audience, originator=owes, on=node.today(at))
    return readers if readers == EVERYBODY else tuple(sorted({*readers, by}))


class Intake:
    """Prepares the reports of one act: what is the same for many of them is found once."""

    def __init__(self, *, by: Actor, channel: str, confirmed: bool = True) -> None:
        at = node.current()
        self.pack, self.by, self.channel, self.confirmed = at.pack, by, channel, confirmed
        self.now = now()
        self.compares = True
        self.active = activations(by)
        self.regulation = at.pack.regulation.version
        self._labels: dict[tuple[str, ...], tuple[Label, Label | None]] = {}
        self._slots: dict[tuple[str, str, str], rules.Slot] = {}
        self._journals: dict[Label, tuple[int, ...]] = {}
        self._asked: set[tuple[str, str, bool]] = set()
        self._batch: dict[tuple[str, str], list[Sent]] = {}

    def prepare(self, reports: Sequence[Sent]) -> list[Prepared]:
        """Prepare a batch, or refuse it naming every report that cannot be taken.

        :raises BatchRefused: with the refusal of each.
        """
        found: list[Prepared] = []
        refused: list[tuple[int, Refusal]] = []
        self.compares = len(reports) <= COMPARED and self.channel != "import"
        self._batch.clear()
        for sent in reports:
            self._batch.setdefault((sent.type, sent.owes or self.by.party), []).append(sent)
        for index, sent in enumerate(reports):
            try:
                found.append(self._one(sent))
            except Refusal as refusal:
                refused.append((index, refusal))
        if refused:
            raise BatchRefused(refusals=refused, of=len(reports))
        return self._referred(self._numbered(found), of=len(reports))

    def _one(self, sent: Sent) -> Prepared:
        type_ = type_of(sent.type)
        owes = party_code(sent.owes) if sent.owes else self.by.party
        self._check_mandate(type_, sent, owes=owes)
        rules.check_channel(type_, self.channel)
        check_reference(sent.ref)
        marking = tlp.parse(sent.tlp) if sent.tlp else ""
        label, slip = self._labels_for(
            type_, owes=owes, level=sent.level, audience=sent.audience, marking=marking
        )
        found = self._elsewhere(type_, sent, owes=owes, label=label)
        values, drawn = _taken(type_, sent.values, found)
        checked = self._content(type_, msgspec.structs.replace(sent, values=values), owes=owes, found=found)
        starts = self._starts(type_, sent, owes=owes)
        fact = ReportSubmitted(
            type=sent.type,
            owes=owes,
            period=sent.period,
            values=checked.values,
            nil=sent.nil,
            channel=self.channel,
            regulation=self.regulation,
            event_at=sent.event_at,
            client=self.by.client if sent.ref else "",
            ref=sent.ref,
            tlp=marking,
            confirms=sent.confirms,
            warned=(*map(rules.kept, checked.warnings), *sent.warned),
            note=sent.note,
        )
        known = micros(rules.instant(sent.known_at)) if sent.known_at else None
        told = tuple(checked.warnings)
        return Prepared(fact, label, slip if sent.period else None, starts, known, told, drawn=drawn)

    def _check_mandate(self, type_: InformationType, sent: Sent, *, owes: str) -> None:
        if owes != self.by.party:
            require(self.by, "exchange.submit-on-behalf")
        if sent.known_at or sent.warned:
            require(self.by, "exchange.import-series")
        key = (type_.code, owes, bool(sent.period))  # a period's own day is asked by `duty`
        if key not in self._asked:
            rules.check_owes(type_, owes, pack=self.pack, day=self.now.date(), period=sent.period)
            self._asked.add(key)

    def _content(
        self, type_: InformationType, sent: Sent, *, owes: str, found: Mapping[str, rules.Source]
    ) -> rules.Checked:
        last = self._last(type_, sent, owes=owes)
        checked = rules.check_report(type_, self.pack, sent.values, nil=sent.nil, last=last)
        if checked.faults:
            raise rules.ContentRefused(faults=checked.faults)
        if self.compares:
            odd = usual(type_, owes=owes, by=self.by, period=sent.period, values=checked.values)
            odd += rules.differing(type_, checked.values, found)
            checked = checked._replace(warnings=(*checked.warnings, *odd))
        if checked.warnings and not self.confirmed:
            raise rules.ConfirmFirst(warnings=checked.warnings)
        return checked

    def _last(self, type_: InformationType, sent: Sent, *, owes: str) -> rules.Said:
        """Find what the party said last, in the register or earlier in this batch; an import is not compared."""
        if sent.nil or self.channel == "import" or not rules.asks_last(type_.checks):
            return rules.NOTHING_SAID
        held = last_said(self.by, type_, owes=owes, period=sent.period)
        batch = self._batch.get((sent.type, owes), ())
        before = [each for each in batch if held.period < each.period < sent.period and not each.nil]
        latest = max(before, key=lambda each: each.period, default=None)
        return held if latest is None else rules.Said(latest.period, latest.values)

    def _elsewhere(
        self, type_: InformationType, sent: Sent, *, owes: str, label: Label
    ) -> dict[str, rules.Source]:
        """Find what the party said in other returns of what this one asks: to take it, or to point out what differs."""
        if sent.nil or not any(each.sources and each.code in sent.values for each in type_.fields):
            return {}
        takes = any(rules.wanted_from(value) for value in sent.values.values())
        if not (takes or self.compares):
            return {}
        return said_elsewhere(
            self.by, type_, owes=owes, period=sent.period, event_at=sent.event_at, label=label
        )

    def _labels_for(
        self, type_: InformationType, *, owes: str, level: str, audience: str, marking: str
    ) -> tuple[Label, Label | None]:
        key = (type_.code, owes, level, audience, marking)
        if key not in self._labels:
            rules.check_one_marking(level=level, marking=marking)
            content = (
                marked_label(type_, owes=owes, by=self.by.party, marking=marking, audience=audience)
                if marking
                else content_label(type_, owes=owes, by=self.by.party, level=level, audience=audience)
            )
            slip = status_label(type_, owes=owes, by=self.by.party) if type_.schedule else None
            self._labels[key] = (content, slip)
        return self._labels[key]

    def _starts(self, type_: InformationType, sent: Sent, *, owes: str) -> int:
        """Find the duty that the report fills; 0 for a report on an event."""
        if not sent.period:
            rules.check_event(type_, sent.event_at, now=self.now)
            return 0
        key = (sent.type, owes, sent.period)
        if key not in self._slots:
            slot = rules.duty(type_, self.pack.party(owes), sent.period, active=self.active)
            rules.check_not_ahead(slot, now=self.now)
            self._slots[key] = slot
        return micros(self._slots[key].starts)

    def _numbered(self, found: list[Prepared]) -> list[Prepared]:
        """Give each report its number among the writer's reports for the same duty."""
        keys = [self._slip_key(each.fact) for each in found if each.slip_label]
        last = dict.fromkeys(keys, 0)
        labels = {shelf.id: shelf.label for shelf in self.by.shelves}
        held = slips(keys, reader=self.by)
        carried: set[str] = set()
        for key, stand in held.items():
            last[key] = max((int(number) for number in stand.reports), default=0)
        numbered = []
        for each in found:
            if not each.slip_label:
                numbered.append(each)
                continue
            key = self._slip_key(each.fact)
            last[key] += 1
            fact = each.fact if last[key] == 1 else msgspec.structs.replace(each.fact, number=last[key])
            if key not in held:
                numbered.append(each._replace(fact=fact, slip=key))
            elif held[key].closed:
                continues = None if key in carried else held[key].row
                carried.add(key)
                slip = audiences.following(held[key].row.key)
                numbered.append(each._replace(fact=fact, slip=slip, continues=continues))
            else:  # a subject keeps its label for life
                row = held[key].row
                numbered.append(each._replace(fact=fact, slip=row.key, slip_label=labels[row.journal_id]))
        return numbered

    def _slip_key(self, fact: ReportSubmitted) -> str:
        return slip_subject(
            filer=self.by.party, type_=fact.type, owes=fact.owes, period=fact.period, mode=self.by.mode
        )

    def _referred(self, found: list[Prepared], *, of: int) -> list[Prepared]:
        """Recognise what was sent before under the same reference; refuse the same reference with other content."""
        keys = [self._reference_keys(each) if each.fact.ref else [] for each in found]
        known = references([key for each in keys for key in each], reader=self.by)
        here: dict[str, str] = {}
        answer: list[Prepared] = []
        refused: list[tuple[int, Refusal]] = []
        for index, each in enumerate(found):
            digest = content_digest(each.fact) if each.fact.ref else ""
            old = next((known[key] for key in keys[index] if key in known), None)
            twice = here.setdefault(each.fact.ref, digest) if each.fact.ref else ""
            if (old and old.digest != digest) or twice != digest:
                subject = old.subject if old else _("the other one in this batch")
                refused.append((index, OtherContent(ref=each.fact.ref, report=subject)))
            answer.append(each._replace(again=old.subject, again_entry=old.entry) if old else each)
        if refused:
            raise BatchRefused(refusals=refused, of=of)
        return answer

    def _reference_keys(self, each: Prepared) -> list[str]:
        journals = self._journals.get(each.label)
        if journals is None:
            journals = log.journals_of(party=self.by.party, mode=self.by.mode, label=each.label)
            self._journals[each.label] = journals
        return [
            reference_key(journal=journal, party=self.by.party, client=each.fact.client, ref=each.fact.ref)
            for journal in journals
        ]


def _taken(
    type_: InformationType, values: Mapping[str, Any], found: Mapping[str, rules.Source]
) -> tuple[Mapping[str, Any], dict[str, rules.Source]]:
    """Put what was said in another return where it is to be taken from there; return the values and their sources.

    :raises ContentRefused: naming each field for which there is nothing to take.
    """
    wanted = {code: of for code, value in values.items() if (of := rules.wanted_from(value)) is not None}
    if not wanted:
        return values, {}
    asked = {each.code: each for each in type_.fields}
    drawn = {code: found[code] for code, of in wanted.items() if rules.gives(found.get(code), of)}
    lacking = [
        rules.nothing_there(asked[code], of.type)
        for code, of in wanted.items()
        if code in asked and code not in drawn
    ]
    if lacking:
        raise rules.ContentRefused(faults=lacking)
    return {**values, **{code: source.value for code, source in drawn.items()}}, drawn


def slips(keys: Iterable[str], *, reader: Reader) -> dict[str, SlipStand]:
    """Find how a writer stands with duties, by the names that their slips had first; a look-up an epoch."""
    found: dict[str, SlipStand] = {}
    closed = {shelf.id for shelf in reader.shelves if shelf.closed}
    names = sorted(set(keys))
    while names:
        later: list[str] = []
        for row in _slips_named(names, reader=reader):
            first = audiences.first_of(row.key)
            before = found[first].reports if first in found else {}
            over = row.journal_id in closed
            found[first] = SlipStand(row, {**before, **msgspec.json.decode(row.reports_json)}, over)
            if over:
                later.append(audiences.following(row.key))
        names = sorted(later)
        if names:
            reader.again()  # what was continued since the reader first looked must be found
    return found


def _slips_named(names: Sequence[str], *, reader: Reader) -> list[Slip]:
    return [
        row
        for start in range(0, len(names), LOOK_UP)
        for row in Slip.objects.visible_to(reader).filter(key__in=names[start : start + LOOK_UP])
    ]


def carried_slip(row: Slip, *, continues: str) -> DutyCarried:
    """Say anew how a writer stands with a duty, as its slip in a closed journal does; `continues` is its hash."""
    return DutyCarried(
        type=row.type,
        owes=row.owes,
        period=row.period,
        starts=row.starts,
        reports=msgspec.json.decode(row.reports_json, type=dict[str, tuple[str, int]]),
        continues=continues,
        corrected=row.corrected,
        on_behalf=row.on_behalf,
    )


def references(keys: Sequence[str], *, reader: Reader) -> dict[str, Reference]:
    """Read what was sent before under these references."""
    found: dict[str, Reference] = {}
    names = sorted(set(keys))
    for start in range(0, len(names), LOOK_UP):
        found.update(Reference.objects.visible_to(reader).in_bulk(names[start : start + LOOK_UP]))
    return found


def waivers(reader: Reader) -> list[rules.Waiver]:
    """Read the waivers in force or past, as far as the reader may know."""
    rows = WaiverRow.objects.visible_to(reader).values_list("type", "party", "ground", "since", "until")
    return [
        rules.Waiver(
            type=type_,
            party=party,
            ground=ground,
            since=moment(since),
            until=None if until is None else moment(until),
        )
        for type_, party, ground, since, until in rows
    ]


def usual(
    type_: InformationType, *, owes: str, by: Actor, period: str, values: Mapping[str, Any]
) -> list[rules.ValueFault]:
    """Compare the figures to watch with those of the party's earlier reports; one query, none without such figures."""
    watched = [each for each in type_.fields if each.watch and values.get(each.code) is not None]
    if not watched:
        return []
    rows = (
        Report.objects.visible_to(by)
        .filter(type=type_.code, owes=owes, state="value")
        .latest_to(by)
        .exclude(period=period)
        .order_by("-period", "-last_at")
        .values_list("period", "values_json", "first_at")[:COMPARED_WITH]
    )
    history = [
        (key, msgspec.json.decode(values), moment(first_at))
        for key, values, first_at in reversed(rows)
        if key < period or not period
    ]
    return rules.unusual_values(type_, history=history, period=period, values=values)
