#!/usr/bin/env python3
"""Check the evidence that a log contradicted itself: `python3 check_fork.py FILE [--key VERIFIER-KEY]`.

This one file needs nothing but Python 3.8 or later. It shares no code with Commonwatch: it follows the section
"Forks" of docs/formats/journal.md, RFC 6962 for the tree and RFC 8032 for Ed25519. Read it before you rely on it.

Exit status: 0 when the file proves that one key signed two checkpoints that cannot both be true, 1 when it does not,
2 when the command line could not be read.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import sys
from typing import NamedTuple

HEADER = "commonwatch-fork/v1"
MAX_FILE_BYTES = 3_000_000
MAX_NOTE_BYTES = 1_000_000
MAX_PROOF = 64
MAX_SIZE = 2**63 - 1
ED25519 = 0x01


class DoesNotHold(Exception):  # noqa: N818 - it is an answer
    """The file does not prove a fork; the text says why."""


class Key(NamedTuple):
    """The log's public key: its name, its key id of 4 bytes, and its 32 bytes."""

    name: str
    id: bytes
    public: bytes


class Checkpoint(NamedTuple):
    """What the log signed: how many entries it has, and the root over them."""

    size: int
    root: bytes


class Proven(NamedTuple):
    """The contradiction: both checkpoints, and the root that the second gives to the entries of the first."""

    key: str
    name: str
    first: Checkpoint
    second: Checkpoint
    told: bytes


def main(arguments: list[str] | None = None) -> int:
    """Check the file that the command line names, say what was found, and return the exit status."""
    parser = argparse.ArgumentParser(description="Check the evidence that a log contradicted itself.")
    parser.add_argument("file", help="the evidence")
    parser.add_argument("--key", help="the log's verifier key, as you know it from elsewhere")
    chosen = parser.parse_args(arguments)
    try:
        with open(chosen.file, "rb") as file:  # noqa: PTH123 - the name may be anything that can be opened
            data = file.read(MAX_FILE_BYTES + 1)
        proven = check(data, chosen.key)
    except (DoesNotHold, OSError, ValueError) as wrong:
        print(f"This proves nothing: {shown(str(wrong))}")
        return 1
    print(f"Proven: the key of {shown(proven.name)} signed two checkpoints that cannot both be true.")
    for which, each in (("first", proven.first), ("second", proven.second)):
        print(f"The {which} is of {each.size} entries with the root {each.root.hex()}.")
    if proven.first.size < proven.second.size:
        print(
            f"In the tree of the second, the first {proven.first.size} entries have the root {proven.told.hex()}."
        )
    if chosen.key is None:
        print("Nobody but the file says that the key is the log's. Compare it with the key that you know:")
        print(shown(proven.key))
    return 0


def check(data: bytes, key: str | None = None) -> Proven:
    """Return what the file proves, under the key given or, without one, the key that the file names.

    :raises DoesNotHold: when it proves nothing.
    """
    named, proof, notes = split(data)
    if key is not None and key != named:
        raise DoesNotHold("the file names another key than the one given")
    log = read_key(named)
    first, second = read_checkpoint("first", *notes[0], log), read_checkpoint("second", *notes[1], log)
    if (first.size, notes[0]) > (second.size, notes[1]):
        raise DoesNotHold("the two checkpoints are not in their order, the shorter first")
    told = told_by_second(first, second, proof)
    if told == first.root:
        raise DoesNotHold(f"the checkpoints of {first.size} and of {second.size} entries may both be true")
    return Proven(key=named, name=log.name, first=first, second=second, told=told)


def shown(text: str) -> str:
    """Return a text that does nothing to a terminal."""
    return "".join(each if each.isascii() and each.isprintable() else ascii(each)[1:-1] for each in text)


# The file


