"""Load an organisation pack from its folder, or say everything that is wrong with it.

A pack is a folder of YAML files: organisation, parties, labels, audiences, types (or a folder types/) and
offices, and where needed bodies, codelists, channels, procedures and duty. docs/adopting/write-a-pack.md says more.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec

from commonwatch.charter.crosscheck import Reading, cross_faults
from commonwatch.charter.fault import Fault, nearest
from commonwatch.charter.model import Pack
from commonwatch.charter.shape import faults_of_shape
from commonwatch.charter.source import Document, read
from commonwatch.errors import Broken, Refusal, _

__all__ = ["Fault", "PackRefused", "check", "load"]

REQUIRED: Final = ("organisation", "parties", "labels", "audiences", "types", "offices")
OPTIONAL: Final = ("bodies", "codelists", "channels", "procedures", "duty")
MAX_TYPE_FILES: Final = 200
_SHOWN: Final = 20


class PackRefused(Refusal):
    """The folder is no sound pack; `faults` holds everything that is wrong with it."""

    code: ClassVar[str] = "charter.pack-refused"
    status: ClassVar[int] = 422
    says: ClassVar[str] = _("The organisation pack {folder} has faults ({count}): {list}")
    hint: ClassVar[str] = _("Correct the lines named and load the pack again.")

    def __init__(self, *, folder: Path, faults: list[Fault]) -> None:
        shown = "\n".join(["", *map(str, faults[:_SHOWN])])
        if len(faults) > _SHOWN:
            shown += f"\n… {len(faults) - _SHOWN}"
        super().__init__(folder=str(folder), count=len(faults), list=shown)
        self.faults = tuple(faults)


def load(folder: Path) -> Pack:
    """Read the pack in `folder`.

    :raises PackRefused: with every fault, each naming file, line and field, and what would be right.
    """
    reading, faults = _read(folder)
    faults += _judge(reading)
    if faults:
        raise PackRefused(folder=folder, faults=sorted(set(faults)))
    try:
        return msgspec.convert({**_gathered(reading), "digest": _digest(folder)}, Pack)
    except msgspec.ValidationError as error:
        raise Broken(f"The schemas of a pack and its model disagree: {error}") from error


def copy(folder: Path, target: Path) -> None:
    """Copy the files of a pack, and no others, into a folder that is made for them."""
    for name, _kind in _files(folder):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes((folder / name).read_bytes())


def check(folder: Path) -> list[Fault]:
    """Return everything that is wrong with the pack in `folder`, by file and line; nothing if all is well."""
    reading, faults = _read(folder)
    return sorted({*faults, *_judge(reading)})


def _judge(reading: Reading) -> list[Fault]:
    faults: list[Fault] = []
    for kind, documents in reading.documents.items():
        for document in documents:
            faults += faults_of_shape(document, kind=kind)
    return [*faults, *cross_faults(reading)]


def _read(folder: Path) -> tuple[Reading, list[Fault]]:
    reading, faults = Reading(), []
    present = dict(_files(folder))
    for kind in (*REQUIRED, *OPTIONAL):
        names = [name for name, belongs in present.items() if belongs == kind]
        if not names and kind in REQUIRED:
            reading.unread.add(kind)
            faults.append(_lacking(folder, kind))
        for name in names:
            document = read(folder / name, name=name)
            faults += document.faults
            if _unusable(document):
                reading.unread.add(kind)
            else:
                reading.documents.setdefault(kind, []).append(document)
    faults += [_unknown(name) for name, belongs in present.items() if not belongs]
    return reading, faults


def _unusable(document: Document) -> bool:
    """Say whether the reading of a file broke off, and said so; an empty file is left to its schema."""
    return document.value is None and bool(document.faults)


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every YAML file's name in the pack with the kind it belongs to, "" where it belongs nowhere."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yaml", ".yml") and path.is_file():
            known = path.suffix == ".yaml" and path.stem in (*REQUIRED, *OPTIONAL)
            yield path.name, path.stem if known else ""
    for path in sorted((folder / "types").glob("*.yaml"))[:MAX_TYPE_FILES]:
        yield f"types/{path.name}", "types"


def _lacking(folder: Path, kind: str) -> Fault:
    if not folder.is_dir():
        return Fault(file=f"{kind}.yaml", line=1, field="", says=f"There is no folder {folder}.")
    fix = "Put the types in it, or in files of a folder types/." if kind == "types" else "Add it."
    return Fault(file=f"{kind}.yaml", line=1, field="", says="The file is missing.", fix=fix)


def _unknown(name: str) -> Fault:
    known = [f"{kind}.yaml" for kind in (*REQUIRED, *OPTIONAL)]
    return Fault(
        file=name, line=1, field="", says="No file of this name belongs to a pack.", fix=nearest(name, known)
    )


def _digest(folder: Path) -> str:
    """Hash every file with its name and length before it, so that no two packs share a digest."""
    digest = hashlib.sha256()
    for name, _kind in sorted(_files(folder)):
        content = (folder / name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _gathered(reading: Reading) -> dict[str, Any]:
    gathered: dict[str, Any] = {}
    for kind, documents in reading.documents.items():
        for document in documents:
            value = _plain(document.value)
            if kind == "organisation":
                gathered.update(value)
            elif kind in ("labels", "duty"):
                gathered[kind] = value
            else:
                gathered.setdefault(kind, []).extend(value[kind])
    return gathered


def _plain(value: Any, key: str = "") -> Any:
    """Write several sources as one text, parted by blanks: neither addresses nor file names hold any."""
    if isinstance(value, dict):
        return value if key == "extra" else {name: _plain(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return " ".join(value) if key == "source" else [_plain(item) for item in value]
    return value
