"""Scenes of the sample at the notices desk: some chairs have given addresses, and are told of what waits.

Messages of a sample go into a folder of its home and to nobody else. Once the line to the mail server breaks.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from commonwatch.access.models import Account
from commonwatch.desks.notices import worker
from commonwatch.desks.notices.models import Way
from commonwatch.desks.notices.sending import WAYS, Message, NotNow, Refused, Unsure
from commonwatch.register import node

TOLD = ("by-na-officer", "by-na-head", "kz-na-officer", "crc-duty", "crc-shift-lead", "crc-head")
LINE_BROKE = "The mail server broke off after the message was handed over"
NO_BOX = "The mail server refuses the address or the message"


class Moment(Protocol):
    """When a scene is played (aware, UTC)."""

    @property
    def at(self) -> datetime:
        """The moment."""


def addresses(_stage: Moment) -> None:
    """Let some chairs have verified addresses, of which two have quiet hours and one takes no mail any more."""
    now = node.current().clock()
    for account in Account.objects.filter(handle__in=TOLD):
        way = Way(account=account, address=f"{account.handle}@sample.example", verified_at=now)
        if account.handle.endswith("officer"):
            way.quiet_since, way.quiet_until, way.quiet_days = 22 * 60, 6 * 60, "0123456"
            way.zone = node.current().pack.party(account.party).zone
        way.save()


def told(_stage: Moment) -> None:
    """Let the worker go a round."""
    worker.climb(worker.begin())


def line_breaks(_stage: Moment) -> None:
    """Let the worker go a round in which the line breaks for one, and the address of another is refused."""

    def send(message: Message, begin: Callable[[], None]) -> None:
        if message.to.startswith("crc-duty"):
            begin()
            raise Unsure(LINE_BROKE, "Connection reset by peer")
        if message.to.startswith("by-na-head"):
            raise Refused(NO_BOX, "550 5.1.1 SAMPLE: no such box")
        if message.to.startswith("crc-head"):
            raise NotNow("The mail server takes nothing at present", "451 4.3.0 SAMPLE: try again later")
        WAYS["mail"](message, begin)

    worker.climb(worker.begin(), ways={**WAYS, "mail": send})
