"""A log written by transparency-dev/tessera, read and proved by us at each of its sizes."""

from itertools import combinations

import pytest

from commonwatch.journal import checkpoint, note, tiles, tree, verify
from tests.vectors.place import tlog

SIZES = range(16)


def verifier():
    line = tlog("tessera-log", "README.verifier-key.txt").read_text().splitlines()[1]
    return note.Verifier.parse(line)


def head(size):
    return checkpoint.open_checkpoint(
        tlog("tessera-log", f"checkpoint.{size}").read_bytes().decode(), verifier()
    )


def tile(path):
    return tlog("tessera-log", str(path)).read_bytes()


def hashes(size):
    return tiles.hash_at_from(lambda level, index: tile(tiles.tile_path(level, index, size=size)), size)


class AsOf:
    """The log as it stood at one size."""

    def __init__(self, size):
        self.size = size

    def checkpoint(self):
        return tlog("tessera-log", f"checkpoint.{self.size}").read_bytes().decode()

    def tile(self, path):
        return tile(path)


@pytest.mark.parametrize("size", SIZES)
def test_the_log_verifies_whole_at_every_size(size):
    assert head(size).size == size

    proved = verify.verify_journal(AsOf(size), vkey=verifier().vkey)

    assert proved.checkpoint == head(size)


def test_the_latest_checkpoint_is_that_of_the_whole_log():
    latest = tlog("tessera-log", "checkpoint").read_bytes().decode()

    assert checkpoint.open_checkpoint(latest, verifier()) == head(15)


def test_growing_entry_by_entry_gives_every_published_tile_and_root():
    stored = {}
    for size in SIZES[1:]:
        entry = tiles.bundle_parse(tile(tiles.tile_path(None, 0, size=size)))[-1]
        grown = tiles.grow(
            size=size - 1,
            read=lambda level, index: stored.get((level, index), b""),
            leaf_hashes=[tree.leaf_hash(entry)],
        )
        stored.update(grown.tiles)
        assert grown.root == head(size).root
        assert stored == {(0, 0): tile(tiles.tile_path(0, 0, size=size))}


def test_every_entry_is_proved_at_every_size():
    for size in SIZES[1:]:
        for index, entry in enumerate(tiles.bundle_parse(tile(tiles.tile_path(None, 0, size=size)))):
            proof = tree.inclusion_proof(index, size, hashes(size))
            tree.verify_inclusion(
                leaf=tree.leaf_hash(entry), index=index, size=size, proof=proof, root=head(size).root
            )


def test_every_two_checkpoints_are_consistent():
    for old, size in combinations(SIZES[1:], 2):
        proof = tree.consistency_proof(old, size, hashes(size))
        tree.verify_consistency(
            old_size=old, old_root=head(old).root, size=size, root=head(size).root, proof=proof
        )


def test_a_checkpoint_of_one_size_is_not_taken_for_another():
    proof = tree.consistency_proof(7, 15, hashes(15))

    with pytest.raises(tree.ProofRefused):
        tree.verify_consistency(old_size=7, old_root=head(8).root, size=15, root=head(15).root, proof=proof)
