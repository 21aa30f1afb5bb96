import shutil
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatch.journal import checkpoint, cosign, entry, export, note, receipt, tiles, tree, verify
from commonwatch.journal.__main__ import main
from commonwatch.journal.verify import FolderSource, JournalRefused, verify_journal
from tests.journal.samples import (
    ORIGIN,
    SIGNER,
    bytes_for,
    entries,
    flip,
    folder_of,
    head_of,
    leaves_of,
    sample,
)

SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 600]


def check(path, **options):
    return verify_journal(FolderSource(path), vkey=SIGNER.vkey, **options)


def erasure(number, *, index, leaf):
    body = {"index": index, "hash": leaf.hex()}
    return entry.encode(sample(number, kind="register.entry.erased", body=body))


def with_erased(size, indexes):
    """Return entries of which some were erased, each named by an entry at the end."""
    items = entries(size)
    named = [
        erasure(size + at, index=index, leaf=tree.leaf_hash(items[index])) for at, index in enumerate(indexes)
    ]
    for index in indexes:
        items[index] = export.Erased(leaf=tree.leaf_hash(items[index]))
    return items + named


@pytest.mark.parametrize("size", SIZES)
def test_a_journal_of_any_size_verifies(tmp_path, size):
    folder_of(tmp_path, entries(size))

    proved = check(tmp_path, entries="strict")

    assert (proved.checkpoint.origin, proved.checkpoint.size, proved.erased) == (ORIGIN, size, ())


def test_a_folder_holds_the_files_of_the_layout_and_no_others(tmp_path):
    folder_of(tmp_path, entries(600))

    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"checkpoint", *map(str, tiles.tiles_for(600))}


def test_signatures_by_keys_that_the_reader_does_not_know_do_not_matter(tmp_path):
    path = folder_of(tmp_path, entries(300)) / "checkpoint"
    text = note.note_text(path.read_text())
    second = note.Signer(name=ORIGIN, seed=bytes_for("second"), algorithm=note.ML_DSA_44)
    witnesses = [
        note.Signer(name=f"witness/{number}", seed=bytes_for(number), algorithm=algorithm)
        for number in range(2)
        for algorithm in (note.COSIGNATURE, note.ML_DSA_44)
    ]
    lines = [cosign.cosign(text, each, seconds=7) for each in witnesses]
    forged = witnesses[0].line("another text\n").replace("witness/0", "witness/9")

    path.write_text(cosign.with_lines(path.read_text(), [*lines, second.line(text), forged]))

    assert path.read_text().count("\n— ") == 7
    assert check(tmp_path, entries="strict").checkpoint.size == 300
    signed = checkpoint.open_checkpoint(path.read_text(), SIGNER.verifier, second=second.verifier)
    assert signed.size == 300


