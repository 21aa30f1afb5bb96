"""Read one YAML file of a pack into plain values, remembering on which line each of them stands.

Only what JSON also has is recognised: mappings, lists, text, whole numbers, true, false and null. So `NO`
stays the code of Norway, `06:00` a time and `1.0` a version; days stay text until the schema says that a day
is meant. Tags, anchors and aliases are faults: nothing is built, nothing is expanded. Reading goes by parser
events and keeps its own stack, so that neither depth nor size of a hostile file costs more than the bounds
below.
"""

import re
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, Final

import yaml
from msgspec import Struct, field

from commonwatch.charter.fault import Fault, Path

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 20
MAX_VALUES: Final = 100_000

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Document(Struct):
    """One file as read: its name in the pack, its value, the line of every value, and the faults met."""

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line on which `path` stands, or that of the nearest thing around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def field_name(self, path: Path) -> str:
        """Spell a path for people: items are named by their code where they have one, else by number."""
        spelled, value = "", self.value
        for step in path:
            value = _step(value, step)
            if isinstance(step, str):
                spelled += f".{step}" if spelled else step
                continue
            code = value.get("code", value.get("line")) if isinstance(value, dict) else None
            spelled += f"[{code if isinstance(code, str) and code else step}]"
        return spelled

    def fault(self, path: Path, says: str, fix: str = "") -> Fault:
        """Make a fault that stands at `path`."""
        return Fault(file=self.file, line=self.line(path), field=self.field_name(path), says=says, fix=fix)


class _Stop(Exception):  # noqa: N818 - ends the reading of one file; never leaves this module
    """Reading on would make no sense; the fault is already noted."""


class _Frame(Struct):
    """An open mapping or list, with the key that waits for its value."""

    path: Path
    value: Any
    key: str | None = None


def read(path: FilePath, *, name: str) -> Document:
    """Read the file at `path`, called `name` in faults. Faults of form are in the answer, never raised."""
    document = Document(file=name)
    text = _text(path, document)
    if text is None:
        return document
    try:
        _build(_events(text), document)
    except _Stop:
        document.value = None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        says = f"This is not YAML: {error.problem or error.context}."
        document.faults.append(
            _at(document, mark.line + 1 if mark else 1, says, "Check indentation and quotes.")
        )
        document.value = None
    except yaml.YAMLError as error:
        document.faults.append(_at(document, 1, f"This is not YAML: {error}."))
        document.value = None
    return document


def _events(text: str) -> Iterator[Any]:
    loader = _LOADER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _at(document: Document, line: int, says: str, fix: str = "", field_: str = "") -> Fault:
    return Fault(file=document.file, line=line, field=field_, says=says, fix=fix)


def _text(path: FilePath, document: Document) -> str | None:
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        says = f"The file is larger than {MAX_BYTES:,} bytes."
        document.faults.append(_at(document, 1, says, "Split the types over several files in types/."))
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        document.faults.append(_at(document, line, "The file is not UTF-8.", "Save it as UTF-8."))
        return None


def _build(events: Iterator[Any], document: Document) -> None:
    """Turn events into values; `frames` holds what is open."""
    frames: list[_Frame] = []
    documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                _stop(document, line, "A second document begins here.", "Keep one document in a file.")
        _refuse_tricks(event, document, line, frames)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            opened: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            path = _place(document, frames, opened, line)
            frames.append(_Frame(path=path, value=opened))
            if len(frames) > MAX_DEPTH:
                _stop(
                    document, line, f"Values stand more than {MAX_DEPTH} deep.", "A pack needs no such depth."
                )
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            frames.pop()
        elif isinstance(event, yaml.ScalarEvent):
            _scalar(document, frames, event, line)


def _scalar(document: Document, frames: list[_Frame], event: Any, line: int) -> None:
    frame = frames[-1] if frames else None
    if frame is None or not isinstance(frame.value, dict) or frame.key is not None:
        _place(document, frames, _resolve(event), line)
        return
    key = event.value
    path = (*frame.path, key)
    if key in frame.value:
        first = document.line(path)
        says = f"“{key}” is written twice; it stands on line {first} already."
        name = document.field_name(path)
        document.faults.append(_at(document, line, says, "Keep one of the two.", name))
    else:
        document.lines[path] = line
    frame.key = key


def _place(document: Document, frames: list[_Frame], value: Any, line: int) -> Path:
    """Put a value where the open frame wants it and return its path."""
    if not frames:
        document.value = value
        document.lines[()] = line
        return ()
    frame = frames[-1]
    if isinstance(frame.value, list):
        path: Path = (*frame.path, len(frame.value))
        frame.value.append(value)
        document.lines[path] = line
    elif frame.key is None:
        _stop(document, line, "A key is a list or a mapping.", "Write a plain word before the colon.")
        raise AssertionError
    else:
        path = (*frame.path, frame.key)
        frame.value[frame.key] = value
        frame.key = None
    if len(document.lines) > MAX_VALUES:
        _stop(document, line, f"The file holds more than {MAX_VALUES:,} values.", "Split it.")
    return path


def _refuse_tricks(event: Any, document: Document, line: int, frames: list[_Frame]) -> None:
    place = document.field_name(frames[-1].path) if frames else ""
    if isinstance(event, yaml.AliasEvent):
        _stop(document, line, f"The alias *{event.anchor} is not read.", "Write the value out.", place)
    if getattr(event, "anchor", None):
        document.faults.append(
            _at(document, line, f"The anchor &{event.anchor} is not read.", "Leave it out.", place)
        )
    if getattr(event, "tag", None):
        document.faults.append(
            _at(document, line, f"The tag {event.tag} is not read.", "Leave it out.", place)
        )


def _stop(document: Document, line: int, says: str, fix: str, place: str = "") -> None:
    document.faults.append(_at(document, line, says, fix, place))
    raise _Stop


def _resolve(event: Any) -> Any:
    text: str = event.value
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE.fullmatch(text) else text


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def find(value: Any, pattern: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the path and value of everything that `pattern` meets; "[]" is every item, "*" every key.

    What is absent or of another shape is passed over: the schema has its own word on that.
    """
    if not pattern:
        yield path, value
        return
    head, rest = pattern[0], pattern[1:]
    if head == "[]" and isinstance(value, list):
        for number, item in enumerate(value):
            yield from find(item, rest, (*path, number))
    elif head == "*" and isinstance(value, dict):
        for key, item in value.items():
            yield from find(item, rest, (*path, key))
    elif isinstance(value, dict) and head in value:
        yield from find(value[head], rest, (*path, head))
