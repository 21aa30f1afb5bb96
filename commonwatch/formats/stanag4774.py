"""Confidentiality labels as XML after STANAG 4774 (ADatP-4774, edition A): written, and read without trust.

The order of elements and what must be there follow ADatP-4774, Appendix 1. What this reader does not understand it
refuses, since whatever is passed over might have narrowed who may read. docs/formats/labels.md says how a label of an
organisation stands in the elements.
"""

import contextlib
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Final, NoReturn
from urllib.parse import quote, unquote

from lxml import etree
from msgspec import Struct

from commonwatch.errors import Refusal, _

NAMESPACE: Final = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
ROOT: Final = "originatorConfidentialityLabel"
MOST_BYTES: Final = 65_536
READERS: Final = ("PERMISSIVE", "Releasable To")
MARKS: Final = ("RESTRICTIVE", "Handling")

_PARTS: Final = ("PolicyIdentifier", "Classification")
_IN_NS: Final = f"{{{NAMESPACE}}}"
_SCHEMA_LOCATION: Final = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_CODE: Final = re.compile(r"[!-~]+( [!-~]+)*")


class LabelRefused(Refusal):
    """A confidentiality label that cannot be used as it came."""

    code, status = "formats.label-refused", 422
    says = _("The confidentiality label cannot be used: {place}: {reason}.")
    hint = _("Ask the sender for a label of this organisation's policy, one for each thing sent.")


class Confidentiality(Struct, frozen=True):
    """What a label says, as plain values.

    `policy` names the organisation, `classification` the level's code; `marks` are categories, all of them needed.
    `releasable_to` lists the parties that may read, None sets no limit. `originator` is the party that marked it.
    Instants are aware; `review_at` is when the marking is to be looked at again.
    """

    policy: str
    classification: str
    originator: str
    created_at: datetime
    marks: tuple[str, ...] = ()
    releasable_to: tuple[str, ...] | None = None
    review_at: datetime | None = None


def write(label: Confidentiality) -> bytes:
    """Write a label as an XML document in UTF-8.

    :raises LabelRefused: when a value cannot stand in it, or nobody at all is named as a reader.
    """
    _check_writable(label)
    root = etree.Element(_IN_NS + ROOT, nsmap={"slab": NAMESPACE})
    if label.review_at:
        root.set("ReviewDateTime", _instant(label.review_at))
    information = etree.SubElement(root, _IN_NS + "ConfidentialityInformation")
    _leaf(information, "PolicyIdentifier", label.policy)
    _leaf(information, "Classification", label.classification)
    if label.marks:
        _category(information, MARKS, label.marks)
    if label.releasable_to is not None:
        _category(information, READERS, label.releasable_to)
    originator = _leaf(root, "OriginatorID", _uri(label.policy, label.originator))
    originator.set("IDType", "uniformResourceIdentifier")
    _leaf(root, "CreationDateTime", _instant(label.created_at))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _check_writable(label: Confidentiality) -> None:
    marks, readers = label.marks, label.releasable_to
    codes: dict[str, tuple[str, ...]] = {
        "PolicyIdentifier": (label.policy,),
        "Classification": (label.classification,),
        "OriginatorID": (label.originator,),
        MARKS[1]: marks,
        READERS[1]: readers or (),
    }
    for place, values in codes.items():
        for value in values:
            if not _CODE.fullmatch(value):
                _refuse(place, _("it is not a code"), value=value)
        if len(set(values)) != len(values):
            _refuse(place, _("a value stands twice"))
    if readers is not None and not readers:
        _refuse(READERS[1], _("it names nobody"))
    for place, instant in (("CreationDateTime", label.created_at), ("ReviewDateTime", label.review_at)):
        if instant is not None and instant.tzinfo is None:
            _refuse(place, _("it says no time zone"))


def _category(parent: etree._Element, kind: tuple[str, str], values: tuple[str, ...]) -> None:
    element = etree.SubElement(parent, _IN_NS + "Category", {"Type": kind[0], "TagName": kind[1]})
    for value in values:
        _leaf(element, "GenericValue", value)


def _leaf(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, _IN_NS + name)
    element.text = text
    return element


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _uri(policy: str, originator: str) -> str:
    return f"urn:commonwatch:{quote(policy, safe='')}:{quote(originator, safe='')}"


def read(
    data: bytes,
    *,
    policy: str,
    classifications: Collection[str],
    marks: Collection[str],
    parties: Collection[str],
) -> Confidentiality:
    """Read a label of this policy; the collections hold the codes that the policy knows.

    :raises LabelRefused: naming the place: of another policy, with a classification, category or party that is not
        known, more than one label, a document type or entities, too large, or anything that is not understood.
    """
    root = _parse(data)
    _only(root, "Id", "ReviewDateTime", _SCHEMA_LOCATION)
    information, originator, created = _children(
        root, "ConfidentialityInformation", "OriginatorID", "CreationDateTime"
    )
    said, level, mine, readers = _information(information)
    if said != policy:
        _refuse("PolicyIdentifier", _("it is another organisation's policy"), value=said)
    _known(level, classifications, place="Classification")
    for values, known, place in ((mine, marks, MARKS[1]), (readers or (), parties, READERS[1])):
        for value in values:
            _known(value, known, place=place)
    by = _originator(originator, policy=policy)
    _known(by, parties, place="OriginatorID")
    review = root.get("ReviewDateTime")
    return Confidentiality(
        policy=policy,
        classification=level,
        originator=by,
        created_at=_moment(_text(created), place="CreationDateTime"),
        marks=mine,
        releasable_to=readers,
        review_at=None if review is None else _moment(review, place="ReviewDateTime"),
    )


