"""What people do, as things that can be put into a list: each makes a function of the world in which it is done."""

from types import SimpleNamespace

from allauth.usersessions.models import UserSession
from django.core.files.uploadedfile import SimpleUploadedFile
from msgspec.structs import replace

from commonwatch.access import invitations, pairs
from commonwatch.access.actor import act_for, operator
from commonwatch.access.acts import give_office, open_account
from commonwatch.access.models import Account, Proposal, Seat, Token
from commonwatch.access.sessions import name_of
from commonwatch.access.tokens import new_token
from commonwatch.desks.drills import acts as drills
from commonwatch.desks.exchange import acts
from commonwatch.desks.exchange.intake import Sent, micros
from commonwatch.desks.exchange.models import Quarantined
from commonwatch.desks.exchange.rules import ContentRefused
from commonwatch.desks.notices.models import Way
from commonwatch.desks.shifts import acts as shifts
from commonwatch.desks.shifts import rules as shift_rules
from commonwatch.desks.shifts.intake import gather
from commonwatch.federation import acts as peers
from commonwatch.register import epoch, node
from commonwatch.register.models import Journal
from tests.house.worlds.world import Peer

CENTER = "CRC"
ORGANS = {"SEC", "JS", "CCC"}
TEXTS = {
    "integer": 3,
    "decimal": "1.5",
    "text": "as told",
    "yes_no": False,
    "date": "2026-09-01",
    "instant": "2026-09-14T04:00:00Z",
}


def office_of(party):
    """The office that reports for a party."""
    if party == CENTER:
        return "shift-lead"
    return "organ-officer" if party in ORGANS else "na-officer"


def seat(party, *, mode="real", client=""):
    """Sit somebody down in the office that reports for a party."""
    office = office_of(party)
    return act_for(party=party, office=office, account=f"{party.lower()}-{office}", mode=mode, client=client)


def values_of(code, **given):
    """Answer what a type asks for, as briefly as it allows."""
    pack = node.current().pack
    values = {}
    for each in pack.type(code).fields:
        if each.codelist:
            first = pack.codelist(each.codelist).items[0].code
            plain = [first] if each.kind == "codes" else first
        else:
            plain = TEXTS[each.kind]
        if each.required:
            values[each.code] = plain
    return values | given


def thing(filed):
    """What a report left: the names by which its page, its receipt and its journal are asked for."""
    origin = Journal.objects.get(pk=filed.journal).origin
    return SimpleNamespace(
        key=filed.subject, entry=filed.entry, hash=filed.hash, origin=origin, number=filed.number
    )


def report(
    party, type_, period="", *, mode="real", client="", channel="form", nil=False, sent=None, **values
):
    """File a report."""

    def does(world):
        named = {"event_at": "" if period else "2026-09-11T04:00:00Z"} | (sent or {})
        told = {} if nil else values_of(type_, **values)
        filed = acts.submit_report(
            by=seat(party, mode=mode, client=client),
            report=Sent(type=type_, period=period, values=told, nil=nil, **named),
            channel=channel,
        )
        return thing(filed)

    return does


def refused(deed):
    """Try what the house must refuse, whatever it is said from: in a house that leaks it is done."""

    def does(world):
        try:
            return deed(world)
        except ContentRefused:
            return None

    return does


def correct(party, deed, **values):
    """Correct what an earlier deed filed."""

    def does(world):
        old = world.made[deed]
        type_ = world.row(old.key).type
        filed = acts.correct_report(
            by=seat(party),
            report=old.key,
            values=values_of(type_, **values),
            reason="counted again",
            channel="form",
        )
        return thing(filed)

    return does


def withdraw(party, deed):
    """Withdraw what an earlier deed filed."""
    return lambda world: thing(
        acts.withdraw_report(by=seat(party), report=world.made[deed].key, reason="sent by mistake")
    )


def confirm(party, deed):
    """Confirm what the Center wrote down by telephone."""
    return lambda world: thing(acts.confirm_report(by=seat(party), report=world.made[deed].key))


def see(party, deed):
    """Mark as seen what an earlier deed filed."""
    return lambda world: acts.mark_seen(by=seat(party), report=world.made[deed].key)


def waive(type_, party, *, ground="flood at the post", since="2026-09-01"):
    """Release a party from a duty."""

    def does(world):
        start = micros(world.moment(f"{since} 00:00"))
        key = acts.grant_waiver(
            by=seat(CENTER), type=type_, party=party, ground=ground, since=start, until=None
        )
        return SimpleNamespace(key=key)

    return does


