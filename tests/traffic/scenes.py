"""What the tests of this desk begin with: reports, questions, relays."""

from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.traffic import acts
from commonwatch.desks.traffic.intake import Asked

DAY = "2026-09-14"
MINUTE = 60_000_000
NOTICE = {
    "sign": "attack", "what": "Shots on the road", "place": "ridge", "severity": "extreme", "reliability": "A",
    "credibility": "1", "asks": ["nothing"], "happened_at": "2026-09-14T04:10:00Z",
}  # fmt: skip


def report(house, party="BY", **more):
    """File the daily return of a party; all members read it."""
    sent = Sent(**({"type": "D1", "period": DAY, "values": {"change": "no_change", "events": 3}} | more))
    return exchange.submit_report(by=house.na(party), report=sent, channel="form").subject


def notice(house, party="BY", *, audience="members", mode="real"):
    """File an urgent notice."""
    sent = Sent(type="U1", values=NOTICE, event_at="2026-09-14T04:30:00Z", audience=audience)
    by = house.sit(party, "na-officer", mode=mode)
    return exchange.submit_report(by=by, report=sent, channel="form").subject


def ask(house, to="BY", *, by=None, **more):
    """Let the duty officer of the Center ask a party."""
    return acts.ask_question(by=by or house.duty(), question=Asked(to=to, text="SAMPLE: How many?", **more))


def relay(house, key, recipients=("KZ", "RU"), **more):
    """Let the duty officer of the Center relay a notice."""
    return acts.relay_notice(by=house.duty(), notice=key, recipients=recipients, **more)


def waits(by, kind=""):
    """The keys of what of this desk waits for somebody."""
    from commonwatch.desks.traffic import climbing

    return {each.key for each in climbing.find(by) if kind in ("", each.kind)}
