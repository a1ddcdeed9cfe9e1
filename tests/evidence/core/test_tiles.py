"""Tiles: their paths, their contents as a log grows, and proofs made from them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.tiles import (
    ENTRIES,
    Tile,
    decode_bundle,
    edge_tiles,
    encode_bundle,
    extend,
    hash_reader,
    new_bundles,
    new_tiles,
    tiles_for_consistency,
    tiles_for_inclusion,
    width_at,
)
from tongban.evidence.core.tree import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]


def tiles_of(size: int) -> dict[Tile, bytes]:
    """Cut every level of the tree into tiles, by the definition of tlog-tiles."""
    found = {}
    level, row = 0, LEAVES[:size]
    while row:
        for at in range(0, len(row), 256):
            part = row[at : at + 256]
            found[Tile(level, at // 256, len(part))] = b"".join(part)
        row = [root_of(row[at : at + 256]) for at in range(0, len(row) // 256 * 256, 256)]
        level += 1
    return found


class Store:
    """Tiles by level and index at their widest, as a log's folder may hold them."""

    def __init__(self, tiles: dict[Tile, bytes]) -> None:
        self.contents = {(tile.level, tile.index): content for tile, content in tiles.items()}
        self.read: list[Tile] = []

    def __call__(self, level: int, index: int, width: int) -> bytes:
        self.read.append(Tile(level, index, width))
        return self.contents[level, index][: width * 32]


WHOLE = tiles_of(70_000)


def test_the_example_of_the_specification_is_cut_as_it_says() -> None:
    # tlog-tiles, Partial Tiles: a tree of size 70,000.
    assert [tile for tile in WHOLE if not tile.is_full] == [
        Tile(0, 273, 112),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert len(WHOLE) == 273 + 1 + 1 + 1 + 1
    assert edge_tiles(70_000) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert edge_tiles(256) == [Tile(1, 0, 1)]
    assert edge_tiles(0) == []


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),  # tlog-tiles, Merkle Tree
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 0, 255), "tile/0/000.p/255"),
        (Tile(15, 455_667), "tile/15/x455/667"),
        (Tile(15, 123_456_789, 41), "tile/15/x123/x456/789.p/41"),
        (Tile(63, 999_999_999_999_999_999, 255), "tile/63/x999/x999/x999/x999/x999/999.p/255"),
        (Tile(ENTRIES, 0, 8), "tile/entries/000.p/8"),
        (Tile(ENTRIES, 123_456_789), "tile/entries/x123/x456/789"),
    ],
)
def test_paths_are_those_of_the_specification_and_of_tessera(tile: Tile, path: str) -> None:
    # But for the first: transparency-dev/tessera, api/layout/paths_test.go.
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/",
        "tile/0/1",
        "tile/0/0000",
        "tile/0/x001/x234",
        "tile/0/x001/",
        "tile/0/123/456/078",
        "tile/0/x000/001",
        "tile/0/x001/-02",
        "tile/00/001",
        "tile/64/001",
        "tile/-1/001",
        "tile/abc/001",
        "tile/0/001.p",
        "tile/0/001.p/",
        "tile/0/001.p/0",
        "tile/0/001.p/05",
        "tile/0/001.p/256",
        "tile/0/001.p/999",
        "tile/0/001\n",
        "/tile/0/001",
        "tile/0/" + "x999/" * 6 + "999",
        "tile/0/00\u0661",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(Malformed):
        Tile.parse(path)


