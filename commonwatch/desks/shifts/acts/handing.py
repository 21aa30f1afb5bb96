"""The hand-over: signed by who goes, read and signed by who comes; only then does the watch pass."""

from collections.abc import Collection, Mapping

import msgspec

from commonwatch.access.actor import Actor, require, require_fresh
from commonwatch.access.rules import check_person
from commonwatch.desks.shifts import rules
from commonwatch.desks.shifts.acts.watch import pass_watch
from commonwatch.desks.shifts.facts import HandoverAccepted, HandoverEnded, HandoverSigned, Item
from commonwatch.desks.shifts.intake import (
    gather,
    log_label,
    new_subject,
    next_officers,
    open_handover,
    posts_now,
    remarked,
    text,
    watch_now,
)
from commonwatch.desks.shifts.models import Handover
from commonwatch.errors import Refusal, _
from commonwatch.register import history, log

MOST_REMARKS = 4000


class NoSuchHandover(Refusal):
    """Absent and forbidden look alike."""

    code, status = "shifts.no-such-handover", 404
    says = _("There is no such hand-over.")


@log.turn
def sign_handover(*, by: Actor, shown: Collection[str], remarks: Mapping[str, str], general: str = "") -> str:
    """Sign, as who has the watch, what is handed over; return the hand-over's subject.

    What waits is gathered anew in this turn. `shown` are the keys that the page showed, `remarks` what is said to each.

    :raises NotMandated, PersonsOnly, ConfirmItIsYou, NotYourWatch, OpenAlready, StillMore: naming what is wrong.
    """
    require(by, "shifts.sign-handover")
    check_person(by.client)
    require_fresh(by)
    held = watch_now(by)
    if held is None or held.account != by.account:
        raise rules.NotYourWatch
    if open_handover(by) is not None:
        raise rules.OpenAlready
    items, left = gather(by)
    rules.check_shown(items, shown=shown)
    fact = HandoverSigned(
        watch=held.key,
        shift=held.shift,
        due_at=held.until,
        items=remarked(items, remarks),
        posts=posts_now(by),
        next=next_officers(by, at=held.until),
        remarks=text_of(general),
        digest="",
        left=left,
    )
    subject = new_subject("handover", by)
    fact = msgspec.structs.replace(fact, digest=rules.digest_of(fact))
    log.append(fact, by=by, subject=subject, label=log_label(by.party), settled=True)
    by.again()
    return subject


@log.turn
def accept_handover(*, by: Actor, handover: str, digest: str, seen: Collection[str]) -> str:
    """Take the watch over: every item seen, also what came since; return the subject of the new watch.

    `digest` is that of what the page showed (`rules.digest_since`), `seen` the keys that were marked as seen.

    :raises NotMandated, PersonsOnly, ConfirmItIsYou, NoSuchHandover, OverWith, ToOneself, NotYourWatch, SeenOtherwise,
        NotAllSeen: naming what is wrong.
    """
    require(by, "shifts.sign-handover")
    require(by, "shifts.take-watch")
    check_person(by.client)
    row = waiting_one(handover, by=by)
    if row.account == by.account:
        raise rules.ToOneself
    require_fresh(by)
    held = watch_now(by)
    if held is None or held.key != row.watch:
        raise rules.NotYourWatch
    since = came_since(row, by=by)
    if digest != rules.digest_since(row.digest, since):
        raise rules.SeenOtherwise
    rules.check_seen((each.key for each in (*row.body.items, *since)), seen=seen)
    fact = HandoverAccepted(digest=digest, since=since)
    signed = log.append(fact, by=by, subject=row.key, label=log_label(by.party), refs=_first(row, by=by))
    return pass_watch(by, held, how="handover", signed=signed)


@log.turn
def end_handover(*, by: Actor, handover: str, how: str, reason: str) -> None:
    """End a hand-over that waits: "withdrawn" by who signed it, "refused" by a colleague. The watch stays.

    :raises NotMandated, PersonsOnly, NoSuchHandover, OverWith, NotYourHandover, ReasonMissing: naming what is wrong.
    """
    require(by, "shifts.sign-handover")
    check_person(by.client)
    row = waiting_one(handover, by=by)
    if how not in {"withdrawn", "refused"} or (how == "withdrawn") is not (row.account == by.account):
        raise rules.NotYourHandover
    fact = HandoverEnded(how, rules.check_reason(reason))
    log.append(fact, by=by, subject=row.key, label=log_label(by.party))


def came_since(row: Handover, *, by: Actor) -> tuple[Item, ...]:
    """List what waits now and was not in the hand-over when it was signed."""
    told = {each.key for each in row.body.items}
    return tuple(each for each in gather(by)[0] if each.key not in told)


def waiting_one(key: str, *, by: Actor) -> Handover:
    """Return a hand-over of one's own party that waits for its second signature.

    :raises NoSuchHandover, OverWith: absent and forbidden alike.
    """
    row = handover_of(key, by=by)
    if row.state != "signed":
        raise rules.OverWith
    return row


def handover_of(key: str, *, by: Actor) -> Handover:
    """Return a hand-over of one's own party.

    :raises NoSuchHandover: absent and forbidden alike.
    """
    row = Handover.objects.visible_to(by).filter(key=text(key), party=by.party).first()
    if row is None:
        raise NoSuchHandover
    return row


def text_of(general: str) -> str:
    """Return general remarks without blanks round them.

    :raises TextMissing: when they are too long.
    """
    said = general.strip().replace("\0", "")
    if len(said) > MOST_REMARKS:
        raise rules.TextMissing(most=MOST_REMARKS)
    return said


def _first(row: Handover, *, by: Actor) -> tuple[log.Written, ...]:
    """Cite the first signature."""
    found = history.entry(row.entry, reader=by)
    return (history.past(found).place,) if found is not None else ()
