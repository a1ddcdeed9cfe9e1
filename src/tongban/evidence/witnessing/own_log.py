"""What this node's own logs have published under ``HOME/log``: checkpoints and tiles.

Read only, as any stranger would read it (C2SP tlog-tiles).
"""

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.tiles import hash_reader
from tongban.evidence.core.tree import consistency_proof
from tongban.evidence.shards import folder_of, shard_of
from tongban.evidence.tilefiles import TileFiles


def published_checkpoint(origin: str) -> bytes | None:
    """Return the signed checkpoint of an origin, None if the log isn't this node's or has none."""
    shard = shard_of(origin)
    path = None if shard is None else folder_of(shard) / "checkpoint"
    return path.read_bytes() if path is not None and path.exists() else None


def prove_from_tiles(origin: str, old: int, new: int) -> tuple[bytes, ...]:
    """Return the consistency proof between two sizes of this node's log, 0 < old <= new.

    LookupError for another node's log, and where a tile is missing or has another length.
    """
    shard = shard_of(origin)
    if shard is None:
        message = f"not a log of this node: {origin!r}"
        raise LookupError(message)
    get_hash = hash_reader(new, TileFiles(folder_of(shard)).read)
    try:
        return tuple(consistency_proof(old, new, get_hash))
    except Malformed as fault:
        raise LookupError(str(fault)) from None
