"""What the summaries desk writes: a summary with its blocks, its versions, its end, and who has taken note of it."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from commonwatch.register.fact import Fact, fact

Figure = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Value = Figure | str | bool | list[str]


class Quote(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A single figure in a paragraph, with where it stands.

    `token` is how the paragraph names it ("a1.events"), `source` the hash (hex) of the entry, `field` the code of the
    figure there; `type`, `owes`, `period` and `version` say it in words.
    """

    token: str
    source: str
    field: str
    value: Value
    type: str = ""
    owes: str = ""
    period: str = ""
    version: int = 1


class Heading(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="block", tag="heading"
):
    """A heading: `code` names one that every language has, `text` is one in the writer's own words."""

    id: str
    code: str = ""
    text: str = ""


class Paragraph(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="block", tag="text"
):
    """A free paragraph; a quote stands in it as its token in braces."""

    id: str
    text: str
    quotes: tuple[Quote, ...] = ()


class Item(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="block", tag="item"
):
    """What came, as it stood in the entry whose hash (hex) is `source`, and the Center's own comment beside it.

    `what` is "report", "release", "question" or "relay". `since` is what became of it after it was chosen and was kept
    on purpose: "corrected" or "withdrawn". `at` is when that entry was written (microseconds UTC).
    """

    id: str
    source: str
    what: str
    party: str
    at: int
    type: str = ""
    owes: str = ""
    period: str = ""
    event_at: str = ""
    version: int = 1
    state: str = "value"
    values: Mapping[str, Value] = {}
    comment: str = ""
    since: str = ""


class Table(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="block", tag="table"
):
    """A table as it was counted at `at` (microseconds UTC): `code` is "duties", "questions" or "relays".

    A row begins with the code of a party or the words by which it is known; figures are decimal strings.
    """

    id: str
    code: str
    at: int
    rows: tuple[tuple[str, ...], ...] = ()


Block = Heading | Paragraph | Item | Table


@fact("summaries.summary.released")
class SummaryReleased(Fact, frozen=True, omit_defaults=True):
    """A summary was released: the first version.

    `form` is "day" or "sitrep", `day` the day (ISO) by which it is named and `count` its place among those of that form
    and day in this journal. `since` and `until` bound what it tells of, `next_at` says when the next is due, `due`
    until when recipients are to acknowledge it (microseconds UTC; 0: not said). `annex_of` is the hash (hex) of the
    summary to which this is an annex for fewer readers.
    """

    form: str
    day: str
    count: int
    title: str
    since: int
    until: int
    blocks: tuple[Block, ...]
    due: int
    next_at: int = 0
    annex_of: str = ""
    language: str = ""


@fact("summaries.summary.revised")
class SummaryRevised(Fact, frozen=True, omit_defaults=True):
    """A new version stands beside the earlier ones; `blocks` are all of them, not only the changed ones."""

    version: int
    title: str
    since: int
    until: int
    blocks: tuple[Block, ...]
    due: int
    reason: str
    next_at: int = 0


@fact("summaries.summary.withdrawn")
class SummaryWithdrawn(Fact, frozen=True, omit_defaults=True):
    """A summary no longer stands; who has read it keeps what was read. `instead` says that one was issued anew."""

    ground: str
    instead: bool = False


@fact("summaries.summary.acknowledged")
class SummaryAcknowledged(Fact, frozen=True, omit_defaults=True):
    """A recipient has taken note of a version: an addition to the summary by that party."""

    version: int = 1


@fact("summaries.summary.called")
class SummaryCalled(Fact, frozen=True, omit_defaults=True):
    """The Center telephoned a recipient about a version.

    `outcome` is "acknowledged" (told by telephone), "no-answer" or "unreachable".
    """

    party: str
    outcome: str
    version: int = 1
    note: str = ""
