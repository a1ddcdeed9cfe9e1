"""What this node's own logs have published under ``HOME/log``: checkpoints and tiles.

Read only, as any stranger would read it (C2SP tlog-tiles).
"""

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Fault, Malformed
from tongban.evidence.core.note import Note
from tongban.evidence.core.tiles import hash_reader
from tongban.evidence.core.tree import Frontier, consistency_proof, verify_consistency
from tongban.evidence.shards import folder_of, shard_of
from tongban.evidence.tilefiles import TileFiles


class Damaged(Exception):  # noqa: N818 - a state of the files
    """The files of a log don't lead to the root that it has published."""


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


def published_root(origin: str, size: int) -> bytes:
    """Return the root of this node's log at a size, as far as it is published.

    What the tiles say of a size is believed once a proof has led from there to the published
    root: damaged tiles look like another history otherwise. Damaged where it doesn't.
    LookupError for another node's log, for a size that isn't published, and for missing tiles.
    """
    shard, note = shard_of(origin), published_checkpoint(origin)
    if shard is None or note is None:
        message = f"nothing is published here of {origin!r}"
        raise LookupError(message)
    try:
        latest = Checkpoint.parse(Note.parse(note).text)
        if not 0 < size <= latest.size:
            message = f"{origin!r} has published {latest.size} entries, not {size}"
            raise LookupError(message)
        read = TileFiles(folder_of(shard)).read
        root = Frontier.read(size, hash_reader(size, read)).root
        proof = consistency_proof(size, latest.size, hash_reader(latest.size, read))
        verify_consistency(size, latest.size, root, latest.root, proof)
    except Fault as fault:
        raise Damaged(str(fault)) from None
    return root
