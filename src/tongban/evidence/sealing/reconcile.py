"""A log that refuses to sign is brought back, or closed and followed by another.

The operator's act, never the worker's: it decides from the files, the database and the witnesses
what was signed last, and goes on from there only if every leaf of it is known.
"""

from collections.abc import Iterator
from dataclasses import replace

from django.db import transaction

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Fault, Malformed
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Note, Verifiers, open_note
from tongban.evidence.core.tiles import TILE_WIDTH
from tongban.evidence.core.tree import EMPTY_ROOT
from tongban.evidence.models import LostLeaf, PendingEntry, Seal, Waiting
from tongban.evidence.sealing import batches, opening, promise, publishing, sole
from tongban.evidence.sealing.causes import SealingStopped
from tongban.evidence.sealing.growth import Growth
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import folder_of, is_shard, log_folder, origin_of
from tongban.evidence.tilefiles import TileFiles
from tongban.evidence.witnessing.monitoring import standing_of
from tongban.kernel.suites import suite


def reconcile(*, begin_anew: bool = False) -> Iterator[str]:
    """Bring the log in use back to the largest checkpoint that it ever signed; yield what was done.

    That is the largest of what was promised, what was published and what witnesses hold. Leaves
    that the database has lost are taken from the log's files; tiles are written anew. With
    ``begin_anew`` a log that can't be continued is closed and another begun, with a new key.

    SealingStopped, with the reason, where it can't be continued, where the sequencer is at work,
    and where witnesses are silent that could have seen more.
    """
    with sole.holding() as is_sole:
        if not is_sole:
            message = "the sequencer is at work: stop `tongban worker` first"
            raise SealingStopped(message)
        held = _held()
        try:
            yield from _continue(held, _largest(held))
        except SealingStopped as stopped:
            if not begin_anew:
                raise
            yield str(stopped)
            yield from _begin_anew(held)


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


def _held() -> Promise:
    """Return what the log in use promised; where that is forgotten, begin with its public key."""
    with promise.reading() as promises:
        held = promises.latest()
    if held is not None:
        return held
    shards = sorted(one.parent.name for one in log_folder().glob("*/vkey"))
    shards = [one for one in shards if is_shard(one)]
    if not shards:
        message = "there is no log yet: `tongban worker` begins one"
        raise SealingStopped(message)
    vkey = (folder_of(shards[-1]) / "vkey").read_text(encoding="utf-8").strip()
    return Promise(shards[-1], vkey, 0, EMPTY_ROOT, 0, None, None, None, closed=False)


def _largest(held: Promise) -> Promise:
    """Return the promise of the largest checkpoint that anybody holds, signed by the log's key."""
    key = opening.key_of(held)
    path = folder_of(held.shard) / "checkpoint"
    notes = [path.read_bytes()] if path.is_file() else []
    policy = publishing.policy_of(held)
    standing = standing_of(key=key)
    silent = [
        line.name
        for line in policy.witnesses
        if line.url is not None and line.name not in standing.answered
    ]
    if silent and policy.is_met_by(silent):
        message = f"the witnesses {', '.join(silent)} don't answer: try again when they do"
        raise SealingStopped(message)
    notes += [view.note for view in standing.views]
    found = held
    for data in notes:
        checkpoint = _read(data, key)
        if checkpoint is None:
            continue
        if checkpoint.size == found.size and found.note is None:
            found = replace(found, note=data, root=checkpoint.root)
        elif checkpoint.size == found.size and checkpoint.root != found.root:
            message = f"two roots of size {found.size} carry the key of the log {held.shard}"
            raise SealingStopped(message)
        elif checkpoint.size > found.size:
            found = replace(found, size=checkpoint.size, root=checkpoint.root, note=data)
    return found


def _read(data: bytes, key: NoteKey) -> Checkpoint | None:
    try:
        note = Note.parse(data)
        open_note(note, Verifiers([key], suite))
        checkpoint = Checkpoint.parse(note.text)
    except Fault:
        return None
    return checkpoint if checkpoint.origin == key.name else None


def _continue(held: Promise, target: Promise) -> Iterator[str]:
    """Find every leaf of the target, write tiles and rows that are missing, and promise it."""
    shard = held.shard
    opening.settle(held)
    files, growth, lost = TileFiles(folder_of(shard)), Growth(), 0
    for start in range(0, target.size, TILE_WIDTH):
        end = min(start + TILE_WIDTH, target.size)
        leaves, missing = _leaves(shard, files, start, end)
        growth, grown = growth.grow(leaves)
        files.write(grown)
        lost += _take_in(shard, {index: leaves[index - start] for index in missing})
    if growth.frontier.root != target.root:
        message = (
            f"the leaves that are left don't lead to the root that the log {shard} signed at size "
            f"{target.size}: it can't be continued; `tongban evidence reconcile --begin-anew` "
            "closes it and begins another"
        )
        raise SealingStopped(message)
    if lost:
        yield f"{lost} entries stand in the log {shard} that the database has lost"
    with promise.writing() as promises:
        if promises.latest() is None:
            promises.begin(shard, held.vkey, held.at)
        current = promises.of(shard)
        if target.note is not None and current.size < target.size:
            note = target.note
            promises.swap(current, size=target.size, root=target.root, note=note, at=target.at)
    yield f"the log {shard} goes on at {target.size} entries"


def _leaves(shard: str, files: TileFiles, start: int, end: int) -> tuple[list[bytes], list[int]]:
    """Return the leaves of a bundle, and which of them no row holds.

    From the rows where there are all, else from the log's own files. SealingStopped for neither.
    """
    held = batches.held_leaves(shard, start, end)
    missing = [index for index in range(start, end) if index not in held]
    if not missing:
        return [held[index] for index in range(start, end)], []
    try:
        return files.entries(start // TILE_WIDTH, end - start), missing
    except (LookupError, Malformed):
        message = (
            f"neither the database nor the files hold leaf {missing[0]} of the log {shard}: it "
            "can't be continued; `tongban evidence reconcile --begin-anew` closes it and begins "
            "another"
        )
        raise SealingStopped(message) from None


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


def _begin_anew(held: Promise) -> Iterator[str]:
    """Close a log at what this node remembers of it, and begin another."""
    again = batches.queue_again(held.shard, held.size)
    with promise.writing() as promises:
        if promises.latest() is None:
            promises.begin(held.shard, held.vkey, held.at)
        promises.close(promises.of(held.shard))
        closed = promises.of(held.shard)
    opening.forget_key(closed)
    begun = opening.begin(closed)
    opening.settle(begun)
    yield f"the log {held.shard} is closed at {held.size} entries"
    yield f"the log {begun.shard} begins; {again} entries wait for it"
    yield f"its key, for the witnesses: {begun.vkey}"
    yield f"its origin: {origin_of(begun.shard)}"
