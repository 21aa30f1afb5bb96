import io
import shutil
import subprocess
import tarfile
import tracemalloc
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commonwatch.journal import bundle, manifest, note, tiles
from commonwatch.journal.export import Erased
from commonwatch.journal.manifest import BundleRefused, Held
from tests.journal import forks
from tests.journal.parcels import (
    ARM,
    KAZ,
    KEYS,
    MADE,
    UnknownParty,
    again,
    file,
    forged,
    joined,
    journal,
    made,
    manifest_of,
    members,
    note_of,
    opened,
    parts_of,
    resigned,
)
from tests.journal.samples import bytes_for

A, B, C = (f"csto/KAZ/real/{name}/1" for name in ("all", "members", "own"))
SENT = ((A, 0, 300, (3, 299)), (B, 258, 520), (C, 7, 7))
WHOLE = made(*SENT, held=(Held(origin="csto/CRC/real/members/1", size=9, root=bytes_for("root")),))
NAMES = [
    "manifest",
    "0000/checkpoint",
    "0000/tile/entries/000",
    "0000/tile/0/000",
    "0000/tile/entries/001.p/44",
    "0000/tile/0/001.p/44",
    "0001/checkpoint",
    "0001/tile/entries/001",
    "0001/tile/entries/002.p/8",
    "0002/checkpoint",
]


def test_what_was_written_is_read_back():
    found = opened(WHOLE)
    assert (found.manifest.sender, found.manifest.serial, found.manifest.before) == ("KAZ", 2, 1)
    assert found.manifest.made_at == MADE
    assert [each.origin for each in found.manifest.held] == ["csto/CRC/real/members/1"]
    for part, (origin, start, size, *erased) in zip(found.parts, SENT, strict=True):
        head, items = journal(origin, size, erased=erased[0] if erased else ())
        assert part.checkpoint() == head
        for _turn in range(2):
            assert list(part.entries()) == items[start:]
        assert list(part.entries(part.line.first)) == items[part.line.first :]
        assert list(part.entries(size)) == []


def test_reading_begins_at_any_entry_that_is_there():
    part = opened(WHOLE).parts[1]
    items = journal(B, 520)[1]
    for start in (256, 257, 258, 511, 512, 519, 520):
        assert list(part.entries(start)) == items[start:]
    for start in (-1, 0, 255, 521, 2**63):
        with pytest.raises(BundleRefused, match="256 to 520"):
            part.entries(start)
    with pytest.raises(BundleRefused, match="bundle 0"):
        part.bundle(0)


def test_two_readers_of_one_file_do_not_disturb_each_other():
    one, other = (opened(WHOLE).parts[at].entries() for at in (0, 1))
    pairs = list(zip(one, other, strict=False))
    assert [pair[1] for pair in pairs] == journal(B, 520)[1][258:]


def test_an_erased_entry_is_its_leaf_hash():
    items = list(opened(WHOLE).parts[0].entries())
    assert [at for at, each in enumerate(items) if isinstance(each, Erased)] == [3, 299]


def test_tar_lists_it(tmp_path):
    (tmp_path / "bundle").write_bytes(WHOLE)
    with tarfile.open(tmp_path / "bundle") as archive:
        assert archive.getnames() == NAMES
        assert all(each.isreg() and each.mode == 0o644 for each in archive)
    if shutil.which("tar"):
        listed = subprocess.run(
            ["tar", "tf", tmp_path / "bundle"], check=True, capture_output=True, text=True
        )
        assert listed.stdout.split() == NAMES
        assert listed.stderr == ""


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(0, 600), st.sets(st.integers(0, 600), max_size=3)),
        max_size=3,
    ),
    st.integers(1, 2**63 - 1),
)
def test_every_bundle_that_can_be_written_has_one_form(ranges, serial):
    sent = [
        (f"csto/KAZ/real/{at}/1", min(start, size), max(start, size), frozenset(erased))
        for at, (start, size, erased) in enumerate(ranges)
    ]
    data = made(*sent, serial=serial, before=serial - 1)
    assert again(data) == data
    assert again(data) == data


def test_a_bundle_of_nothing_but_acknowledgements():
    data = made(held=(Held(origin=C, size=3, root=bytes(32)),))
    assert again(data) == data
    assert opened(data).parts == ()


