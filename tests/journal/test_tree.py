import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.journal import tree
from tests.journal.samples import bytes_for, flip

LEAVES = [bytes_for("leaf", number) for number in range(70)]


def by_definition(leaves):
    """The Merkle tree hash, word for word as RFC 6962 section 2.1 defines it."""
    if not leaves:
        return tree.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return tree.node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


def hash_at(level, index):
    return by_definition(LEAVES[index << level : (index + 1) << level])


def test_leaves_and_nodes_are_hashed_apart():
    assert tree.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert tree.leaf_hash(b"ab") != tree.node_hash(b"a", b"b")


@pytest.mark.parametrize("size", range(70))
def test_the_root_is_that_of_the_definition(size):
    assert tree.root(LEAVES[:size]) == by_definition(LEAVES[:size])
    assert tree.range_hash(0, size, hash_at) == by_definition(LEAVES[:size])


def test_the_root_of_a_tree_may_end_in_the_root_of_a_smaller_one():
    for inner in range(1, 9):
        edge = by_definition(LEAVES[64 : 64 + min(inner, 6)])
        rows = [by_definition(LEAVES[at : at + 8]) for at in range(0, 64, 8)]
        assert tree.root([*rows, edge]) == by_definition(LEAVES[: 64 + min(inner, 6)])


@pytest.mark.parametrize("size", range(1, 40))
def test_every_leaf_of_every_tree_is_proved(size):
    root = by_definition(LEAVES[:size])
    for index in range(size):
        proof = tree.inclusion_proof(index, size, hash_at)
        tree.verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof, root=root)
        with pytest.raises(tree.ProofRefused):
            tree.verify_inclusion(leaf=LEAVES[index], index=index + 1, size=size, proof=proof, root=root)


@pytest.mark.parametrize("size", range(1, 40))
def test_every_earlier_tree_is_proved_a_prefix(size):
    root = by_definition(LEAVES[:size])
    for old in range(1, size + 1):
        proof = tree.consistency_proof(old, size, hash_at)
        before = by_definition(LEAVES[:old])
        tree.verify_consistency(old_size=old, old_root=before, size=size, root=root, proof=proof)
        with pytest.raises(tree.ProofRefused):
            tree.verify_consistency(old_size=old, old_root=LEAVES[-1], size=size, root=root, proof=proof)


@pytest.mark.parametrize("size", range(1, 24))
def test_every_subtree_is_proved_and_nothing_else_is_one(size):
    root = by_definition(LEAVES[:size])
    for start in range(size):
        for end in range(start + 1, size + 1):
            span = 1
            while span < end - start:
                span *= 2
            if start % span:
                with pytest.raises(tree.ProofRefused, match="no subtree"):
                    tree.subtree_proof(start, end, size, hash_at)
                continue
            part = by_definition(LEAVES[start:end])
            proof = tree.subtree_proof(start, end, size, hash_at)
            tree.verify_subtree_consistency(
                start=start, end=end, size=size, subtree_root=part, root=root, proof=proof
            )
            for index in range(start, end):
                within = tree.inclusion_proof(
                    index - start,
                    end - start,
                    lambda level, at, start=start: hash_at(level, at + (start >> level)),
                )
                tree.verify_subtree_inclusion(
                    leaf=LEAVES[index], index=index, start=start, end=end, proof=within, root=part
                )


@given(st.data())
def test_a_proof_with_any_bit_changed_is_refused(data):
    size = data.draw(st.integers(2, 70))
    root = by_definition(LEAVES[:size])
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size - 1))
    for proof, check in (
        (
            tree.inclusion_proof(index, size, hash_at),
            lambda proof: tree.verify_inclusion(
                leaf=LEAVES[index], index=index, size=size, proof=proof, root=root
            ),
        ),
        (
            tree.consistency_proof(old, size, hash_at),
            lambda proof: tree.verify_consistency(
                old_size=old, old_root=by_definition(LEAVES[:old]), size=size, root=root, proof=proof
            ),
        ),
    ):
        check(proof)
        at = data.draw(st.integers(0, len(proof) - 1))
        changed = flip(proof[at], data.draw(st.integers(0, 255)))
        for wrong in (
            [*proof[:at], changed, *proof[at + 1 :]],
            proof[:-1],
            proof[1:],
            [*proof, proof[at]],
            [*proof[:at], proof[at][:31], *proof[at + 1 :]],
        ):
            with pytest.raises(tree.ProofRefused):
                check(wrong)


def test_the_empty_tree_is_consistent_with_itself_alone():
    tree.verify_consistency(old_size=0, old_root=tree.EMPTY_ROOT, size=0, root=tree.EMPTY_ROOT, proof=[])

    with pytest.raises(tree.ProofRefused, match="shows nothing"):
        tree.verify_consistency(old_size=0, old_root=tree.EMPTY_ROOT, size=1, root=LEAVES[0], proof=[])


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, 2**63)])
def test_a_leaf_outside_the_tree_has_no_proof(index, size):
    with pytest.raises(tree.ProofRefused):
        tree.inclusion_proof(index, size, hash_at)
    with pytest.raises(tree.ProofRefused):
        tree.verify_inclusion(leaf=LEAVES[0], index=index, size=size, proof=[], root=LEAVES[0])


@pytest.mark.parametrize("size", range(1, 40))
def test_both_roots_are_rebuilt_from_a_prefix_proof(size):
    for old in range(1, size + 1):
        proof = tree.prefix_proof(old, size, hash_at)

        assert tree.rebuild(old=old, size=size, proof=proof) == (
            by_definition(LEAVES[:old]),
            by_definition(LEAVES[:size]),
        )
        known = old & (old - 1) == 0 or old == size
        assert proof[known:] == tree.consistency_proof(old, size, hash_at)
        for wrong in (proof[1:], [*proof, LEAVES[0]], [proof[0][:31], *proof[1:]]):
            with pytest.raises(tree.ProofRefused):
                tree.rebuild(old=old, size=size, proof=wrong)


def test_nothing_is_rebuilt_from_the_empty_tree_or_beyond_the_end():
    assert tree.prefix_proof(0, 7, hash_at) == []
    for old, size in ((0, 7), (0, 0), (8, 7), (-1, 7)):
        with pytest.raises(tree.ProofRefused):
            tree.rebuild(old=old, size=size, proof=[LEAVES[0]])
