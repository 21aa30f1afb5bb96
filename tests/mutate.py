"""Change bundles, seals, entry bundles and tiles in every way that comes to mind, and see that none is believed.

`python -m tests.mutate --count 100000 --seed 1`. A case that is accepted is a fault unless it means, byte for byte,
what was sent; one that a dishonest sender has signed may be accepted, and then must be the only way to write what was
read of it. Anything raised but `Refusal` and `Broken` is a fault, and so is a case that takes long or much memory.
"""

import argparse
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from commonwatch.errors import Broken, Refusal
from commonwatch.journal import checkpoint, manifest, note, seal, tiles, tree
from tests.journal import forks, parcels
from tests.journal.samples import bytes_for

MOST_SECONDS = 2.0
MOST_GROWTH_MB = 100
HUGE = (2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, -1, 0)
SENT = (
    ("csto/KAZ/real/all/1", 0, 300, (3, 299)),
    ("csto/KAZ/real/members/1", 258, 520),
    ("csto/KAZ/real/own/1", 7, 7),
    ("csto/KAZ/real/small/1", 2, 9, (8,)),
)
HELD = (manifest.Held(origin="csto/CRC/real/members/1", size=9, root=bytes_for("root")),)
FORKS = (
    forks.evidence(forks.LEFT[:5], forks.RIGHT[:9]),
    forks.evidence(forks.LEFT[:7], forks.RIGHT[:7]),
    b"no proof",
)
NAMES = (
    "", ".", "..", "/", "manifest", "0000/checkpoint", "0004/checkpoint", "../0000/checkpoint", "/etc/passwd",
    "0000/tile/entries/000", "0000/tile/entries/000.p/3", "0000/tile/0/000", "0000/tile/0/001.p/44",
    "0000/tile/1/000", "0001/tile/entries/x001/000", "0000\\tile\\0\\000", "0000/tile/entries/../../x", "0000/",
    "forks/0000", "forks/0003", "0000/forks",
    "a" * 60, "0000//checkpoint", "0000/tile/entries/٠٠٠", "0000/checkpoint\n", "con", "0000/tile/entries/000/000",
)  # fmt: skip
FIELDS = (
    (0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (148, 8), (156, 1), (157, 100), (257, 8), (265, 80),
    (345, 155), (500, 12),
)  # fmt: skip
TYPES = (b"0", b"1", b"2", b"5", b"7", b"x", b"g", b"L", b"K", b"S", b"V")


class Fault(NamedTuple):
    """What went wrong with one case, which its number and the seed make again."""

    number: int
    kind: str
    what: str


class Base(NamedTuple):
    """What was sent, in the forms in which it is changed."""

    whole: bytes
    sealed: bytes
    key: str
    bundle: bytes
    leaves: tuple[bytes, ...]


def base() -> Base:
    """Make what is changed, once."""
    whole = parcels.made(*SENT, held=HELD, evidence=FORKS)
    key = seal.new_identity()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plain").write_bytes(whole[:3000])
        seal.seal(Path(folder) / "plain", Path(folder) / "sealed", recipients=[seal.recipient_of(key)])
        sealed = (Path(folder) / "sealed").read_bytes()
    items = [bytes_for("entry", number, length=number % 33) for number in range(256)]
    return Base(whole, sealed, key, tiles.bundle_encode(items), tuple(map(tree.leaf_hash, items)))


def bytes_changed(data: bytes, dice: random.Random) -> bytes:
    """Change some bytes: flip, cut, put in, take out, double, fill with one value, swap two stretches."""
    changed = bytearray(data)
    for _turn in range(dice.choice((1, 1, 1, 2, 5))):
        at, other = sorted((dice.randrange(len(changed) + 1), dice.randrange(len(changed) + 1)))
        near = min(at + dice.choice((1, 2, 4, 32, 512)), len(changed))
        match dice.randrange(8):
            case 0 | 1 | 2 if at < len(changed):
                changed[at] ^= 1 << dice.randrange(8)
            case 3:
                del changed[at:]
            case 4:
                changed[at:at] = dice.randbytes(dice.choice((1, 2, 32, 512)))
            case 5:
                del changed[at:near]
            case 6:
                changed[other:other] = changed[at:near]
            case 7:
                changed[at:near] = bytes([dice.randrange(256)]) * (near - at)
    return bytes(changed)


def members_changed(parts: list[list], dice: random.Random) -> list[list]:
    """Double, drop, move, rename or swap members of an archive, or change one header or content."""
    parts = [list(each) for each in parts]
    at, other = dice.randrange(len(parts)), dice.randrange(len(parts))
    match dice.randrange(8):
        case 0:
            parts.insert(other, parts[at])
        case 1:
            del parts[at]
        case 2:
            parts[at], parts[other] = parts[other], parts[at]
        case 3:
            name = dice.choice((*NAMES, parts[other][0]))
            parts[at] = parcels.file(name[:60], parts[at][2].rstrip(b"\0"))
        case 4:
            parts[at][1] = header_changed(parts[at][1], dice)
        case 5:
            parts[at][2] = parts[other][2]
        case 6:
            content = bytes_changed(parts[at][2].rstrip(b"\0"), dice)
            parts[at] = parcels.file(parts[at][0], content)
        case 7:
            at = dice.choice([at for at, each in enumerate(parts) if "entries" in each[0]])
            parts[at] = parcels.file(parts[at][0], entries_changed(parts[at], dice))
    return parts


def entries_changed(part: list, dice: random.Random) -> bytes:
    """Take an entry out of an entry bundle, double it, empty it or make it long; the lengths fit."""
    entries = tiles.bundle_parse(part[2][: int(part[1][124:135], 8)])
    at = dice.randrange(len(entries))
    new = dice.choice(([], entries[at : at + 1] * 2, [b""], [b"x" * dice.choice((1, 500, 65_535))]))
    return tiles.bundle_encode([*entries[:at], *new, *entries[at + 1 :]][:256])


def header_changed(header: bytes, dice: random.Random) -> bytes:
    """Change one field of a header, mostly with the checksum put right."""
    changed = bytearray(header)
    at, length = dice.choice(FIELDS)
    number = b"%0*o\0" % (length - 1, dice.randrange(8 ** min(length - 1, 11) or 1))
    values = (
        dice.randbytes(length), b"7" * (length - 1) + b"\0", b"\xff" * length, b"\x80" + bytes(length - 1),
        b" " * length, bytes(length), number, dice.choice(TYPES).ljust(length, b"\0"),
    )  # fmt: skip
    changed[at : at + length] = dice.choice(values)[:length].ljust(length, b"\0")
    if dice.random() < 0.9:
        changed[148:156] = b" " * 8
        changed[148:156] = b"%06o\0 " % sum(changed)
    return bytes(changed)


def text_changed(text: str, dice: random.Random) -> str:
    """Change the text of a manifest: a line, a number, the header, or any character."""
    lines = text.split("\n")
    at = dice.randrange(len(lines))
    words = lines[at].split(" ")
    word = dice.randrange(len(words))
    match dice.randrange(7):
        case 0:
            near = int(words[word]) + dice.choice((-1, 1)) if words[word].isdecimal() else 1
            words[word] = str(
                dice.choice((*HUGE, near, near, dice.randrange(600), f"0{words[word]}", "", "٣"))
            )
            lines[at] = " ".join(words)
        case 1:
            lines.insert(dice.randrange(len(lines)), lines[at])
        case 2:
            del lines[at]
        case 3:
            lines[0] = dice.choice(
                ("commonwatch-bundle/v2", "commonwatch-bundle/v0", "commonwatch-bundle/v999999", "")
            )
        case 4:
            word = -1 if dice.random() < 0.5 else word
            words[word] = dice.choice(
                (dice.choice(lines).split(" ")[-1], words[word] + "0", words[word] + "x")
            )
            lines[at] = " ".join(words)
        case 5:
            lines[at] = lines[at] * dice.choice((2, 2000))
        case 6:
            character = dice.choice(("\0", "\t", " ", "\u2028", "é", "\n", "\x7f", "+", "—"))
            lines[at] = lines[at][: len(lines[at]) // 2] + character + lines[at][len(lines[at]) // 2 :]
    return "\n".join(lines)


def signed(whole: bytes, dice: random.Random, *, signer: note.Signer = parcels.KAZ) -> bytes:
    """Change a bundle as a dishonest sender can, who signs what does not fit, or all of it so that it does."""
    parts = parcels.members(whole)
    text = note.note_text(parcels.note_of(parts))
    changed, fits = dice.choice((("files", True), ("text", False), ("text", True), ("both", True)))
    if changed != "text":
        parts = [parts[0], *members_changed(parts[1:], dice)]
    if changed != "files":
        text = text_changed(text, dice)
    return parcels.signed_as(parcels.digested(text, parts) if fits else text, parts, signer=signer)


def of_another(whole: bytes, dice: random.Random) -> bytes:
    """Sign a bundle, changed or not, with a valid key of another party, alone or beside the sender's."""
    parts = parcels.members(whole)
    if dice.random() < 0.3:
        both = parcels.note_of(parts) + parcels.ARM.line(note.note_text(parcels.note_of(parts)))
        return parcels.joined([parcels.file("manifest", both.encode()), *parts[1:]])
    if dice.random() < 0.3:
        return parcels.forged(parts, signer=parcels.ARM)
    return signed(whole, dice, signer=parcels.ARM)


def bundle_case(data: bytes, whole: bytes, *, honest: bool) -> str:
    """Open a bundle and read all of it; say what came of it, or raise."""
    found = parcels.opened(data)
    try:
        for part in found.parts:
            head = checkpoint.Checkpoint.parse(note.note_text(part.checkpoint()))
            assert (head.origin, head.size) == (part.line.origin, part.line.size), (
                "its checkpoint is another's"
            )
            count = sum(1 for _each in part.entries())
            assert count == part.line.size - part.line.start, "its entries are not as many as it says"
        proofs = [sha256(each).digest() for each in found.evidence]
        assert proofs == list(found.manifest.forks), "its evidence is not what it says"
        if data == whole:
            return "the same"
        assert not honest, "accepted, and it is not what was sent"
        assert parcels.again(data) == data, "accepted, and it has another form"
    except (Refusal, Broken) as wrong:
        raise AssertionError(f"accepted, and refused when it was read: {wrong}") from wrong
    return "signed by its sender"


def sealed_case(data: bytes, held: Base) -> str:
    """Open a seal; it must not open unless nothing was changed."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "sealed", Path(folder) / "opened"
        source.write_bytes(data)
        try:
            seal.unseal(source, target, identities=[held.key])
        except Refusal:
            assert [each.name for each in Path(folder).iterdir()] == ["sealed"], "something was left behind"
            raise
    assert data == held.sealed, "opened, and it is not what was sealed"
    return "the same"


def entries_case(data: bytes) -> str:
    """Split an entry bundle; what is accepted has one form."""
    found = tiles.bundle_parse(data)
    assert tiles.bundle_encode(found) == data, "accepted, and it has another form"
    return "another bundle"


def tile_case(dice: random.Random, leaves: tuple[bytes, ...]) -> str:
    """Take a tree up from changed tiles: it has another root, or is refused."""
    size = dice.choice((1, 5, 255, 256, 257))
    stored = tiles.grow(size=0, read=lambda _level, _index: b"", leaf_hashes=(leaves * 2)[:size]).tiles
    before = tiles.RootStream.resume(size=size, read=lambda *at: stored[at]).root()
    right = {at: each for at, each in stored.items() if len(each) < 8192}
    if not right:
        return "the same"
    at = dice.choice(sorted(right))
    changed = {**stored, at: bytes_changed(stored[at], dice)}
    stream = tiles.RootStream.resume(size=size, read=lambda *at: changed[at])
    if changed == stored:
        return "the same"
    assert stream.root() != before, "a changed tile has the same root"
    tiles.split_hashes(changed[at])
    return "another root"


def cases(held: Base) -> dict[str, Callable[[random.Random], str]]:
    """Return the kinds of case, by name."""
    whole = held.whole

    def changed(dice: random.Random) -> bytes:
        return parcels.joined(members_changed(parcels.members(whole), dice))

    return {
        "bytes": lambda dice: bundle_case(bytes_changed(whole, dice), whole, honest=True),
        "members": lambda dice: bundle_case(changed(dice), whole, honest=True),
        "another's key": lambda dice: bundle_case(of_another(whole, dice), whole, honest=True),
        "dishonest sender": lambda dice: bundle_case(signed(whole, dice), whole, honest=False),
        "seal": lambda dice: sealed_case(bytes_changed(held.sealed, dice), held),
        "entry bundle": lambda dice: entries_case(bytes_changed(held.bundle, dice)),
        "hash tile": lambda dice: tile_case(dice, held.leaves),
    }


def run(*, count: int, seed: int, first: int = 0) -> tuple[Counter[tuple[str, str]], list[Fault], float]:
    """Run so many cases from number `first` on; return what came of them, the faults and the longest one's seconds."""
    kinds = list(cases(base()).items())
    found: Counter[tuple[str, str]] = Counter()
    faults: list[Fault] = []
    longest = 0.0
    memory = _memory()
    for number in range(first, first + count):
        kind, case = kinds[number % len(kinds)]
        started = time.process_time()
        outcome = _outcome(case, random.Random(f"{seed}/{number}"))
        took = time.process_time() - started
        longest = max(longest, took)
        found[kind, outcome if outcome in KNOWN else "fault"] += 1
        if outcome not in KNOWN:
            faults.append(Fault(number, kind, outcome))
        if took > MOST_SECONDS or _memory() - memory > MOST_GROWTH_MB:
            faults.append(
                Fault(number, kind, f"took {took:.1f} s, memory grew by {_memory() - memory:.0f} MB")
            )
            memory = _memory()
    return found, faults, longest


KNOWN = ("refused", "the same", "signed by its sender", "another bundle", "another root")


def _outcome(case: Callable[[random.Random], str], dice: random.Random) -> str:
    try:
        return case(dice)
    except (Refusal, Broken):
        return "refused"
    except KeyboardInterrupt:
        raise
    except BaseException as wrong:  # noqa: BLE001 - a panic of a library is no Exception, and a fault all the same
        return f"{type(wrong).__name__}: {wrong}"[:300]


def _memory() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _share(asked: tuple[int, int, int]) -> tuple[Counter[tuple[str, str]], list[Fault], float]:
    count, seed, first = asked
    return run(count=count, seed=seed, first=first)


def main() -> int:
    """Run the cases, on several cores if asked; return 1 when one is a fault."""
    reader = argparse.ArgumentParser(prog="python -m tests.mutate")
    reader.add_argument("--count", type=int, default=100_000)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--first", type=int, default=0, help="the number of the first case, to repeat one")
    reader.add_argument("--workers", type=int, default=1)
    asked = reader.parse_args()
    share = -(-asked.count // asked.workers)
    shares = [
        (min(share, asked.count - at), asked.seed, asked.first + at) for at in range(0, asked.count, share)
    ]
    with multiprocessing.Pool(asked.workers) as pool:
        results = pool.map(_share, shares)
    found = sum((each[0] for each in results), Counter())
    faults = [fault for each in results for fault in each[1]]
    for kind in dict(found):
        sys.stdout.write(f"{kind[0]:<20}{kind[1]:<24}{found[kind]:>9,}\n")
    for fault in faults[:50]:
        sys.stdout.write(json.dumps(fault._asdict()) + "\n")
    sys.stdout.write(
        f"{found.total():,} cases with seed {asked.seed}: {len(faults)} faults; the longest took "
        f"{max(each[2] for each in results) * 1000:.0f} ms of a core\n"
    )
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