def test_a_file_written_short_is_none():
    listed = manifest_of((A, 0, 300))
    target = io.BytesIO()
    with pytest.raises(BundleRefused, match="44"):
        bundle.write(
            target,
            listed,
            [bundle.Part(checkpoint=journal(A, 300)[0], entries=journal(A, 300)[1][:299])],
            signer=KAZ,
        )
    with pytest.raises((BundleRefused, note.NoteRefused)):
        opened(target.getvalue() + bytes(1024))


def test_parts_that_are_not_those_of_the_manifest_are_not_written():
    head, items = journal(A, 5)
    listed = manifest_of((A, 0, 5))
    whole = bundle.Part(checkpoint=head, entries=items)
    cases = [
        ([], "it was not given"),
        ([whole, whole], "more journals"),
        ([bundle.Part(checkpoint=head, entries=[*items, b"x"])], "more entries"),
        ([bundle.Part(checkpoint=head, entries=[*items[:4], b""])], "not said to be erased"),
        ([bundle.Part(checkpoint=journal(B, 5)[0], entries=items)], "not of"),
        ([bundle.Part(checkpoint=journal(A, 4)[0], entries=items)], "not of"),
        ([bundle.Part(checkpoint="x", entries=items)], "signatures"),
    ]
    for parts, why in cases:
        with pytest.raises(BundleRefused, match=why):
            bundle.write(io.BytesIO(), listed, parts, signer=KAZ)
    with pytest.raises(tiles.TileRefused):
        bundle.write(io.BytesIO(), listed, [bundle.Part(head, [*items[:4], bytes(65_536)])], signer=KAZ)


def test_it_is_opened_by_its_sender_s_key_and_for_its_recipient_alone():
    with pytest.raises(note.NoteRefused, match="no known key"):
        opened(WHOLE, keys={"KAZ": KEYS["ARM"]})
    with pytest.raises(note.NoteRefused, match="no known key"):
        opened(made(*SENT, signer=ARM))
    for more in ({"recipient": "ARM"}, {"organisation": "other"}):
        with pytest.raises(BundleRefused, match="it is for CRC of csto"):
            opened(WHOLE, **more)
    with pytest.raises(UnknownParty):
        opened(made(*SENT, sender="BLR"))


def test_the_manifest_can_be_read_alone():
    found = bundle.read_manifest(
        io.BytesIO(WHOLE[:5000]), organisation="csto", recipient="CRC", verifier=KEYS.__getitem__
    )
    assert found == opened(WHOLE).manifest


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("\nserial 2\n", "\nserial 02\n", "no number"),
        ("\nserial 2\n", "\nserial 1\n", "cannot follow"),
        ("\nserial 2\n", "\nserial 99999999999999999999\n", "no number"),
        ("\nserial 2\n", "\nserial ٢\n", "no number"),
        ("\nbefore 1\n", "\n", "where the line 'before'"),
        ("\nmade 2025", "\nmade 2025-", "no instant"),
        ("\nto CRC\n", "\nto KAZ\n", "same party"),
        ("\nto CRC\n", "\nto \n", "no name"),
        ("\njournals 3\n", "\njournals 2\n", "where the line 'held'"),
        ("\njournals 3\n", "\njournals 4\n", "has not 5 parts"),
        ("\njournals 3\n", "\njournals 10001\n", "no number up to 10000"),
        ("\nheld 1\n", "\nheld 0\n", "one form"),
        ("\nheld 1\n", "\nheld 2\n", "has not 3 parts"),
        ("\n0001 ", "\n0002 ", "the number '0002'"),
        (" 258 520 ", " 521 520 ", "cannot go"),
        (" 258 520 ", " 258 9223372036854775807 ", "cannot have them"),
        (" 258 520 ", " 258 9223372036854775808 ", "no number"),
        (" 258 520 ", " 258 521 ", "0001/checkpoint"),
        (" 258 520 ", " 0 520 ", "0001/tile/entries/000"),
        (" 258 520 ", " 512 520 ", "0001/tile/entries/002.p/8"),
        (" 258 520 ", " 257 520 ", None),
        (" 258 520 ", " 258  520 ", "parts"),
        (A, B, "twice"),
        (A, "csto/KAZ/real/zz/1", "in order"),
        (B, "csto/KAZ/real/b/1", "0001/checkpoint"),
    ],
)
def test_a_manifest_that_its_sender_signed_is_held_to_its_form_and_to_the_files(old, new, why):
    changed = resigned(WHOLE, lambda text: text.replace(old, new, 1))
    if why is None:
        assert len(list(opened(changed).parts[1].entries())) == 520 - 257
        return
    with pytest.raises(BundleRefused, match=why):
        opened(changed)


