"""Tiles of a journal (C2SP tlog-tiles): paths, entry bundles, growth, and hashes read back from tiles.

A tile holds up to 256 hashes of 32 bytes. The hashes of level 0 are leaf hashes; each hash of a higher
level is the root over one full tile of the level below. A tile that is not full is *partial* and is never
hashed upwards. Tile levels count in steps of eight levels of the tree.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

from msgspec import Struct

from commonwatch.errors import Broken
from commonwatch.journal import tree

TILE_HEIGHT = 8
TILE_WIDTH = 256
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 65_535

ReadTile = Callable[[int, int], bytes]
"""`read(level, index)` gives the present bytes of a hash tile, `b""` when there is none."""
Complete = Callable[[int, int, bytes], None]
"""Told of each full tile as `complete(level, index, data)`."""

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


class TileRefused(Broken):
    """A path, tile or bundle is not what the layout says it must be."""


class TilePath(Struct, frozen=True, order=True):
    """Where a tile is served: `level` None for an entry bundle, its `index`, and its `width` of 1 to 256."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __str__(self) -> str:
        level = "entries" if self.level is None else str(self.level)
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{number}{partial}"

    @classmethod
    def parse(cls, text: str) -> "TilePath":
        """Read a path such as `tile/0/x001/234.p/17`, in its one canonical form.

        :raises TileRefused: when the text is anything else.
        """
        found = _PATH.fullmatch(text)
        if found is None:
            raise TileRefused(f"{text[:200]!r} is no path of a tile")
        level = None if found["level"] == "entries" else int(found["level"])
        index = int(found["index"].replace("x", "").replace("/", ""))
        path = cls(level=level, index=index, width=int(found["width"] or TILE_WIDTH))
        if str(path) != text or (level or 0) > MAX_LEVEL or not 0 < path.width <= TILE_WIDTH:
            raise TileRefused(f"{text!r} is no path of a tile")
        return path


def tile_path(level: int | None, index: int, *, size: int) -> TilePath:
    """Return the path of a tile (level None: an entry bundle) in a log of `size` entries.

    :raises TileRefused: when such a log has no such tile.
    """
    hashes = size >> TILE_HEIGHT * (level or 0)
    width = min(hashes - index * TILE_WIDTH, TILE_WIDTH)
    if index < 0 or width <= 0:
        raise TileRefused(f"a log of {size} entries has no tile {index} of level {level}")
    return TilePath(level=level, index=index, width=width)


