"""Does the log still tell one story? Rows, files, promises and signatures are held together.

Every entry is read once, a bundle at a time, so memory stays flat. Nothing is repaired here.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Fault
from tongban.evidence.core.tiles import TILE_WIDTH, Tile
from tongban.evidence.models import Seal
from tongban.evidence.sealing import batches, opening, promise, publishing
from tongban.evidence.sealing.causes import SealingStopped
from tongban.evidence.sealing.growth import Growth
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import folder_of
from tongban.evidence.tilefiles import TileFiles

_LISTED = 10
"""Leaves of one log that are named; the rest are counted."""

_FORGOTTEN = """
SELECT entry.entry_id FROM evidence_pendingentry AS entry
LEFT JOIN evidence_waiting AS waiting ON waiting.position = entry.position
LEFT JOIN evidence_seal AS seal ON seal.position = entry.position
WHERE waiting.position IS NULL AND seal.position IS NULL
ORDER BY entry.position LIMIT %s
"""
_TWICE = """
SELECT entry.leaf FROM evidence_pendingentry AS entry GROUP BY entry.leaf HAVING COUNT(*) > 1
LIMIT %s
"""


def check_log() -> Iterator[str]:
    """Yield a sentence for everything that doesn't fit; nothing for a sound log.

    Of every log: its notes carry its signature and agree with its promise; its entries lead to
    the root that it signed; its tiles are those of the entries; the database's rows are the
    entries, each once. Of the database: every entry waits or is in a log, no leaf stands twice.
    """
    with promise.reading() as promises:
        logs = promises.all()
    for held in logs:
        yield from _check_notes(held)
        yield from _check_entries(held)
    known = {held.shard for held in logs}
    for shard in sorted(opening.traces_of_logs() - known):
        yield f"log {shard}: the database has entries of it, but what it promised is gone"
    for entry_id in _first(_FORGOTTEN):
        yield f"entry {entry_id}: accepted, but neither in a log nor waiting for one"
    for leaf in _first(_TWICE):
        yield f"leaf {bytes(leaf).hex()}: stands in two entries"


def _check_notes(held: Promise) -> Iterator[str]:
    notes = {"signed": held.note, "published": held.published, "cosigned": held.cosigned}
    found = {}
    for name, data in notes.items():
        if data is None:
            continue
        checkpoint = publishing.read_checkpoint(held, data)
        if checkpoint is None:
            yield f"log {held.shard}: its {name} note isn't signed by its key"
        elif checkpoint.size == held.size and checkpoint.root != held.root:
            yield f"log {held.shard}: its {name} note has another root than it promised"
        else:
            found[name] = checkpoint
    signed = found.get("signed")
    if held.size and (signed is None or (signed.size, signed.root) != (held.size, held.root)):
        yield f"log {held.shard}: what it signed isn't what it promised"
    yield from _check_file(held, found.get("published"))


def _check_file(held: Promise, published: Checkpoint | None) -> Iterator[str]:
    """Hold the checkpoint that strangers read against what was published last, and promised."""
    shown = publishing.read_checkpoint(held)
    try:
        publishing.check_file(held)
    except SealingStopped as stopped:
        yield str(stopped)
        return
    if published is not None and (shown is None or shown.size < published.size):
        yield f"log {held.shard}: its checkpoint file is older than what was published"


def _check_entries(held: Promise) -> Iterator[str]:
    """Grow the tree again from the entry bundles; compare tiles, rows and root on the way."""
    files, growth, wrong = TileFiles(folder_of(held.shard)), Growth(), 0
    for start in range(0, held.size, TILE_WIDTH):
        width = min(TILE_WIDTH, held.size - start)
        try:
            entries = files.entries(start // TILE_WIDTH, width)
        except (LookupError, Fault) as fault:
            yield f"log {held.shard}: the entries from {start} on can't be read: {fault}"
            return
        growth, grown = growth.grow(entries)
        yield from _check_tiles(held, files, grown)
        for index in _differences(held, start, entries):
            wrong += 1
            if wrong <= _LISTED:
                yield f"log {held.shard}: leaf {index} isn't what the database has there"
    if wrong > _LISTED:
        yield f"log {held.shard}: {wrong} leaves in all aren't what the database has there"
    if growth.frontier.root != held.root:
        yield f"log {held.shard}: its entries don't lead to the root that it has signed"
    beyond = Seal.objects.filter(shard=held.shard, leaf_index__gte=held.size).exists()
    if not held.closed and not beyond and batches.size_of(held.shard) < held.size:
        yield f"log {held.shard}: the database holds fewer entries than it has signed for"


def _check_tiles(held: Promise, files: TileFiles, grown: list[tuple[Tile, bytes]]) -> Iterator[str]:
    for tile, content in grown:
        if tile.level < 0:
            continue
        try:
            found = files.read(tile.level, tile.index, tile.width)
        except LookupError as missing:
            yield f"log {held.shard}: {missing}"
            continue
        if found != content:
            yield f"log {held.shard}: {tile.path} isn't the tile of its entries"


def _differences(held: Promise, start: int, entries: list[bytes]) -> Iterator[int]:
    rows = batches.held_leaves(held.shard, start, start + len(entries))
    for index, entry in enumerate(entries, start):
        if rows.get(index) != entry:
            yield index


def _first(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_LISTED])
        return [row[0] for row in cursor.fetchall()]
