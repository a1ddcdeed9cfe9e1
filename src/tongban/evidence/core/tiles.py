"""Tiles and entry bundles (C2SP tlog-tiles): paths, contents, and which of them a reader needs.

Nothing here opens a file. ``read_tile(level, index, width)`` returns the ``width`` hashes that
the tile begins with, 32 bytes each; where only the full tile is left, the caller cuts it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Self, TypeAlias

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.text import HASH_LENGTH, LARGEST
from tongban.evidence.core.tree import (
    TILE_HEIGHT,
    GetHash,
    Run,
    consistency_proof,
    inclusion_proof,
)

ReadTile: TypeAlias = Callable[[int, int, int], bytes]

TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63
ENTRIES = -1
"""The level of a tile that is an entry bundle."""
MAX_ENTRY = 0xFFFF
"""Bytes of an entry at most; its length is a uint16 in the bundle."""

_FULL = TILE_WIDTH * HASH_LENGTH
_PAIR = 2 * HASH_LENGTH
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile, full at ``width`` 256, or with ``level`` ENTRIES an entry bundle."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix (tlog-tiles, Merkle Tree and Log entries)."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{number}" + ("" if self.is_full else f".p/{self.width}")

    @property
    def is_full(self) -> bool:
        """Whether nothing will be added to it."""
        return self.width == TILE_WIDTH

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read a path that ``path`` could have written; Malformed for any other."""
        match = _PATH.fullmatch(path)
        if match is not None:
            level, index, width = match.groups()
            tile = cls(
                ENTRIES if level == "entries" else int(level),
                int(index.replace("x", "").replace("/", "")),
                TILE_WIDTH if width is None else int(width),
            )
            in_range = tile.level <= MAX_LEVEL and tile.index <= LARGEST
            if in_range and 0 < tile.width <= TILE_WIDTH and tile.path == path:
                return tile
        message = f"not the path of a tile: {path[:80]!r}"
        raise Malformed(message)


def width_at(size: int, level: int, index: int) -> int:
    """Return how many hashes a tile has in a tree of this size, 0 to 256."""
    count = size >> (TILE_HEIGHT * max(level, 0))
    return min(max(count - (index << TILE_HEIGHT), 0), TILE_WIDTH)


