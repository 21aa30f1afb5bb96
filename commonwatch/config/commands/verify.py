"""`commonwatch verify`: the proof that nothing was altered. A receipt or a folder is verified without the node."""

import time
from pathlib import Path
from typing import Any

import click
import msgspec

from commonwatch.config.commands import ending, inside, say
from commonwatch.errors import Broken, Refusal, _
from commonwatch.journal import checkpoint, entry, note, tiles
from commonwatch.journal.receipt import verify_receipt
from commonwatch.journal.verify import CHECKPOINT, FolderSource, JournalRefused, verify_journal


class NothingToVerify(Refusal):
    """The folder holds no journal."""

    code, status = "config.nothing-to-verify", 422
    says = _("{path} holds no journal: there is no file “checkpoint” in it or below it.")
    hint = _("Name a receipt, the folder of a journal, or give --home to verify a whole node.")


class OneKey(Refusal):
    """One key for several journals."""

    code, status = "config.one-key", 422
    says = _("{path} holds {count} journals, and each has a key of its own.")
    hint = _("Verify them one by one, each with its --key.")


class _Opened(msgspec.Struct):
    """What the first entry of a journal says of its key."""

    origin: str
    key: str


@click.command(
    epilog=ending.epilog(
        "commonwatch verify d1-0914.receipt",
        "commonwatch verify /media/stick/journals",
        "commonwatch verify --home /srv/watch --tables",
    )
)
@click.argument("path", required=False, type=inside.READ)
@inside.at_home
@click.option("--key", help="The journal's verifier key, as its party gave it to you.")
@click.option("--second", type=inside.READ, help="A file with the key of the journal's second signature.")
@click.option(
    "--tables", is_flag=True, help="With a node: also fold every table anew and compare; writers wait."
)
@inside.as_json
@click.pass_context
def verify(  # noqa: PLR0913 - one for each option of the command
    ctx: click.Context,
    /,
    path: Path | None,
    home: Path,
    key: str | None,
    second: Path | None,
    *,
    tables: bool,
    json: bool,
) -> None:
    """Prove a receipt, a journal's folder, or (without PATH) the whole node of --home.

    A receipt and a folder need nothing but themselves: no node, no network. Without --key the key is taken from
    what is verified; then compare it with the one that the party made known.
    """
    if path is not None and tables:
        raise click.UsageError("--tables goes with a whole node: leave out PATH.")
    if second is not None and (path is None or not path.is_dir()):
        raise click.UsageError("--second goes with the folder of a journal.")
    if path is None:
        inside.node(home)
    started = time.monotonic()
    keys = key, second.read_text(encoding="utf-8").strip() if second else ""
    proved = (
        _offline(ctx, path, keys, json=json) if path else inside.work("proving").node_holds(tables=tables)
    )
    seconds = time.monotonic() - started
    if json:
        say.data({"holds": True, **proved, "seconds": round(seconds, 3)})
    else:
        _tell(proved, seconds)


Keys = tuple[str | None, str]
"""The verifier key of a journal, None where it is taken from the journal itself; that of its second signature."""


def _offline(ctx: click.Context, path: Path, keys: Keys, *, json: bool) -> dict[str, Any]:
    """Verify a receipt or a folder; leave with its own code when it does not hold: no node is at fault here."""
    try:
        return _folder(path, keys) if path.is_dir() else _receipt(path, keys[0])
    except Broken as wrong:
        if json:
            say.data({"holds": False, "why": str(wrong)})
        say.error(f"{path} does not hold: {wrong}")
        ctx.exit(ending.BROKEN)


def _receipt(path: Path, key: str | None) -> dict[str, Any]:
    proved = verify_receipt(path.read_bytes(), vkey=key)
    head = proved.checkpoint
    return {
        "receipt": str(path),
        "origin": head.origin,
        "index": proved.index,
        "leaf": proved.leaf.hex(),
        "size": head.size,
        "key": proved.vkey,
        "key_from": proved.key_from,
        "entry": msgspec.Raw(proved.entry) if proved.entry else None,
    }


def _folder(path: Path, keys: Keys) -> dict[str, Any]:
    found = (
        [path] if (path / CHECKPOINT).is_file() else sorted(each.parent for each in path.rglob(CHECKPOINT))
    )
    if not found:
        raise NothingToVerify(path=path)
    if any(keys) and len(found) > 1:
        raise OneKey(path=path, count=len(found))
    return {"journals": [_journal(each, keys) for each in found]}


def _journal(path: Path, keys: Keys) -> dict[str, Any]:
    key, second = keys
    source = FolderSource(path)
    vkey = key or _own_key(source, path)
    with say.progress(path.name, total=None) as step:
        proved = verify_journal(
            source,
            vkey=vkey,
            second=second,
            changes=source.changes(),
            progress=lambda done, _of: step(done),
        )
    head = proved.checkpoint
    return {
        "folder": str(path),
        "origin": head.origin,
        "entries": head.size,
        "erased": len(proved.erased),
        "root": head.root.hex(),
        "key": vkey,
        "key_from": "caller" if key else "journal",
        "signed_twice": bool(second),
    }


def _own_key(source: FolderSource, path: Path) -> str:
    """Return the key that a journal's first entry names: this shows that it agrees with itself."""
    try:
        head = checkpoint.Checkpoint.parse(note.note_text(source.checkpoint()))
        if head.size == 0:
            raise JournalRefused(str(path), "the journal is empty: give its key with --key")
        first = tiles.bundle_parse(source.tile(tiles.tile_path(None, 0, size=head.size)))[0]
        return msgspec.json.decode(bytes(entry.parse(first).body), type=_Opened).key
    except (FileNotFoundError, msgspec.MsgspecError, note.NoteRefused, entry.EntryRefused) as wrong:
        raise Broken(f"{path}: the first entry does not name the journal's key ({wrong})") from wrong


def _tell(proved: dict[str, Any], seconds: float) -> None:
    if "receipt" in proved:
        say.line(
            f"The receipt holds: entry {proved['index']} of {proved['origin']}, among {proved['size']:,}."
        )
        say.line(f"leaf  {proved['leaf']}")
    else:
        journals = proved["journals"]
        entries = sum(each["entries"] for each in journals)
        rate = f", {entries / seconds:,.0f} a second" if seconds > 0.2 else ""
        held = f"{say.count(entries, 'entry', 'entries')} in {say.count(len(journals), 'journal')} verified"
        say.line(f"{held} in {seconds:.2f} s{rate}")
        for said in proved.get("also", ()):
            say.line(said)
    for each in (proved, *proved.get("journals", ())):
        if each.get("key_from") in {"receipt", "journal"}:
            say.line(f"key   {each['key']}")
            say.error(
                "The key came along with what was verified: compare it with the one that the party made known."
            )
