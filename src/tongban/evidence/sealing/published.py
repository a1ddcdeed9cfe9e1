"""The files of this node's logs, as anybody may read them (C2SP tlog-tiles)."""

from pathlib import Path
from typing import NamedTuple

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.tiles import Tile
from tongban.evidence.shards import folder_of, is_shard

_NAMED = frozenset({"checkpoint", "vkey"})


class Published(NamedTuple):
    """A file of a log; a ``final`` one never changes."""

    path: Path
    content_type: str
    final: bool


def published_file(shard: str, name: str) -> Published | None:
    """Return the file of a log by its path below the log's prefix; None where there is none.

    Only checkpoint, verifier key and tiles are there for the asking, whatever else the folder
    holds. A partial tile that has become full is answered with nothing: its full one is there.
    """
    if not is_shard(shard):
        return None
    if name in _NAMED:
        found = Published(folder_of(shard) / name, "text/plain; charset=utf-8", final=False)
    else:
        try:
            tile = Tile.parse(name)
        except Malformed:
            return None
        kind = "application/octet-stream"
        found = Published(folder_of(shard) / tile.path, kind, final=True)
    return found if found.path.is_file() else None