def _refuse(place: str, reason: str, *, value: str = "") -> NoReturn:
    raise LabelRefused(place=f"{place} “{value[:60]}”" if value else place, reason=reason)


def _parse(data: bytes) -> etree._Element:
    """Parse without trust: nothing is fetched, no entity is put in, no document type is taken, and it stays small."""
    if len(data) > MOST_BYTES:
        _refuse("document", _("it is larger than 64 KB"))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, dtd_validation=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.position[0] if error.position else 0
        _refuse(f"document:{line}", _("it is not well-formed XML"))
    if root.getroottree().docinfo.internalDTD is not None:
        _refuse("document", _("it brings a document type of its own"))
    inside = sum(1 for each in root.iter(_IN_NS + ROOT) if each is not root)
    if root.tag != _IN_NS + ROOT and not inside:
        _refuse(etree.QName(root).localname, _("it is not an originator's label of this standard"))
    if inside:
        _refuse(etree.QName(root).localname, _("it holds several things; send the one label alone"))
    return root


def _parts(element: etree._Element) -> Iterator[etree._Element]:
    """Yield the elements in an element that holds no text of its own; comments and instructions are refused."""
    name = etree.QName(element).localname
    if (element.text or "").strip():
        _refuse(name, _("it holds text where elements are expected"))
    for child in element:
        if not isinstance(child.tag, str):
            _refuse(name, _("it holds a comment or an instruction"))
        if (child.tail or "").strip():
            _refuse(name, _("it holds text where elements are expected"))
        yield child


def _children(element: etree._Element, *names: str) -> list[etree._Element]:
    """Return the children, which must be these and in this order."""
    children = list(_parts(element))
    for child, name in zip_longest(children, names):
        if name is None:
            _refuse(etree.QName(child).localname, _("it is not understood here, and may not be passed over"))
        if child is None or child.tag != _IN_NS + name:
            _refuse(name, _("it is missing or not in its place"))
    return children


def _only(element: etree._Element, *names: str) -> None:
    """Refuse attributes other than these."""
    for name in element.attrib:
        if name not in names:
            _refuse(f"{etree.QName(element).localname}/@{name!s:.60}", _("it is not understood here"))


def _text(element: etree._Element) -> str:
    """Return the text of an element that holds nothing else, with white space as in an XML token."""
    if len(element):
        _refuse(etree.QName(element).localname, _("it holds more than text"))
    return " ".join((element.text or "").split())


def _information(element: etree._Element) -> tuple[str, str, tuple[str, ...], tuple[str, ...] | None]:
    """Return policy, classification, categories that are all needed, and the parties that may read."""
    _only(element)
    count = sum(1 for _part in element)
    first, level, *rest = _children(element, *_PARTS, *["Category"] * (count - len(_PARTS)))
    for part in (first, level):
        _only(part)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for part in rest:
        _only(part, "Type", "TagName")
        kind = (part.get("Type", ""), part.get("TagName", ""))
        if kind not in {MARKS, READERS}:
            named = f"Category {' '.join(kind)[:80]}"
            _refuse(named, _("it is not a category of this policy"))
        if kind in found:
            _refuse(kind[1], _("it stands twice"))
        found[kind] = _values(part, place=kind[1])
    return _text(first), _text(level), found.get(MARKS, ()), found.get(READERS)


def _values(category: etree._Element, *, place: str) -> tuple[str, ...]:
    parts = _children(category, *["GenericValue"] * sum(1 for _part in category))
    for part in parts:
        _only(part)
    values = tuple(map(_text, parts))
    if not values:
        _refuse(place, _("it names nothing"))
    if len(set(values)) != len(values):
        _refuse(place, _("a value stands twice"))
    return values


def _known(value: str, known: Collection[str], *, place: str) -> None:
    if value not in known:
        _refuse(place, _("it is not known here"), value=value)


def _originator(element: etree._Element, *, policy: str) -> str:
    """Return the party that an originator's identifier of ours names."""
    _only(element, "IDType")
    before, party = _uri(policy, ""), _text(element)
    if element.get("IDType") != "uniformResourceIdentifier" or not party.startswith(before):
        _refuse("OriginatorID", _("it names no party of this organisation"))
    return unquote(party.removeprefix(before))


def _moment(text: str, *, place: str) -> datetime:
    """Read an instant with its time zone; UTC."""
    with contextlib.suppress(ValueError, OverflowError):
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    _refuse(place, _("it is no instant with a time zone"), value=text)
