"""The interface for programs in words: what goes in and comes out of it, with examples, as OpenAPI 3.1 has them.

The document at `/api/openapi.json` is made of this and of the views. What goes in is still read strictly by msgspec;
what comes out are the structures below.
"""

import inspect
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct
from pydantic import Field

from commonwatch.charter.model import Code, Codelist, InformationType, Schedule, Texts
from commonwatch.charter.model import Field as Asked
from commonwatch.desks.exchange.facts import Value
from commonwatch.desks.exchange.intake import Sent
from commonwatch.desks.exchange.rules.status import Content, Timeliness
from commonwatch.errors import Refusal

LARGEST = 2**63 - 1
JSON, PROBLEM = "application/json", "application/problem+json"
REFERENCE = "#/components/schemas/{name}"

# Parameters of addresses: no NUL, which no database keeps in a text, and no moment beyond what one can hold.
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Moment = Annotated[int, Field(ge=-LARGEST - 1, le=LARGEST)]

REPORT, RELEASE = (
    "report/BY/01a09e49-5080-7d35-9c1b-d24196b5ac83",
    "release/BY/01a09e4a-0b40-7c11-8d3e-9a6f0b7c2d51",
)
ENTRY, HASH = "01a09e49-5080-7d35-9c1b-d24196b5ac84", "5f" * 32
MOMENT = "2026-09-14T05:00:00+00:00"


def says(about: str, *examples: Any) -> Any:
    """Describe a field and give examples of it."""
    return Meta(description=about, examples=list(examples))


Key = Annotated[str, says("The name of the report, in every later request.", REPORT)]
TypeCode = Annotated[str, says("The code of the information type.", "D1")]
Owes = Annotated[str, says("The party whose duty it fills.", "BY")]
Period = Annotated[
    str, says("The period: a day, week, month or quarter. Empty for an event.", "2026-09-14", "2026-W38")
]
Writer = Annotated[str, says("The party that wrote it.", "BY")]
EntryId = Annotated[str, says("The id of the latest entry; its receipt is at /receipts/ENTRY/.", ENTRY)]
Hash = Annotated[str, says("The hash of the entry (hex), which its receipt proves.", HASH)]
Values = Annotated[
    Mapping[str, Value],
    says("Answers by the codes of the type's fields.", {"change": "change", "events": 3}),
]
At = Annotated[str, says("When, by the node's clock (RFC 3339, UTC).", MOMENT)]
Page = Annotated[
    int, says("To turn the page: send it as `before`, the name as `after`.", 1_789_362_000_000_000)
]
Reason = Annotated[str, says("Why; readers see it.", "Sent for the wrong day")]
Ref = Annotated[
    str,
    says(
        "Your own reference, at most 100 characters. The same one with the same content is written once.",
        "d1-2026-09-14",
    ),
]
Nil = Annotated[bool, says("Nothing to report; `values` then stay empty.", False)]
Event = Annotated[
    str, says("The moment of the event (RFC 3339), for types without a period.", "2026-09-14T04:00:00Z")
]


# What goes in


class Batch(Struct, forbid_unknown_fields=True):
    """Up to 5,000 reports: all are taken, or none."""

    reports: Annotated[
        list[Sent],
        says("The reports.", [{"type": "D1", "period": "2026-09-14", "nil": True, "ref": "d1-2026-09-14"}]),
    ]


class Correction(Struct, forbid_unknown_fields=True):
    """A new version of a report: all of its values, not only those that change, and why."""

    reason: Annotated[str, says("Why; readers see it.", "One event was counted twice")]
    values: Annotated[
        dict[str, Any],
        says("All answers of the new version.", {"change": "change", "topics": ["border"], "events": 11}),
    ] = {}
    nil: Nil = False
    ref: Ref = ""


class Withdrawal(Struct, forbid_unknown_fields=True):
    """Why a report no longer stands."""

    reason: Reason


