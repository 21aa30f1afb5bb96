import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.journal import entry
from commonwatch.journal.entry import By, EntryLabel, EntryRefused, Ref
from tests.journal.samples import START, bytes_for, flip, sample

ID = sample().id
text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
code = st.from_regex(r"[A-Za-z0-9/._-]{1,20}", fullmatch=True)
handle = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
members = st.lists(code, max_size=4, unique=True).map(sorted).map(tuple)
instants = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
ids = st.builds(
    entry.new_id,
    millis=st.integers(0, 2**48 - 1),
    random=st.binary(min_size=10, max_size=10),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=10,
)
entries = st.builds(
    sample,
    st.integers(0, 100),
    id=ids,
    kind=st.sampled_from(["exchange.report.submitted", "register.entry.erased", "a.b"]),
    subject=code,
    at=instants.map(entry.instant_text),
    known_at=st.none() | instants.map(entry.instant_text),
    party=code,
    by=st.builds(By, office=handle, account=handle),
    label=st.builds(EntryLabel, level=code, categories=members, parties=members | st.just(("*",))),
    refs=st.lists(st.builds(Ref, id=ids, hash=st.just("ab" * 32)), max_size=3).map(tuple),
    mode=st.sampled_from(["real", "exercise"]),
    body=st.dictionaries(text, values, max_size=4),
)


@given(entries)
def test_an_entry_reads_back_as_it_was_written(written):
    data = entry.encode(written)

    assert entry.parse(data) == written
    assert entry.read(data) == written
    assert data.startswith(written.kind.encode() + b'"', entry.KIND_OFFSET)
    assert list(json.loads(data)) == list(entry.Entry.__struct_fields__)


@given(entries)
def test_many_entries_of_one_writer_are_composed_to_the_same_bytes(written):
    composer = entry.Composer(
        kind=written.kind, party=written.party, by=written.by, label=written.label, mode=written.mode
    )
    composed = composer.write(
        id=written.id,
        subject=written.subject,
        at=written.at,
        known_at=written.known_at,
        refs=written.refs,
        salt=base64.b64decode(written.salt),
        body=bytes(written.body),
    )
    assert composed == entry.encode(written)


@pytest.mark.parametrize(
    ("subject", "body", "wrong"),
    [
        ("report/BY/one", b'{"n":"\\u0000"}', "NUL"),
        ("report/BY/one", b'{"n":"\\ud800"}', "surrogate|JSON"),
        ("report/BY/one", b'{"n":' + b"[" * 40 + b"]" * 40 + b"}", "nested"),
        ("report/BY/one", b"[]", "body"),
        ("two words", b"{}", "subject"),
    ],
)
def test_a_composer_refuses_what_no_reader_could_read(subject, body, wrong):
    like = sample()
    composer = entry.Composer(kind=like.kind, party=like.party, by=like.by, label=like.label, mode=like.mode)
    with pytest.raises(EntryRefused, match=wrong):
        composer.write(
            id=like.id, subject=subject, at=like.at, known_at=None, refs=(), salt=bytes(16), body=body
        )


@given(entries, st.data())
def test_an_entry_with_a_bit_changed_is_another_entry_or_none(written, data):
    raw = entry.encode(written)
    changed = flip(raw, data.draw(st.integers(0, len(raw) * 8 - 1)))
    try:
        read = entry.parse(changed)
    except EntryRefused:
        return
    assert read != written
    assert entry.encode(read) == changed


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_arbitrary_bytes_are_refused(data):
    with pytest.raises(EntryRefused):
        entry.parse(data)


GOOD = entry.encode(sample(body={"n": 1}))


