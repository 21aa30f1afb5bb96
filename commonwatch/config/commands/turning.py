"""Closing journals whose readers have changed, in this machine's node."""

from typing import Any

from commonwatch.errors import Refusal
from commonwatch.register import epoch, node


def due() -> list[dict[str, Any]]:
    """List the journals that are due, each with who reads it no longer and who from now on."""
    return [
        {"origin": each.origin, "audience": each.audience, "gone": list(each.gone), "new": list(each.new)}
        for each in epoch.due(node.current())
    ]


def turn_over() -> list[dict[str, str]]:
    """Close every journal that is due; return each with the origin in which it goes on."""
    return [{"origin": each.origin, "next": each.next} for each in epoch.turn_over()]


def before_serving() -> list[str]:
    """Close what is due before a node is served; return what stood in the way, in a sentence."""
    if not epoch.due(node.current()):
        return []
    try:
        epoch.turn_over()
    except Refusal as refused:
        return [str(refused)]
    return []
