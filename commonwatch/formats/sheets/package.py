"""The parts of an .xlsx file, unpacked under limits: what an archive says of itself is not believed."""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO
from xml.parsers import expat

from commonwatch.formats.sheets import refusals

MOST_ENTRIES = 2000
MOST_UNPACKED = 64 * 1024 * 1024
MOST_ELEMENTS = 2_000_000  # 20,000 rows of 30 columns and more
MOST_RATIO = 250
_RATIO_FROM = 4 * 1024 * 1024
_CHUNK = 1024 * 1024
_LONGEST_TOKEN = 2 * 1024 * 1024

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]

# What zipfile, zlib and expat are known to raise over a file that was tampered with.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    expat.ExpatError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


class Package:
    """An opened archive. Its parts are read at most once each, and all of them together up to a limit."""

    def __init__(self, data: bytes, *, filename: str) -> None:
        self.filename = filename
        self._unpacked = 0
        self._elements = 0
        if data.count(b"PK\x01\x02") > MOST_ENTRIES:
            raise refusals.Bomb(filename=filename, place="zip")
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except UNREADABLE:
            raise refusals.Damaged(filename=filename, place="zip") from None
        self._infos = {info.filename.lower(): info for info in self._zip.infolist()}
        self._check_sizes()

    def _check_sizes(self) -> None:
        """Refuse at once what declares itself too large; what lies is stopped while it is unpacked."""
        for info in self._infos.values():
            if info.flag_bits & 0x1:
                raise refusals.Protected(filename=self.filename)
            ratio = info.file_size / max(info.compress_size, 1)
            if info.file_size > MOST_UNPACKED or (info.file_size > _RATIO_FROM and ratio > MOST_RATIO):
                raise refusals.Bomb(filename=self.filename, place=_shown(info.filename))

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._infos

    def __iter__(self) -> Iterator[str]:
        return iter(self._infos)

    def small(self, part: str) -> bytes:
        """Give the first bytes of a part, at most 200; nothing when there is none."""
        if part not in self:
            return b""
        try:
            with self._open(part) as stream:
                return stream.read(200)
        except UNREADABLE:
            raise refusals.Damaged(filename=self.filename, place=_shown(part)) from None

    def _open(self, part: str) -> IO[bytes]:
        info = self._infos[part.lower()]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refusals.Damaged(filename=self.filename, place=_shown(part))
        return self._zip.open(info)

    def events(self, part: str, *, start: Start, end: End, text: Text) -> None:
        """Read one XML part, calling `start`, `end` (local names, whatever the prefix) and `text` as it goes.

        :raises Entities: at the first document type declaration, so that no entity is ever expanded.
        :raises Bomb: when it unpacks to too many bytes or elements.
        :raises Damaged: when it is missing, breaks off or is no XML.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        count = self._counted(part, start)
        parser.StartElementHandler = count
        parser.EndElementHandler = lambda name: end(name[name.rfind(" ") + 1 :])
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = self._refuse_doctype(part)
        try:
            with self._open(part) as stream:
                self._feed(parser, stream, part)
        except UNREADABLE:
            raise refusals.Damaged(filename=self.filename, place=_shown(part)) from None

    def _counted(self, part: str, start: Start) -> Start:
        def counted(name: str, attributes: dict[str, str]) -> None:
            self._elements += 1
            if self._elements > MOST_ELEMENTS:
                raise refusals.Bomb(filename=self.filename, place=_shown(part))
            start(name[name.rfind(" ") + 1 :], attributes)

        return counted

    def _refuse_doctype(self, part: str) -> Callable[..., None]:
        def refuse(*_declared: object) -> None:
            raise refusals.Entities(filename=self.filename, place=_shown(part))

        return refuse

    def _feed(self, parser: expat.XMLParserType, stream: IO[bytes], part: str) -> None:
        """Feed a part to the parser, counting what really comes out of the archive.

        A single endless token is stopped too: older expat reads it anew with every chunk.
        """
        fed = 0
        while chunk := stream.read(_CHUNK):
            fed += len(chunk)
            self._unpacked += len(chunk)
            if self._unpacked > MOST_UNPACKED or fed - parser.CurrentByteIndex > _LONGEST_TOKEN + _CHUNK:
                raise refusals.Bomb(filename=self.filename, place=_shown(part))
            parser.Parse(chunk, False)
        parser.Parse(b"", True)

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Give what a part points to in the file: identifier → (last word of the type, path of the part)."""
        folder, name = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "Relationship" and given.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, given["Target"])).lstrip("/")
                found[given["Id"]] = (given["Type"].rpartition("/")[2], target)

        if path in self:
            self.events(path, start=start, end=_nothing, text=_nothing)
        return found


def _nothing(_said: str) -> None:
    """Leave out what the reader has no use for."""


def _shown(part: str) -> str:
    return part if len(part) < 80 and part.isprintable() else "zip"
