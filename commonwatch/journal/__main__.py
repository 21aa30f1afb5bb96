"""`python -m commonwatch.journal`: verify a journal's folder or a receipt offline, with this room alone."""

import argparse
import sys
from pathlib import Path

from commonwatch.errors import Broken
from commonwatch.journal.receipt import verify_receipt
from commonwatch.journal.verify import FolderSource, verify_journal


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names; return 0 when it holds and 1 when it does not."""
    parser = argparse.ArgumentParser(
        prog="python -m commonwatch.journal", description="Verify a journal or a receipt offline."
    )
    parser.add_argument("path", type=Path, help="the folder of a journal, or the file of a receipt")
    parser.add_argument("--key", help="the journal's verifier key; needed for a journal")
    parser.add_argument("--strict", action="store_true", help="also read every entry strictly")
    chosen = parser.parse_args(arguments)
    try:
        said = _receipt(chosen.path, chosen.key) if chosen.path.is_file() else _journal(chosen, parser)
    except (Broken, OSError) as wrong:
        sys.stderr.write(f"does not hold: {wrong}\n")
        return 1
    sys.stdout.write(said)
    return 0


def _receipt(path: Path, key: str | None) -> str:
    proved = verify_receipt(path.read_bytes(), vkey=key)
    said = f"holds: entry {proved.index} of {proved.checkpoint.origin}, leaf {proved.leaf.hex()}\n"
    if proved.key_from == "caller":
        return said
    return said + f"the key comes from the receipt itself; compare it with the journal's: {proved.vkey}\n"


def _journal(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    if chosen.key is None:
        parser.error("a journal is verified against its key: give --key")
    proved = verify_journal(
        FolderSource(chosen.path), vkey=chosen.key, entries="strict" if chosen.strict else "bytes"
    )
    head, erased = proved.checkpoint, len(proved.erased)
    return f"holds: {head.origin}, {head.size} entries ({erased} erased), root {head.root.hex()}\n"


if __name__ == "__main__":
    sys.exit(main())
