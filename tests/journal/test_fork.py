import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatch.errors import Broken
from commonwatch.journal import fork, note, tree
from commonwatch.journal.__main__ import main
from commonwatch.journal.checkpoint import Checkpoint, CheckpointRefused, sign_checkpoint
from commonwatch.journal.fork import ForkRefused
from tests.journal.forks import LEFT, RIGHT, evidence, hashes_of, head
from tests.journal.samples import ORIGIN, SIGNER, bytes_for, flip

WITNESS = note.Signer(name="witness.example.org", seed=bytes_for("witness"), algorithm=note.COSIGNATURE)


@pytest.mark.parametrize("size", range(1, 40))
def test_a_tree_that_begins_otherwise_is_proved_at_every_size(size):
    for old in range(4, size + 1):
        made = evidence(LEFT[:old], RIGHT[:size])

        proved = fork.verify(made, vkey=SIGNER.vkey)

        assert (proved.origin, proved.sizes, proved.key_from) == (ORIGIN, (old, size), "caller")
        if old < size:
            assert proved.roots == (tree.root(LEFT[:old]), tree.root(RIGHT[:size]))
        else:
            assert set(proved.roots) == {tree.root(LEFT[:old]), tree.root(RIGHT[:size])}
        assert fork.write(fork.parse(made)) == made


@pytest.mark.parametrize("size", range(1, 40))
def test_a_tree_that_goes_on_is_no_fork_at_any_size(size):
    for old in range(size + 1):
        with pytest.raises(ForkRefused, match="may both be true"):
            evidence(LEFT[:old], LEFT[:size])


@pytest.mark.parametrize("size", range(1, 40))
def test_no_proof_turns_a_tree_that_goes_on_into_a_fork(size):
    for old in range(1, size):
        honest = fork.Fork(
            a=head(LEFT[:old]),
            b=head(LEFT[:size]),
            vkey=SIGNER.vkey,
            proof=tuple(tree.prefix_proof(old, size, hashes_of(LEFT[:size]))),
        )
        with pytest.raises(ForkRefused, match="may both be true"):
            fork.write(honest)
        other = tuple(tree.prefix_proof(old, size, hashes_of(RIGHT[:size])))
        if other != honest.proof:
            with pytest.raises(Broken):
                fork.write(fork.Fork(a=honest.a, b=honest.b, vkey=honest.vkey, proof=other))


def test_an_empty_tree_with_another_root_contradicts_everything():
    false = sign_checkpoint(Checkpoint(origin=ORIGIN, size=0, root=bytes_for("root")), SIGNER)

    for leaves in ([], LEFT[:7]):
        made = fork.make(false, head(leaves), SIGNER.vkey, hashes_of(leaves))
        assert made.proof == ()
        assert 0 in fork.verify(fork.write(made), vkey=None).sizes


def test_the_order_in_which_they_are_given_and_other_signatures_do_not_matter():
    a, b, hash_at = head(LEFT[:9]), head(RIGHT[:13]), hashes_of(RIGHT[:13])
    seen = note.open_note(a, [SIGNER.verifier]).text
    cosigned = a + WITNESS.line(seen, seconds=7)

    made = fork.make(a, b, SIGNER.vkey, hash_at)

    assert fork.make(b, cosigned, SIGNER.vkey, hash_at) == made
    assert (made.a, made.b) == (a, b)
    same = [fork.make(*pair, SIGNER.vkey, hash_at) for pair in ((a, head(RIGHT[:9])), (head(RIGHT[:9]), a))]
    assert same[0] == same[1]


def test_two_checkpoints_are_compared_in_any_order():
    one, other = (
        Checkpoint(origin=ORIGIN, size=size, root=tree.root(leaves[:size]))
        for leaves, size in ((LEFT, 9), (RIGHT, 13))
    )
    follows = Checkpoint(origin=ORIGIN, size=9, root=tree.root(RIGHT[:9]))
    hash_at = hashes_of(RIGHT[:13])

    assert fork.contradicts(one, other, hash_at)
    assert fork.contradicts(other, one, hash_at)
    assert not fork.contradicts(other, follows, hash_at)
    assert fork.contradicts(one, follows, hash_at)
    assert not fork.contradicts(one, one, hash_at)


def test_the_hashes_must_be_those_of_the_longer_one():
    with pytest.raises(tree.ProofRefused, match="13 entries"):
        fork.make(head(LEFT[:9]), head(RIGHT[:13]), SIGNER.vkey, hashes_of(LEFT[:13]))


def test_checkpoints_of_two_logs_contradict_nothing():
    other = note.Signer(name="csto/ARM/real/members/1", seed=bytes_for("another"))
    theirs = Checkpoint(origin=other.name, size=9, root=bytes_for("root"))

    with pytest.raises(ForkRefused, match="two logs"):
        fork.contradicts(theirs, Checkpoint(origin=ORIGIN, size=9, root=bytes_for("other")), hashes_of([]))
    with pytest.raises(note.NoteRefused, match="no known key"):
        fork.make(head(LEFT[:9]), sign_checkpoint(theirs, other), SIGNER.vkey, hashes_of([]))
    with pytest.raises(CheckpointRefused, match="not of"):
        fork.make(head(LEFT[:9]), note.sign(theirs.text(), [SIGNER]), SIGNER.vkey, hashes_of([]))


def test_a_key_that_is_not_a_logs_is_refused():
    with pytest.raises(ForkRefused, match="not the Ed25519 key"):
        fork.make(head(LEFT[:9]), head(RIGHT[:9]), WITNESS.vkey, hashes_of([]))