def end(deed):
    """End a waiver."""
    return lambda world: acts.end_waiver(by=seat(CENTER), waiver=world.made[deed].key, ground="works again")


def release(party, deed, audience, *, office="", account=""):
    """Release what an earlier deed filed; where two persons are needed this proposes it."""

    def does(world):
        by = act_for(
            party=party,
            office=office or office_of(party),
            account=account or f"{party.lower()}-{office_of(party)}",
        )
        choice = acts.Choice(report=world.made[deed].key, audience=audience, ground="asked for")
        done = acts.release_report(by=by, choice=choice)
        return SimpleNamespace(key=done.release or done.proposal)

    return does


def second(party, deed, *, office):
    """Join what somebody proposed."""

    def does(world):
        by = act_for(party=party, office=office, account=f"{party.lower()}-{office}")
        row = Proposal.objects.get(key=world.made[deed].key)
        return SimpleNamespace(key=pairs.second(by=by, proposal=row.key, digest=row.digest))

    return does


def take_back(party, deed):
    """Withdraw a release."""
    return lambda world: acts.withdraw_release(
        by=seat(party), release=world.made[deed].key, ground="no longer so"
    )


def invite(party, handle, office):
    """Invite somebody who has no account yet."""

    def does(world):
        invitations.invite(by=operator(party), handle=handle, office=office)

    return does


def widen(audience, party):
    """Let another party read an audience from now on: its journals close and go on in their next epochs."""

    def does(world):
        pack = world.node.pack
        widened = tuple(
            replace(each, parties=(*each.parties, party)) if each.code == audience else each
            for each in pack.audiences
        )
        world.node.pack = replace(pack, audiences=widened)
        epoch.turn_over()

    return does


def switch(type_, *, on=True, mode="real"):
    """Switch a type on or off that is owed while active."""
    act = acts.activate_type if on else acts.deactivate_type
    return lambda _world: act(by=seat(CENTER, mode=mode), type=type_, ground="declared by the Center")


def take_in_node(world):
    """Let the Center take in the node of the viewers' party."""
    signed, heard = Peer.card(world.node.pack)
    by = act_for(party=CENTER, office="head", account="crc-head")
    peers.add_peer(by=by, signed=signed, heard=heard)


def account(handle, party, office, *, closed=False):
    """Make an account for somebody else."""

    def does(world):
        open_account(by=operator(party), handle=handle, office=office, password=None)
        Account.objects.filter(handle=handle).update(is_active=not closed)
        return SimpleNamespace(key=Seat.objects.get(account=handle).key)

    return does


def give(handle, party, office, **period):
    """Give an account of a party another office."""
    return lambda _world: SimpleNamespace(
        key=give_office(by=operator(party), account=handle, office=office, **period)
    )


def key_for(handle, client, *, revoked=False):
    """Make a program's key for an account."""

    def does(world):
        new_token(Account.objects.get(handle=handle), client=client)
        made = Token.objects.filter(account__handle=handle, client=client)
        made.update(revoked=revoked)
        return SimpleNamespace(key=made.get().pk)

    return does


def told_by_mail(party):
    """Let who reports for a party be told by mail what waits."""

    def does(world):
        reporter = world.account(party, office_of(party))
        told = {"address": f"{reporter.handle}@example.org", "verified_at": micros(world.now)}
        Way.objects.create(account=reporter, **told)

    return does


def ask(party, *paths, office="", method="get", mode="", **data):
    """Open pages, or send a form, as somebody else."""

    def does(world):
        client = world.browser(party, office or office_of(party))
        if mode:
            client.post("/mode/", {"mode": mode})
        for path in paths:
            _done(getattr(client, method)(world.filled(path), data or None), path)
        session = UserSession.objects.get(session_key=client.session.session_key)
        return SimpleNamespace(key=name_of(session))

    return does


def _done(answer, path):
    """See that something was done: a closed door would make the world poorer than it looks."""
    shut = answer.status_code >= 400 or answer.headers.get("Location", "").startswith("/sign-in/")
    assert not shut, f"{path} answered {answer.status_code} {answer.headers.get('Location', '')}"


def sheet(party, type_, name, data):
    """Send a sheet that cannot be read, so that it is kept in quarantine."""

    def does(world):
        client = world.browser(party, office_of(party))
        client.post(f"/reports/new/{type_}/sheet/", {"file": SimpleUploadedFile(name, data)})
        return SimpleNamespace(key=Quarantined.objects.get(filename=name).pk)

    return does