def levels_of(size: int) -> int:
    """Return how many levels of hash tiles a log of `size` entries has."""
    return -(-size.bit_length() // TILE_HEIGHT)


def tiles_for(size: int) -> Iterator[TilePath]:
    """List every tile of a log of `size` entries: bundles first, then hash tiles from level 0 upwards."""
    levels: list[int | None] = [None, *range(levels_of(size))]
    for level in levels:
        hashes = size >> TILE_HEIGHT * (level or 0)
        for index in range(-(-hashes // TILE_WIDTH)):
            yield tile_path(level, index, size=size)


def bundle_encode(entries: Iterable[bytes]) -> bytes:
    """Join up to 256 entries, each after its length as a big-endian uint16; an erased entry is `b""`.

    :raises TileRefused: when an entry exceeds 65,535 bytes or there are more than 256.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise TileRefused(f"entry {len(parts) // 2} of the bundle has {len(entry)} bytes, above 65535")
        parts += (len(entry).to_bytes(2, "big"), entry)
    if len(parts) > 2 * TILE_WIDTH:
        raise TileRefused(f"a bundle holds at most 256 entries, not {len(parts) // 2}")
    return b"".join(parts)


def bundle_parse(data: bytes) -> list[bytes]:
    """Split a bundle into its entries; an erased one is `b""`.

    :raises TileRefused: when the lengths do not add up to the bundle or it holds more than 256 entries.
    """
    entries: list[bytes] = []
    add = entries.append
    at, end = 0, len(data)
    for _turn in range(TILE_WIDTH):
        if at + 1 >= end:
            break
        start = at + 2
        at = start + (data[at] << 8 | data[at + 1])
        add(data[start:at])
    if len(entries) == TILE_WIDTH and at < end:  # megabytes of empty entries end here, too
        raise TileRefused(f"a bundle holds at most 256 entries, and {end - at} bytes follow them")
    if at != end:
        raise TileRefused(f"the bundle ends inside entry {len(entries) - (at > end)}")
    return entries


def tile_root(data: bytes) -> bytes:
    """Return the root over the hashes of a complete tile: any power of two of them, joined."""
    hashed = sha256
    while len(data) > tree.HASH_BYTES:
        data = b"".join([hashed(b"\x01" + data[at : at + 64]).digest() for at in range(0, len(data), 64)])
    return data


def split_hashes(data: bytes) -> list[bytes]:
    """Cut the bytes of a tile into its hashes.

    :raises TileRefused: when they are no whole number of hashes.
    """
    if len(data) % tree.HASH_BYTES:
        raise TileRefused(f"a tile of {len(data)} bytes is no whole number of hashes")
    return [data[at : at + 32] for at in range(0, len(data), 32)]


class RootStream:
    """The right edge of a growing tree: takes leaf hashes in order and knows the root at any moment.

    Keeps at most 255 hashes for each level of tiles, whatever the number of leaves. `complete` is told of
    each tile that becomes full, levels mixed, each level in order.
    """

    def __init__(self, *, complete: Complete | None = None) -> None:
        self.size = 0
        self._complete = complete
        self._rows: list[list[bytes]] = []
        self._full: list[int] = []

    @classmethod
    def resume(cls, *, size: int, read: ReadTile, complete: Complete | None = None) -> "RootStream":
        """Take up a tree of `size` leaves from its partial tiles.

        :raises TileRefused: when a partial tile has another width than that size gives it.
        """
        stream = cls(complete=complete)
        stream.size = size
        for level in range(levels_of(size)):
            index, width = divmod(size >> TILE_HEIGHT * level, TILE_WIDTH)
            stream._full.append(index)
            stream._rows.append(_row(read, level, index, width) if width else [])
        return stream

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self._push(0, [leaf])
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes in order."""
        rest = iter(leaves)
        while some := list(islice(rest, TILE_WIDTH)):
            self._push(0, some)
            self.size += len(some)

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        edge: list[bytes] = []
        for row in self._rows:
            if row or edge:
                edge = [tree.root([*row, *edge])]
        return edge[0] if edge else tree.EMPTY_ROOT

    def partials(self) -> dict[tuple[int, int], bytes]:
        """Return the partial tiles at the right edge, by level and index."""
        return {(level, self._full[level]): b"".join(row) for level, row in enumerate(self._rows) if row}

    def _push(self, level: int, hashes: list[bytes]) -> None:
        if level == len(self._rows):
            self._rows.append([])
            self._full.append(0)
        row = self._rows[level]
        row += hashes
        while len(row) >= TILE_WIDTH:
            data = b"".join(row[:TILE_WIDTH])
            del row[:TILE_WIDTH]
            if self._complete is not None:
                self._complete(level, self._full[level], data)
            self._full[level] += 1
            self._push(level + 1, [tile_root(data)])


def _row(read: ReadTile, level: int, index: int, width: int) -> list[bytes]:
    data = read(level, index)
    if len(data) != width * tree.HASH_BYTES:
        raise TileRefused(
            f"tile {index} of level {level} has {len(data)} bytes where the size asks for {width * 32}"
        )
    return split_hashes(data)


class Growth(Struct, frozen=True):
    """What appending did: the new `size` and `root`, and the whole new bytes of every tile that changed."""

    size: int
    root: bytes
    tiles: dict[tuple[int, int], bytes]


def grow(*, size: int, read: ReadTile, leaf_hashes: Sequence[bytes]) -> Growth:
    """Append leaf hashes to a log of `size` entries, reading only the partial tiles at its right edge.

    :raises TileRefused: when a partial tile has another width than `size` gives it.
    """
    tiles: dict[tuple[int, int], bytes] = {}

    def keep(level: int, index: int, data: bytes) -> None:
        tiles[level, index] = data

    stream = RootStream.resume(size=size, read=read, complete=keep)
    before = stream.partials()
    stream.extend(leaf_hashes)
    tiles.update({at: data for at, data in stream.partials().items() if before.get(at) != data})
    return Growth(size=stream.size, root=stream.root(), tiles=tiles)


class TileHashes:
    """Hashes of complete subtrees of a log of `size` entries, read from its tiles: a `tree.HashAt`.

    Keeps the tiles it has read: use one for a few proofs, not for the life of a process.
    """

    def __init__(self, read: ReadTile, size: int = tree.MAX_SIZE) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree of `2**level` leaves numbered `index`.

        :raises TileRefused: when the log has no such subtree, or the tile is shorter than its size asks for.
        """
        if index < 0 or (index + 1) << level > self.size:
            raise TileRefused(f"a log of {self.size} entries has no subtree {index} of level {level}")
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile, first = divmod(index << height, TILE_WIDTH)
        data = self._tile(tile_level, tile)[first * 32 : first * 32 + (32 << height)]
        if len(data) != 32 << height:
            raise TileRefused(
                f"tile {tile} of level {tile_level} is shorter than {self.size} entries ask for"
            )
        return tile_root(data)

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._tiles:
            self._tiles[level, index] = self._read(level, index)
        return self._tiles[level, index]


def hash_at_from(read: ReadTile, size: int) -> tree.HashAt:
    """Return the hashes of a log of `size` entries, as the proofs of `tree` ask for them."""
    return TileHashes(read, size)
