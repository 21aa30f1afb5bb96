import pytest

from commonwatch.journal import cosign, export, note, tree
from tests.journal import peer
from tests.journal.samples import SIGNER, bytes_for, entries, flip, folder_of

pytestmark = pytest.mark.go


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return peer.build(tmp_path_factory.mktemp("peer"))


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 300, 1000])
def test_go_verifies_a_journal_of_ours(program, tmp_path, size):
    folder_of(tmp_path, entries(size))

    with peer.served(tmp_path) as url:
        assert peer.ask(program, url, SIGNER.vkey) == f"ok {size} 0"


def test_go_verifies_a_journal_of_more_than_two_levels_of_tiles(program, tmp_path):
    folder_of(tmp_path, [b"entry %d" % number for number in range(66_000)])

    with peer.served(tmp_path) as url:
        assert peer.ask(program, url, SIGNER.vkey) == "ok 66000 0"


def test_go_counts_erased_entries(program, tmp_path):
    items = entries(300)
    folder_of(tmp_path, [export.Erased(leaf=tree.leaf_hash(items[0])), *items[1:]])

    with peer.served(tmp_path) as url:
        assert peer.ask(program, url, SIGNER.vkey) == "ok 300 1"


def test_go_opens_a_checkpoint_with_a_second_signature_and_cosignatures(program, tmp_path):
    path = folder_of(tmp_path, entries(300)) / "checkpoint"
    text = note.note_text(path.read_text())
    second = note.Signer(name=SIGNER.name, seed=bytes_for("second"), algorithm=note.ML_DSA_44)
    lines = [second.line(text)]
    for number in range(40):
        for algorithm in (note.COSIGNATURE, note.ML_DSA_44):
            witness = note.Signer(name=f"witness/{number}", seed=bytes_for(number), algorithm=algorithm)
            lines.append(cosign.cosign(text, witness, seconds=1_700_000_000))

    path.write_text(cosign.with_lines(path.read_text(), lines))

    with peer.served(tmp_path) as url:
        assert peer.ask(program, url, SIGNER.vkey) == "ok 300 0"


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint",
        "tile/entries/000",
        "tile/entries/001.p/44",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    ],
)
def test_go_finds_a_flipped_bit(program, tmp_path, name):
    path = folder_of(tmp_path, entries(300)) / name
    path.write_bytes(flip(path.read_bytes(), 203))

    with peer.served(tmp_path) as url:
        assert peer.ask(program, url, SIGNER.vkey).startswith("does not hold: ")


def test_go_refuses_another_key(program, tmp_path):
    folder_of(tmp_path, entries(3))
    other = type(SIGNER)(name=SIGNER.name, seed=bytes(32))

    with peer.served(tmp_path) as url:
        assert "no verifiable signatures" in peer.ask(program, url, other.vkey)