def knock(handle, password="not this one"):  # noqa: S107 - it opens nothing
    """Fail to sign in."""
    return lambda world: world.stranger().post("/sign-in/", {"handle": handle, "password": password})


def officer(handle="crc-duty-9", office="duty"):
    """Sit a duty officer of the Center down."""
    return act_for(party=CENTER, office=office, account=handle)


def plan(shift, date, **more):
    """Put a duty officer of the Center on the roster."""

    def does(world):
        wanted = shifts.Plan(account="crc-duty-9", shift=shift, date=date, **more)
        (key,) = shifts.plan_roster(by=officer("crc-lead-9", "shift-lead"), plan=wanted)
        return SimpleNamespace(key=key)

    return does


def swap(deed):
    """Give a turn to another officer."""
    return lambda world: shifts.swap_turn(
        by=officer("crc-lead-9", "shift-lead"),
        turn=world.made[deed].key,
        account="crc-lead-9",
        reason="on a course",
    )


def take_off(deed):
    """Take a turn off the roster."""
    return lambda world: shifts.cancel_turn(
        by=officer("crc-lead-9", "shift-lead"), turn=world.made[deed].key, reason="nobody is needed"
    )


def take_watch():
    """Take the watch that nobody has."""
    return lambda _world: SimpleNamespace(key=shifts.take_watch(by=officer(), seen=""))


def log_line(said, *, cites="", strikes=""):
    """Write a line into the log of the shift."""

    def does(world):
        key = shifts.write_line(
            by=officer(),
            sort="alarm",
            said=said,
            cites=world.filled(cites),
            strikes=world.filled(strikes),
        )
        return SimpleNamespace(key=key)

    return does


def call(party, outcome, **more):
    """Call a party's post."""
    return lambda _world: SimpleNamespace(
        key=shifts.log_call(by=officer(), party=party, outcome=outcome, **more)
    )


def sign_handover(general):
    """Sign the hand-over of the watch."""

    def does(world):
        items = {each.key for each in gather(officer())[0]}
        key = shifts.sign_handover(by=officer(), shown=items, remarks={}, general=general)
        return SimpleNamespace(key=key)

    return does


def end_handover(deed):
    """Take a signed hand-over back."""
    return lambda world: shifts.end_handover(
        by=officer(), handover=world.made[deed].key, how="withdrawn", reason="something came"
    )


def accept_handover(deed):
    """Take the watch over."""

    def does(world):
        by, key = officer("crc-lead-9", "shift-lead"), world.made[deed].key
        row = shifts.handover_of(key, by=by)
        since = shifts.came_since(row, by=by)
        seen = {each.key for each in (*row.body.items, *since)}
        shifts.accept_handover(
            by=by, handover=key, digest=shift_rules.digest_since(row.digest, since), seen=seen
        )

    return does


def together(*deeds):
    """Do several things at one moment."""

    def does(world):
        for each in deeds:
            last = each(world)
        return last

    return does


def drill(posts, faults=None, *, at_once=True, code="call"):
    """Hold a drill with some posts in the exercise, or plan one."""

    def does(world):
        starts = None if at_once else node.current().clock()
        made = drills.plan_drill(
            by=seat(CENTER, mode="exercise"),
            drill=code,
            posts=posts,
            faults=faults,
            starts=starts,
            confirmed=True,
        )
        return SimpleNamespace(key=made.call, plan=made.key)

    return does


def answer(party, deed):
    """Acknowledge the call of a drill."""
    return lambda world: drills.acknowledge(by=seat(party, mode="exercise"), call=world.made[deed].key)


def answer_for(party, deed):
    """Write down at the Center that a post acknowledged by telephone."""
    return lambda world: drills.acknowledge_for(
        by=seat(CENTER, mode="exercise"), call=world.made[deed].key, post=party
    )


def find_fault(party, deed, fault):
    """Find a fault at a post that is drilled."""
    return lambda world: drills.mark_found(
        by=seat(CENTER, mode="exercise"), call=world.made[deed].key, post=party, fault=fault
    )


def score_of(posts):
    """Hold a drill, end it, and keep its score in the real record: of the drill its posts know, of the score all."""

    def does(world):
        by = seat(CENTER, mode="exercise")
        call = drills.plan_drill(by=by, drill="call", posts=posts, confirmed=True).call
        drills.end_drill(by=by, call=call)
        return SimpleNamespace(key=drills.keep_score(by=by, call=call))

    return does
