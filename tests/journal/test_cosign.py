import base64
from contextlib import suppress
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatch.journal import cosign, note
from commonwatch.journal.checkpoint import Checkpoint, CheckpointRefused, open_checkpoint, sign_checkpoint
from tests.journal.samples import ORIGIN, SIGNER, bytes_for, flip

HEAD = Checkpoint(origin=ORIGIN, size=7, root=bytes_for("root"))
SECOND = note.Signer(name=ORIGIN, seed=bytes_for("second"), algorithm=note.ML_DSA_44)
TEXT, SIGNED = HEAD.text(), sign_checkpoint(HEAD, SIGNER)


def witness(name, algorithm=note.COSIGNATURE):
    return note.Signer(name=f"witness/{name}", seed=bytes_for(name, algorithm), algorithm=algorithm)


ANNA, BORIS, CLARA = witness("anna"), witness("boris"), witness("clara", note.ML_DSA_44)
WITNESSES = [each.verifier for each in (ANNA, BORIS, CLARA)]
LINES = [cosign.cosign(TEXT, each, seconds=at) for at, each in enumerate((ANNA, BORIS, CLARA))]


def forged(signer, *, seconds=7):
    """Return a line that names the key of `signer` and is over another text."""
    return signer.line(Checkpoint(origin=ORIGIN, size=8, root=bytes_for("root")).text(), seconds=seconds)


@pytest.mark.parametrize("signer", [ANNA, CLARA])
@pytest.mark.parametrize("seconds", [0, 7, 2**63 - 1])
def test_a_cosignature_says_who_saw_the_checkpoint_and_when(signer, seconds):
    made = cosign.with_lines(SIGNED, [cosign.cosign(TEXT, signer, seconds=seconds)])

    (found,) = cosign.cosigners(made, WITNESSES)
    assert (found.name, found.key_id, found.seconds) == (signer.name, signer.verifier.key_id, seconds)
    assert open_checkpoint(made, SIGNER.verifier) == HEAD


def test_nothing_is_cosigned_but_checkpoints_with_keys_that_state_a_time():
    with pytest.raises(CheckpointRefused):
        cosign.cosign("no checkpoint\n", ANNA, seconds=7)
    with pytest.raises(note.NoteRefused, match="state no time"):
        cosign.cosign(TEXT, SIGNER, seconds=7)
    for seconds in (-1, 2**63):
        with pytest.raises(note.NoteRefused, match="no time"):
            cosign.cosign(TEXT, ANNA, seconds=seconds)


def test_lines_stand_in_one_order_however_they_came():
    signed = sign_checkpoint(HEAD, SIGNER, second=SECOND)
    own = signed.removeprefix(f"{TEXT}\n")
    made = {cosign.with_lines(signed, order) for order in permutations(LINES)}
    made |= {cosign.with_lines(cosign.with_lines(signed, order[:1]), order) for order in permutations(LINES)}

    assert made == {f"{TEXT}\n{own}" + "".join(LINES)}
    assert cosign.with_lines(SIGNED, []) == SIGNED


def test_a_key_has_one_line_and_it_is_the_one_that_was_there():
    later = cosign.cosign(TEXT, ANNA, seconds=99)
    made = cosign.with_lines(SIGNED, [LINES[0], later])

    assert made == SIGNED + LINES[0]
    assert cosign.with_lines(made, [later, SIGNER.line("another text\n")]) == made


def test_one_name_with_two_keys_has_two_lines():
    both = [
        cosign.cosign(TEXT, witness("dora", each), seconds=7) for each in (note.COSIGNATURE, note.ML_DSA_44)
    ]

    assert len(note.split(cosign.with_lines(SIGNED, both))[1]) == 3


def test_a_note_has_no_more_lines_than_a_hundred():
    lines = [f"— w{number:03} {base64.b64encode(bytes_for(number)).decode()}\n" for number in range(100)]

    assert len(note.split(cosign.with_lines(SIGNED, lines[:99]))[1]) == 100
    with pytest.raises(note.NoteRefused, match="more than 100"):
        cosign.with_lines(SIGNED, lines)


def test_a_note_does_not_grow_beyond_its_bound():
    line = f"— large {base64.b64encode(bytes(749_900)).decode()}\n"

    with pytest.raises(note.NoteRefused, match="above 1000000"):
        cosign.with_lines(SIGNED, [line])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        LINES[0][:-1],
        LINES[0] + "\n",
        LINES[0] + LINES[1],
        "\n" + LINES[0],
        "— a\x00b AAAAAAA=\n",
        "— a\ud800 AAAAAAA=\n",
    ],
)
def test_a_malformed_line_is_not_added(line):
    with pytest.raises(note.NoteRefused):
        cosign.with_lines(SIGNED, [line])


def test_a_forged_cosignature_harms_neither_the_checkpoint_nor_the_others():
    made = f"{TEXT}\n{forged(BORIS)}" + note.split(SIGNED)[1][0].line + "".join(LINES)

    judged = cosign.judge(made, WITNESSES)

    assert open_checkpoint(made, SIGNER.verifier) == HEAD
    assert [each.name for each in judged.verified] == [ANNA.name, BORIS.name, CLARA.name]
    assert [(each.signature.line, each.why) for each in judged.bad] == [
        (forged(BORIS), f"the signature by {BORIS.name} is not valid")
    ]


@pytest.mark.parametrize("signer", [ANNA, CLARA])
def test_lines_that_do_not_hold_are_told_of_and_do_not_count(signer):
    short = note.Signature(name=signer.name, key_id=signer.verifier.key_id, value=b"x").line
    for line in (forged(signer), short, signer.line(TEXT, seconds=2**63)):
        judged = cosign.judge(SIGNED + line, WITNESSES)
        assert judged.verified == ()
        assert [each.signature.line for each in judged.bad] == [line]


def test_lines_of_unknown_keys_are_neither_good_nor_bad():
    judged = cosign.judge(SIGNED + "".join(LINES), [BORIS.verifier])

    assert [each.name for each in judged.verified] == [BORIS.name]
    assert judged.bad == ()
    assert cosign.cosigners(SIGNED, WITNESSES) == ()


def test_only_what_holds_is_kept():
    made = f"{TEXT}\n{forged(ANNA)}" + note.split(SIGNED)[1][0].line + LINES[1] + LINES[2]

    kept = cosign.only(made, [SIGNER.verifier, ANNA.verifier, BORIS.verifier])

    assert kept == SIGNED + LINES[1]
    assert cosign.with_lines(kept, LINES) == SIGNED + "".join(LINES)
    with pytest.raises(note.NoteRefused, match="no known key"):
        cosign.only(made, [ANNA.verifier])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_bit_of_a_line_can_be_changed_and_count(data):
    line = data.draw(st.sampled_from(LINES)).encode()
    try:
        changed = flip(line, data.draw(st.integers(0, len(line) * 8 - 1))).decode()
    except UnicodeDecodeError:
        return
    with suppress(note.NoteRefused):
        assert cosign.cosigners(SIGNED + changed, WITNESSES) == ()
