"""A log that refuses to sign is brought back, or closed and followed by another.

The operator's act, never the worker's: it decides from the files, the database and the witnesses
what was signed last, and goes on from there only if every leaf of it is known. Nothing is written
before the leaves lead to the root that was signed.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from django.db import transaction

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.policy import NONE
from tongban.evidence.core.tiles import TILE_WIDTH
from tongban.evidence.core.tree import EMPTY_ROOT
from tongban.evidence.keyfile import KeyGone
from tongban.evidence.models import LostLeaf, PendingEntry, Seal, Waiting
from tongban.evidence.sealing import batches, opening, promise, publishing, sole
from tongban.evidence.sealing.causes import Cause, SealingStopped
from tongban.evidence.sealing.growth import Growth
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import folder_of, follower, order, origin_of
from tongban.evidence.tilefiles import TileFiles
from tongban.evidence.witnessing.monitoring import standing_of

Leaves: TypeAlias = Callable[[int, int], list[bytes]]
"""Finds the leaves of a bundle; LookupError where one is nowhere."""


class CannotContinue(SealingStopped):
    """What a log has signed can't be made whole again: only another can follow it."""


def reconcile(*, begin_anew: bool = False) -> Iterator[str]:
    """Bring every log back to the largest checkpoint that it ever signed; yield what was done.

    That is the largest of what was promised, what was published and what witnesses hold. Leaves
    that the database has lost are taken from the log's files; tiles are written anew. With
    ``begin_anew`` a log that can't be continued is closed and another begun, with a new key.

    SealingStopped, with the reason, where one can't be continued, where the sequencer is at work,
    where a row was edited, and where witnesses are silent that could have seen more.
    """
    with sole.holding() as is_sole:
        if not is_sole:
            message = "the sequencer is at work: stop `tongban worker` first"
            raise SealingStopped(message)
        logs = _logs()
        if not logs:
            message = "there is no log yet: `tongban worker` begins one"
            raise SealingStopped(message)
        for held in logs:
            is_last = held is logs[-1]
            try:
                yield from _bring_back(held, is_last=is_last)
            except CannotContinue as stopped:
                if not begin_anew:
                    message = (
                        f"{stopped}; `tongban evidence reconcile --begin-anew` closes it and "
                        "begins another"
                    )
                    raise CannotContinue(message, Cause.FILES) from None
                yield str(stopped)
                if is_last:
                    yield from _begin_anew(held)
        again = batches.queue_forgotten()
        if again:
            yield f"{again} entries that were in no log wait for one again"


def rotate() -> str:
    """Ask the sequencer to close the log in use and begin another with a new key; return which.

    SealingStopped where there is none yet.
    """
    with promise.writing() as promises:
        held = promises.latest()
        if held is None or held.closed:
            message = "no log is in use"
            raise SealingStopped(message)
        promises.note(opening.ROTATE, held.shard)
    return held.shard


def _logs() -> list[Promise]:
    """Return what every log promised, oldest first; of forgotten ones what their key is."""
    with promise.reading() as promises:
        found = {held.shard: held for held in promises.all()}
    for shard in opening.traces_of_logs() - found.keys():
        vkey = opening.vkey_of(shard)
        found[shard] = Promise(shard, vkey, 0, EMPTY_ROOT, 0, None, None, None, None, closed=False)
    return [found[shard] for shard in sorted(found, key=order)]


def _bring_back(held: Promise, *, is_last: bool) -> Iterator[str]:
    """Find every leaf that a log has signed for, write what is missing, and promise it again."""
    shard = held.shard
    if not held.vkey:
        message = f"key and promise of the log {shard} are lost"
        raise CannotContinue(message, Cause.KEY)
    target = _largest(held)
    files = TileFiles(folder_of(shard))
    lost = _write(shard, files, _source(target, files), target.size)
    if lost:
        yield f"{lost} entries stand in the log {shard} that the database has lost"
    closed = _promise(held, target, is_last=is_last)
    if not closed:
        try:
            opening.settle(held)
        except SealingStopped as stopped:
            if isinstance(stopped.__cause__, KeyGone):
                raise CannotContinue(str(stopped), Cause.KEY) from None
            raise
    how = "is whole, closed" if closed else "goes on"
    yield f"the log {shard} {how} at {target.size} entries"


def _largest(held: Promise) -> Promise:
    """Return the promise of the largest checkpoint that anybody holds, signed by the log's key."""
    policy = publishing.policy_of(held)
    standing = standing_of(key=opening.key_of(held))
    asked = [line.name for line in policy.witnesses if line.url is not None]
    silent = [name for name in asked if name not in standing.answered]
    if silent and policy.quorum != NONE and policy.is_met_by(silent):
        message = f"the witnesses {', '.join(silent)} don't answer: try again when they do"
        raise SealingStopped(message, Cause.SILENT)
    path = folder_of(held.shard) / "checkpoint"
    notes = [path.read_bytes()] if path.is_file() else []
    found = held
    for data in [*notes, *(view.note for view in standing.views)]:
        seen = publishing.read_checkpoint(held, data)
        if seen is not None:
            found = _larger(found, seen, data)
    return found