def test_a_later_format_is_told_apart_if_its_sender_signed_it():
    later = "commonwatch-bundle/v2"
    with pytest.raises(manifest.LaterFormat, match=r"v2; this node reads commonwatch-bundle/v1"):
        opened(resigned(WHOLE, lambda text: text.replace(manifest.HEADER, later)))
    with pytest.raises(note.NoteRefused):
        opened(resigned(WHOLE, lambda text: text.replace(manifest.HEADER, later), signer=ARM))
    with pytest.raises(BundleRefused, match="begins with"):
        opened(resigned(WHOLE, lambda text: text.replace(manifest.HEADER, "another/v1")))


def test_other_signatures_beside_the_sender_s_are_refused():
    parts = members(WHOLE)
    data = joined(
        [file("manifest", (note_of(parts) + ARM.line(note.note_text(note_of(parts)))).encode()), *parts[1:]]
    )
    with pytest.raises(BundleRefused, match="other signatures"):
        opened(data)


def swap(parts):
    parts[2], parts[3] = parts[3], parts[2]
    return joined(parts)


def renamed(name):
    def change(parts):
        parts[2][1] = bundle._header(name, int(parts[2][1][124:135], 8))
        return joined(parts)

    return change


def headed(at, new):
    """Change a header and put its checksum right."""

    def change(parts):
        header = bytearray(parts[2][1])
        header[at : at + len(new)] = new
        header[148:156] = b"        "
        header[148:156] = b"%06o\0 " % sum(header)
        parts[2][1] = bytes(header)
        return joined(parts)

    return change


@pytest.mark.parametrize(
    "change",
    [
        swap,
        lambda parts: joined([*parts[:3], *parts[2:]]),
        lambda parts: joined([*parts[:2], *parts[3:]]),
        lambda parts: joined(parts[:-1]),
        lambda parts: joined([*parts, parts[-1]]),
        lambda parts: joined(parts, end=b""),
        lambda parts: joined(parts, end=bytes(512)),
        lambda parts: joined(parts, end=bytes(1536)),
        lambda parts: joined(parts, end=bytes(1023) + b"x"),
        lambda parts: joined(parts)[:-1],
        renamed("0000/tile/entries/001"),
        renamed("../tile/entries/000"),
        renamed("/0000/tile/entries/000"),
        renamed("./0000/tile/entries/000"),
        renamed("0000/tile/entries/000/"),
        *(headed(156, each) for each in (b"\0", b"1", b"2", b"3", b"5", b"7", b"x", b"g", b"L", b"K", b"S")),
        headed(124, b"00000000000\0"),
        headed(124, b"77777777777\0"),
        headed(124, b"\x80" + bytes(10) + b"\xff"),
        headed(124, b"\xff" * 12),
        headed(124, b"-0000000001\0"),
        headed(124, b" 0000005600\0"),
        headed(100, b"0000755\0"),
        headed(108, b"0000001\0"),
        headed(136, b"00000000001\0"),
        headed(157, b"link"),
        headed(257, b"ustar  \0"),
        headed(265, b"root"),
        headed(345, b"prefix"),
        headed(500, b"x"),
    ],
)
def test_an_archive_that_is_not_exactly_the_one_form_is_refused(change):
    assert joined(members(WHOLE)) == WHOLE
    with pytest.raises(BundleRefused):
        opened(change(members(WHOLE)))


def test_a_tile_that_does_not_fit_its_bundle_is_refused_even_when_signed():
    """Its sender may sign anything: a digest that fits is no proof that a tile does."""
    parts = members(WHOLE)
    assert parts[5][0] == "0000/tile/0/001.p/44"
    parts[5][2] = bytes(32) + parts[5][2][32:]
    with pytest.raises(BundleRefused, match=r"0000/tile/0/001.p/44: a hash in it"):
        opened(forged(parts))


def test_a_file_that_changes_after_it_was_opened_is_noticed_where_its_form_breaks():
    source = io.BytesIO(WHOLE)
    found = bundle.open_bundle(source, organisation="csto", recipient="CRC", verifier=KEYS.__getitem__)
    source.seek(0)
    source.write(bytes(len(WHOLE)))
    with pytest.raises(BundleRefused):
        list(found.parts[0].entries())