def edge_tiles(size: int) -> list[Tile]:
    """Return the partial tiles of a tree of this size, the lowest level first."""
    tiles = []
    for level in range(MAX_LEVEL + 1):
        count = size >> (TILE_HEIGHT * level)
        if count % TILE_WIDTH:
            tiles.append(Tile(level, count // TILE_WIDTH, count % TILE_WIDTH))
        if not count:
            break
    return tiles


def new_tiles(old: int, new: int) -> list[Tile]:
    """Return the tiles that a log of size ``new`` needs beyond those that it had at ``old``."""
    tiles: list[Tile] = []
    for level in range(MAX_LEVEL + 1):
        had, has = old >> (TILE_HEIGHT * level), new >> (TILE_HEIGHT * level)
        if had == has:
            break
        tiles += _span(level, had, has)
    return tiles


def new_bundles(old: int, new: int) -> list[Tile]:
    """Return the entry bundles that a log of size ``new`` needs beyond those of ``old``."""
    return list(_span(ENTRIES, old, new)) if old != new else []


def extend(
    edges: Mapping[int, bytes], runs: Iterable[Run]
) -> tuple[dict[int, bytes], list[tuple[Tile, bytes]]]:
    """Return the edge after a frontier grew, and the tiles to write, whole, lowest level first.

    ``edges`` maps a level to the content of its partial tile (``edge_tiles`` names them) and
    isn't changed. Raises Malformed where a run doesn't go on where the edge ends.
    """
    after = dict(edges)
    tiles = []
    for level, start, hashes in runs:
        content = after.pop(level, b"")
        if len(content) != start % TILE_WIDTH * HASH_LENGTH:
            message = f"the edge of level {level} doesn't end before its hash {start}"
            raise Malformed(message)
        content += b"".join(hashes)
        for at, tile in enumerate(_span(level, start, start + len(hashes))):
            whole = content[at * _FULL : (at + 1) * _FULL]
            tiles.append((tile, whole))
            if not tile.is_full:
                after[level] = whole
    return after, tiles


def hash_reader(
    size: int, read_tile: ReadTile, known: MutableMapping[tuple[int, int], bytes] | None = None
) -> GetHash:
    """Return a ``get_hash`` for a tree of this size that reads tiles, each one once.

    It keeps what it read, and in ``known`` what it returned: use one for all proofs of a batch,
    then drop it. The hashes of complete subtrees never change, so a caller may hand in a cache
    that outlives the size. Raises Malformed for a tile of another length, and what ``read_tile``
    raises.
    """
    read: dict[tuple[int, int], bytes] = {}
    known = {} if known is None else known

    def hashes_of(level: int, index: int) -> bytes:
        if (level, index) not in read:
            tile = Tile(level, index, width_at(size, level, index))
            content = read_tile(tile.level, tile.index, tile.width)
            if len(content) != tile.width * HASH_LENGTH:
                message = f"{tile.path} has {len(content)} bytes"
                raise Malformed(message)
            read[level, index] = content
        return read[level, index]

    def get_hash(level: int, index: int) -> bytes:
        found = known.get((level, index))
        if found is None:
            high, low = divmod(level, TILE_HEIGHT)
            tile, offset = divmod(index << low, TILE_WIDTH)
            part = hashes_of(high, tile)[offset * HASH_LENGTH :][: HASH_LENGTH << low]
            if len(part) != HASH_LENGTH << low:
                message = f"a tree of size {size} has no complete subtree {index} at level {level}"
                raise Malformed(message)
            found = known[level, index] = _subtree_hash(part)
        return found

    return get_hash


def tiles_for_inclusion(index: int, size: int) -> list[Tile]:
    """Return the tiles that ``inclusion_proof(index, size, …)`` reads."""
    return _tiles_read(size, partial(inclusion_proof, index, size))


def tiles_for_consistency(old: int, new: int) -> list[Tile]:
    """Return the tiles that ``consistency_proof(old, new, …)`` reads."""
    return _tiles_read(new, partial(consistency_proof, old, new))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write an entry bundle: each entry after its length as a big-endian uint16.

    Raises Malformed for more than 256 entries, none, or one over 65,535 bytes.
    """
    if not 0 < len(entries) <= TILE_WIDTH or max(map(len, entries)) > MAX_ENTRY:
        message = f"a bundle has 1 to {TILE_WIDTH} entries of at most {MAX_ENTRY} bytes"
        raise Malformed(message)
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Read the ``width`` entries of a bundle; Malformed unless it has exactly so many."""
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            break
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(entries) != width:
        message = f"not a bundle of {width} entries"
        raise Malformed(message)
    return entries


def _span(level: int, had: int, has: int) -> Iterator[Tile]:
    """Yield the tiles of one level that hold its hashes ``had`` to ``has``."""
    for index in range(had // TILE_WIDTH, -(-has // TILE_WIDTH)):
        yield Tile(level, index, min(has - index * TILE_WIDTH, TILE_WIDTH))


def _subtree_hash(hashes: bytes) -> bytes:
    """Return the root over 1, 2, 4 … 256 hashes that stand one after the other."""
    while len(hashes) > HASH_LENGTH:
        starts = range(0, len(hashes), _PAIR)
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + _PAIR]).digest() for at in starts])
    return hashes


def _tiles_read(size: int, prove: Callable[[GetHash], object]) -> list[Tile]:
    # The proof is made over hashes of nothing, so that this can't disagree with the real one.
    tiles: dict[Tile, None] = {}

    def get_hash(level: int, index: int) -> bytes:
        high, low = divmod(level, TILE_HEIGHT)
        tile = (index << low) // TILE_WIDTH
        tiles[Tile(high, tile, width_at(size, high, tile))] = None
        return bytes(HASH_LENGTH)

    prove(get_hash)
    return list(tiles)
