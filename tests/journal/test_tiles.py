import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonwatch.journal import tiles, tree
from commonwatch.journal.tiles import TilePath
from tests.journal.samples import bytes_for, flip, store_of

paths = st.builds(
    TilePath,
    level=st.none() | st.integers(0, 63),
    index=st.integers(0, 10**21 - 1),
    width=st.integers(1, 256),
)


@given(paths)
def test_a_path_reads_back_as_it_was_written(path):
    assert TilePath.parse(str(path)) == path


@given(paths, st.data())
def test_a_path_with_a_bit_changed_is_another_path_or_none(path, data):
    written = str(path).encode()
    changed = flip(written, data.draw(st.integers(0, len(written) * 8 - 1))).decode("latin-1")
    try:
        read = TilePath.parse(changed)
    except tiles.TileRefused:
        return
    assert read != path
    assert str(read) == changed


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (TilePath(level=0, index=0), "tile/0/000"),
        (TilePath(level=0, index=1234067, width=17), "tile/0/x001/x234/067.p/17"),
        (TilePath(level=None, index=999), "tile/entries/999"),
        (TilePath(level=2, index=1000), "tile/2/x001/000"),
        (TilePath(level=63, index=5, width=255), "tile/63/005.p/255"),
    ],
)
def test_paths_are_those_of_the_layout(path, text):
    assert str(path) == text
    assert TilePath.parse(text) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/x000/001",
        "tile/0/001/x002",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/X001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/0/000\n",
        " tile/0/000",
        "/tile/0/000",
        "Tile/0/000",
        "tile/data/000",
        "tile/entries/0",
        "tile/0/٠٠٠",
        "tile/0/../000",
        "tile/0//000",
        "tile/8/0/000",
        "tile/0/" + "x001/" * 7 + "000",
        "tile/0/" + "x001/" * 100_000 + "000",
    ],
)
def test_a_path_in_any_other_form_is_refused(text):
    with pytest.raises(tiles.TileRefused):
        TilePath.parse(text)


@given(st.lists(st.binary(max_size=50), max_size=256))
def test_a_bundle_reads_back_as_it_was_written(entries):
    assert tiles.bundle_parse(tiles.bundle_encode(entries)) == entries


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=20), st.data())
def test_a_bundle_with_a_bit_changed_is_refused_or_gives_other_entries(entries, data):
    bundle = tiles.bundle_encode(entries)
    changed = flip(bundle, data.draw(st.integers(0, len(bundle) * 8 - 1)))
    try:
        read = tiles.bundle_parse(changed)
    except tiles.TileRefused:
        return
    assert read != entries
    assert tiles.bundle_encode(read) == changed


def test_a_bundle_keeps_the_longest_entry_and_refuses_a_longer_one():
    assert tiles.bundle_parse(tiles.bundle_encode([b"x" * 65_535])) == [b"x" * 65_535]
    with pytest.raises(tiles.TileRefused, match="entry 1 of the bundle has 65536 bytes"):
        tiles.bundle_encode([b"", b"x" * 65_536])


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x01", b"\x00\x01a\x00", b"\x00\x00\xff", b"\x00\x02a"])
def test_a_bundle_cut_short_is_refused(data):
    with pytest.raises(tiles.TileRefused, match="ends inside entry"):
        tiles.bundle_parse(data)


def test_a_bundle_of_more_than_256_entries_is_refused():
    with pytest.raises(tiles.TileRefused, match="at most 256"):
        tiles.bundle_encode([b""] * 257)
    with pytest.raises(tiles.TileRefused, match="at most 256"):
        tiles.bundle_parse(b"\x00\x00" * 257)


