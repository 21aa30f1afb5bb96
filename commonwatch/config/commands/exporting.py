"""Writing journals out for a web server: which of them, into which tree of readers, in which order."""

import fcntl
import hmac
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from commonwatch.access.actor import anybody
from commonwatch.charter.label import EVERYBODY
from commonwatch.config.commands import say
from commonwatch.config.commands.proving import snapshot
from commonwatch.errors import Refusal, _
from commonwatch.federation import cosigning
from commonwatch.journal.export import prune as pruned
from commonwatch.journal.export import put
from commonwatch.journal.verify import CHECKPOINT
from commonwatch.register import audience, gate, node
from commonwatch.register.gate import Shelf
from commonwatch.register.models import Journal
from commonwatch.register.node import today
from commonwatch.register.standing import Written, write_out

PUBLIC: Final = "public"
MARK: Final = ".commonwatch-export"
INDEX: Final = "index.txt"
MODES: Final = ("real", "exercise")
NAMES: Final = "export.key"


class NotAnExport(Refusal):
    """The folder holds something that this command has not written."""

    code, status = "config.not-an-export", 409
    says = _("{folder} holds something else.")
    hint = _("Name an empty folder, or one that this node has exported into.")


class OtherExport(Refusal):
    """The folder was written by another node."""

    code, status = "config.other-export", 409
    says = _("{folder} holds the journals of {there}, and this node is {here}.")
    hint = _("Name an empty folder, or one that this node has exported into.")


class ExportBusy(Refusal):
    """Two exports into one folder at a time."""

    code, status = "config.export-busy", 409
    says = _("Another export is writing into {folder} now.")
    hint = _("Wait until it has ended.")


class NothingOfThatName(Refusal):
    """Neither an audience of the pack nor a journal of this node."""

    code, status = "config.nothing-of-that-name", 404
    says = _("“{name}” is neither an audience nor a journal of this node.")
    hint = _("The audiences are: {known}.")


class NoReader(Refusal):
    """The organisation has no such party."""

    code, status = "config.no-reader", 404
    says = _("The organisation has no party “{party}”.")
    hint = _("The parties are: {known}.")


class Tree(NamedTuple):
    """Journals with the same readers: the name of their folder, and what an operator is told of them."""

    name: str
    level: str
    readers: str


def export(
    folder: Path, *, audiences: Iterable[str] = (), parties: Iterable[str] = (), prune: bool = False
) -> dict[str, Any]:
    """Write journals into a folder; return which, into which tree, and how many files changed.

    All tiles come first, then they are put on the disk, then the checkpoints: none ever speaks of what is not there.

    :raises NotAnExport, OtherExport, ExportBusy: when the folder is not one to write into.
    :raises NothingOfThatName, NoReader: when something that was asked for is not known.
    :raises OtherPast: when the folder holds another past of a journal.
    """
    trees = _by_tree(chosen(audiences, parties))
    files = gone = 0
    told = []
    with _held(folder):
        written = {tree: _tiles(folder / tree.name, shelves) for tree, shelves in trees.items()}
        if any(each.files for found in written.values() for each, _signed in found):
            os.sync()
        for tree, found in written.items():
            place = folder / tree.name / "journals"
            files += sum(each.files + put(place / each.origin / CHECKPOINT, signed) for each, signed in found)
            files += put(place / INDEX, _index(place))
            gone += pruned(place) if prune else 0
            journals = [each._asdict() for each, _signed in found]
            told.append(
                {"tree": tree.name, "level": tree.level, "readers": tree.readers, "journals": journals}
            )
    return {"folder": str(folder.resolve()), "trees": told, "files": files, "pruned": gone}


