import base64
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.journal import note
from commonwatch.journal.checkpoint import Checkpoint, CheckpointRefused
from commonwatch.journal.note import NoteRefused, Signer, Verifier
from tests.journal.samples import bytes_for, flip

ANNA = Signer(name="example.org/anna", seed=bytes_for("anna"))
BORIS = Signer(name="example.org/boris", seed=bytes_for("boris"))
WITNESS = Signer(name="witness.example.org", seed=bytes_for("witness"), algorithm=note.COSIGNATURE)
QUANTUM = Signer(name="quantum.example.org", seed=bytes_for("quantum"), algorithm=note.ML_DSA_44)
TEXT = "one\n\ntwo ☂\n"
ROOT = base64.b64encode(bytes_for("root")).decode()
HEAD = f"example.org/log\n7\n{ROOT}\n"

PRIME = 2**255 - 19

names = st.text(min_size=1, max_size=20).filter(
    lambda name: (
        "+" not in name
        and not any(each.isspace() or each < " " or "\ud800" <= each <= "\udfff" for each in name)
    )
)
texts = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=("Cs",)) | st.just("\n"), max_size=100
).map(lambda text: text + "\n")


@given(
    names,
    st.binary(min_size=32, max_size=32),
    st.sampled_from([note.ED25519, note.COSIGNATURE, note.ML_DSA_44]),
)
def test_a_key_reads_back_as_it_was_written(name, seed, algorithm):
    signer = Signer(name=name, seed=seed, algorithm=algorithm)

    assert Verifier.parse(signer.vkey) == signer.verifier
    assert signer.verifier.vkey == signer.vkey


@given(texts, st.integers(0, 2**63 - 1))
def test_a_signed_text_opens_to_itself(text, seconds):
    signed = note.sign(text, [ANNA, BORIS]) + WITNESS.line(text, seconds=seconds)

    opened = note.open_note(signed, [WITNESS.verifier, ANNA.verifier])

    assert opened.text == text
    assert [(each.name, each.seconds) for each in opened.verified] == [
        (ANNA.name, None),
        (WITNESS.name, seconds),
    ]
    assert [each.name for each in opened.unverified] == [BORIS.name]
    assert note.note_text(signed) == text


@given(st.data())
def test_a_note_with_any_bit_changed_is_refused(data):
    signer = data.draw(st.sampled_from([ANNA, WITNESS]))
    signed = TEXT + "\n" + signer.line(TEXT, seconds=7)
    raw = signed.encode()
    try:
        changed = flip(raw, data.draw(st.integers(0, len(raw) * 8 - 1))).decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteRefused):
        note.open_note(changed, [signer.verifier])


def test_a_key_with_any_bit_changed_is_refused_or_opens_nothing():
    signed, raw = note.sign(TEXT, [ANNA]), ANNA.vkey.encode()
    for bit in range(len(raw) * 8):
        changed = flip(raw, bit).decode("latin-1")
        with pytest.raises(NoteRefused):
            note.open_note(signed, [Verifier.parse(changed)])


def test_one_bad_signature_by_a_known_key_refuses_the_whole_note():
    bad = ANNA.line("another text\n")

    with pytest.raises(NoteRefused, match="anna is not valid"):
        note.open_note(TEXT + "\n" + BORIS.line(TEXT) + bad, [ANNA.verifier, BORIS.verifier])
    assert note.open_note(TEXT + "\n" + BORIS.line(TEXT) + bad, [BORIS.verifier]).text == TEXT


def test_a_repeated_signature_counts_once_and_the_first_is_the_one_that_is_checked():
    signed = note.sign(TEXT, [ANNA, ANNA, BORIS, BORIS])

    opened = note.open_note(signed + ANNA.line("another text\n"), [ANNA.verifier])

    assert [each.name for each in opened.verified] == [ANNA.name]
    assert [each.name for each in opened.unverified] == [BORIS.name]


@given(st.data())
def test_a_checkpoint_signed_against_quantum_computers_with_any_bit_changed_is_refused(data):
    raw = (HEAD + "\n" + QUANTUM.line(HEAD, seconds=7)).encode()
    try:
        changed = flip(raw, data.draw(st.integers(0, len(raw) * 8 - 1))).decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteRefused):
        note.open_note(changed, [QUANTUM.verifier])