def test_megabytes_of_empty_entries_are_not_counted_to_their_end():
    data = bytes(16_000_000)
    tracemalloc.start()
    with pytest.raises(tiles.TileRefused, match="at most 256"):
        tiles.bundle_parse(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_the_tiles_of_a_log_are_those_of_the_layouts_own_example():
    listed = list(tiles.tiles_for(70_000))

    assert sum(path.level == 0 and path.width == 256 for path in listed) == 273
    assert [path for path in listed if path.width < 256] == [
        TilePath(level=None, index=273, width=112),
        TilePath(level=0, index=273, width=112),
        TilePath(level=1, index=1, width=17),
        TilePath(level=2, index=0, width=1),
    ]
    assert list(tiles.tiles_for(0)) == []
    assert [str(path) for path in tiles.tiles_for(256)] == [
        "tile/entries/000",
        "tile/0/000",
        "tile/1/000.p/1",
    ]


def test_a_log_has_no_tile_beyond_its_size():
    for level, index in ((0, 1), (1, 0), (None, 1), (0, -1)):
        with pytest.raises(tiles.TileRefused):
            tiles.tile_path(level, index, size=255)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from([0, 1, 2, 3, 100, 255, 256, 257, 600, 3000]), min_size=1, max_size=8))
def test_growing_by_any_steps_gives_the_root_and_the_tiles_of_growing_at_once(steps):
    leaves, stored = [], {}
    for step in steps:
        more = [bytes_for("leaf", len(leaves) + number) for number in range(step)]
        grown = tiles.grow(
            size=len(leaves), read=lambda level, index: stored.get((level, index), b""), leaf_hashes=more
        )
        leaves += more
        assert all(stored.get(at) != data for at, data in grown.tiles.items())
        stored.update(grown.tiles)
        assert (grown.size, grown.root) == (len(leaves), tree.root(leaves))
    assert stored == store_of(leaves)
    widths = {(path.level, path.index): path.width * 32 for path in tiles.tiles_for(len(leaves))}
    assert {at: len(data) for at, data in stored.items()} == {
        at: width for at, width in widths.items() if at[0] is not None
    }


def test_growing_by_one_reads_a_handful_of_tiles():
    leaves = [bytes_for("leaf", number) for number in range(66_000)]
    stored, reads = store_of(leaves), []

    def read(level, index):
        reads.append((level, index))
        return stored[level, index]

    grown = tiles.grow(size=len(leaves), read=read, leaf_hashes=[bytes_for("one more")])

    assert reads == [(0, 257), (1, 1), (2, 0)]
    assert list(grown.tiles) == [(0, 257)]


def test_growing_from_a_tile_of_the_wrong_width_is_refused():
    stored = store_of([bytes_for("leaf", number) for number in range(10)])

    for size in (9, 11):
        with pytest.raises(tiles.TileRefused, match="tile 0 of level 0 has 320 bytes"):
            tiles.grow(size=size, read=lambda level, index: stored[level, index], leaf_hashes=[])


def test_every_hash_comes_out_of_the_tiles():
    leaves = [bytes_for("leaf", number) for number in range(1000)]
    stored = store_of(leaves)
    hash_at = tiles.hash_at_from(lambda level, index: stored.get((level, index), b""), len(leaves))

    for level in range(10):
        for index in range(len(leaves) >> level):
            assert hash_at(level, index) == tree.root(leaves[index << level : (index + 1) << level])
        with pytest.raises(tiles.TileRefused, match="no subtree"):
            hash_at(level, len(leaves) >> level)


def test_a_tile_that_is_too_short_gives_no_hash():
    hash_at = tiles.TileHashes(lambda _level, _index: bytes(64), 10)

    assert hash_at(0, 1) == bytes(32)
    with pytest.raises(tiles.TileRefused, match="shorter"):
        hash_at(0, 2)


@settings(deadline=None)
@given(st.integers(0, 2000), st.integers(1, 700))
def test_a_stream_knows_the_root_at_any_moment(size, cut):
    leaves = [bytes_for("leaf", number) for number in range(size)]
    stream = tiles.RootStream()
    for leaf in leaves[:cut]:
        stream.add(leaf)
    assert stream.root() == tree.root(leaves[:cut])
    stream.extend(leaves[cut:])

    assert (stream.size, stream.root()) == (size, tree.root(leaves))
