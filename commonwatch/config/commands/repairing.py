"""Mending this machine's record from what the peers hold."""

from typing import Any

from django.db import DatabaseError

from commonwatch.config.commands import peering
from commonwatch.errors import Broken, Refusal
from commonwatch.federation import peers, pulling
from commonwatch.register import rebuild, repair, wall
from commonwatch.register.models import Journal


def file_repaired(*, apply: bool) -> dict[str, Any]:
    """List what SQLite finds wrong with its file, make its indexes anew if asked for, and say what is left."""
    faults = repair.faults_of_file()
    left = repair.index_anew() if apply and faults else faults
    return {"faults": faults, "left": left}


def repaired(*, apply: bool) -> list[dict[str, Any]]:
    """List the journals that do not hold, each with its damaged places, and mend them when that is asked for.

    When something was mended and the tables that screens read differ from what the entries say, they are folded anew.
    """
    with wall.open():
        rows = list(Journal.objects.order_by("origin"))
    found = [each for each in (_one(row, apply=apply) for row in rows) if each["damaged"] or each["failure"]]
    if apply and found and rebuild.differing():
        rebuild.rebuild()
    return found


def _one(row: Journal, *, apply: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"origin": row.origin, "damaged": [], "failure": ""}
    try:
        said["damaged"] = [each._asdict() for each in repair.damaged(row)]
        if apply and said["damaged"]:
            ways = [
                (each, peering.wire(each)) for each in peers.standing() if each.address != peering.NOWHERE
            ]
            repair.mend(row, pulling.fetcher(row.origin, ways))
    except (Refusal, Broken, DatabaseError) as wrong:
        said["failure"] = str(wrong)
    return said