def split(data: bytes) -> tuple[str, list[bytes], list[tuple[str, str]]]:
    """Return the key that the file names, the hashes of its proof, and its two notes as text and signature line.

    :raises DoesNotHold: when it is not in its form.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DoesNotHold(f"the file has more than {MAX_FILE_BYTES} bytes")
    try:
        blocks = data.decode("utf-8").split("\n\n")
    except UnicodeDecodeError:
        raise DoesNotHold("the file is not UTF-8 text") from None
    lines = blocks[0].split("\n")
    if len(lines) < 2 or lines[0] != HEADER or not lines[1].startswith("key "):
        raise DoesNotHold(f"the file does not begin with the lines {HEADER} and key")
    if len(blocks) != 5 or not blocks[4].endswith("\n"):
        raise DoesNotHold(
            "the file is not made of a head and two notes, with an empty line between any two parts"
        )
    if len(lines) > 2 + MAX_PROOF:
        raise DoesNotHold(f"the proof has more than {MAX_PROOF} hashes")
    proof = [read_base64(after("proof ", line, "a line of the proof is not one"), 32) for line in lines[2:]]
    return lines[1][4:], proof, [(blocks[1] + "\n", blocks[2] + "\n"), (blocks[3] + "\n", blocks[4])]


def read_key(text: str) -> Key:
    """Read a verifier key: name+keyid+base64 of 0x01 and the public key (C2SP signed-note).

    :raises DoesNotHold: when it is malformed, not of Ed25519, or anybody could sign under it.
    """
    name, _, rest = text.partition("+")
    stated, plus, material = rest.partition("+")
    if not name or not plus or any(each.isspace() for each in name):
        raise DoesNotHold("the key is not of the form name+keyid+base64")
    key = read_base64(material, 33)
    if key[0] != ED25519:
        raise DoesNotHold("the key is not the Ed25519 key of a log")
    key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if stated != key_id.hex():
        raise DoesNotHold(f"the key says that its id is {stated}, and its id is {key_id.hex()}")
    point = point_of(key[1:])
    if point is None or bytes_of(times(8, point)) == bytes_of(NEUTRAL):
        raise DoesNotHold("the key is one under which nobody or everybody can sign")
    return Key(name=name, id=key_id, public=key[1:])


def read_checkpoint(which: str, text: str, line: str, log: Key) -> Checkpoint:
    """Read a checkpoint (C2SP tlog-checkpoint) that this log, and nobody else, has signed.

    :raises DoesNotHold: when it is malformed, of another log, or the signature is not valid.
    """
    if len((text + "\n" + line).encode()) > MAX_NOTE_BYTES:
        raise DoesNotHold(f"the {which} checkpoint has more than {MAX_NOTE_BYTES} bytes")
    if any(each < " " and each != "\n" for each in text + line):
        raise DoesNotHold(f"the {which} checkpoint holds control characters")
    encoded = after(f"— {log.name} ", line, f"the signature of the {which} checkpoint is not by {log.name}")
    signature = read_base64(encoded[:-1], 68)
    if signature[:4] != log.id or not is_signed(log.public, text.encode(), signature[4:]):
        raise DoesNotHold(f"the signature of the {which} checkpoint is not valid")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines) or lines[0] != log.name:
        raise DoesNotHold(f"the {which} checkpoint is not one of {log.name}")
    if not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]) or int(lines[1]) > MAX_SIZE:
        raise DoesNotHold(f"the {which} checkpoint has no size")
    return Checkpoint(size=int(lines[1]), root=read_base64(lines[2], 32))


def after(begin: str, line: str, why: str) -> str:
    """Return what follows `begin` on the line.

    :raises DoesNotHold: saying why, when the line begins otherwise.
    """
    if not line.startswith(begin):
        raise DoesNotHold(why)
    return line[len(begin) :]


def read_base64(text: str, length: int) -> bytes:
    """Read base64 in its one form, of so many bytes.

    :raises DoesNotHold: when it is anything else.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise DoesNotHold("what should be base64 is not") from None
    if len(data) != length or base64.b64encode(data).decode() != text:
        raise DoesNotHold(f"what should be base64 of {length} bytes is not")
    return data


# The tree (RFC 6962 section 2.1)


def told_by_second(first: Checkpoint, second: Checkpoint, proof: list[bytes]) -> bytes:
    """Return the root that the second checkpoint gives to the entries of which the first one speaks.

    :raises DoesNotHold: when the proof does not lead to the root of the second checkpoint.
    """
    if first.size in (0, second.size):
        if proof:
            raise DoesNotHold("these two checkpoints need no proof, and there is one")
        return hashlib.sha256(b"").digest() if first.size < second.size else second.root
    rest = list(proof)
    told, whole = rebuild(first.size, second.size, rest)
    if rest or whole != second.root:
        raise DoesNotHold("the proof does not lead to the root of the second checkpoint")
    return told


def rebuild(old: int, size: int, rest: list[bytes]) -> tuple[bytes, bytes]:
    """Return the roots over the first `old` and over all `size` leaves, taking hashes from the end of `rest`."""
    if not rest:
        raise DoesNotHold("the proof has too few hashes")
    side = rest.pop()
    if old == size:
        return side, side
    middle = 1 << (size - 1).bit_length() - 1
    if old <= middle:
        told, whole = rebuild(old, middle, rest)
        return told, node(whole, side)
    told, whole = rebuild(old - middle, size - middle, rest)
    return node(side, told), node(side, whole)


def node(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into the node above them."""
    return hashlib.sha256(b"\x01" + left + right).digest()


# Ed25519 (RFC 8032 section 5.1)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    """A point of the curve in extended coordinates: its affine ones are x/z and y/z, and x*y = z*t."""

    x: int
    y: int
    z: int
    t: int


NEUTRAL = Point(0, 1, 1, 0)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the signature (64 bytes) of the message is by the public key (32 bytes): [S]B = R + [k]A."""
    key, s = point_of(public), int.from_bytes(signature[32:], "little")
    if key is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus_key = Point(-key.x, key.y, key.z, -key.t)
    return bytes_of(add(times(s, BASE), times(k, minus_key))) == signature[:32]


def point_of(data: bytes) -> Point | None:
    """Return the point that 32 bytes stand for, or None when they stand for none (section 5.1.3)."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return Point(x, y, 1, x * y % P)


def bytes_of(point: Point) -> bytes:
    """Return the 32 bytes that stand for a point (section 5.1.2)."""
    inverse = pow(point.z, P - 2, P)
    x, y = point.x * inverse % P, point.y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def add(one: Point, other: Point) -> Point:
    """Add two points (section 5.1.4)."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * t1 * t2 * D, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def times(factor: int, point: Point) -> Point:
    """Multiply a point by a number."""
    total = NEUTRAL
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


if __name__ == "__main__":
    sys.exit(main())
