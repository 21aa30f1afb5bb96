import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.journal import note
from commonwatch.journal.checkpoint import (
    Checkpoint,
    CheckpointRefused,
    has_second,
    open_checkpoint,
    sign_checkpoint,
    with_second,
)
from tests.journal.samples import ORIGIN, SIGNER, bytes_for, flip

ROOT = bytes_for("root")
HEAD = Checkpoint(origin=ORIGIN, size=7, root=ROOT)
SECOND = note.Signer(name=ORIGIN, seed=bytes_for("second"), algorithm=note.ML_DSA_44)

lines = st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs",)), min_size=1, max_size=30)


@given(lines, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(lines, max_size=3))
def test_a_checkpoint_reads_back_as_it_was_written(origin, size, root, extensions):
    head = Checkpoint(origin=origin, size=size, root=root, extensions=tuple(extensions))

    assert Checkpoint.parse(head.text()) == head


def test_a_signed_checkpoint_opens_to_itself():
    assert open_checkpoint(sign_checkpoint(HEAD, SIGNER), SIGNER.verifier) == HEAD


@given(st.data())
def test_a_checkpoint_with_any_bit_changed_is_refused(data):
    signed = sign_checkpoint(HEAD, SIGNER).encode()
    try:
        changed = flip(signed, data.draw(st.integers(0, len(signed) * 8 - 1))).decode()
    except UnicodeDecodeError:
        return
    with pytest.raises((note.NoteRefused, CheckpointRefused)):
        open_checkpoint(changed, SIGNER.verifier)


ENCODED = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{ORIGIN}\n7\n{ENCODED}",
        f"{ORIGIN}\n7\n",
        f"\n7\n{ENCODED}\n",
        f"{ORIGIN}\n07\n{ENCODED}\n",
        f"{ORIGIN}\n+7\n{ENCODED}\n",
        f"{ORIGIN}\n-7\n{ENCODED}\n",
        f"{ORIGIN}\n7 \n{ENCODED}\n",
        f"{ORIGIN}\n٧\n{ENCODED}\n",
        f"{ORIGIN}\n9223372036854775808\n{ENCODED}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ENCODED}\n",
        f"{ORIGIN}\n7\n{ENCODED[:-1]}\n",
        f"{ORIGIN}\n7\n{ENCODED[:-2]}B=\n",
        f"{ORIGIN}\n7\n{base64.b64encode(ROOT[:31]).decode()}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(ROOT + b'x').decode()}\n",
        f"{ORIGIN}\n7\n{ENCODED}\n\n",
        f"{ORIGIN}\n7\n{ENCODED}\n\nextension\n",
    ],
)
def test_a_checkpoint_in_any_other_form_is_refused(text):
    with pytest.raises(CheckpointRefused):
        Checkpoint.parse(text)


def test_a_key_signs_and_opens_only_the_log_whose_name_it_bears():
    other = Checkpoint(origin="csto/ARM/real/members/1", size=7, root=ROOT)

    with pytest.raises(CheckpointRefused, match="does not sign for"):
        sign_checkpoint(other, SIGNER)
    with pytest.raises(CheckpointRefused, match="not of"):
        open_checkpoint(note.sign(other.text(), [SIGNER]), SIGNER.verifier)


def test_a_checkpoint_that_would_not_read_back_is_not_signed():
    for head in (
        Checkpoint(origin=ORIGIN, size=7, root=ROOT, extensions=("two\nlines",)),
        Checkpoint(origin=ORIGIN, size=7, root=ROOT[:31]),
        Checkpoint(origin=ORIGIN, size=-1, root=ROOT),
    ):
        with pytest.raises(CheckpointRefused):
            sign_checkpoint(head, SIGNER)


def test_a_second_key_of_the_log_signs_beside_the_first():
    signed = sign_checkpoint(HEAD, SIGNER, second=SECOND)

    assert open_checkpoint(signed, SIGNER.verifier, second=SECOND.verifier) == HEAD
    assert open_checkpoint(signed, SIGNER.verifier) == HEAD
    assert open_checkpoint(signed, SECOND.verifier) == HEAD
    assert [each.seconds for each in note.open_note(signed, [SECOND.verifier]).verified] == [0]


def test_where_two_keys_are_known_both_must_have_signed():
    text = HEAD.text()
    other = Checkpoint(origin=ORIGIN, size=8, root=ROOT).text()

    for lines in (
        SIGNER.line(text),
        SECOND.line(text),
        SIGNER.line(text) + SECOND.line(other),
        SIGNER.line(other) + SECOND.line(text),
        SIGNER.line(text) * 2,
    ):
        with pytest.raises(note.NoteRefused):
            open_checkpoint(f"{text}\n{lines}", SIGNER.verifier, second=SECOND.verifier)


@pytest.mark.parametrize(
    "second",
    [
        note.Signer(name="csto/ARM/real/members/1", seed=bytes_for("second"), algorithm=note.ML_DSA_44),
        note.Signer(name=ORIGIN, seed=bytes_for("second")),
        note.Signer(name=ORIGIN, seed=bytes_for("second"), algorithm=note.COSIGNATURE),
        SIGNER,
    ],
)
def test_a_second_key_is_of_the_same_log_and_of_ml_dsa_44(second):
    with pytest.raises(CheckpointRefused, match="second key"):
        sign_checkpoint(HEAD, SIGNER, second=second)
    with pytest.raises(CheckpointRefused, match="second key"):
        open_checkpoint(note.sign(HEAD.text(), [SIGNER, second]), SIGNER.verifier, second=second.verifier)
    with pytest.raises(CheckpointRefused, match="second key"):
        sign_checkpoint(HEAD, SECOND, second=SECOND)


def test_extensions_that_only_the_second_key_would_vouch_for_are_refused():
    head = Checkpoint(origin=ORIGIN, size=7, root=ROOT, extensions=("an extension",))
    signed = sign_checkpoint(head, SIGNER, second=SECOND)

    assert open_checkpoint(signed, SIGNER.verifier, second=SECOND.verifier) == head
    with pytest.raises(CheckpointRefused, match="extensions"):
        open_checkpoint(signed, SECOND.verifier)
    with pytest.raises(note.NoteRefused):
        open_checkpoint(signed.replace("an ext", "another ext"), SIGNER.verifier, second=SECOND.verifier)


def test_a_second_signature_may_be_lacking_only_where_it_is_said_and_never_be_wrong():
    once = sign_checkpoint(HEAD, SIGNER)
    assert open_checkpoint(once, SIGNER.verifier, second=SECOND.verifier, both=False) == HEAD
    added = with_second(once, SIGNER.verifier, SECOND)
    assert added.startswith(once)
    assert open_checkpoint(added, SIGNER.verifier, second=SECOND.verifier) == HEAD
    assert [has_second(each, SECOND.verifier) for each in (once, added)] == [False, True]
    other = Checkpoint(origin=ORIGIN, size=HEAD.size + 1, root=HEAD.root).text()
    for wrong in (once + SECOND.line(other), f"{HEAD.text()}\n{SECOND.line(HEAD.text())}"):
        with pytest.raises(note.NoteRefused):
            open_checkpoint(wrong, SIGNER.verifier, second=SECOND.verifier, both=False)
    with pytest.raises(note.NoteRefused):
        with_second(note.sign(HEAD.text(), [SECOND]), SIGNER.verifier, SECOND)