def test_ml_dsa_44_signs_the_message_of_tlog_cosignature():
    assert QUANTUM.verifier.message(HEAD + "an extension\n", seconds=258) == (
        b"subtree/v1\n\x00"
        b"\x13quantum.example.org"
        b"\x00\x00\x00\x00\x00\x00\x01\x02"
        b"\x0fexample.org/log"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x00\x00\x00\x07" + bytes_for("root")
    )


def test_ml_dsa_44_signs_a_checkpoint_and_states_the_time():
    line = QUANTUM.line(HEAD, seconds=7)
    value = base64.b64decode(line.split(" ")[2])

    opened = note.open_note(HEAD + "\n" + line, [QUANTUM.verifier])

    assert len(value) == 4 + 8 + 2420
    assert len(QUANTUM.verifier.key) == 1312
    named = b"quantum.example.org\n\x06" + QUANTUM.verifier.key
    assert value[:12].hex() == sha256(named).hexdigest()[:8] + "0000000000000007"
    assert [(each.name, each.seconds) for each in opened.verified] == [(QUANTUM.name, 7)]
    assert opened.verified[0].line == line


@given(
    st.text("019+-x\n ", max_size=3) | st.integers(0, 2**64).map(str),
    st.sampled_from([ROOT, ROOT[:-2] + "B=", ""]),
)
def test_ml_dsa_44_signs_what_is_a_checkpoint_and_nothing_else(size, root):
    text = f"example.org/log\n{size}\n{root}\n"
    try:
        Checkpoint.parse(text)
    except CheckpointRefused:
        with pytest.raises(NoteRefused):
            QUANTUM.line(text)
        with pytest.raises(NoteRefused):
            note.open_note(text + "\n" + QUANTUM.line(HEAD), [QUANTUM.verifier])
    else:
        assert note.open_note(text + "\n" + QUANTUM.line(text), [QUANTUM.verifier]).text == text


def test_ml_dsa_44_knows_no_name_of_more_than_255_bytes():
    assert Signer(name="я" * 127, seed=bytes(32), algorithm=note.ML_DSA_44).line(HEAD)
    assert QUANTUM.line(HEAD.replace("example.org/log", "x" * 255))
    with pytest.raises(NoteRefused, match="more than 255 bytes"):
        Signer(name="я" * 128, seed=bytes(32), algorithm=note.ML_DSA_44)
    with pytest.raises(NoteRefused, match="more than 255 bytes"):
        QUANTUM.line(HEAD.replace("example.org/log", "x" * 256))


def test_a_key_that_shares_only_its_name_or_only_its_id_is_unknown():
    namesake = Signer(name=ANNA.name, seed=bytes_for("another anna"))
    line = ANNA.line(TEXT).replace(ANNA.name, "example.org/other")

    with pytest.raises(NoteRefused, match="no known key"):
        note.open_note(note.sign(TEXT, [namesake]), [ANNA.verifier])
    with pytest.raises(NoteRefused, match="no known key"):
        note.open_note(TEXT + "\n" + line, [ANNA.verifier])


def test_a_plain_signature_does_not_pass_for_a_cosignature():
    plain = Signer(name=WITNESS.name, seed=bytes_for("witness"))

    assert plain.verifier.key_id != WITNESS.verifier.key_id
    with pytest.raises(NoteRefused, match="no known key"):
        note.open_note(note.sign(TEXT, [plain]), [WITNESS.verifier])


def line_of(name, value):
    return f"— {name} {base64.b64encode(value).decode()}\n"


