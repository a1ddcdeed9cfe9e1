"""What this node's own log has published under ``HOME/log/<year>``: checkpoint and tiles.

Read only, as any stranger would read it (C2SP tlog-tiles).
"""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.text import HASH_LENGTH
from tongban.evidence.core.tiles import TILE_WIDTH, Tile, hash_reader
from tongban.evidence.core.tree import consistency_proof


def published_checkpoint(origin: str) -> bytes | None:
    """Return the signed checkpoint of an origin, None if the log isn't this node's or has none."""
    folder = _folder(origin)
    path = None if folder is None else folder / "checkpoint"
    return path.read_bytes() if path is not None and path.exists() else None


def prove_from_tiles(origin: str, old: int, new: int) -> tuple[bytes, ...]:
    """Return the consistency proof between two sizes of this node's log, 0 < old <= new.

    LookupError for another node's log, and where a tile is missing or has another length.
    """
    folder = _folder(origin)
    if folder is None:
        message = f"not a log of this node: {origin!r}"
        raise LookupError(message)

    def read_tile(level: int, index: int, width: int) -> bytes:
        for path in _places(folder, Tile(level, index, width)):
            if path.is_file():
                return path.read_bytes()[: width * HASH_LENGTH]
        message = f"no tile {level}/{index} of {width} hashes"
        raise LookupError(message)

    try:
        return tuple(consistency_proof(old, new, hash_reader(new, read_tile)))
    except Malformed as fault:
        raise LookupError(str(fault)) from None


def _folder(origin: str) -> Path | None:
    node, between, shard = origin.rpartition("/log/")
    if not between or node != settings.NODE or not (shard.isascii() and shard.isdigit()):
        return None
    return Path(settings.HOME) / "log" / shard


def _places(folder: Path, tile: Tile) -> Iterator[Path]:
    """Yield where the tile may stand: itself, the full one, a wider one of a later size."""
    yield folder / tile.path
    full = Tile(tile.level, tile.index).path
    yield folder / full
    for width in range(tile.width + 1, TILE_WIDTH):
        yield folder / f"{full}.p" / str(width)
