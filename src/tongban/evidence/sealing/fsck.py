"""Does the log still tell one story? Rows, files, promises and signatures are held together.

Every entry is read once, a bundle at a time, so memory stays flat. Nothing is repaired here.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from django.db import connection

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Fault
from tongban.evidence.core.note import Note, Verifiers, open_note
from tongban.evidence.core.tiles import TILE_WIDTH, Tile
from tongban.evidence.models import Seal
from tongban.evidence.sealing import batches, promise
from tongban.evidence.sealing.batches import OutOfStep
from tongban.evidence.sealing.growth import Growth
from tongban.evidence.sealing.opening import key_of
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import folder_of, origin_of
from tongban.evidence.tilefiles import TileFiles
from tongban.kernel.suites import SuiteOff, suite

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
    for shard in sorted(batches.shards() - known):
        yield f"log {shard}: the database has entries of it, but what it promised is gone"
    for entry_id in _first(_FORGOTTEN):
        yield f"entry {entry_id}: accepted, but neither in a log nor waiting for one"
    for leaf in _first(_TWICE):
        yield f"leaf {bytes(leaf).hex()}: stands in two entries"


def _check_notes(held: Promise) -> Iterator[str]:
    folder = folder_of(held.shard)
    path = folder / "checkpoint"
    notes = {"signed": held.note, "published": held.published, "cosigned": held.cosigned}
    if held.published is not None:
        notes["checkpoint file"] = path.read_bytes() if path.is_file() else b""
    sizes = {}
    for name, data in notes.items():
        if data is None:
            continue
        try:
            note = Note.parse(data)
            checkpoint = Checkpoint.parse(note.text)
            open_note(note, Verifiers([key_of(held)], suite))
        except (Fault, SuiteOff) as fault:
            yield f"log {held.shard}: its {name} note: {fault}"
            continue
        sizes[name] = checkpoint
        if checkpoint.origin != origin_of(held.shard):
            yield f"log {held.shard}: its {name} note is of {checkpoint.origin!r}"
        if checkpoint.size == held.size and checkpoint.root != held.root:
            yield f"log {held.shard}: its {name} note has another root than it promised"
    signed = sizes.get("signed")
    if held.size and (signed is None or (signed.size, signed.root) != (held.size, held.root)):
        yield f"log {held.shard}: what it signed isn't what it promised"


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
    try:
        rows = batches.leaves_of(held.shard, start, start + len(entries))
    except OutOfStep:
        rows = []
    for index, (entry, row) in enumerate(zip_longest(entries, rows), start):
        if entry != row:
            yield index


def _first(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_LISTED])
        return [row[0] for row in cursor.fetchall()]
