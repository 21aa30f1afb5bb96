"""Scenes of the sample at the notices desk: some chairs have given addresses, and are told of what waits.

Messages of a sample go into a folder of its home and to nobody else. Once the line to the mail server breaks.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from commonwatch.access.models import Account
from commonwatch.config.sample.stage import Scene, Stage
from commonwatch.desks.notices import worker
from commonwatch.desks.notices.models import Way
from commonwatch.desks.notices.sending import WAYS, Message, NotNow, Refused, Unsure
from commonwatch.register import node

TOLD = ("by-na-officer", "by-na-head", "kz-na-officer", "crc-duty", "crc-shift-lead", "crc-head")
LINE_BROKE = "The mail server broke off after the message was handed over"
NO_BOX = "The mail server refuses the address or the message"


def addresses(_stage: Stage) -> None:
    """Let some chairs have verified addresses, of which two have quiet hours and one takes no mail any more."""
    now = node.current().clock()
    for account in Account.objects.filter(handle__in=TOLD):
        way = Way(account=account, address=f"{account.handle}@sample.example", verified_at=now)
        if account.handle.endswith("officer"):
            way.quiet_since, way.quiet_until, way.quiet_days = 22 * 60, 6 * 60, "0123456"
            way.zone = node.current().pack.party(account.party).zone
        way.save()


def told(_stage: Stage) -> None:
    """Let the worker go a round."""
    worker.climb(worker.begin())


def line_breaks(_stage: Stage) -> None:
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

    heard = logging.getLogger("commonwatch.notices")
    before = heard.level
    heard.setLevel(logging.ERROR)  # what the sample lets fail is no news to who starts it
    try:
        worker.climb(worker.begin(), ways={**WAYS, "mail": send})
    finally:
        heard.setLevel(before)


SCENES: tuple[Scene, ...] = (
    Scene("notices: addresses", timedelta(hours=30), addresses),
    *(
        Scene(f"notices: told {hours} hours before", timedelta(hours=hours), told)
        for hours in (29, 24, 20, 16, 8, 4)
    ),
    Scene("notices: the line breaks", timedelta(hours=12), line_breaks),
    Scene("notices: told at last", timedelta(minutes=20), told),
)
