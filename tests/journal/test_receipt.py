import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatch.errors import Broken
from commonwatch.journal import receipt, tiles, tree
from commonwatch.journal.note import Signer
from commonwatch.journal.receipt import ReceiptRefused, verify_receipt
from tests.journal.samples import ORIGIN, SIGNER, entries, flip, head_of, leaves_of, store_of

ENTRIES = entries(20)
LEAVES = leaves_of(ENTRIES)
STORED = store_of(LEAVES)


def proof_of(index, size=20):
    return tree.inclusion_proof(index, size, tiles.hash_at_from(lambda *at: STORED[at], size))


def written(index=6, **fields):
    given = fields or {"entry": ENTRIES[index]}
    return receipt.write(
        **given, index=index, proof=proof_of(index), checkpoint=head_of(LEAVES), vkey=SIGNER.vkey
    )


@pytest.mark.parametrize("index", range(20))
def test_a_receipt_proves_its_entry_offline(index):
    proved = verify_receipt(written(index), vkey=SIGNER.vkey)

    assert (proved.index, proved.entry, proved.leaf) == (index, ENTRIES[index], LEAVES[index])
    assert (proved.checkpoint.origin, proved.checkpoint.size) == (ORIGIN, 20)
    assert proved.key_from == "caller"


def test_a_receipt_may_be_of_a_leaf_hash_alone():
    proved = verify_receipt(written(6, leaf=LEAVES[6]), vkey=SIGNER.vkey)

    assert (proved.entry, proved.leaf) == (b"", LEAVES[6])


def test_a_receipt_is_a_proof_in_the_form_of_tlog_proof():
    lines = written().decode().split("\n")

    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 6"
    blank = lines.index("")
    assert [base64.b64decode(line) for line in lines[3:blank]] == proof_of(6)
    assert "\n".join(lines[blank + 1 :]) == head_of(LEAVES)


def test_without_a_key_the_receipt_vouches_for_itself_and_says_so():
    proved = verify_receipt(written(), vkey=None)

    assert (proved.key_from, proved.vkey) == ("receipt", SIGNER.vkey)


def test_a_receipt_under_another_key_is_refused():
    other = Signer(name=ORIGIN, seed=bytes(32))
    forged = receipt.write(
        entry=ENTRIES[6],
        index=6,
        proof=proof_of(6),
        checkpoint=head_of(LEAVES, signer=other),
        vkey=other.vkey,
    )

    assert verify_receipt(forged, vkey=None).vkey == other.vkey
    with pytest.raises(ReceiptRefused, match="another key"):
        verify_receipt(forged, vkey=SIGNER.vkey)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_receipt_with_any_bit_changed_is_refused(data):
    raw = written()
    changed = flip(raw, data.draw(st.integers(0, len(raw) * 8 - 1)))

    for vkey in (SIGNER.vkey, None):
        with pytest.raises(Broken):
            verify_receipt(changed, vkey=vkey)


def test_every_bit_of_the_text_around_the_entry_counts():
    raw = written(6, leaf=LEAVES[6])
    for bit in range(len(raw) * 8):
        with pytest.raises(Broken):
            verify_receipt(flip(raw, bit), vkey=None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"c2sp.org/tlog-proof@v1\n",
        b"x" * 1_200_001,
        written().replace(b"index 6", b"index 06"),
        written().replace(b"index 6", b"index -6"),
        written().replace(b"index 6", b"index 7"),
        written().replace(b"index 6", b"index 99"),
        written().replace(b"@v1", b"@v2", 1),
        written().replace(b"\n", b"\r\n"),
        written().replace(b"extra ", b"extra  ", 1),
        written().replace(b"\n\n", b"\n", 1),
        written() + b"\n",
        b"\n" + written(),
        written(6, leaf=LEAVES[6]).replace(b"index 6", b"index 6\nAAAA"),
    ],
)
def test_a_malformed_receipt_is_refused(data):
    with pytest.raises(Broken):
        verify_receipt(data, vkey=None)


@pytest.mark.parametrize(
    "fields", [{"entry": None}, {"entry": ENTRIES[6], "leaf": LEAVES[6]}, {"entry": b"x"}]
)
def test_a_receipt_that_would_not_verify_is_not_written(fields):
    with pytest.raises(Broken):
        written(6, **fields)
