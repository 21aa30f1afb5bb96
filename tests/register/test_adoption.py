"""Which pack is in force: the one that was adopted last, whatever the clocks said."""

from msgspec.structs import replace

from commonwatch.access import adopting
from commonwatch.access.actor import operator
from commonwatch.register import adoption
from commonwatch.register.models import Adoption
from tests.register.test_epoch import without
from tests.small import PACK

FIRST, SECOND, THIRD = "1" * 64, "2" * 64, "3" * 64


def adopt(house, digest, *, before=""):
    adopting.adopt(by=operator("CRC"), digest=digest, version=digest[0], before=before)
    assert adoption.in_force(house.node) == digest


def test_what_was_adopted_last_is_in_force_although_the_clock_went_back(small):
    adopt(small, FIRST)
    adopt(small, SECOND, before=FIRST)
    small.node.pack = replace(without("AM", until=small.clock.now.date()), digest=SECOND)
    small.clock.tick(hours=-2)
    adopt(small, THIRD, before=SECOND)
    assert Adoption.objects.values("journal").distinct().count() == 2, (
        "the members are others, and so the journal"
    )
    assert Adoption.objects.order_by("-at").first().digest != THIRD


def test_a_pack_that_is_adopted_again_is_in_force_again(small):
    adopt(small, FIRST)
    adopt(small, SECOND, before=FIRST)
    adopt(small, FIRST, before=SECOND)
    small.node.pack = replace(PACK, digest=FIRST)
    small.clock.tick(days=-1)
    adopt(small, THIRD, before=FIRST)
    assert adoption.in_force(small.node) == THIRD


def test_nothing_is_in_force_before_anything_was_adopted(small):
    assert adoption.in_force(small.node) == ""