# What each field of a report says that is sent; the structure itself belongs to the acts.
SENT: Final[Mapping[str, tuple[str, Any]]] = {
    "type": ("The code of the information type; `/api/types` lists them.", "D1"),
    "period": ("The period reported on: a day, week, month or quarter.", "2026-09-14"),
    "values": (
        (
            "Answers by the codes of the type's fields. Figures are integers; decimals are texts. Where a field says"
            ' `same_as`, {"from": "D1"} takes what your own return of that type says for an overlapping time.'
        ),
        {"change": "change", "events": 3},
    ),
    "nil": ("Nothing to report; `values` then stay empty.", False),
    "owes": ("The party whose duty it fills; empty for your own.", ""),
    "event_at": ("The moment of the event (RFC 3339), for types without a period.", ""),
    "level": ("A level that the type allows in place of its own.", ""),
    "audience": ("An audience that the type allows in place of its own.", ""),
    "ref": (
        "Your own reference, at most 100 characters. The same one with the same content is written once.",
        "d1-2026-09-14",
    ),
    "note": ("A remark that goes with the report.", ""),
    "confirms": ("The report by telephone that this one makes your own.", ""),
    "known_at": ("When it was known (RFC 3339). For offices that import past series alone.", ""),
    "warned": ("Checks that an import found unusual. For offices that import past series alone.", []),
    "tlp": (
        "A marking of TLP 2.0 in place of `level`; nobody beyond its bound reads, and RED needs an audience.",
        "",
    ),
}


# What comes out


class Fault(Struct):
    """One value that is wrong or unusual."""

    field: Annotated[str, says("The code of the field.", "events")]
    code: Annotated[str, says("What is wrong, for programs.", "unusual")]
    says: Annotated[str, says("What is wrong, for people.", "Far above your last 60 reports.")]


class Taken(Struct):
    """What was written, or had been written before under the same `ref`."""

    report: Key
    entry: EntryId
    hash: Hash
    number: Annotated[int, says("The entry's place in its journal.", 331)]
    at: At
    again: Annotated[bool, says("It had been sent before; nothing new was written.", False)]
    receipt: Annotated[str, says("The address of the receipt.", f"/receipts/{ENTRY}/")]
    warnings: Annotated[list[Fault], says("What is unusual, and was taken nevertheless.", [])]


class TakenBatch(Struct):
    """One answer for each report of a batch, in their order."""

    reports: list[Taken]


class Label(Struct):
    """Who reads it, and how it is protected."""

    level: Annotated[str, says("The level.", "H1")]
    categories: Annotated[tuple[str, ...], says("Categories besides the level.", [])]
    audience: Annotated[str, says("What the organisation calls its readers; empty without a name.", "center")]
    parties: Annotated[tuple[str, ...], says("The readers by name; `*` is everybody.", ["BY", "CRC"])]


Tlp = Annotated[
    Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"],
    says("The marking of TLP 2.0 under which it goes on.", "TLP:AMBER"),
]
State = Annotated[Literal["value", "nil", "withdrawn"], says("What it says at present.", "value")]


class ReportShown(Struct):
    """A report as it stands."""

    report: Key
    type: TypeCode
    owes: Owes
    period: Period
    party: Writer
    state: State
    versions: Annotated[int, says("How many versions there are.", 1)]
    values: Values
    channel: Annotated[str, says("How it came: form, sheet, api, telephone, import.", "api")]
    first_at: At
    last_at: At
    page: Page
    entry: EntryId
    tlp: Tlp
    label: Label


class Reports(Struct):
    """A page of reports, newest first."""

    reports: list[ReportShown]


class EntryShown(Struct):
    """An entry of a report's journal."""

    entry: Annotated[str, says("The id of the entry; its receipt is at /receipts/ENTRY/.", ENTRY)]
    kind: Annotated[str, says("What it says happened.", "exchange.report.submitted")]
    at: At
    known_at: Annotated[
        str | None, says("When it was known, where that was earlier than when it was written.", None)
    ]
    party: Writer
    office: Annotated[str, says("The office that wrote it.", "na-officer")]
    hash: Hash
    body: Annotated[
        dict[str, Any],
        says("The fact as it was written.", {"type": "D1", "owes": "BY", "period": "2026-09-14"}),
    ]


