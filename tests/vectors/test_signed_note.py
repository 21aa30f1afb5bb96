"""Notes and tree heads of golang.org/x/mod/sumdb."""

import json

import pytest

from commonwatch.journal import checkpoint, note, tree
from tests.vectors.place import tlog


def vectors():
    return json.loads(tlog("signed-note", "vectors.json").read_text())


def peter():
    return note.Verifier.parse(vectors()["note_open"][0]["vkey"])


def test_published_notes_open_to_their_text():
    for case in vectors()["note_open"]:
        assert case["valid"]
        opened = note.open_note(case["msg"], [note.Verifier.parse(case["vkey"])])
        assert opened.text == case["text"]
        assert [each.name for each in opened.verified] == ["PeterNeumann"]


def test_of_two_signatures_the_one_by_an_unknown_key_is_kept_aside():
    opened = note.open_note(vectors()["note_two_signatures"], [peter()])

    assert [each.name for each in opened.verified] == ["PeterNeumann"]
    assert [(each.name, each.key_id) for each in opened.unverified] == [("EnochRoot", "af0cfe78")]


def test_a_published_note_is_refused_when_any_bit_changes():
    data = vectors()["note_open"][0]["msg"].encode()
    for at in range(len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            continue
        with pytest.raises(note.NoteRefused):
            note.open_note(text, [peter()])


def test_a_tree_head_of_the_checksum_database_reads_as_a_checkpoint():
    case = vectors()["tree_format"]

    opened = checkpoint.Checkpoint.parse(case["golden"])

    assert (opened.origin, opened.size) == ("go.sum database tree", case["n"])
    assert opened.root == tree.leaf_hash(case["leaf"].encode())
    assert opened.text() == case["golden"]
