"""A log's tree as it grows: what must be remembered to append, and the tiles that it writes.

Values only: a growth that isn't promised in the end is forgotten by keeping the old one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    edge_tiles,
    encode_bundle,
    extend,
    hash_reader,
)
from tongban.evidence.core.tree import Frontier, leaf_hash
from tongban.evidence.tilefiles import TileFiles


@dataclass(frozen=True, slots=True)
class Growth:
    """A tree's right edge: frontier, partial tiles by level, entries after the last full bundle."""

    frontier: Frontier = field(default_factory=Frontier)
    edges: Mapping[int, bytes] = field(default_factory=dict)
    bundle: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, size: int, files: TileFiles) -> Self:
        """Take up a tree of this size from its files.

        LookupError or Malformed where they don't hold it.
        """
        edges = {
            tile.level: files.read(tile.level, tile.index, tile.width) for tile in edge_tiles(size)
        }
        width = size % TILE_WIDTH
        bundle = files.entries(size // TILE_WIDTH, width) if width else []
        if b"".join(map(leaf_hash, bundle)) != edges.get(0, b""):
            message = f"the last entries of a tree of size {size} aren't those of its tile"
            raise Malformed(message)
        return cls(Frontier.read(size, hash_reader(size, files.read)), edges, tuple(bundle))

    def grow(self, leaves: Sequence[bytes]) -> tuple[Self, list[tuple[Tile, bytes]]]:
        """Return the tree with these entries appended, and the files to write, whole."""
        frontier, runs = self.frontier.grow(list(map(leaf_hash, leaves)))
        edges, tiles = extend(self.edges, runs)
        bundles = list(self._bundles(leaves))
        entries = (*self.bundle, *leaves)
        rest = entries[len(entries) - frontier.size % TILE_WIDTH :]
        files = [(tile, encode_bundle(part)) for tile, part in bundles] + tiles
        return type(self)(frontier, edges, rest), files

    def _bundles(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, Sequence[bytes]]]:
        entries = (*self.bundle, *leaves)
        first = self.frontier.size // TILE_WIDTH
        for at in range(0, len(entries) if leaves else 0, TILE_WIDTH):
            part = entries[at : at + TILE_WIDTH]
            yield Tile(ENTRIES, first + at // TILE_WIDTH, len(part)), part