def test_without_a_key_the_file_vouches_for_itself_and_says_so():
    made = evidence(LEFT[:9], RIGHT[:13])

    assert (fork.verify(made, vkey=None).key_from, fork.verify(made, vkey=None).vkey) == ("file", SIGNER.vkey)
    with pytest.raises(ForkRefused, match="another key"):
        fork.verify(made, vkey=note.Signer(name=ORIGIN, seed=bytes(32)).vkey)


@pytest.mark.parametrize("sizes", [(9, 9), (8, 13)])
def test_every_bit_of_the_file_counts(sizes):
    raw = evidence(LEFT[: sizes[0]], RIGHT[: sizes[1]])
    for bit in range(len(raw) * 8):
        with pytest.raises(Broken):
            fork.verify(flip(raw, bit), vkey=None)


MADE = evidence(LEFT[:9], RIGHT[:13])
LINES = MADE.split(b"\n")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_lines_left_out_doubled_or_exchanged_leave_no_fork(data):
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        change = data.draw(st.sampled_from(["out", "double", "exchange"]))
        if change == "out" and len(lines) > 1:
            del lines[one]
        elif change == "double":
            lines.insert(other, lines[one])
        else:
            lines[one], lines[other] = lines[other], lines[one]
    if lines != LINES:
        with pytest.raises(Broken):
            fork.verify(b"\n".join(lines), vkey=None)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not begin"),
        (b"\xff", "UTF-8"),
        (b"commonwatch-fork/v1\n", "does not begin"),
        (b"x" * 3_000_001, "above"),
        (MADE.replace(b"/v1", b"/v2", 1), "does not begin"),
        (MADE.replace(b"\n", b"\r\n"), "does not begin"),
        (MADE.replace(b"key ", b"key  ", 1), "verifier key"),
        (MADE + b"\n", "not made of a head and two notes"),
        (b"\n" + MADE, "does not begin"),
        (MADE.rpartition(b"\n\n")[0], "not made of"),
        (MADE.replace(LINES[2], LINES[2] + b"A", 1), "hash 0 of the proof"),
        (MADE.replace(LINES[2], b"proof AAAA", 1), "has 3 bytes"),
        (MADE.replace(LINES[2], b"prove" + LINES[2][5:], 1), "line 3 is no hash"),
        (MADE.replace(LINES[2], b"\n".join([LINES[2]] * 62), 1), "more than 64"),
        (MADE.replace(LINES[2], b"\n".join([LINES[2]] * 2), 1), "too many"),
        (MADE.replace(LINES[2] + b"\n", b"", 1), "too few"),
    ],
)
def test_a_malformed_file_is_refused_and_the_place_is_named(data, why):
    with pytest.raises(Broken, match=why):
        fork.verify(data, vkey=None)


def test_a_checkpoint_with_more_signatures_than_the_logs_is_refused():
    made = fork.parse(MADE)
    cosigned = made.b + WITNESS.line(note.note_text(made.b), seconds=7)

    with pytest.raises(ForkRefused, match="second checkpoint: it has more signatures"):
        fork.write(fork.Fork(a=made.a, b=cosigned, vkey=made.vkey, proof=made.proof))


def test_two_texts_about_one_tree_are_no_fork():
    plain, extended = (
        sign_checkpoint(Checkpoint(origin=ORIGIN, size=9, root=tree.root(LEFT[:9]), extensions=more), SIGNER)
        for more in ((), ("an extension",))
    )

    with pytest.raises(ForkRefused, match="may both be true"):
        fork.make(plain, extended, SIGNER.vkey, hashes_of([]))
    with pytest.raises(ForkRefused, match="may both be true"):
        fork.write(fork.Fork(*sorted((plain, extended)), vkey=SIGNER.vkey))


def test_whoever_pads_a_checkpoint_does_not_escape():
    padding = ("x" * 900_000,)
    longer = sign_checkpoint(
        Checkpoint(origin=ORIGIN, size=13, root=tree.root(RIGHT[:13]), extensions=padding), SIGNER
    )

    made = fork.make(head(LEFT[:9]), longer, SIGNER.vkey, hashes_of(RIGHT[:13]))

    assert fork.verify(fork.write(made), vkey=SIGNER.vkey).sizes == (9, 13)


def test_the_largest_tree_has_a_proof_within_the_bound():
    old, size = 2**62 + 1, 2**63 - 1
    proof = tree.prefix_proof(old, size, bytes_for)

    assert 60 < len(proof) <= fork.MAX_PROOF


def test_the_command_says_what_a_fork_proves(tmp_path, capsys):
    path = tmp_path / "a.fork"
    path.write_bytes(MADE)

    assert main(["fork", str(path), "--key", SIGNER.vkey]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        f"holds: {ORIGIN} signed two checkpoints that cannot both be true\n9 entries, root "
    )
    assert main(["fork", str(path)]) == 0
    assert "compare it with the log's" in capsys.readouterr().out
    path.write_bytes(MADE.replace(b"proof", b"proff", 1))
    assert main(["fork", str(path)]) == 1
    assert capsys.readouterr().err.startswith("does not hold: line 3")
    assert main(["fork", str(tmp_path / "none")]) == 1


def test_the_proof_is_plain_base64_of_hashes_deepest_first():
    blank = LINES.index(b"")

    assert LINES[0] == b"commonwatch-fork/v1"
    assert LINES[1] == f"key {SIGNER.vkey}".encode()
    assert [base64.b64decode(line.removeprefix(b"proof ")) for line in LINES[2:blank]] == tree.prefix_proof(
        9, 13, hashes_of(RIGHT[:13])
    )
