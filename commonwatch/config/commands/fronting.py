"""How nginx gives out an exported folder: a place for each tree, and a token for each that is not public."""

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from commonwatch.config.commands.exporting import PUBLIC
from commonwatch.errors import Refusal, _
from commonwatch.journal.export import DRAFT

LASTING: Final = "max-age=31536000, immutable"
ASKED: Final = "no-cache"
PLAIN: Final = re.compile(r"[^\"'\\$;{}\s]+")

HEAD = "# Written by commonwatch export, anew with every run. Include it in a server block.\n"
TOKENS = """\
# Include this file in the http block. Whoever sends "Authorization: Bearer TOKEN" reads the tree beside it.
# Lines are yours to add and to take away; commonwatch export adds one for a tree that has none. Keep it secret.
map $http_authorization $commonwatch_tree {
    default "";
}
"""


class NotForNginx(Refusal):
    """A path that would have to be quoted in nginx's settings."""

    code, status = "config.not-for-nginx", 422
    says = _("nginx cannot be told of {path}.")
    hint = _("Choose a path without spaces, quotes and the signs $ ; { } and backslash.")


def write(path: Path, folder: Path, trees: Iterable[Mapping[str, Any]]) -> list[str]:
    """Write the places into a file, and add tokens for new trees to the file beside it; return the paths of both.

    Places of trees that only an earlier run has written stay.

    :raises NotForNginx: when the folder's path cannot stand there.
    """
    if not PLAIN.fullmatch(str(folder)):
        raise NotForNginx(path=folder)
    beside = path.with_name(f"{path.name}.tokens")
    named = {tree["tree"]: f"{tree['level']}: {tree['readers']}" for tree in trees}
    there = sorted(each.parent.name for each in folder.glob("*/journals"))
    _put(path, HEAD + "".join(_place(folder, name) for name in there), mode=0o644)
    text = beside.read_text() if beside.exists() else TOKENS
    lacking = [name for name in there if name != PUBLIC and f'"{name}"' not in text]
    lines = [
        f'    # {named.get(name, name)}\n    "Bearer {secrets.token_hex(16)}" "{name}";\n' for name in lacking
    ]
    before, brace, after = text.rpartition("}")
    _put(beside, before + "".join(lines) + brace + after, mode=0o600)
    return [str(path), str(beside)]


def _place(folder: Path, name: str) -> str:
    """Write the place of one tree: hash tiles last for ever, everything else is asked for anew."""
    public = name == PUBLIC
    root, prefix = (folder / PUBLIC, "") if public else (folder, f"/{name}")
    scope = "public" if public else "private"
    bar = "" if public else f'    if ($commonwatch_tree != "{name}") {{ return 401; }}\n'
    inner = bar.replace("    ", "        ", 1)
    headers = (
        "" if public else "{0}add_header WWW-Authenticate Bearer always;\n{0}add_header Vary Authorization;\n"
    )
    return (
        f"\nlocation ^~ {prefix}/journals/ {{\n"
        f"    root {root};\n    index index.txt;\n    types {{ }}\n"
        f'    default_type "text/plain; charset=utf-8";\n{bar}'
        f'{headers.format("    ")}    add_header Cache-Control "{scope}, {ASKED}";\n'
        f"    add_header X-Content-Type-Options nosniff;\n"
        + _tiles("/tile/entries/", f"{scope}, {ASKED}", inner + headers.format("        "))
        + _tiles("/tile/[0-9]+/", f"{scope}, {LASTING}", inner + headers.format("        "))
        + "}\n"
    )


def _tiles(pattern: str, cache: str, first: str) -> str:
    return (
        f"    location ~ {pattern} {{\n"
        f"        default_type application/octet-stream;\n{first}"
        f'        add_header Cache-Control "{cache}";\n'
        f"        add_header X-Content-Type-Options nosniff;\n"
        f"    }}\n"
    )


def _put(path: Path, text: str, *, mode: int) -> None:
    draft = path.with_name(path.name + DRAFT)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    draft.replace(path)
