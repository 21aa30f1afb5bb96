"""A journal's key changes inside it, and whoever knows one key can follow it to the one that signs today."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatch.journal import checkpoint, entry, export, keychange, note, tree
from commonwatch.journal.keychange import Chain, KeyChange, KeyChangeRefused
from commonwatch.journal.verify import FolderSource, JournalRefused, verify_journal

ORIGIN = "csto/BY/real/members/1"
FIRST, SECOND, THIRD = (note.Signer(name=ORIGIN, seed=bytes([number]) * 32) for number in (1, 2, 3))


def an_entry(number, kind="exchange.report.submitted", body=None):
    return entry.Composer(
        kind=kind,
        party="BY",
        by=entry.By(office="duty", account="tester"),
        label=entry.EntryLabel(level="H1", categories=(), parties=("AM", "BY")),
        mode="real",
    ).write(
        id=entry.new_id(millis=number, random=bytes(10)),
        subject="report/BY/x",
        at="2026-09-14T03:00:00.000000Z",
        known_at=None,
        refs=(),
        salt=bytes(16),
        body=json.dumps(body or {}).encode(),
    )


def root_of(entries):
    return tree.root([tree.leaf_hash(each) for each in entries])


def changed(entries, old, new, **other):
    """Append the entry by which the old key names the new one."""
    said = {
        "origin": old.name,
        "size": len(entries),
        "root": root_of(entries),
        "old": old.vkey,
        "new": new.vkey,
    }
    statement = keychange.sign(KeyChange(**said | other), old)
    return [*entries, an_entry(len(entries), entry.CHANGED_KIND, {"statement": statement})], statement


def written(path, entries, signer, statements=()):
    head = checkpoint.Checkpoint(origin=ORIGIN, size=len(entries), root=root_of(entries))
    export.write_folder(path, checkpoint=checkpoint.sign_checkpoint(head, signer), entries=entries)
    if statements:
        (path / keychange.NAME).write_text("".join(statements))
    source = FolderSource(path)
    return lambda key: verify_journal(source, vkey=key.vkey, changes=source.changes())


def grown(before=300, between=40, after=5):
    """Return the entries of a journal whose key changed twice, and both statements."""
    entries, one = changed([an_entry(number) for number in range(before)], FIRST, SECOND)
    entries += [an_entry(1000 + number) for number in range(between)]
    entries, two = changed(entries, SECOND, THIRD)
    return [*entries, *(an_entry(2000 + number) for number in range(after))], (one, two)


def test_whoever_knows_any_of_the_keys_verifies_the_journal(tmp_path):
    entries, statements = grown()
    verify = written(tmp_path, entries, THIRD, statements)

    for key in (FIRST, SECOND, THIRD):
        assert verify(key).checkpoint.size == len(entries)
    with pytest.raises(JournalRefused, match="checkpoint: no known key"):
        verify(note.Signer(name=ORIGIN, seed=bytes(32)))


def test_the_old_key_signs_its_last_entry_and_nothing_after_it(tmp_path):
    entries, statements = grown(after=0)
    assert written(tmp_path / "last", entries, SECOND, statements)(FIRST).checkpoint.size == len(entries)

    later, statements = grown(after=1)
    with pytest.raises(JournalRefused, match="not signed by the key that its entries name"):
        written(tmp_path / "later", later, SECOND, statements)(FIRST)
    with pytest.raises(JournalRefused, match="not signed by the key that its entries name"):
        written(tmp_path / "early", entries, THIRD, statements)(FIRST)


def test_a_statement_beside_the_journal_that_no_entry_makes_is_not_believed(tmp_path):
    entries = [an_entry(number) for number in range(9)]
    _more, statement = changed(entries[:5], FIRST, SECOND)

    with pytest.raises(JournalRefused, match="not signed by the key that its entries name"):
        written(tmp_path, entries, SECOND, [statement])(FIRST)


@pytest.mark.parametrize(
    "other",
    [{"size": 8}, {"root": bytes(32)}, {"of": "csto/BY/real/members/2"}],
    ids=["another place", "another past", "another journal"],
)
def test_an_entry_that_does_not_fit_its_place_is_named(tmp_path, other):
    entries = [an_entry(number) for number in range(9)]
    origin = other.pop("of", ORIGIN)
    old, new = (note.Signer(name=origin, seed=bytes([number]) * 32) for number in (1, 2))
    entries, _statement = changed(entries, old, new, **other)

    with pytest.raises(JournalRefused, match="entry 9 changes the key and does not hold"):
        written(tmp_path, entries, FIRST)(FIRST)


def test_a_statement_has_one_form_and_the_signature_of_the_old_key():
    _entries, statement = changed([an_entry(0)], FIRST, SECOND)

    assert keychange.open_change(statement, FIRST.vkey).new == SECOND.vkey
    for wrong in (
        statement.replace("/v1", "/v2"),
        statement.replace("\n1\n", "\n01\n"),
        statement.replace("\n1\n", "\n2\n"),
        statement + "more\n",
        statement.replace(SECOND.vkey, THIRD.vkey),
        "x" * 3000,
        "",
    ):
        with pytest.raises(KeyChangeRefused):
            keychange.open_change(wrong, FIRST.vkey)
    with pytest.raises(KeyChangeRefused, match="another key"):
        keychange.open_change(statement, SECOND.vkey)
    with pytest.raises(KeyChangeRefused, match="from one key of this journal to another"):
        changed([an_entry(0)], FIRST, FIRST)


def test_a_chain_says_which_key_signs_at_which_size():
    _entries, statements = grown(before=300, between=40)
    chain = keychange.chain(THIRD.vkey, statements)

    assert chain.keys == [FIRST.vkey, SECOND.vkey, THIRD.vkey]
    signs = [(1, FIRST), (301, FIRST), (302, SECOND), (342, SECOND), (343, THIRD), (10**6, THIRD)]
    assert all(chain.at(size) == key.vkey for size, key in signs)
    with pytest.raises(KeyChangeRefused, match="do not lead"):
        keychange.chain(SECOND.vkey, statements)
    back = KeyChange(origin=ORIGIN, size=300, root=bytes(32), old=THIRD.vkey, new=FIRST.vkey)
    signed = keychange.sign(back, THIRD)
    with pytest.raises(KeyChangeRefused, match="stands before"):
        chain.follow(signed)


def test_statements_that_stand_together_are_told_apart():
    _entries, statements = grown(before=3)

    assert keychange.split("".join(statements)) == list(statements)
    assert keychange.split("") == []
    with pytest.raises(KeyChangeRefused, match="does not begin"):
        keychange.split("x" + statements[0])


@given(st.text(max_size=300))
def test_no_text_does_more_than_be_refused(text):
    with pytest.raises(KeyChangeRefused):
        keychange.read(text)
    with pytest.raises(KeyChangeRefused):
        Chain(FIRST.vkey).follow(text)
