"""Checkpoints cosigned by the witnesses of filippo.io/sunlight, and a mirror's tiles."""

import hashlib
import json

import pytest

from commonwatch.journal import checkpoint, note, tiles
from tests.vectors.place import tlog

ROME = "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"
MILAN = "88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482"
COSIGNED_AT = 1767139200


def key(*parts):
    (vkey,) = json.loads(tlog("skylight", *parts).read_text())["verifier_keys"]
    return note.Verifier.parse(vkey)


def text(*parts):
    return tlog("skylight", *parts).read_bytes().decode()


@pytest.mark.parametrize(
    ("folder", "witness", "origin"),
    [
        (("witness", ROME), ("witness", "witness.v0.json"), "rome2026h1.example.org"),
        (("witness2", MILAN), ("witness2", "witness.v0.json"), "milan2026h1.example.org"),
        (("witness", "mirror", ROME), ("witness", "mirror", "mirror.v0.json"), "rome2026h1.example.org"),
    ],
)
def test_a_cosignature_is_verified_with_its_time(folder, witness, origin):
    opened = note.open_note(text(*folder, "checkpoint"), [key(*witness)])

    assert [(each.name, each.seconds) for each in opened.verified] == [(key(*witness).name, COSIGNED_AT)]
    head = checkpoint.Checkpoint.parse(opened.text)
    assert (head.origin, head.size) == (origin, 300)
    assert hashlib.sha256(origin.encode()).hexdigest() == folder[-1]


def test_a_cosignature_is_refused_when_any_bit_of_its_line_changes():
    signed = text("witness", "mirror", ROME, "checkpoint")
    start = len(signed[: signed.index("\n\n")].encode()) + 2
    data = signed.encode()
    for at in range(start * 8, len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        try:
            changed_text = changed.decode()
        except UnicodeDecodeError:
            continue
        with pytest.raises(note.NoteRefused):
            note.open_note(changed_text, [key("witness", "mirror", "mirror.v0.json")])


def test_one_witness_does_not_vouch_for_what_another_cosigned():
    with pytest.raises(note.NoteRefused, match="no known key"):
        note.open_note(text("witness", ROME, "checkpoint"), [key("witness2", "witness.v0.json")])


def test_a_signature_of_a_kind_we_do_not_know_is_kept_aside():
    opened = note.open_note(text("witness", ROME, "checkpoint"), [key("witness", "witness.v0.json")])

    assert [each.name for each in opened.unverified] == ["rome2026h1.example.org"]


def read_from(*parts):
    return lambda level, index: tlog(
        "skylight", *parts, str(tiles.tile_path(level, index, size=300))
    ).read_bytes()


def test_the_tiles_of_a_mirror_lead_to_the_root_it_cosigned():
    read = read_from("witness", "mirror", ROME)
    head = checkpoint.Checkpoint.parse(note.note_text(text("witness", "mirror", ROME, "checkpoint")))

    assert tiles.RootStream.resume(size=300, read=read).root() == head.root
    assert tiles.tile_root(read(0, 0)) == read(1, 0)


def test_files_that_only_look_like_tiles_are_refused():
    with pytest.raises(tiles.TileRefused, match="26 bytes where the size asks for 1408"):
        tiles.RootStream.resume(size=300, read=read_from("tree"))


def test_files_that_only_look_like_checkpoints_are_refused():
    with pytest.raises(note.NoteRefused, match="no signatures"):
        note.note_text(text("witness", "checkpoint"))
