"""The real application with a counter beside it: how often the server waited for the disk, told at one address more."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from commonwatch.config.wsgi import application as inner
from commonwatch.register import node

COUNTS = {"fdatasync": 0, "fsync": 0}


def _counting(name: str) -> Callable[[Any], None]:
    sync: Callable[[Any], None] = getattr(os, name)

    def counted(handle: Any) -> None:
        COUNTS[name] += 1
        sync(handle)

    return counted


for _name in COUNTS:
    setattr(os, _name, _counting(_name))


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer `/bench/counts` with turns, commits and waits of Python's own; everything else as the product does."""
    if environ["PATH_INFO"] != "/bench/counts":
        return inner(environ, start_response)
    pen = node.current().pen
    said = {"turns": pen.turns, "commits": pen.commits, **COUNTS}
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [" ".join(f"{name}={value}" for name, value in said.items()).encode()]
