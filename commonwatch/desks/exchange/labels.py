"""Labels in words: who will read, who reads, and at which level; the same words before sending and after it."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from django.utils.translation import gettext

from commonwatch.access.actor import Actor
from commonwatch.charter import markings
from commonwatch.charter.label import EVERYBODY, Label
from commonwatch.charter.model import InformationType
from commonwatch.desks.exchange import forms
from commonwatch.desks.exchange.carrying import readers_on
from commonwatch.desks.exchange.intake import content_label, moment, status_label
from commonwatch.desks.exchange.models import Report
from commonwatch.errors import Refusal
from commonwatch.register import node
from commonwatch.register.gate import label_of
from commonwatch.ui.templatetags.cw import party_name, words


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


def will_read(parties: Sequence[str], *, writer: str) -> str:
    """Say who will read what is about to be sent; without readers the writer alone."""
    special = _special(parties, writer)
    return special or gettext("Will be read by: {readers}.").format(readers=names({*parties, writer}))


def may_read(parties: Sequence[str], *, writer: str) -> str:
    """Say who reads what was sent."""
    special = _special(parties, writer)
    return special or gettext("May be read by: {readers}.").format(readers=names({*parties, writer}))


def _special(parties: Sequence[str], writer: str) -> str:
    if tuple(parties) == EVERYBODY:
        return gettext("By everybody: public.")
    if not set(parties) - {writer}:
        return gettext("Only by {party}.").format(party=party_name(writer))
    return ""


def audience_name(label: Label, *, writer: str) -> str:
    """Name the audience that has a label's readers today, as the pack calls it; empty when nobody has named it."""
    at = node.current()
    named = at.pack.named(label.parties, writer=writer, on=node.today(at))
    return next((words(at.pack.audience(code).name) for code in named if ":" not in code), "")


def sign(label: Label, *, writer: str, sent: bool = False) -> Sign:
    """Show a label: of something about to be sent, or of something that was."""
    level = node.current().pack.level(label.level)
    marks = {each.code: words(each.name) for each in node.current().pack.labels.categories}
    return Sign(
        readers=(may_read if sent else will_read)(label.parties, writer=writer),
        level=level.code,
        tone=level.tone,
        banner=words(level.banner),
        categories=", ".join(f"{code} {marks.get(code, '')}".strip() for code in label.categories),
    )


# For programs


class Plain(NamedTuple):
    """A label as programs get it: `audience` is the pack's name for its readers, if it has one; `tlp` its marking."""

    level: str
    categories: tuple[str, ...]
    audience: str
    parties: tuple[str, ...]
    tlp: str


def plain(label: Label, *, writer: str, tlp: str = "") -> Plain:
    """Say a label for programs; what came under a TLP marking goes out under it, else the label makes one."""
    at = node.current()
    on = node.today(at)
    named = at.pack.named(label.parties, writer=writer, on=on)
    audience = named[0].partition(":")[0] if named else ""
    marking = tlp or markings.tlp_of(label, pack=at.pack, originator=writer, on=on)
    return Plain(label.level, label.categories, audience, label.parties, marking)


def stanag(label: Label, *, writer: str, at: int) -> bytes:
    """Write a label as XML after STANAG 4774; `at` is when it was put on, in microseconds UTC."""
    said = markings.outside(label, originator=writer)
    stanag4774 = import_module("commonwatch.formats.stanag4774")  # it loads lxml, which little else needs
    whole = stanag4774.Confidentiality(
        policy=node.current().pack.organisation,
        classification=said.classification,
        marks=said.marks,
        releasable_to=said.releasable_to,
        originator=writer,
        created_at=moment(at),
    )
    written: bytes = stanag4774.write(whole)
    return written


# The chooser of a form


class Level(NamedTuple):
    """A level to be chosen, with the words of its banner."""

    code: str
    banner: str
    tone: str
    chosen: bool


class Audience(NamedTuple):
    """An audience to be chosen: who will read, and a remark on when it can be chosen."""

    code: str
    name: str
    readers: str
    only: str
    chosen: bool


def chooser(by: Actor, form: forms.Form) -> dict[str, Any]:
    """Show which levels and audiences a type leaves to its sender, and who will read by the present choice.

    What does not go together is said beside the button that sends, where the readers would stand.
    """
    try:
        label = _label(by, form, audience=form.audience, level=form.level)
        stands: dict[str, Any] = {"sign": sign(label, writer=by.party), "hindrance": None}
    except Refusal as refusal:
        stands = {"sign": None, "hindrance": refusal}
    return {"levels": _levels(form), "audiences": _audiences(by, form), **stands}


def kept(corrects: Report) -> dict[str, Any]:
    """Show the label of a correction: that of its report, which keeps it for life; nothing is to be chosen."""
    journal = corrects.journal
    label = label_of(level=journal.level, categories=journal.categories, parties=journal.parties)
    if journal.closed:
        label = Label(level=label.level, categories=label.categories, parties=readers_on(corrects))
    return {"levels": [], "audiences": [], "sign": sign(label, writer=corrects.party), "hindrance": None}


def of_type(by: Actor, type_: InformationType) -> Sign:
    """Show who will read a report of one's own under the type's own label."""
    label = content_label(type_, owes=by.party, by=by.party, level="", audience="")
    return sign(label, writer=by.party)


def of_status(by: Actor, type_: str, owes: str) -> Sign | None:
    """Show who will read that a duty is waived or a type switched on; None for what the pack does not have."""
    pack = node.current().pack
    if not (pack.has_type(type_) and pack.has_party(owes)):
        return None
    return sign(status_label(pack.type(type_), owes=owes, by=by.party), writer=by.party)


def _label(by: Actor, form: forms.Form, *, audience: str, level: str) -> Label:
    return content_label(form.type, owes=form.owes, by=by.party, level=level, audience=audience)


def _levels(form: forms.Form) -> list[Level]:
    pack = node.current().pack
    codes = dict.fromkeys((form.type.level, *form.type.levels))
    found = [pack.level(code) for code in codes]
    return [Level(each.code, words(each.banner), each.tone, each.code == form.level) for each in found]


def _audiences(by: Actor, form: forms.Form) -> list[Audience]:
    """List the audiences that a type allows; one that no level allows is not offered.

    What everybody may read is sent at the lowest level alone: that is said beside it.
    """
    pack, found = node.current().pack, []
    for code in dict.fromkeys((form.type.audience, *form.type.audiences)):
        parties, only = _readers_at(by, form, code), ""
        if not parties:
            lowest = pack.level(pack.labels.lowest)
            parties = _readers_at(by, form, code, level=lowest.code)
            only = gettext("Only at the level {level}.").format(level=f"{lowest.code} {words(lowest.name)}")
        if parties:
            readers = will_read(parties, writer=by.party)
            name, chosen = words(pack.audience(code).name), code == form.audience
            found.append(Audience(code, name, readers, only, chosen))
    return found


def _readers_at(by: Actor, form: forms.Form, audience: str, *, level: str = "") -> tuple[str, ...]:
    """Return who reads at a level, the type's own when none is named; nobody when the two do not go together."""
    try:
        return _label(by, form, audience=audience, level=level).parties
    except Refusal:
        return ()