class Versions(Struct):
    """Everything written on a report, oldest first."""

    entries: list[EntryShown]


class ReleaseShown(Struct):
    """A release as it stands: a thing of its own, which tells of the report only the hash of its entry."""

    release: Annotated[str, says("The name of the release.", RELEASE)]
    type: TypeCode
    owes: Owes
    period: Period
    event_at: Event
    party: Writer
    offices: Annotated[list[str], says("The offices of the persons who released it.", ["na-officer"])]
    state: State
    values: Values
    part: Annotated[bool, says("Not all fields of the report were released.", False)]
    version: Annotated[int, says("The version of the report that was released.", 1)]
    of: Annotated[
        str,
        says("The hash of the entry that it is of; empty where it continues another release.", HASH),
    ]
    continues: Annotated[str | None, says("The hash of the release's entry that it continues.", None)]
    ground: Annotated[str, says("Why it was released.", "Neighbours ask for it")]
    end_ground: Annotated[str, says("Why it was withdrawn.", "")]
    released_at: At
    last_at: At
    page: Page
    entry: EntryId
    tlp: Tlp
    label: Label


class Releases(Struct):
    """A page of releases, newest first."""

    releases: list[ReleaseShown]


class DutyShown(Struct):
    """A duty and how it stands."""

    type: TypeCode
    party: Annotated[str, says("The party that owes it.", "BY")]
    period: Period
    due_at: Annotated[str, says("When it is due (RFC 3339).", "2026-09-14T06:00:00+00:00")]
    missing_at: Annotated[
        str, says("From when it counts as missing (RFC 3339).", "2026-09-14T06:30:00+00:00")
    ]
    timeliness: Annotated[Timeliness | None, says("How it stands by the clock.", "due")]
    content: Annotated[Content, says("What was sent; null for nothing.", None)]


class Duties(Struct):
    """What a party owes, the most pressing first."""

    due: list[DutyShown]


class TypeShown(Struct):
    """An information type in short."""

    code: TypeCode
    name: Annotated[Texts, says("Its name in each language.", {"en": "Daily situation report"})]
    line: Annotated[str, says("The line of cooperation to which it belongs.", "crisis")]
    level: Annotated[str, says("The level of a report, unless another is chosen.", "H1")]
    audience: Annotated[str, says("Who reads a report, unless others are chosen.", "members")]
    proposal: Annotated[bool, says("It is this pack's own proposal: no public source says it.", True)]
    schedule: Schedule | None


class Types(Struct):
    """The information types of the regulation."""

    types: list[TypeShown]


class TypeForm(InformationType, frozen=True, kw_only=True):
    """An information type with its form: fields, checks, and the codelists that the fields use."""

    codelists: tuple[Codelist, ...]


class FaultInBatch(Struct, omit_defaults=True):
    """What is wrong, and where: a field (of the address or of the report), or a report of a batch by its index."""

    code: Annotated[str, says("What is wrong, for programs.", "missing")]
    says: Annotated[str, says("What is wrong, for people.", "This is needed.")]
    field: Annotated[str, says("The code of the field.", "change")] = ""
    index: Annotated[int, says("The report's place in the batch, from 0.", 12)] | None = None
    hint: Annotated[str, says("What to do.", "Mend it and send the batch again.")] = ""
    errors: Annotated[list[Fault], says("The faults of that report.", [])] = []
    warnings: Annotated[list[Fault], says("What is unusual in that report.", [])] = []


class Problem(Struct, omit_defaults=True):
    """A refusal (RFC 9457). `title` and `hint` are sentences for a person; programs go by `code`."""

    type: Annotated[str, says("The code as a URN.", "urn:commonwatch:refusal:exchange.not-owed")]
    title: Annotated[str, says("What is refused.", "D1 is not owed for that day.")]
    status: Annotated[int, says("The HTTP status.", 422)]
    code: Annotated[
        str, says("The code; it stays the same in all versions and languages.", "exchange.not-owed")
    ]
    hint: Annotated[str, says("What to do.", "Look into the regulation.")] = ""
    errors: Annotated[list[FaultInBatch], says("Each place that is wrong.", [])] = []
    warnings: Annotated[list[Fault], says("What is unusual; send it again without confirmed=false.", [])] = []