def chosen(audiences: Iterable[str] = (), parties: Iterable[str] = ()) -> list[Shelf]:
    """Choose journals by audiences, by whole names, by who reads them; the public ones where nothing is said.

    :raises NothingOfThatName, NoReader: naming what there is.
    """
    at = node.current()
    names, readers = list(audiences), list(parties)
    if not names and not readers:
        names = [PUBLIC]
    found = [shelf for name in names for shelf in _named(name)]
    for party in readers:
        if not at.pack.has_party(party):
            raise NoReader(party=party, known=", ".join(each.code for each in at.pack.parties))
        found += [shelf for mode in MODES for shelf in audience.eyes(at, party=party, mode=mode).shelves]
    return sorted({shelf.id: shelf for shelf in found if shelf.size}.values(), key=lambda each: each.origin)


def _named(name: str) -> list[Shelf]:
    if name == PUBLIC:
        return list(anybody().shelves)
    all_of_them = gate.journals()
    found = [shelf for shelf in all_of_them if shelf.origin == name or name in _called(shelf)]
    pack = node.current().pack
    if not found and not pack.has_audience(name):
        raise NothingOfThatName(name=name, known=", ".join(each.code for each in pack.audiences))
    return found


def _called(shelf: Shelf) -> set[str]:
    """Name the audiences of a journal: those by which it was opened, those that have its readers today."""
    at = node.current()
    opened = [each for each in shelf.audience.split(",") if each]
    names = at.pack.named(shelf.label.parties, writer=shelf.party, on=today(at))
    return {each.partition(":")[0] for each in (*opened, *names)}


def _by_tree(shelves: Iterable[Shelf]) -> dict[Tree, list[Shelf]]:
    public = {shelf.id for shelf in anybody().shelves}
    found: dict[Tree, list[Shelf]] = defaultdict(list)
    for shelf in shelves:
        found[_tree(shelf, public=shelf.id in public)].append(shelf)
    return dict(sorted(found.items(), key=lambda each: (each[0].name != PUBLIC, each[0])))


def _tree(shelf: Shelf, *, public: bool) -> Tree:
    """Return the tree in which a journal stands: one for each level, set of categories and set of readers.

    Its name is drawn from a secret of the node: whoever guesses at readers does not learn whether they have journals.
    """
    at, label = node.current(), shelf.label
    parties = ("*",) if label.parties == EVERYBODY else tuple(sorted({*label.parties, shelf.party}))
    level = " ".join((label.level, *label.categories))
    readers = "everybody" if parties == ("*",) else ", ".join(parties)
    said = "|".join((label.level, ",".join(label.categories), ",".join(parties))).encode()
    name = PUBLIC if public else hmac.new(at.secret(NAMES), said, sha256).hexdigest()[:24]
    return Tree(name, level, readers)


def _tiles(place: Path, shelves: Iterable[Shelf]) -> list[tuple[Written, bytes]]:
    """Write what has grown in the journals of one tree; return each with the checkpoint that is to follow."""
    found = []
    place.mkdir(mode=0o755 if place.name == PUBLIC else 0o750, exist_ok=True)
    with say.progress(place.name, total=None) as step:
        for number, shelf in enumerate(shelves):
            with snapshot():
                row = Journal.objects.get(pk=shelf.id)
                written = write_out(row, place / "journals" / row.origin)
                lines = cosigning.lines([row.origin]).get(row.origin, ())
            found.append((written, cosigning.joined(row.checkpoint, lines).encode()))
            step(number + 1)
    return found


def _index(place: Path) -> bytes:
    """List the journals that are there whole, those of earlier runs too."""
    found = sorted(str(path.parent.relative_to(place)) for path in place.glob(f"*/*/*/*/*/{CHECKPOINT}"))
    return "".join(f"{each}\n" for each in found).encode()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder that is empty or was written by this node, alone; make it when it is absent."""
    at = node.current()
    mark, here = folder / MARK, f"{at.pack.organisation}/{at.party}"
    if not mark.is_file() and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotAnExport(folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    with mark.open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExportBusy(folder=folder) from None
        held.seek(0)
        there = held.read().strip() or here
        if there != here:
            raise OtherExport(folder=folder, there=there, here=here)
        if held.tell() == 0:
            held.write(f"{here}\n")
        yield
