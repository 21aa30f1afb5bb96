"""What is about to be written, who writes it, and where it then stands."""

from typing import NamedTuple, Protocol

from commonwatch.charter.label import Label
from commonwatch.register.fact import Fact


class Writer(Protocol):
    """Who writes: a party through an office, on an account, in a mode ("real" or "exercise")."""

    @property
    def party(self) -> str:
        """The party whose journal it is."""

    @property
    def office(self) -> str:
        """The office held."""

    @property
    def account(self) -> str:
        """The handle of the account."""

    @property
    def mode(self) -> str:
        """Real or exercise."""


class Written(NamedTuple):
    """Where an entry stands: its id, hash (hex), journal and number, whose it is; `at` in microseconds UTC."""

    id: str
    hash: str
    journal: int
    number: int
    at: int
    label: Label
    party: str


class Draft(NamedTuple):
    """One fact about to be written.

    `settled` says that the act knows the label to be the subject's own: it minted the subject in this turn, or has
    just read its row.
    """

    fact: Fact
    subject: str
    label: Label
    refs: tuple[Written, ...] = ()
    known_at: int | None = None
    settled: bool = False


class Hand(NamedTuple):
    """Who writes for the party of a journal, which may be one that is hosted."""

    party: str
    mode: str
    office: str
    account: str
