"""A promised checkpoint is shown to the witnesses and published with what they cosigned."""

from functools import partial

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Fault
from tongban.evidence.core.note import Note, Verifiers, open_note
from tongban.evidence.core.policy import NONE, LogLine, Policy, evaluate
from tongban.evidence.sealing import promise
from tongban.evidence.sealing.causes import Cause, SealingStopped
from tongban.evidence.sealing.opening import key_of
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import folder_of, origin_of
from tongban.evidence.tilefiles import TileFiles
from tongban.evidence.witnessing import known
from tongban.evidence.witnessing.gathering import gather
from tongban.evidence.witnessing.monitoring import standing_of
from tongban.evidence.witnessing.own_log import prove_from_tiles
from tongban.kernel.suites import suite


def policy_of(held: Promise) -> Policy:
    """Return what a receipt of this log is checked by: its key, the operator's witnesses.

    Malformed for an unreadable file of the operator.
    """
    own = (LogLine(key_of(held)),)
    chosen = known.policy()
    if chosen is None:
        return Policy(own, ())
    return Policy(own, chosen.witnesses, chosen.groups, chosen.quorum)


def publish(held: Promise) -> bool:
    """Have a promise cosigned and publish it; return whether the policy's quorum is reached.

    Waits for the witnesses two seconds at most. Raced where the log has promised more meanwhile.
    """
    if held.note is None:
        return True
    origin = origin_of(held.shard)
    checkpoint = Checkpoint(origin, held.size, held.root)
    shown = held.published if _same_text(held.published, held.note) else None
    note = gather(
        note=shown or held.note,
        checkpoint=checkpoint,
        prove=partial(prove_from_tiles, origin, new=held.size),
    )
    policy = policy_of(held)
    verdict = evaluate(Note.parse(note), policy, suite)
    reached = verdict.quorum_reached
    # The file first: after a death between the two the promise lacks it, and it is done again.
    TileFiles(folder_of(held.shard)).publish("checkpoint", note)
    with promise.writing() as promises:
        promises.publish(held, note, policy=policy.data if reached else None)
        promises.note_cosigned(held, [line.name for line, _ in verdict.cosigned])
    return reached


def is_missing(held: Promise, policy: Policy) -> bool:
    """Tell whether the promise has not reached the quorum of this policy yet.

    A closed log keeps the quorum that it reached: witnesses that were named later don't know it.
    """
    if held.note is None:
        return False
    return not _same_text(held.cosigned, held.note) or (
        held.policy != policy.data and not held.closed
    )


def check_file(held: Promise) -> None:
    """Make sure that no larger or other checkpoint was published than this node remembers.

    SealingStopped where one was: what the log promised was put back from a backup.
    """
    shown = read_checkpoint(held)
    if shown is None:
        return
    if shown.size > held.size or (shown.size == held.size and shown.root != held.root):
        message = (
            f"the log {held.shard} has published {shown.size} entries, and remembers to have "
            f"signed for {held.size}: log/{promise.NAME} was put back from a backup; run `tongban "
            "evidence reconcile`"
        )
        raise SealingStopped(message, Cause.BEHIND)


def read_checkpoint(held: Promise, data: bytes | None = None) -> Checkpoint | None:
    """Return a checkpoint that the log's key has signed, of the published file by default.

    None where there is none, or it isn't this log's.
    """
    if data is None:
        path = folder_of(held.shard) / "checkpoint"
        data = path.read_bytes() if path.is_file() else b""
    try:
        note = Note.parse(data)
        open_note(note, Verifiers([key_of(held)], suite))
        checkpoint = Checkpoint.parse(note.text)
    except Fault:
        return None
    return checkpoint if checkpoint.origin == key_of(held).name else None


def lacks_somebody(held: Promise) -> bool:
    """Tell whether a witness that has an address hasn't cosigned what is published."""
    if held.published is None:
        return False
    signed = {(one.name, one.key_id) for one in Note.parse(held.published).signatures}
    asked = [line.key for line in policy_of(held).witnesses if line.url is not None]
    return not signed.issuperset((key.name, key.key_id) for key in asked)


def check_with_witnesses(held: Promise, *, wait: bool = True) -> None:
    """Make sure that no witness has seen more of the log than this node remembers.

    A node that was put back from a backup finds out here. SealingStopped where one has or
    contradicts this node at one size and, with ``wait``, where so many are silent that they could
    be a quorum: it might have seen more.
    """
    policy = policy_of(held)
    asked = [line.name for line in policy.witnesses if line.url is not None]
    if not asked:
        return
    standing = standing_of(key=key_of(held))
    for view in standing.views:
        size, root = view.checkpoint.size, view.checkpoint.root
        if size > held.size or (size == held.size and root != held.root):
            message = (
                f"the witness {view.source} has seen {size} entries of the log {held.shard}, this "
                f"node remembers {held.size}: it was put back from a backup, or another node signs "
                "with its key; run `tongban evidence reconcile`"
            )
            raise SealingStopped(message, Cause.BEHIND)
    silent = [name for name in asked if name not in standing.answered]
    if wait and silent and policy.quorum != NONE and policy.is_met_by(silent):
        message = (
            f"the witnesses {', '.join(silent)} don't answer, and what they have seen must be "
            "known before this node signs again: waiting for them"
        )
        raise SealingStopped(message, Cause.SILENT)


def _same_text(one: bytes | None, other: bytes) -> bool:
    """Tell whether two notes are of one checkpoint: what one has gathered is good for both."""
    return one is not None and Note.parse(one).text == Note.parse(other).text
