"""Entries, keys and journals for tests."""

import base64
from hashlib import sha256

from msgspec import Raw, json

from commonwatch.journal import checkpoint, entry, export, note, tiles, tree

ORIGIN = "csto/KAZ/real/members/1"
SIGNER = note.Signer(name=ORIGIN, seed=sha256(b"a key for tests").digest())
START = 1_700_000_000_000_000


def bytes_for(*words, length=32):
    """Return bytes that look random and are the same in every run."""
    return sha256(repr(words).encode()).digest()[:length]


def sample(number=0, **fields):
    """Return an entry; any field may be given."""
    body = fields.pop("body", {"number": number, "text": f"Entry {number}"})
    values = {
        "v": 1,
        "id": entry.new_id(millis=START // 1000 + number, random=bytes_for("id", number, length=10)),
        "kind": "exchange.report.submitted",
        "subject": f"report/{number}",
        "at": entry.instant_text(START + number),
        "known_at": None,
        "party": "KAZ",
        "by": entry.By(office="duty-officer", account="kaz.duty"),
        "label": entry.EntryLabel(level="H1", categories=(), parties=("ARM", "KAZ")),
        "refs": (),
        "mode": "real",
        "salt": base64.b64encode(bytes_for("salt", number, length=16)).decode(),
        "body": Raw(json.encode(body)),
    }
    return entry.Entry(**{**values, **fields})


def entries(count):
    """Return the bytes of that many entries."""
    return [entry.encode(sample(number)) for number in range(count)]


def head_of(leaves, *, signer=SIGNER):
    """Return the signed checkpoint over leaf hashes."""
    return checkpoint.sign_checkpoint(
        checkpoint.Checkpoint(origin=signer.name, size=len(leaves), root=tree.root(leaves)), signer
    )


def leaves_of(items):
    """Return the leaf hashes of entries, some of which may be erased."""
    return [each.leaf if isinstance(each, export.Erased) else tree.leaf_hash(each) for each in items]


def folder_of(path, items):
    """Write a journal into a folder."""
    export.write_folder(path, checkpoint=head_of(leaves_of(items)), entries=items)
    return path


def store_of(leaves):
    """Return the hash tiles over leaf hashes, by level and index."""
    return tiles.grow(size=0, read=lambda _level, _index: b"", leaf_hashes=leaves).tiles


def flip(data, bit):
    """Return the bytes with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