def swapped(old, new):
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "strict JSON"),
        (b"\xef\xbb\xbf" + GOOD, "strict JSON"),
        (GOOD + b"\n", "one form"),
        (b" " + GOOD, "one form"),
        (swapped(b'"v":1,', b'"v": 1,'), "one form"),
        (swapped(b'"v":1,', b""), "field `v`"),
        (swapped(b'"v":1,', b'"v":2,'), "^v:"),
        (swapped(b'"v":1,', b'"v":1.0,'), "figure 1.0"),
        (swapped(b'"v":1,', b'"v":1,"w":1,'), "unknown field `w`"),
        (swapped(b'"v":1,', b'"v":1,"v":1,'), "'v' stands twice"),
        (swapped(b'"office":', b'"office":"","office":'), "'office' stands twice"),
        (swapped(b'"by":{', b'"by":{"x":1,'), "unknown field `x`"),
        (swapped(b'"label":{', b'"label":{"x":1,'), "unknown field `x`"),
        (swapped(b'"refs":[]', b'"refs":[{"id":"","hash":"","x":1}]'), "unknown field `x`"),
        (swapped(b'"refs":[]', b'"refs":[{"id":"","hash":""}]'), r"refs\[0\]"),
        (swapped(b'"refs":[]', b'"refs":null'), r"refs"),
        (swapped(ID.encode(), ID.upper().encode()), "^id:"),
        (swapped(ID.encode(), ID.replace("-7", "-4", 1).encode()), "^id:"),
        (swapped(ID.encode(), ID.replace("-", "").encode()), "^id:"),
        (swapped(b"exchange.report.submitted", b"report"), "^kind:"),
        (swapped(b"exchange.report.submitted", b"exchange.Report"), "^kind:"),
        (swapped(b"exchange.report.submitted", b"exchange..report"), "^kind:"),
        (swapped(b"report/0", b""), "^subject:"),
        (swapped(b"report/0", b"report 0"), "^subject:"),
        (swapped(b"report/0", b"\\u0072eport/0"), "one form"),
        (swapped(b'"party":"KAZ"', b'"party":""'), "^party:"),
        (swapped(b"duty-officer", b"duty\\nofficer"), "^by.office:"),
        (swapped(b"kaz.duty", b"x" * 201), "^by.account:"),
        (swapped(b'"H1"', b'""'), "^label.level:"),
        (swapped(b'"categories":[]', b'"categories":["b","a"]'), "^label.categories:"),
        (swapped(b'"categories":[]', b'"categories":["a","a"]'), "^label.categories:"),
        (swapped(b'"categories":[]', b'"categories":[""]'), "^label.categories:"),
        (swapped(b'["ARM","KAZ"]', b'["KAZ","ARM"]'), "^label.parties:"),
        (swapped(b'["ARM","KAZ"]', b'["*","KAZ"]'), "^label.parties:"),
        (swapped(b'"mode":"real"', b'"mode":"drill"'), "mode"),
        (swapped(b'.000000Z"', b'.000Z"'), "^at:"),
        (swapped(b'.000000Z"', b'.000000+00:00"'), "^at:"),
        (swapped(b'"at":"2023-11-14T22', b'"at":"2023-11-14T24'), "^at:"),
        (swapped(b'"at":"2023-11-14', b'"at":"2023-02-30'), "^at:"),
        (swapped(b'"at":"2023-11-14T', b'"at":"2023-11-14 '), "^at:"),
        (swapped(b'"known_at":null', b'"known_at":"2023-11-14"'), "^known_at:"),
        (swapped(b'=="', b'="'), "^salt:"),
        (swapped(b'"salt":"', b'"salt":"AA'), "^salt:"),
        (swapped(b'{"n":1}', b'[{"n":1}]'), "^body:"),
        (swapped(b'{"n":1}', b"null"), "^body:"),
        (swapped(b'{"n":1}', b'{"n":1.5}'), "figure 1.5"),
        (swapped(b'{"n":1}', b'{"n":1e3}'), "figure 1e3"),
        (swapped(b'{"n":1}', b'{"n":NaN}'), "figure NaN"),
        (swapped(b'{"n":1}', b'{"n":-Infinity}'), "figure -Infinity"),
        (swapped(b'{"n":1}', b'{"n":9223372036854775808}'), "64 bits"),
        (swapped(b'{"n":1}', b'{"n":-9223372036854775809}'), "64 bits"),
        (swapped(b'{"n":1}', b'{"n":-0}'), "64 bits"),
        (swapped(b'{"n":1}', b'{"n":' + b"9" * 9000 + b"}"), "64 bits"),
        (swapped(b'{"n":1}', b'{"n":01}'), "strict JSON"),
        (swapped(b'{"n":1}', b'{"n":1,}'), "strict JSON"),
        (swapped(b'{"n":1}', b"{'n':1}"), "strict JSON"),
        (swapped(b'{"n":1}', b'{"n":{"a":1,"a":2}}'), "'a' stands twice"),
        (swapped(b'{"n":1}', b'{"n":{"a":1,"\\u0061":2}}'), "'a' stands twice"),
        (swapped(b'{"n":1}', b'{"n":"\\ud800"}'), r"body\.n"),
        (swapped(b'{"n":1}', b'{"n":["\\u0000"]}'), r"body\.n\.0"),
        (swapped(b'{"n":1}', b'{"\\udc00":1}'), "surrogate"),
        (swapped(b'{"n":1}', b'{"n":"\xff"}'), "strict JSON"),
        (swapped(b'{"n":1}', b'{"n":"\xed\xa0\x80"}'), "strict JSON"),
        (swapped(b'{"n":1}', b'{"n":"\x01"}'), "strict JSON"),
        (swapped(b'{"n":1}', b'{"n":' + b"[" * 31 + b"]" * 31 + b"}"), "nested deeper"),
        (swapped(b'{"n":1}', b'{"n":' + b"[" * 30_000 + b"]" * 30_000 + b"}"), "JSON|nested"),
        (swapped(b'{"n":1}', b'{"n":"' + b"x" * 65_536 + b'"}'), "above 65535"),
        (GOOD[:-1], "strict JSON"),
        (b"[" + GOOD + b"]", "form"),
    ],
)
def test_bytes_that_are_not_exactly_an_entry_are_refused(data, place):
    with pytest.raises(EntryRefused, match=place):
        entry.parse(data)