# A type as an organisation pack may have it; what a node answers is in its own pack.
FORM: Final = TypeForm(
    code="D1",
    name={"en": "Daily situation report"},
    line="crisis",
    owed_by=("@members",),
    to=("CRC",),
    level="H1",
    audience="members",
    fields=(
        Asked(code="change", kind="code", name={"en": "Change"}, codelist="change", required=True),
        Asked(code="events", kind="integer", name={"en": "Events"}, minimum=0, watch=True),
    ),
    schedule=Schedule(rule="FREQ=DAILY", time="06:00", since=date(2026, 1, 1), period="day", grace=30),
    nil=True,
    codelists=(
        Codelist(
            code="change",
            name={"en": "Change"},
            items=(Code(code="change", name={"en": "Yes"}), Code(code="no_change", name={"en": "No"})),
        ),
    ),
)

INS: Final = (Sent, Batch, Correction, Withdrawal)
OUTS: Final = (
    Taken,
    TakenBatch,
    ReportShown,
    Reports,
    Versions,
    ReleaseShown,
    Releases,
    Duties,
    Types,
    TypeForm,
    Problem,
)

TAGS: Final = (
    {"name": "reports", "description": "File, read, correct and withdraw reports."},
    {"name": "releases", "description": "What others released to you, and you to others."},
    {"name": "duties", "description": "What is owed, and the forms of what is owed."},
)
MARK: Final = {"description": "The mark of this answer.", "schema": {"type": "string"}, "required": True}
PARAMETERS: Final[Mapping[str, dict[str, Any]]] = {
    "confirmed": {
        "description": "With false, a report with something unusual in it is refused and what is unusual is named.",
        "example": True,
    },
    "type": {"description": "Only those of this information type.", "example": "D1"},
    "owes": {"description": "Only those for duties of this party.", "example": "BY"},
    "period": {"description": "Only those of this period.", "example": "2026-09-14"},
    "before": {
        "description": "Only what comes after the last one of the page before: its `page`.",
        "example": 1_789_362_000_000_000,
        "schema": {"type": "integer", "minimum": -LARGEST - 1, "maximum": LARGEST},
    },
    "after": {
        "description": "With `before`: the name of the last one of the page before.",
        "example": REPORT,
    },
    "limit": {
        "description": "How many, from 1 to 1,000; beyond these, the nearest of them is meant.",
        "example": 100,
    },
    "report": {"description": "The name of a report, with its slashes.", "example": REPORT},
    "release": {"description": "The name of a release, with its slashes.", "example": RELEASE},
    "party": {"description": "The party whose duties are asked for; empty for your own.", "example": "BY"},
    "If-None-Match": {
        "description": "The ETag of the last answer.",
        "example": '"0123456789abcdef01234567"',
    },
    "code": {"description": "The code of an information type.", "example": "D1"},
}

_STRUCTURES: list[type[Struct]] = []
_TAGS: list[Mapping[str, str]] = []
_PARAMETERS: dict[str, dict[str, Any]] = {}


def also(
    *,
    structures: Sequence[type[Struct]],
    tags: Sequence[Mapping[str, str]],
    parameters: Mapping[str, dict[str, Any]],
) -> None:
    """Take into the document what another desk's part of the interface takes, answers and is called."""
    _STRUCTURES.extend(structures)
    _TAGS.extend(tags)
    _PARAMETERS.update(parameters)


