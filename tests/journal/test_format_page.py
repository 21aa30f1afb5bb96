from hashlib import sha256
from pathlib import Path

from commonwatch.journal import checkpoint, entry, note, tiles, tree

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "journal.md"


def blocks():
    """Return the indented blocks of the worked example, in order."""
    example = PAGE.read_text(encoding="utf-8").partition("## A worked example")[2]
    lines = [line.removeprefix("    ") if line.startswith("    ") else "" for line in example.split("\n")]
    return [block for block in "\n".join(lines).split("\n\n") if block.strip()]


def test_the_worked_example_of_the_format_page_holds():
    vkey, written, leaf, text, signature = (block.strip("\n") for block in blocks())
    signer = note.Signer(name="csto/KAZ/real/members/1", seed=sha256(b"a key for tests").digest())
    data = written.encode()

    assert signer.vkey == vkey
    assert entry.encode(entry.parse(data)) == data
    assert tree.leaf_hash(data).hex() == leaf
    head = checkpoint.open_checkpoint(f"{text}\n\n{signature}\n", note.Verifier.parse(vkey))
    assert head == checkpoint.Checkpoint(origin=signer.name, size=1, root=bytes.fromhex(leaf))
    assert f"these {len(data)} bytes after the two bytes `{tiles.bundle_encode([data])[:2].hex()}`" in (
        PAGE.read_text(encoding="utf-8")
    )
