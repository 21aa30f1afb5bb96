"""A watch: two duty officers of the Center with accounts, and the day shift that runs from 06:00 to 18:00 UTC."""

from datetime import UTC, datetime

import pytest

from commonwatch.access.actor import act_for, operator
from commonwatch.access.acts import open_account
from commonwatch.desks.exchange import acts as exchange
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.shifts import acts

CARD = {
    "reason": "new", "post": "SAMPLE: Post", "telephone": "+000 11 222 3333", "hours": "00-24", "comms": "all_open",
    "valid_from": "2026-09-01",
}  # fmt: skip


class Desk:
    """The Center's duty desk: who sits there, and what they do."""

    def __init__(self, house):
        self.house = house
        for handle in ("crc-duty", "crc-duty-2"):
            open_account(by=operator("CRC"), handle=handle, office="duty", password=None)
        open_account(by=operator("CRC"), handle="crc-shift-lead", office="shift-lead", password=None)

    @property
    def first(self):
        return act_for(party="CRC", office="duty", account="crc-duty")

    @property
    def second(self):
        return act_for(party="CRC", office="duty", account="crc-duty-2")

    @property
    def lead(self):
        return act_for(party="CRC", office="shift-lead", account="crc-shift-lead")

    def at(self, day, hour, minute=0):
        self.house.clock.set(datetime(2026, 9, day, hour, minute, tzinfo=UTC))

    def plan(self, account="crc-duty", shift="day", date="2026-09-15", **more):
        return acts.plan_roster(by=self.lead, plan=acts.Plan(account=account, shift=shift, date=date, **more))

    def card(self, party="KZ", period="2026-09", **values):
        codes = {each.code: each for each in self.house.node.pack.type("K1").fields}
        first = {
            name: self.house.node.pack.codelist(codes[name].codelist).items[0].code
            for name in ("reason", "comms")
        }
        sent = Sent(type="K1", period=period, values=CARD | first | values)
        return exchange.submit_report(by=self.house.na(party), report=sent, channel="form")


@pytest.fixture
def desk(house):
    made = Desk(house)
    made.at(14, 6)
    return made