def operation(  # noqa: PLR0913 - what is said of an operation
    summary: str,
    *,
    tag: str,
    answers: Mapping[int, tuple[str, type]],
    refusals: Sequence[type[Refusal]],
    takes: type | None = None,
    polled: bool = False,
) -> dict[str, Any]:
    """Describe an operation, as keywords for its route: what it takes, answers by status, and every refusal.

    `polled`: it gives a mark of what it answered, and says by 304 that this still holds.
    """
    responses: dict[int, Any] = {
        status: {"description": about, "content": {JSON: {"schema": _named(out)}}}
        for status, (about, out) in answers.items()
    }
    for status in sorted({each.status for each in refusals}):
        responses[status] = _refused([each for each in refusals if each.status == status])
    extra: dict[str, Any] = {"responses": responses}
    if takes:
        extra["requestBody"] = {"required": True, "content": {JSON: {"schema": _named(takes)}}}
    if polled:
        extra["parameters"] = [{"in": "header", "name": "If-None-Match", "schema": {"type": "string"}}]
        responses[200]["headers"] = {"ETag": MARK}
        responses[304] = {"description": "The answer with that ETag still holds.", "headers": {"ETag": MARK}}
    return {
        "summary": summary,
        "tags": [tag],
        "response": dict.fromkeys(answers),
        "openapi_extra": extra,
    }


def _named(struct: type) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=struct.__name__)}


def _refused(refusals: Sequence[type[Refusal]]) -> dict[str, Any]:
    """Describe the refusals of one status, each with an example."""
    examples = {each.code: {"summary": _plain(each.__doc__), "value": _example_of(each)} for each in refusals}
    described = " ".join(f"`{each.code}`: {_plain(each.__doc__)}" for each in refusals)
    return {
        "description": described,
        "content": {PROBLEM: {"schema": _named(Problem), "examples": examples}},
    }


def _example_of(refusal: type[Refusal]) -> dict[str, Any]:
    said = {
        "type": f"urn:commonwatch:refusal:{refusal.code}",
        "title": _blank(refusal.says),
        "status": refusal.status,
        "code": refusal.code,
    }
    return said | ({"hint": _blank(refusal.hint)} if refusal.hint else {})


def _blank(sentence: str) -> str:
    """Leave open what a sentence names each time anew."""
    return re.sub(r"\{\w+\}", "…", sentence)


def _plain(text: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())


def complete(document: dict[str, Any]) -> None:
    """Complete what the views say of themselves with structures, examples, parameters, tags and the key."""
    schemas = _schemas()
    document["tags"] = [*TAGS, *_TAGS]
    document["servers"] = [{"url": "/"}]
    document["security"] = [{"key": []}]
    document["components"] = {
        "schemas": schemas,
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "A program's key. The operator makes keys with: commonwatch token add",
            }
        },
    }
    for path in document["paths"].values():
        for each in path.values():
            each["responses"] = {str(status): answer for status, answer in each["responses"].items()}
            for parameter in each.get("parameters", ()):
                parameter.update({**PARAMETERS, **_PARAMETERS}[parameter["name"]])
            for content in _contents(each):
                content.setdefault("example", example(content["schema"], schemas))


def _contents(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the bodies of an operation that have no examples of their own."""
    bodies = [described.get("requestBody", {}), *described["responses"].values()]
    every = [content for body in bodies for content in body.get("content", {}).values()]
    return [content for content in every if "examples" not in content]


def _schemas() -> dict[str, Any]:
    """Return every structure as JSON Schema."""
    _roots, schemas = msgspec.json.schema_components([*INS, *OUTS, *_STRUCTURES], ref_template=REFERENCE)
    for name, schema in schemas.items():
        schema["title"] = name
        if "description" in schema:
            schema["description"] = " ".join(inspect.cleandoc(schema["description"]).split())
    for name, (about, given) in SENT.items():
        schemas["Sent"]["properties"][name].update({"description": about, "examples": [given]})
    form = msgspec.to_builtins(FORM)
    schemas["TypeForm"]["examples"] = [form]
    schemas["Schedule"]["examples"] = [form["schedule"]]
    return schemas


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """Return an example of what a schema describes, put together of the examples of its fields.

    Of what may be left out, that is shown which says something.
    """
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas)
    if "items" in schema:
        return [example(schema["items"], schemas)]
    wanted = {
        name: each
        for name, each in schema["properties"].items()
        if name in schema.get("required", ()) or each.get("examples", [""])[0]
    }
    return {name: example(each, schemas) for name, each in wanted.items()}