def test_a_body_keeps_its_own_bytes():
    data = swapped(b'{"n":1}', b'{ "n" : 1 , "m" : "\\u00e9" }')

    assert bytes(entry.parse(data).body) == b'{ "n" : 1 , "m" : "\\u00e9" }'


def test_nesting_is_held_to_32():
    data = swapped(b'{"n":1}', b'{"n":' + b"[" * 30 + b"]" * 30 + b"}")

    assert entry.encode(entry.parse(data)) == data


def test_an_entry_holds_65535_bytes_and_the_refusal_of_more_says_so():
    room = entry.MAX_BYTES - len(entry.encode(sample(body={"text": ""})))
    assert len(entry.encode(sample(body={"text": "x" * room}))) == entry.MAX_BYTES

    with pytest.raises(entry.TooLarge, match=r"65536 bytes.*holds 65535") as refused:
        entry.encode(sample(body={"text": "x" * (room + 1)}))
    assert refused.value.status == 413


@pytest.mark.parametrize(
    "fields",
    [
        {"body": {"n": 1.5}},
        {"body": {"n": "\x00"}},
        {"body": [1]},
        {"body": {"n": 2**63}},
        {"body": {"n": json.loads("[" * 31 + "]" * 31)}},
        {"by": By(office="\ud800", account="")},
        {"by": By(office="\x00", account="")},
        {"at": "2023-11-14T22:13:20Z"},
        {"label": EntryLabel(level="H1", categories=(), parties=("KAZ", "ARM"))},
        {"mode": "drill"},
        {"id": "1"},
        {"v": 2},
    ],
)
def test_what_would_not_be_read_is_not_written(fields):
    with pytest.raises(EntryRefused):
        entry.encode(sample(**fields))


def test_a_body_with_blanks_around_it_is_not_written():
    for body in (b" {}", b"{} "):
        with pytest.raises(EntryRefused, match="body"):
            entry.encode(msgspec.structs.replace(sample(), body=msgspec.Raw(body)))


@given(instants)
def test_an_instant_reads_back_as_it_was_written(micros):
    written = entry.instant_text(micros)

    assert entry.instant_micros(written) == micros
    assert len(written) == 27


def test_instants_sort_as_text_as_they_do_in_time():
    assert entry.instant_text(START) == "2023-11-14T22:13:20.000000Z"
    assert entry.instant_text(0) == "1970-01-01T00:00:00.000000Z"
    assert entry.instant_text(-1) == "1969-12-31T23:59:59.999999Z"


@given(st.text(max_size=30))
def test_text_that_is_no_instant_is_refused(text):
    with pytest.raises(EntryRefused):
        entry.instant_micros(text)


def test_an_id_is_a_uuid_of_version_7_with_its_time_in_front():
    assert entry.new_id(millis=0, random=bytes(10)) == "00000000-0000-7000-8000-000000000000"
    assert entry.new_id(millis=2**48 - 1, random=b"\xff" * 10) == "ffffffff-ffff-7fff-bfff-ffffffffffff"
    assert entry.new_id(millis=0x0123456789AB, random=bytes(10)).startswith("01234567-89ab-7")


def test_an_id_takes_74_random_bits():
    seen = {entry.new_id(millis=1, random=(1 << bit).to_bytes(10, "big")) for bit in range(80)}

    assert len(seen) == 75


@pytest.mark.parametrize(("millis", "random"), [(-1, bytes(10)), (2**48, bytes(10)), (0, bytes(9))])
def test_an_id_is_not_made_of_anything_else(millis, random):
    with pytest.raises(ValueError, match="48 bits and ten random bytes"):
        entry.new_id(millis=millis, random=random)


def test_reading_what_is_no_entry_is_refused():
    with pytest.raises(EntryRefused):
        entry.read(bytes_for("noise"))
    with pytest.raises(EntryRefused):
        entry.read(entry.encode(sample()).replace(b'"party":"', b'"party":"\xd3'))