def test_progress_is_told_until_the_end(tmp_path):
    folder_of(tmp_path, entries(600))
    told = []

    check(tmp_path, progress=lambda done, size: told.append((done, size)))

    assert told == [(256, 600), (512, 600), (600, 600)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole")
    return folder_of(path, with_erased(700, [3, 300, 690]))


def files_of(path):
    return sorted(each for each in path.rglob("*") if each.is_file())


def test_one_flipped_bit_in_any_file_is_found_and_the_file_is_named(whole, tmp_path):
    path = shutil.copytree(whole, tmp_path / "copy")
    for file in files_of(path):
        good = file.read_bytes()
        some = [int.from_bytes(bytes_for(file.name, at), "big") for at in range(40)]
        for bit in (0, 7, -1, *some):
            file.write_bytes(flip(good, bit % (len(good) * 8)))
            with pytest.raises(JournalRefused) as refused:
                check(path)
            assert refused.value.place == str(file.relative_to(path)), bit
        file.write_bytes(good)
    assert check(path).erased == (3, 300, 690)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_bit_of_the_right_edge_counts(whole, data):
    held = {str(file.relative_to(whole)): file.read_bytes() for file in files_of(whole)}
    name = data.draw(st.sampled_from(sorted(held)))
    held[name] = flip(held[name], data.draw(st.integers(0, len(held[name]) * 8 - 1)))

    class Held:
        def checkpoint(self):
            try:
                return held["checkpoint"].decode()
            except UnicodeDecodeError as wrong:
                raise JournalRefused("checkpoint", "not UTF-8") from wrong

        def tile(self, path):
            return held[str(path)]

    with pytest.raises(JournalRefused) as refused:
        verify_journal(Held(), vkey=SIGNER.vkey)
    assert refused.value.place == name


def test_the_hash_of_an_erased_entry_cannot_be_changed_in_its_tile(whole, tmp_path):
    for index in (3, 300, 690):
        path = shutil.copytree(whole, tmp_path / str(index))
        name = str(tiles.tile_path(0, index // 256, size=703))
        tile = path / name
        tile.write_bytes(flip(tile.read_bytes(), index % 256 * 256 + 9))
        with pytest.raises(JournalRefused) as refused:
            check(path)
        assert refused.value.place == name


def test_a_missing_file_is_named(whole, tmp_path):
    path = shutil.copytree(whole, tmp_path / "copy")
    for file in files_of(path):
        good = file.read_bytes()
        file.unlink()
        with pytest.raises(JournalRefused, match="missing") as refused:
            check(path)
        assert refused.value.place == str(file.relative_to(path))
        file.write_bytes(good)


def test_a_file_that_is_longer_or_shorter_is_named(whole, tmp_path):
    path = shutil.copytree(whole, tmp_path / "copy")
    for file in files_of(path):
        good = file.read_bytes()
        for wrong in (good + b"\x00", good[:-1], b"", good + good):
            file.write_bytes(wrong)
            with pytest.raises(JournalRefused) as refused:
                check(path)
            assert refused.value.place == str(file.relative_to(path))
        file.write_bytes(good)


def test_an_emptied_entry_that_nobody_erased_is_found(tmp_path):
    items = entries(300)
    items[5] = export.Erased(leaf=tree.leaf_hash(items[5]))
    folder_of(tmp_path, items)

    with pytest.raises(JournalRefused, match="entry 5 is empty and no entry says"):
        check(tmp_path)


@pytest.mark.parametrize("wrong", [{"index": 6}, {"leaf": bytes(32)}])
def test_an_erasure_names_its_entry_by_index_and_by_hash(tmp_path, wrong):
    items = entries(10)
    leaf = tree.leaf_hash(items[5])
    items[5] = export.Erased(leaf=leaf)
    folder_of(tmp_path, [*items, erasure(10, **{"index": 5, "leaf": leaf, **wrong})])

    with pytest.raises(JournalRefused, match="entry 5 is empty"):
        check(tmp_path)


def test_an_erasure_that_says_nothing_is_refused(tmp_path):
    folder_of(tmp_path, [entry.encode(sample(0, kind="register.entry.erased", body={"index": "all"}))])

    with pytest.raises(
        JournalRefused, match=r"tile/entries/000\.p/1: an entry that erases another is malformed"
    ):
        check(tmp_path)


def test_another_key_and_another_origin_are_refused(tmp_path):
    folder_of(tmp_path, entries(3))
    key = note.Signer(name=ORIGIN, seed=bytes(32))
    origin = note.Signer(name="csto/ARM/real/members/1", seed=bytes(32))

    for other in (key, origin):
        with pytest.raises(JournalRefused, match="checkpoint: no known key"):
            verify_journal(FolderSource(tmp_path), vkey=other.vkey)


def test_a_signed_root_that_is_not_that_of_the_files_is_laid_at_the_checkpoint(tmp_path):
    folder_of(tmp_path, entries(300))
    signed = checkpoint.sign_checkpoint(
        checkpoint.Checkpoint(origin=ORIGIN, size=300, root=bytes(32)), SIGNER
    )
    (tmp_path / "checkpoint").write_bytes(signed.encode())

    with pytest.raises(JournalRefused, match="checkpoint: its root is not that of"):
        check(tmp_path)


def test_entries_that_are_no_entries_verify_as_bytes_and_not_strictly(tmp_path):
    folder_of(tmp_path, [*entries(3), b"not an entry"])

    assert check(tmp_path).checkpoint.size == 4
    with pytest.raises(JournalRefused, match=r"tile/entries/000.p/4: entry 3: .*strict JSON"):
        check(tmp_path, entries="strict")


def test_a_time_that_goes_back_is_found_strictly(tmp_path):
    folder_of(tmp_path, [entry.encode(sample(2)), entry.encode(sample(1))])

    with pytest.raises(JournalRefused, match="entry 1: its time goes back"):
        check(tmp_path, entries="strict")


def test_an_earlier_checkpoint_verifies_from_the_full_tiles_of_a_longer_journal(tmp_path):
    items = entries(600)
    folder_of(tmp_path, items)
    (tmp_path / "checkpoint").write_bytes(head_of(leaves_of(items[:500])).encode())

    with pytest.raises(JournalRefused, match=r"tile/1/000\.p/1: the file is missing"):
        check(tmp_path)
    first = tree.root(leaves_of(items[:256]))
    (tmp_path / "tile/1/000.p/1").write_bytes(first)
    assert check(tmp_path).checkpoint.size == 500

    bundle = tmp_path / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes()[:-1])
    with pytest.raises(JournalRefused, match="tile/entries/001: the bundle ends inside"):
        check(tmp_path)


def test_a_folder_is_not_written_with_entries_that_were_not_signed(tmp_path):
    signed = head_of(leaves_of(entries(10)))

    for wrong in (entries(9), entries(11), [*entries(9), b"x"]):
        with pytest.raises(JournalRefused, match="it signs 10 entries"):
            export.write_folder(tmp_path, checkpoint=signed, entries=wrong)
        assert not (tmp_path / "checkpoint").exists()


def test_memory_does_not_grow_with_the_journal(tmp_path):
    peaks = []
    for size in (2_000, 20_000):
        folder = folder_of(tmp_path / str(size), [b"%08d" % number * 128 for number in range(size)])
        tracemalloc.start()
        check(folder)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.5


def test_the_root_of_entries_that_come_one_by_one_is_that_of_the_tree():
    assert verify.root_of(iter(entries(300))) == tree.root(leaves_of(entries(300)))
    assert verify.root_of([]) == tree.EMPTY_ROOT


def test_the_command_verifies_a_journal_and_a_receipt(tmp_path, capsys):
    items = with_erased(10, [2])
    folder_of(tmp_path / "journal", items)

    assert main([str(tmp_path / "journal"), "--key", SIGNER.vkey, "--strict"]) == 0
    assert f"holds: {ORIGIN}, 11 entries (1 erased), root " in capsys.readouterr().out

    (tmp_path / "journal/tile/0/000.p/11").write_bytes(bytes(352))
    assert main([str(tmp_path / "journal"), "--key", SIGNER.vkey]) == 1
    assert capsys.readouterr().err.startswith("does not hold: tile/0/000.p/11: ")


def test_the_command_says_where_a_key_comes_from(tmp_path, capsys):
    from_one = tmp_path / "entry.tlog-proof"
    from_one.write_bytes(
        receipt.write(
            entry=entries(1)[0],
            index=0,
            proof=[],
            checkpoint=head_of(leaves_of(entries(1))),
            vkey=SIGNER.vkey,
        )
    )

    assert main([str(from_one), "--key", SIGNER.vkey]) == 0
    assert "the key comes from" not in capsys.readouterr().out
    assert main([str(from_one)]) == 0
    assert f"the key comes from the receipt itself; compare it with the journal's: {SIGNER.vkey}" in (
        capsys.readouterr().out
    )
    assert main([str(tmp_path / "absent"), "--key", SIGNER.vkey]) == 1


def test_the_command_asks_for_the_key_of_a_journal(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "give --key" in capsys.readouterr().err


def test_a_long_journal_verifies_and_its_middle_level_counts(tmp_path):
    items = [b"%08d" % number for number in range(65_536 + 300)]
    items[70] = export.Erased(leaf=tree.leaf_hash(items[70]))
    items[-1] = erasure(70, index=70, leaf=items[70].leaf)
    folder_of(tmp_path, items)
    assert check(tmp_path).erased == (70,)

    tile = tmp_path / "tile/1/000"
    good = tile.read_bytes()
    for wrong in (flip(good, 9), good[:4096], tiles.tile_root(good), good + b"\x00"):
        tile.write_bytes(wrong)
        with pytest.raises(JournalRefused, match=r"tile/1/000: its hashes are not those"):
            check(tmp_path)
    tile.write_bytes(good)

    below = tmp_path / "tile/0/000"
    below.write_bytes(flip(below.read_bytes(), 70 * 256))
    with pytest.raises(JournalRefused, match="tile/0/000: it does not lead to the signed root, entry 70"):
        check(tmp_path)


def test_the_second_signature_is_verified_when_its_key_is_given(tmp_path, capsys):
    second = note.Signer(name=ORIGIN, seed=bytes_for("second"), algorithm=note.ML_DSA_44)
    folder_of(tmp_path / "journal", entries(3))
    path, key = tmp_path / "journal" / "checkpoint", tmp_path / "second-key"
    key.write_text(f"{second.vkey}\n")
    words = [str(tmp_path / "journal"), "--key", SIGNER.vkey]
    once = path.read_text()
    assert main([*words, "--second", str(key)]) == 1
    assert "both of its keys" in capsys.readouterr().err
    path.write_text(checkpoint.with_second(once, SIGNER.verifier, second))
    assert main([*words, "--second", str(key)]) == 0
    assert "signed twice" in capsys.readouterr().out
    assert main(words) == 0, "who does not know the second key passes its line over"
    other = checkpoint.Checkpoint(origin=ORIGIN, size=4, root=bytes(32)).text()
    path.write_text(once + second.line(other))
    assert main([*words, "--second", str(key)]) == 1
