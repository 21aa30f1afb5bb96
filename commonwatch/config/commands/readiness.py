"""What stands in the way of serving, and what an operator should know before it begins."""

import gc
from ipaddress import ip_address

from django.conf import settings
from django.db import connections
from django.template import engines
from django.urls import get_resolver

from commonwatch.register import node, seal, wall
from commonwatch.register.guard import BehindGuard


def vendor() -> str:
    """Name the kind of database."""
    return connections["default"].vendor


def warnings(*, host: str) -> list[str]:
    """List what an operator should know.

    :raises Broken: when the record contradicts what this node has signed; then it is not served.
    """
    found = []
    try:
        seal.check_guard(node.current())
    except BehindGuard as behind:
        found.append(str(behind))
    if vendor() == "postgresql" and not wall.stands():
        found.append("The database's second wall does not hold this role: commonwatch doctor says why.")
    if _others_reach(host):
        local = {"localhost", "127.0.0.1", "[::1]", "testserver"}
        if local.issuperset(settings.ALLOWED_HOSTS):
            found.append("COMMONWATCH_HOSTS names no host by which others would reach this node.")
        if not settings.SECURE:
            found.append("COMMONWATCH_HTTPS is not 1: passwords and sessions travel in clear.")
    return found


def _others_reach(host: str) -> bool:
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def load() -> None:
    """Load what the processes that serve and tell will need, so that they share it instead of each having its own."""
    get_resolver().url_patterns  # noqa: B018 - asking for them loads every page
    for engine in engines.all():
        engine.get_template("ui/base.html")
    gc.collect()
    gc.freeze()


def leave() -> None:
    """Make what the workers expect to find, and close the connections of this process: they open their own."""
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    connections.close_all()