def test_sizes_are_bounded_before_anything_is_read():
    with pytest.raises(BundleRefused, match="above 1000"):
        opened(WHOLE, limit=1000)


def test_memory_is_that_of_one_entry_bundle(tmp_path):
    count = 20 * 256
    head, items = journal(A, count, least=4096, most=4096)
    with (tmp_path / "bundle").open("w+b") as file:
        bundle.write(file, manifest_of((A, 0, count)), [bundle.Part(head, iter(items))], signer=KAZ)
        tracemalloc.start()
        found = bundle.open_bundle(file, organisation="csto", recipient="CRC", verifier=KEYS.__getitem__)
        assert sum(len(each) for each in found.parts[0].entries()) == count * 4096
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 5 * 256 * 4096


def test_a_bundle_is_compared_with_what_is_held():
    listed = manifest_of((A, 0, 300), (B, 258, 520), (C, 7, 7))
    found = manifest.compare(listed, {A: 300, B: 257})
    assert [(each.what, each.held) for each in found] == [("known", 300), ("gap", 257), ("gap", 0)]
    found = manifest.compare(listed, {A: 299, B: 258, C: 7})
    assert [each.what for each in found] == ["new", "new", "known"]
    assert manifest.compare(listed, {A: 301})[0].what == "known"


def test_the_number_of_a_bundle_says_whether_one_is_missing():
    listed = replace(manifest_of(), serial=7, before=5)
    said = [manifest.order(listed, last) for last in (0, 4, 5, 6, 7, 8)]
    assert said == ["gap", "gap", "next", "crossed", "known", "known"]
    assert manifest.order(replace(listed, serial=1, before=0), 0) == "next"


def test_a_manifest_that_would_not_read_back_is_not_signed():
    for wrong in (
        {"sender": "K AZ"},
        {"serial": 1},
        {"made_at": "2025-03-04T05:06:07Z"},
        {"recipient": "KAZ"},
    ):
        with pytest.raises(BundleRefused):
            manifest_of(**wrong).sign(KAZ)


def test_parts_may_be_made_as_they_are_asked_for():
    asked = []

    def lazily():
        for part in parts_of(listed, SENT):
            asked.append(part)
            yield part

    listed = manifest_of(*(each[:3] for each in SENT))
    target = io.BytesIO()
    signed = bundle.write(target, listed, lazily(), signer=KAZ)
    assert len(asked) == 3
    assert opened(target.getvalue()).manifest == signed


def test_evidence_of_forks_comes_as_it_was_given_and_is_held_to_its_digests():
    proofs = [forks.evidence(forks.LEFT[:5], forks.RIGHT[:size]) for size in (9, 5)]
    data = made((A, 0, 3), evidence=proofs)
    found = opened(data)
    assert sorted(found.evidence) == sorted(proofs)
    assert [sha256(each).digest() for each in found.evidence] == list(found.manifest.forks)
    assert again(data) == data
    assert [name for name, *_rest in members(data)][-2:] == ["forks/0000", "forks/0001"]
    parts = members(data)
    parts[-1] = file("forks/0001", b"another proof")
    with pytest.raises(BundleRefused, match="forks/0001: it is not the evidence that the manifest signs"):
        opened(joined(parts))
    for change, why in (
        (lambda text: text.replace("forks 2", "forks 1"), "not in its one form"),
        (lambda text: text.replace("forks 2", "forks 1001"), "no number up to 1000"),
        (lambda text: text.replace("\n0001 ", "\n0002 ", 1), "fork 1 has the number"),
        (swapped, "not in order of their digests"),
    ):
        with pytest.raises(BundleRefused, match=why):
            opened(resigned(data, change))
    with pytest.raises(BundleRefused, match="other evidence"):
        bundle.write(io.BytesIO(), found.manifest, found_parts(found), signer=KAZ, forks=proofs[:1])


def swapped(text):
    """Exchange the digests of the two forks at the end of a manifest."""
    *head, first, second, end = text.split("\n")
    return "\n".join([*head, f"0000 {second[5:]}", f"0001 {first[5:]}", end])


def found_parts(found):
    return [
        bundle.Part(checkpoint=each.checkpoint(), entries=each.entries(each.line.first))
        for each in found.parts
    ]
