"""Facts: what an entry's body says, by kind and version. No Django, so that a desk's `facts` need none either."""

from collections.abc import Callable
from typing import ClassVar, TypeVar

from msgspec import Struct

from commonwatch.errors import Broken
from commonwatch.journal.entry import CHANGED_KIND, CLOSED_KIND, ERASED_KIND

F = TypeVar("F", bound="Fact")


class Fact(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that happened, in the past tense, as codes and language-tagged texts; never prose to be parsed.

    Every `Struct` below this class is strict: an unknown field is refused, so a newer writer needs a new version.
    """

    kind: ClassVar[str] = ""


class Unknown(Fact, frozen=True):
    """An entry whose kind this node does not know: it is kept, proved and shown as unknown, and folds into nothing."""


KINDS: dict[str, type[Fact]] = {}


def fact(kind: str) -> Callable[[type[F]], type[F]]:
    """Declare the kind (`desk.thing.happened`, with `.v2` after a change of shape) under which a fact is written.

    :raises Broken: when two facts claim one kind.
    """

    def declare(cls: type[F]) -> type[F]:
        if kind in KINDS and KINDS[kind].__qualname__ != cls.__qualname__:
            raise Broken(f"two facts claim the kind {kind}")
        cls.kind = kind
        KINDS[kind] = cls
        return cls

    return declare


def owner(subject: str) -> str:
    """Return the party that owns a subject: the second part of `kind/OWNER/name`.

    :raises Broken: when the subject has no such form.
    """
    parts = subject.split("/", 2)
    if len(parts) != 3 or not all(parts):
        raise Broken(f"a subject is written kind/OWNER/name, and {subject!r} is not")
    return parts[1]


@fact("register.journal.opened")
class JournalOpened(Fact, frozen=True):
    """Entry 0 of every journal: its audience in full, its epoch, the key that signs it, and what it continues.

    `previous` is the origin of the epoch before, with its size and root (hex) then, which are left out when somebody
    reads this journal who could not read that one; `hosted_by` names the party on whose node the key is held when that
    is not the owner itself. `pack` is the digest (hex) of the pack in force.
    `audience` lists the names that the pack has for these readers: "CODE", or "CODE:PARTY" for another party's matter.
    """

    origin: str
    epoch: int
    key: str
    pack: str
    hosted_by: str = ""
    previous: str = ""
    previous_size: int = 0
    previous_root: str = ""
    audience: tuple[str, ...] = ()


@fact(CLOSED_KIND)
class JournalClosed(Fact, frozen=True):
    """The last entry of a journal. `next` is the origin of the next epoch, empty when nothing follows.

    `reason` is "audience-changed".
    """

    next: str
    reason: str


@fact(ERASED_KIND)
class EntryErased(Fact, frozen=True):
    """The bytes of an earlier entry of this journal are gone: its number, and its leaf hash (hex), which stays.

    `ground` names the law, judgment or decision, and nothing of what was erased.
    """

    index: int
    hash: str
    ground: str = ""


@fact(CHANGED_KIND)
class KeyChanged(Fact, frozen=True, omit_defaults=True):
    """From the next entry on another key signs this journal; see `journal.keychange` for the `statement`.

    Two persons have said so, on this `ground`: who wrote the entry, and `second` (an account). `hosted_by` is the party
    on whose node the new key is held when that is not the owner itself.
    """

    statement: str
    ground: str
    second: str
    hosted_by: str = ""


@fact("register.tail.lost")
class TailLost(Fact, frozen=True):
    """The last entries of a journal are gone with a disk, and nobody has them: `held` are left of `signed`.

    Two persons have said so, on this `ground`: who wrote the entry, and `second` (an account). The journal `origin` is
    never signed again; where somebody holds more of it than `held`, it is what its owner wrote.
    """

    origin: str
    held: int
    signed: int
    ground: str
    second: str


@fact("register.pack.adopted")
class PackAdopted(Fact, frozen=True, omit_defaults=True):
    """An organisation pack is in force from here on: its version and digest (hex), and the digest of the one before.

    `changes` says in codes what it changes for the members, as `charter.compare` lists it; `proposal` is the subject of
    the proposal on which two persons adopted it.
    """

    version: str
    digest: str
    before: str = ""
    changes: tuple[str, ...] = ()
    proposal: str = ""
