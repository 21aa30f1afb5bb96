"""What was fetched and is not admitted yet: files in `incoming/` of the node's home, in the layout of a journal.

Nothing in it is believed: it is read back, hashed and held to a signed root before anything of it is written.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from commonwatch.errors import Refusal, _
from commonwatch.journal import tiles
from commonwatch.journal.export import Erased
from commonwatch.register.node import Node

FOLDER = "incoming"
Fetch = Callable[[str, int], bytes]
"""`fetch(path, most)` gives the bytes of a tile of the journal, at most so many."""

MOST_BUNDLE = tiles.TILE_WIDTH * (tiles.MAX_ENTRY_BYTES + 2)
MOST_TILE = tiles.TILE_WIDTH * 32


class NoRoom(Refusal):
    """This node's own disk does not take what was fetched."""

    code, status = "federation.no-room", 507
    says = _("What was fetched of {origin} cannot be written to {folder}: {reason}.")
    hint = _(
        "Nothing of it was admitted. Make room there: what is fetched already is kept, and the next round goes on."
    )


class Spool:
    """The part of one journal that is being fetched from one peer: entries `start` up to `size`."""

    def __init__(self, at: Node, *, origin: str, start: int, size: int, fetch: Fetch) -> None:
        self.origin, self.start, self.size, self.fetched = origin, start, size, 0
        self._folder = at.home / FOLDER / sha256(origin.encode()).hexdigest()[:32]
        self._fetch = fetch

    def fill(self) -> None:
        """Fetch every bundle that is not there, and the leaf hashes where an entry was erased.

        :raises NoRoom: when the disk does not take them.
        """
        for index in self._bundles():
            path = tiles.tile_path(None, index, size=self.size)
            entries = tiles.bundle_parse(self._have(path, MOST_BUNDLE))
            if b"" in entries:
                self._have(tiles.tile_path(0, index, size=self.size), MOST_TILE)

    def entries(self) -> Iterator[bytes | Erased]:
        """Read the entries back, from the first that is lacking; as often as one likes."""
        for index in self._bundles():
            path = tiles.tile_path(None, index, size=self.size)
            found = tiles.bundle_parse(self._read(path))
            leaves = self._leaves(index) if b"" in found else []
            first = max(self.start - index * tiles.TILE_WIDTH, 0)
            for number, each in enumerate(found[first:], first):
                yield each or Erased(leaves[number])

    def empty(self) -> None:
        """Throw away what was fetched."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _bundles(self) -> range:
        return range(self.start // tiles.TILE_WIDTH, -(-self.size // tiles.TILE_WIDTH))

    def _leaves(self, index: int) -> list[bytes]:
        return tiles.split_hashes(self._read(tiles.tile_path(0, index, size=self.size)))

    def _read(self, path: tiles.TilePath) -> bytes:
        """Read a file that was fetched.

        :raises TileRefused: when it is gone: another round has taken the journal in meanwhile.
        """
        try:
            return self._place(path).read_bytes()
        except FileNotFoundError as gone:
            raise tiles.TileRefused(f"{path} was taken in by another round meanwhile") from gone

    def _place(self, path: tiles.TilePath) -> Path:
        return self._folder / str(path)

    def _have(self, path: tiles.TilePath, most: int) -> bytes:
        """Return a file that is there, or fetch it and let it appear whole."""
        place = self._place(path)
        with suppress(FileNotFoundError):
            return place.read_bytes()
        data = self._fetch(str(path), most)
        _check(path, data)
        self._lay_down(place, data)
        self.fetched += 1
        return data

    def _lay_down(self, place: Path, data: bytes) -> None:
        draft = place.with_name(f"{place.name}.{os.getpid()}-{id(self)}.new")
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_bytes(data)
            draft.replace(place)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            reason = error.strerror or type(error).__name__
            raise NoRoom(origin=self.origin, folder=self._folder.parent, reason=reason) from error


def _check(path: tiles.TilePath, data: bytes) -> None:
    """Refuse at once what has not the shape of the tile that was asked for.

    :raises TileRefused: naming it.
    """
    held = len(tiles.bundle_parse(data)) if path.level is None else len(tiles.split_hashes(data))
    if held != path.width:
        raise tiles.TileRefused(f"{path} holds {held} where {path.width} were asked for")