@given(st.integers(-1, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_a_path_is_read_as_written(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile


@given(st.text(alphabet="tile/ntrsx0123456789.p-", max_size=30))
def test_no_text_is_a_path_but_one_that_would_be_written(text: str) -> None:
    try:
        tile = Tile.parse(f"tile/{text}")
    except Malformed:
        return
    assert tile.path == f"tile/{text}"


@pytest.mark.parametrize("sizes", [(0, 1), (1, 255), (255, 256), (256, 257), (300, 66_000)])
def test_growth_needs_exactly_the_tiles_that_changed(sizes: tuple[int, int]) -> None:
    old, new = sizes
    assert new_tiles(old, new) == [t for t in tiles_of(new) if t not in tiles_of(old)]
    assert new_tiles(new, new) == new_bundles(new, new) == []
    assert new_bundles(old, new) == [
        Tile(ENTRIES, tile.index, tile.width) for tile in new_tiles(old, new) if tile.level == 0
    ]


@given(st.lists(st.integers(0, 1_000), max_size=8), st.integers(0, 66_000))
@settings(max_examples=30)
def test_a_growing_frontier_writes_exactly_the_new_tiles(batches: list[int], start: int) -> None:
    before = tiles_of(start)
    frontier = Frontier.read(start, hash_reader(start, Store(before)))
    edges = {tile.level: before[tile] for tile in edge_tiles(start)}
    assert frontier.root == root_of(LEAVES[:start])
    for batch in batches:
        size = frontier.size
        frontier, runs = frontier.grow(LEAVES[size : size + batch])
        kept = dict(edges)
        after, written = extend(edges, runs)
        assert edges == kept
        edges = after
        assert [tile for tile, _ in written] == new_tiles(size, frontier.size)
        for tile, content in written:
            assert content == content_at(tile)
    assert edges.keys() == {tile.level for tile in edge_tiles(frontier.size)}


def content_at(tile: Tile) -> bytes:
    return Store(WHOLE)(tile.level, tile.index, tile.width)


def test_an_edge_that_a_run_does_not_continue_is_refused() -> None:
    frontier, _ = Frontier().grow(LEAVES[:300])
    _, runs = frontier.grow(LEAVES[300:301])
    for edge in (b"", bytes(32 * 43), bytes(32 * 45), bytes(32 * 44 - 1)):
        with pytest.raises(Malformed, match="edge of level 0"):
            extend({0: edge}, runs)


@given(st.integers(1, 70_000), st.data())
@settings(max_examples=30)
def test_proofs_are_made_from_tiles_and_read_no_others_than_were_named(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    root = root_of(LEAVES[:size])
    store = Store(WHOLE)
    proof = inclusion_proof(index, size, hash_reader(size, store))
    verify_inclusion(LEAVES[index], index, size, proof, root)
    assert store.read == tiles_for_inclusion(index, size)
    store.read.clear()
    proof = consistency_proof(old, size, hash_reader(size, store))
    verify_consistency(old, size, root_of(LEAVES[:old]), root, proof)
    assert store.read == tiles_for_consistency(old, size)
    assert all(tile.width == width_at(size, tile.level, tile.index) for tile in store.read)


def test_a_reader_reads_a_tile_once_and_fills_the_callers_cache() -> None:
    store, known = Store(WHOLE), dict[tuple[int, int], bytes]()
    get_hash = hash_reader(70_000, store, known)
    first = [inclusion_proof(index, 70_000, get_hash) for index in range(500, 600)]
    assert len(store.read) == len(set(store.read))
    kept = dict(known)
    untouched = Store({})
    again = hash_reader(70_000, untouched, known)
    assert [inclusion_proof(index, 70_000, again) for index in range(500, 600)] == first
    assert (known, untouched.read) == (kept, [])


def test_a_tile_of_another_length_is_refused() -> None:
    for content in (b"", bytes(32 * 111), bytes(32 * 113), bytes(8192)):
        get_hash = hash_reader(70_000, lambda *_, content=content: content)
        with pytest.raises(Malformed, match=r"tile/0/273\.p/112 has"):
            get_hash(0, 69_999)


@pytest.mark.parametrize(("level", "index"), [(0, 70_000), (7, 546), (8, 273), (9, 136), (17, 0)])
def test_a_subtree_that_is_not_complete_has_no_hash(level: int, index: int) -> None:
    with pytest.raises(Malformed, match="no complete subtree"):
        hash_reader(70_000, Store(WHOLE))(level, index)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_is_read_as_written(entries: list[bytes]) -> None:
    data = encode_bundle(entries)
    assert decode_bundle(data, len(entries)) == entries
    for wrong in (data + b"\0", data[:-1], b"\0" + data):
        with pytest.raises(Malformed):
            decode_bundle(wrong, len(entries))
    with pytest.raises(Malformed):
        decode_bundle(data, len(entries) + 1)
    with pytest.raises(Malformed):
        decode_bundle(data, len(entries) - 1)


@given(st.binary(max_size=60), st.integers(0, 9))
def test_no_bytes_are_a_bundle_but_those_that_would_be_written(data: bytes, width: int) -> None:
    try:
        entries = decode_bundle(data, width)
    except Malformed:
        return
    assert (len(entries), b"".join(len(e).to_bytes(2, "big") + e for e in entries)) == (width, data)


def test_a_bundle_holds_1_to_256_entries_of_at_most_65535_bytes() -> None:
    largest = bytes(65_535)
    assert decode_bundle(encode_bundle([largest, b""]), 2) == [largest, b""]
    for entries in ([], [b""] * 257, [bytes(65_536)]):
        with pytest.raises(Malformed):
            encode_bundle(entries)
