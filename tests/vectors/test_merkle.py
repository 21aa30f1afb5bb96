"""Our proof verifiers against the vectors of transparency-dev/merkle."""

import base64
import json
from collections import Counter

import pytest

from commonwatch.journal import tree
from tests.vectors.place import tlog

KINDS = ("inclusion", "consistency", "subtreeinclusion", "subtreeconsistency")


def cases(kind):
    for path in sorted(tlog("merkle", kind).rglob("*.json")):
        case = json.loads(path.read_text())
        case["proof"] = [base64.b64decode(each) for each in case["proof"] or []]
        for name in ("root", "leafHash", "root1", "root2"):
            if name in case:
                case[name] = base64.b64decode(case[name])
        yield path, case


def check(kind, case):
    proof = case["proof"]
    if kind == "inclusion":
        tree.verify_inclusion(
            leaf=case["leafHash"],
            index=case["leafIdx"],
            size=case["treeSize"],
            proof=proof,
            root=case["root"],
        )
    elif kind == "consistency":
        tree.verify_consistency(
            old_size=case["size1"],
            old_root=case["root1"],
            size=case["size2"],
            root=case["root2"],
            proof=proof,
        )
    elif kind == "subtreeinclusion":
        tree.verify_subtree_inclusion(
            leaf=case["leafHash"],
            index=case["leafIdx"],
            start=case["start"],
            end=case["end"],
            root=case["root"],
            proof=proof,
        )
    else:
        tree.verify_subtree_consistency(
            start=case["start"],
            end=case["end"],
            size=case["size"],
            subtree_root=case["root1"],
            root=case["root2"],
            proof=proof,
        )


def is_refused(kind, case):
    try:
        check(kind, case)
    except tree.ProofRefused:
        return True
    return False


def test_every_proof_is_accepted_or_refused_as_its_vector_says():
    wrong, seen = [], Counter()
    for kind in KINDS:
        for path, case in cases(kind):
            seen[case["wantErr"]] += 1
            if is_refused(kind, case) != case["wantErr"]:
                wrong.append(str(path))

    assert wrong == []
    assert seen == {False: 26, True: 334}


def plain(kind, case):
    """Return the same question for the verifier of whole trees, where a subtree begins at leaf 0."""
    if kind == "subtreeinclusion":
        return "inclusion", {**case, "treeSize": case["end"]}
    return "consistency", {**case, "size1": case["end"], "size2": case["size"]}


def test_a_subtree_that_begins_at_leaf_0_is_a_tree():
    seen = Counter()
    for kind in KINDS[2:]:
        for path, case in cases(kind):
            # The vectors of the two kinds differ on the empty tree by intention: only a subtree may be empty.
            if case["start"] == 0 and case["end"] > 0:
                assert is_refused(*plain(kind, case)) == case["wantErr"], path
                seen[case["wantErr"]] += 1

    assert seen == {False: 8, True: 115}


@pytest.mark.parametrize("kind", KINDS)
def test_an_accepted_proof_is_refused_when_any_bit_of_it_changes(kind):
    for path, case in cases(kind):
        if case["wantErr"]:
            continue
        for at, each in enumerate(case["proof"]):
            for bit in range(256):
                changed = (int.from_bytes(each, "big") ^ 1 << bit).to_bytes(32, "big")
                proof = [*case["proof"][:at], changed, *case["proof"][at + 1 :]]
                assert is_refused(kind, {**case, "proof": proof}), (path, at, bit)
