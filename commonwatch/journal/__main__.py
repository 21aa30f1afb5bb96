"""`python -m commonwatch.journal`: verify a journal, a receipt or a fork offline, with this room alone."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from commonwatch.errors import Broken
from commonwatch.journal import fork
from commonwatch.journal.receipt import verify_receipt
from commonwatch.journal.verify import FolderSource, verify_journal


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names; return 0 when it holds and 1 when it does not."""
    words = sys.argv[1:] if arguments is None else arguments
    check = _asked_of_fork(words[1:]) if words[:1] == ["fork"] else _asked(words)
    try:
        said = check()
    except (Broken, OSError) as wrong:
        sys.stderr.write(f"does not hold: {wrong}\n")
        return 1
    sys.stdout.write(said)
    return 0


def _asked(words: list[str]) -> Callable[[], str]:
    parser = argparse.ArgumentParser(
        prog="python -m commonwatch.journal",
        description="Verify a journal or a receipt offline; `fork FILE` verifies that a log contradicted itself.",
    )
    parser.add_argument("path", type=Path, help="the folder of a journal, or the file of a receipt")
    parser.add_argument("--key", help="the journal's verifier key; needed for a journal")
    parser.add_argument("--second", type=Path, help="a file with the key of the journal's second signature")
    parser.add_argument("--strict", action="store_true", help="also read every entry strictly")
    chosen = parser.parse_args(words)
    if chosen.path.is_file():
        return lambda: _receipt(chosen.path, chosen.key)
    if chosen.key is None:
        parser.error("a journal is verified against its key: give --key")
    return lambda: _journal(chosen)


def _asked_of_fork(words: list[str]) -> Callable[[], str]:
    parser = argparse.ArgumentParser(
        prog="python -m commonwatch.journal fork",
        description="Verify offline that one log signed two checkpoints that cannot both be true.",
    )
    parser.add_argument("path", type=Path, help="the file of the evidence")
    parser.add_argument("--key", help="the log's verifier key, as it is known from elsewhere")
    chosen = parser.parse_args(words)
    return lambda: _fork(chosen.path, chosen.key)


def _receipt(path: Path, key: str | None) -> str:
    proved = verify_receipt(path.read_bytes(), vkey=key)
    said = f"holds: entry {proved.index} of {proved.checkpoint.origin}, leaf {proved.leaf.hex()}\n"
    if proved.key_from == "caller":
        return said
    return said + f"the key comes from the receipt itself; compare it with the journal's: {proved.vkey}\n"


def _fork(path: Path, key: str | None) -> str:
    proved = fork.verify(path.read_bytes(), vkey=key)
    said = f"holds: {proved.origin} signed two checkpoints that cannot both be true\n"
    for size, root in zip(proved.sizes, proved.roots, strict=True):
        said += f"{size} entries, root {root.hex()}\n"
    if proved.key_from == "caller":
        return said
    return said + f"the key comes from the file itself; compare it with the log's: {proved.vkey}\n"


def _journal(chosen: argparse.Namespace) -> str:
    second = chosen.second.read_text().strip() if chosen.second else ""
    entries: Literal["strict", "bytes"] = "strict" if chosen.strict else "bytes"
    source = FolderSource(chosen.path)
    changes = source.changes()
    proved = verify_journal(source, vkey=chosen.key, second=second, changes=changes, entries=entries)
    head, erased = proved.checkpoint, len(proved.erased)
    said = f"holds: {head.origin}, {head.size} entries ({erased} erased), root {head.root.hex()}\n"
    return said + ("signed twice: Ed25519 and ML-DSA-44\n" if second else "")


if __name__ == "__main__":
    sys.exit(main())