@pytest.mark.parametrize(
    "signed",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + "\n",
        TEXT + "\n" + ANNA.line(TEXT)[:-1],
        TEXT + "\n" + ANNA.line(TEXT) + "\n",
        TEXT + ANNA.line(TEXT),
        TEXT + "\n" + ANNA.line(TEXT) + "stray\n",
        TEXT + "\n" + ANNA.line(TEXT).replace("—", "-"),
        TEXT + "\n" + ANNA.line(TEXT).replace("— ", "—  "),
        TEXT + "\n" + ANNA.line(TEXT).replace("— ", "—"),
        TEXT + "\n" + ANNA.line(TEXT).replace("=\n", "\n"),
        TEXT + "\n" + ANNA.line(TEXT).replace("\n", " \n"),
        TEXT + "\n" + ANNA.line(TEXT).replace("\n", "\r\n"),
        TEXT + "\n" + ANNA.line(TEXT) + line_of("a+b", bytes(68)),
        TEXT + "\n" + ANNA.line(TEXT) + line_of("a\u2003b", bytes(68)),
        TEXT + "\n" + ANNA.line(TEXT) + line_of("", bytes(68)),
        TEXT + "\n" + ANNA.line(TEXT) + line_of("other", bytes(4)),
        TEXT + "\n" + ANNA.line(TEXT) + "— other \n",
        TEXT + "\n" + ANNA.line(TEXT) + "— other AAAAAAB=\n",
        TEXT + "\n" + ANNA.line(TEXT) + "— other\n",
        TEXT + "\n" + ANNA.line(TEXT) * 101,
        "tab\there\n\n" + ANNA.line("tab\there\n"),
        "nul\x00\n\n" + ANNA.line("nul\x00\n"),
        "half \ud800\n\n" + ANNA.line(TEXT),
        "x" * 1_000_000 + "\n\n" + ANNA.line("x" * 1_000_000 + "\n"),
    ],
)
def test_a_malformed_note_is_refused(signed):
    with pytest.raises(NoteRefused):
        note.open_note(signed, [ANNA.verifier])


def test_a_hundred_signatures_are_read():
    others = "".join([line_of(f"other{number}", bytes_for(number)) for number in range(99)])

    assert len(note.open_note(TEXT + "\n" + others + ANNA.line(TEXT), [ANNA.verifier]).unverified) == 99


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "\ud800\n"])
def test_a_text_that_no_note_may_hold_is_not_signed(text):
    with pytest.raises(NoteRefused):
        note.sign(text, [ANNA])


@pytest.mark.parametrize("name", ["", "two words", "one+one", "line\nbreak", "wide\u3000space"])
def test_a_key_is_not_named_so(name):
    with pytest.raises(NoteRefused, match="cannot name a key"):
        Signer(name=name, seed=bytes(32))


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        ANNA.vkey.replace(ANNA.verifier.key_id, ANNA.verifier.key_id.upper() + "F"),
        ANNA.vkey.replace(ANNA.verifier.key_id, "00000000"),
        ANNA.vkey + "=",
        ANNA.vkey + "\n",
        " " + ANNA.vkey,
        "name+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "name+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
        "name+00000000+" + base64.b64encode(b"\x06" + bytes(32)).decode(),
        "name+00000000+" + base64.b64encode(b"\x01" + bytes(1312)).decode(),
        "name+00000000+=",
    ],
)
def test_a_malformed_key_is_refused(vkey):
    with pytest.raises(NoteRefused):
        Verifier.parse(vkey)


ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D6A1776C7
WEAK = sorted(
    {
        (y % 2**255 | sign << 255).to_bytes(32, "little")
        for y in [0, 1, PRIME - 1, ORDER_8, PRIME - ORDER_8, *range(PRIME, 2**255)]
        for sign in (0, 1)
    }
)


@pytest.mark.parametrize("key", WEAK)
@pytest.mark.parametrize("algorithm", [note.ED25519, note.COSIGNATURE])
def test_a_key_under_which_anybody_can_sign_is_refused(key, algorithm):
    vkey = Verifier(name="name", algorithm=algorithm, key=key).vkey

    with pytest.raises(NoteRefused, match="anybody can sign"):
        Verifier.parse(vkey)


@pytest.mark.parametrize(
    ("seed", "algorithm"), [(bytes(31), 1), (bytes(33), 1), (bytes(32), 2), (bytes(31), 6)]
)
def test_a_signer_takes_a_seed_of_32_bytes_and_a_known_algorithm(seed, algorithm):
    with pytest.raises(NoteRefused, match="seed of 32 bytes"):
        Signer(name="name", seed=seed, algorithm=algorithm)


@pytest.mark.parametrize("signer", [WITNESS, QUANTUM])
def test_a_cosignature_after_the_end_of_time_is_refused(signer):
    assert note.open_note(HEAD + "\n" + signer.line(HEAD, seconds=2**63 - 1), [signer.verifier])
    with pytest.raises(NoteRefused, match="malformed"):
        note.open_note(HEAD + "\n" + signer.line(HEAD, seconds=2**63), [signer.verifier])


def test_the_seed_is_not_shown():
    assert bytes_for("quantum").hex() not in repr(vars(QUANTUM)) + repr(QUANTUM)
    assert bytes_for("anna").hex() not in repr(vars(ANNA)) + repr(ANNA)
