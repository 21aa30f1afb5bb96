import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatch.errors import Broken
from commonwatch.journal import fork, note, tree
from commonwatch.journal.checkpoint import Checkpoint, sign_checkpoint
from tests.journal.forks import LEFT, RIGHT, evidence, hashes_of, head
from tests.journal.samples import ORIGIN, SIGNER, bytes_for, flip
from tests.journal.test_note import WEAK

CHECKER = Path(__file__).resolve().parents[2] / "tools" / "check_fork.py"
MADE = evidence(LEFT[:9], RIGHT[:13])
SAME = evidence(LEFT[:9], RIGHT[:9])


def loaded():
    spec = importlib.util.spec_from_file_location("check_fork", CHECKER)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


checker = loaded()


def agreed(data, key=None):
    """Say whether the file proves a fork; the checker and the product must agree on it."""
    try:
        ours = fork.verify(data, vkey=key)
    except Broken:
        ours = None
    try:
        theirs = checker.check(data, key)
    except checker.DoesNotHold:
        theirs = None
    assert (ours is None) == (theirs is None)
    if ours is None:
        return False
    assert ours.sizes == (theirs.first.size, theirs.second.size)
    assert ours.roots == (theirs.first.root, theirs.second.root)
    assert (ours.origin, ours.vkey) == (theirs.name, theirs.key)
    return True


@pytest.mark.parametrize("size", range(4, 34))
def test_both_prove_a_fork_at_every_size(size):
    for old in range(4, size + 1):
        assert agreed(evidence(LEFT[:old], RIGHT[:size]), SIGNER.vkey)


def test_both_prove_a_false_root_of_the_empty_tree():
    false = sign_checkpoint(Checkpoint(origin=ORIGIN, size=0, root=bytes_for("root")), SIGNER)

    for leaves in ([], LEFT[:7]):
        assert agreed(fork.write(fork.make(false, head(leaves), SIGNER.vkey, hashes_of(leaves))))


def test_the_checker_says_what_the_second_tree_holds():
    assert checker.check(MADE).told == tree.root(RIGHT[:9])


@pytest.mark.parametrize("made", [MADE, SAME])
def test_a_file_with_a_bit_changed_proves_nothing(made):
    for bit in range(0, len(made) * 8, 23):
        assert not agreed(flip(made, bit))


def changed(data, draw):
    """Change the bytes of a file somewhere: a bit, a piece left out, doubled or put elsewhere, or a few new bytes."""
    one, other = sorted(draw(st.integers(0, len(data))) for _ in range(2))
    piece = data[one:other]
    ways = [
        data[:one] + data[other:],
        data[:other] + piece + data[other:],
        data[:one] + data[other:] + piece,
        data[:one] + draw(st.binary(max_size=4)) + data[one:],
        data[:one]
        + draw(st.sampled_from([b"\n", b"\n\n", b" ", b"+", b"=", "—".encode(), b"\x00"]))
        + data[one:],
        data[:one],
    ]
    return draw(st.sampled_from(ways))


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_a_file_changed_anyhow_proves_nothing(data):
    made = data.draw(st.sampled_from([MADE, SAME]))
    found = made
    for _ in range(data.draw(st.integers(1, 3))):
        found = changed(found, data.draw)

    assert agreed(found) == (found == made)


numbers = st.sampled_from([0, 1, 3, 4, 7, 8, 9, 13, 16, 33])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_files_that_are_well_formed_and_signed_prove_what_is_so_and_nothing_else(data):
    draw = data.draw
    trees = [draw(st.sampled_from([LEFT, RIGHT])) for _ in range(3)]
    a, b = draw(numbers), draw(numbers)
    notes = [head(trees[0][:a]), head(trees[1][:b])]
    size = draw(st.sampled_from([b, *[each for each in (1, 9, 16) if each >= a]]))
    proof = (
        tree.prefix_proof(a, size, hashes_of(trees[2][:size])) if draw(st.booleans()) and a <= size else []
    )
    made = f"commonwatch-fork/v1\nkey {SIGNER.vkey}\n"
    made += "".join([f"proof {checker.base64.b64encode(each).decode()}\n" for each in proof])
    made += "\n" + "\n".join(notes)

    proved = agreed(made.encode())

    so = a <= b and tree.root(trees[0][:a]) != tree.root(trees[1][:a])
    assert so or not proved
    if a == b:
        assert proved == (so and not proof and notes == sorted(notes))
    elif so and proof == tree.prefix_proof(a, b, hashes_of(trees[1][:b])):
        assert proved


def test_another_key_than_the_one_given_is_refused():
    assert agreed(MADE, SIGNER.vkey)
    assert not agreed(MADE, note.Signer(name=ORIGIN, seed=bytes(32)).vkey)
    assert not agreed(MADE, "")


