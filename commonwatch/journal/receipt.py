"""Receipts: the proof, verifiable offline, that an entry stands in a journal (C2SP tlog-proof).

The file names the index, the audit path and the signed checkpoint. Its line of extra data, which the format
leaves to the application, carries the log's verifier key, the leaf hash, and the entry itself where the
holder may have it.
"""

import base64
import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from commonwatch.errors import Broken
from commonwatch.journal import checkpoint as checkpoints
from commonwatch.journal import note, tree

HEADER = "c2sp.org/tlog-proof@v1"
EXTRA_HEADER = b"commonwatch-receipt/v1"
MAX_RECEIPT_BYTES = 1_200_000

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)
_LEAF = re.compile(rb"[0-9a-f]{64}")


class ReceiptRefused(Broken):
    """A receipt is malformed or does not prove what it says."""


class Receipt(Struct, frozen=True):
    """What a receipt holds, not yet verified; `entry` is empty where only its leaf hash was given."""

    leaf: bytes
    entry: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: str
    vkey: str


class VerifiedReceipt(Struct, frozen=True):
    """What a receipt proves. `key_from` "receipt": nobody but the receipt itself vouches for the key."""

    leaf: bytes
    entry: bytes
    index: int
    checkpoint: checkpoints.Checkpoint
    vkey: str
    key_from: Literal["caller", "receipt"]


def write(  # noqa: PLR0913 - the six parts of a receipt, all named
    *,
    entry: bytes | None = None,
    leaf: bytes | None = None,
    index: int,
    proof: Sequence[bytes],
    checkpoint: str,
    vkey: str,
) -> bytes:
    """Return the receipt of an entry, given by its bytes or by its leaf hash alone, as the bytes of a file.

    :raises ReceiptRefused: when it would not verify.
    """
    if (entry is None) == (leaf is None):
        raise ReceiptRefused("a receipt is of an entry or of a leaf hash")
    hashed = leaf or tree.leaf_hash(entry or b"")
    extra = b"\n".join([EXTRA_HEADER, vkey.encode(), hashed.hex().encode(), entry or b""])
    lines = [HEADER, f"extra {_base64(extra)}", f"index {index}", *map(_base64, proof), "", checkpoint]
    data = "\n".join(lines).encode()
    verify_receipt(data, vkey=vkey)
    return data


def parse(data: bytes) -> Receipt:
    """Read the file of a receipt without verifying it.

    :raises ReceiptRefused: when it is malformed.
    """
    if len(data) > MAX_RECEIPT_BYTES:
        raise ReceiptRefused(f"the receipt has {len(data)} bytes, above {MAX_RECEIPT_BYTES}")
    try:
        head, blank, checkpoint = data.decode().partition("\n\n")
    except UnicodeDecodeError as wrong:
        raise ReceiptRefused("the receipt is not UTF-8 text") from wrong
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != HEADER or not lines[1].startswith("extra "):
        raise ReceiptRefused(f"the file does not begin as a receipt does: {HEADER}, extra, index")
    index = _INDEX.fullmatch(lines[2])
    if index is None:
        raise ReceiptRefused("the third line is not the index of an entry")
    parts = _decode(lines[1].removeprefix("extra "), what="the extra data").split(b"\n", 3)
    if len(parts) != 4 or parts[0] != EXTRA_HEADER or not _LEAF.fullmatch(parts[2]):
        raise ReceiptRefused("the extra data are not those of a receipt")
    return Receipt(
        leaf=bytes.fromhex(parts[2].decode()),
        entry=parts[3],
        index=int(index[1]),
        proof=tuple(_decode(line, what="a hash of the proof") for line in lines[3:]),
        checkpoint=checkpoint,
        vkey=parts[1].decode(errors="replace"),  # what is no text fails as a key
    )


def verify_receipt(data: bytes, *, vkey: str | None) -> VerifiedReceipt:
    """Verify the file of a receipt, offline.

    With `vkey` None the key is taken from the receipt: this shows that the receipt agrees with itself, and
    whoever relies on it must learn from elsewhere that the key is the journal's.

    :raises Broken: saying what does not hold.
    """
    receipt = parse(data)
    if vkey is not None and receipt.vkey != vkey:
        raise ReceiptRefused("the receipt names another key than the journal's")
    opened = checkpoints.open_checkpoint(receipt.checkpoint, note.Verifier.parse(receipt.vkey))
    if receipt.entry and tree.leaf_hash(receipt.entry) != receipt.leaf:
        raise ReceiptRefused("the entry in the receipt is not the one whose hash it names")
    tree.verify_inclusion(
        leaf=receipt.leaf, index=receipt.index, size=opened.size, proof=receipt.proof, root=opened.root
    )
    return VerifiedReceipt(
        leaf=receipt.leaf,
        entry=receipt.entry,
        index=receipt.index,
        checkpoint=opened,
        vkey=receipt.vkey,
        key_from="receipt" if vkey is None else "caller",
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str, *, what: str) -> bytes:
    try:
        return note.decode_base64(text, what=what)
    except note.NoteRefused as wrong:
        raise ReceiptRefused(str(wrong)) from wrong
