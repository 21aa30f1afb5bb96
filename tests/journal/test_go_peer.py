import pytest

from commonwatch.journal import export, tree
from tests.journal import peer
from tests.journal.samples import SIGNER, entries, flip, folder_of

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