@pytest.mark.parametrize("key", WEAK)
def test_a_key_under_which_anybody_can_sign_proves_nothing(key):
    weak = note.Verifier(name=ORIGIN, algorithm=note.ED25519, key=key)
    notes = []
    for number in range(60):
        text = Checkpoint(origin=ORIGIN, size=9, root=bytes_for(number)).text()
        forged = f"{text}\n{note.Signature(ORIGIN, weak.key_id, (1).to_bytes(32, 'little') + bytes(32)).line}"
        try:
            note.open_note(forged, [weak])
        except note.NoteRefused:
            continue
        notes.append(forged)
    if len(notes) > 1:
        made = f"commonwatch-fork/v1\nkey {weak.vkey}\n\n" + "\n".join(sorted(notes[:2]))
        assert not agreed(made.encode())


# RFC 8032 section 7.1, tests 1 to 3: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
            "655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
            "b00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
            "c027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize("vector", VECTORS)
def test_the_published_signatures_are_valid(vector):
    public, message, signature = map(bytes.fromhex, vector)

    assert checker.is_signed(public, message, signature)
    assert not checker.is_signed(public, message + b"x", signature)


def is_signed_to_others(public, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_signatures_are_judged_as_another_library_judges_them(seed, message, data):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert checker.is_signed(public, message, signature)

    which = data.draw(st.sampled_from(["key", "text", "signature", "order"]))
    if which == "key":
        public = flip(public, data.draw(st.integers(0, 255)))
    elif which == "signature":
        signature = flip(signature, data.draw(st.integers(0, 511)))
    elif which == "text":
        message += b"x"
    else:
        larger = int.from_bytes(signature[32:], "little") + checker.ORDER
        signature = signature[:32] + larger.to_bytes(32, "little")

    assert not checker.is_signed(public, message, signature)
    assert not is_signed_to_others(public, message, signature)


def run(*arguments):
    """Run the checker as a stranger does: no folder of ours and no package is within its reach."""
    return subprocess.run(
        [sys.executable, "-I", "-S", CHECKER, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_checker_runs_alone_and_says_what_is_proven(tmp_path):
    path = tmp_path / "a.fork"
    path.write_bytes(MADE)

    given, alone = run(path, "--key", SIGNER.vkey), run(path)

    assert (given.returncode, given.stderr) == (0, "")
    assert given.stdout.splitlines() == [
        f"Proven: the key of {ORIGIN} signed two checkpoints that cannot both be true.",
        f"The first is of 9 entries with the root {tree.root(LEFT[:9]).hex()}.",
        f"The second is of 13 entries with the root {tree.root(RIGHT[:13]).hex()}.",
        f"In the tree of the second, the first 9 entries have the root {tree.root(RIGHT[:9]).hex()}.",
    ]
    assert alone.returncode == 0
    assert alone.stdout == given.stdout + (
        f"Nobody but the file says that the key is the log's. Compare it with the key that you know:\n{SIGNER.vkey}\n"
    )


@pytest.mark.parametrize(
    "data", [b"", b"\xff\x00", b"x" * 3_000_001, MADE[:-1], MADE + b"\n", b"\n" * 2_000_000]
)
def test_what_proves_nothing_is_answered_with_a_sentence(tmp_path, data, capsys):
    path = tmp_path / "a.fork"
    path.write_bytes(data)

    assert checker.main([str(path)]) == 1
    assert capsys.readouterr().out.startswith("This proves nothing: ")


def test_a_file_that_cannot_be_read_is_answered_with_a_sentence(tmp_path):
    for name in (tmp_path, tmp_path / "none"):
        answer = run(name)
        assert (answer.returncode, answer.stderr) == (1, "")
        assert answer.stdout.startswith("This proves nothing: ")
    assert run().returncode == 2


def test_a_name_does_nothing_to_the_terminal(capsys, tmp_path):
    hostile = note.Signer(name="log\x9b31m\u202e/я", seed=bytes_for("hostile"))
    path = tmp_path / "a.fork"
    path.write_bytes(evidence(LEFT[:9], RIGHT[:13], signer=hostile))

    assert checker.main([str(path)]) == 0
    said = capsys.readouterr().out
    assert "log\\x9b31m\\u202e/\\u044f" in said
    assert said.isascii()


def test_the_checker_needs_nothing_but_python_3_8():
    found = ast.parse(CHECKER.read_text(), feature_version=(3, 8))

    imported = [each for each in ast.walk(found) if isinstance(each, (ast.Import, ast.ImportFrom))]
    names = {alias.name for each in imported if isinstance(each, ast.Import) for alias in each.names}
    names |= {each.module for each in imported if isinstance(each, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)