def _larger(found: Promise, seen: Checkpoint, data: bytes) -> Promise:
    if seen.size == found.size and found.size > 0 and seen.root != found.root:
        message = f"two roots of size {found.size} carry the key of the log {found.shard}"
        raise CannotContinue(message, Cause.BEHIND)
    if seen.size > found.size:
        return replace(found, size=seen.size, root=seen.root, note=data)
    return found


def _source(target: Promise, files: TileFiles) -> Leaves:
    """Return where the leaves of a log are found; CannotContinue where nothing leads to its root.

    The rows first, for they are what entries are; the files where rows are missing. Where only the
    files lead to the root, a row was edited: SealingStopped names it, and nothing is written.
    """
    shard = target.shard

    def rows_first(start: int, end: int) -> list[bytes]:
        held = batches.held_leaves(shard, start, end)
        if len(held) == end - start:
            return list(held.values())
        entries = files.entries(start // TILE_WIDTH, end - start)
        return [held.get(index, entries[index - start]) for index in range(start, end)]

    def files_alone(start: int, end: int) -> list[bytes]:
        return files.entries(start // TILE_WIDTH, end - start)

    if _leads_to(target, rows_first):
        return rows_first
    if _leads_to(target, files_alone):
        for start, end in _bundles(target.size):
            rows, entries = batches.held_leaves(shard, start, end), files_alone(start, end)
            for index, leaf in rows.items():
                if leaf != entries[index - start]:
                    message = (
                        f"the database's leaf {index} of the log {shard} isn't the one that was "
                        "signed: put its entry back; the log's files are right"
                    )
                    raise SealingStopped(message, Cause.ROWS)
    message = (
        f"neither rows nor files lead to the root that the log {shard} signed at size "
        f"{target.size}: it can't be continued"
    )
    raise CannotContinue(message, Cause.FILES)


def _leads_to(target: Promise, leaves: Leaves) -> bool:
    growth = Growth()
    with suppress(LookupError, Malformed):
        for start, end in _bundles(target.size):
            growth, _ = growth.grow(leaves(start, end))
        return growth.frontier.root == target.root
    return False


def _bundles(size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, size, TILE_WIDTH):
        yield start, min(start + TILE_WIDTH, size)


def _write(shard: str, files: TileFiles, leaves: Leaves, size: int) -> int:
    """Write the tiles, and the rows that are missing; return how many leaves have no entry."""
    growth, lost = Growth(), 0
    for start, end in _bundles(size):
        found = leaves(start, end)
        held = batches.held_leaves(shard, start, end)
        growth, grown = growth.grow(found)
        files.write(grown)
        missing = {at: found[at - start] for at in range(start, end) if at not in held}
        lost += _take_in(shard, missing)
    return lost


def _take_in(shard: str, leaves: dict[int, bytes]) -> int:
    """Give entries that lost their places these again, and note leaves without an entry.

    Returns how many have none.
    """
    if not leaves:
        return 0
    with transaction.atomic():
        waiting = PendingEntry.objects.filter(
            position__in=Waiting.objects.values("position"), leaf__in=list(leaves.values())
        )
        positions = {bytes(leaf): at for at, leaf in waiting.values_list("position", "leaf")}
        found = {index: positions[leaf] for index, leaf in leaves.items() if leaf in positions}
        Seal.objects.bulk_create(
            [Seal(shard=shard, leaf_index=at, entry_id=entry) for at, entry in found.items()]
        )
        Waiting.objects.filter(position__in=found.values()).delete()
        rest = {index: leaf for index, leaf in leaves.items() if index not in found}
        LostLeaf.objects.bulk_create(
            [LostLeaf(shard=shard, leaf_index=at, leaf=leaf) for at, leaf in rest.items()]
        )
    return len(rest)


def _promise(held: Promise, target: Promise, *, is_last: bool) -> bool:
    """Write what was found to have been promised; return whether the log is closed."""
    with promise.writing() as promises:
        current = promises.find(held.shard)
        if current is None:
            promises.begin(held.shard, held.vkey, held.at)
            current = promises.of(held.shard)
        if target.note is not None and current.size < target.size:
            promises.swap(
                current, size=target.size, root=target.root, note=target.note, at=target.at
            )
        if not is_last and not current.closed:
            promises.close(promises.of(held.shard))
        return promises.of(held.shard).closed


def _begin_anew(held: Promise) -> Iterator[str]:
    """Close a log at what this node remembers of it, and begin another."""
    with promise.reading() as promises:
        current = promises.find(held.shard)
        latest = promises.latest()
    again = batches.queue_again(held.shard, 0 if current is None else current.size)
    if current is None:
        begun = _give_up(held, latest)
    else:
        with promise.writing() as promises:
            promises.close(current)
            latest = promises.of(held.shard)
        opening.forget_key(latest)
        begun = opening.begin(latest)
        yield f"the log {held.shard} is closed at {latest.size} entries"
    opening.settle(begun)
    yield f"the log {begun.shard} begins; {again} entries wait for it"
    yield f"its key, for the witnesses: {begun.vkey}"
    yield f"its origin: {origin_of(begun.shard)}"


def _give_up(held: Promise, latest: Promise | None) -> Promise:
    """Leave a log of which neither key nor promise is known; its entries wait for the next."""
    with promise.writing() as promises:
        given_up = f"{promises.noted(opening.GIVEN_UP) or ''} {held.shard}".strip()
        promises.note(opening.GIVEN_UP, given_up)
    return opening.begin(latest, follower(held.shard, opening.this_year()))
