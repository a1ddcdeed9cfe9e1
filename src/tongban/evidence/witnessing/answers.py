"""The witness (C2SP tlog-witness): what this node answers to a checkpoint of another log.

The store remembers before anybody is answered. A process that dies between the two has promised
nothing that it forgot: the client asks again, is told the new size and gets its cosignature.
"""

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

import structlog

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Note, Signature, Verifiers, open_note
from tongban.evidence.core.witness import (
    CONFLICT_TYPE,
    Accept,
    AddCheckpoint,
    Refuse,
    Remembered,
    answer,
    cosign,
    decide,
)
from tongban.evidence.witnessing import store
from tongban.evidence.witnessing.alarms import AlarmKind, raise_alarm
from tongban.evidence.witnessing.identity import WitnessUnfit, check_memory, own_signer, settle
from tongban.evidence.witnessing.known import by_origin, witnessed_keys
from tongban.kernel import clock
from tongban.kernel.suites import SuiteOff

MAX_REQUEST_BODY = 64 * 1024
"""Bytes of a request at most: 63 hashes and a note with several post-quantum signatures."""

_TEXT = "text/plain; charset=utf-8"
_UNSIGNED = frozenset({403, 404})
_UNPROVED = 422
_FRESH_S = 60
"""Seconds within which a repetition gets the cosignature that it got before."""
_log = structlog.get_logger("tongban.evidence")


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes


def answer_add_checkpoint(body: bytes) -> Answer:
    """Answer a request to cosign a checkpoint; whatever the bytes, nothing is raised.

    200 with the cosignature; 400, 403, 404, 409 and 422 as tlog-witness has them; 413 for more
    than 64 KiB; 503 while this node can't witness, with the reason in its log.
    """
    if len(body) > MAX_REQUEST_BODY:
        return _plain(413, f"a request has at most {MAX_REQUEST_BODY} bytes")
    try:
        request = AddCheckpoint.parse(body)
    except Malformed as fault:
        return _plain(400, str(fault))
    try:
        return _answer(request)
    except (WitnessUnfit, SuiteOff) as fault:
        _log.error("witness_unfit", reason=str(fault))
    except Malformed as fault:  # of the operator's list of logs: the request was read above
        _log.error("witness_logs_unreadable", reason=str(fault))
    except (OSError, sqlite3.Error) as error:
        _log.error("witness_store_failed", error=type(error).__name__)
    return _plain(503, "this witness can't answer at present")


def held_checkpoint(origin_hash: str) -> bytes | None:
    """Return the latest cosigned checkpoint of the origin with this SHA-256, None for none.

    In lowercase hexadecimal digits (tlog-witness, Monitor Retrieval Mechanism). The note carries
    the log's signature and the cosignature. OSError or sqlite3.Error where it can't be read.
    """
    with store.reading() as memory:
        held = memory.held_by_hash(origin_hash)
    return None if held is None else held.note


def _answer(request: AddCheckpoint) -> Answer:
    logs = by_origin(witnessed_keys())
    origin = request.checkpoint.origin
    if origin not in logs:  # a stranger's question touches no store
        return _plain(404, "this witness doesn't know that origin")
    # A request that is refused anyway takes no turn from those that write, nor does a repetition.
    with store.reading() as memory:
        check_memory(memory)
        seen, vkey = memory.held(origin), memory.vkey()
    decision = decide(request, logs, _remembered(seen))
    if isinstance(decision, Refuse):
        return _refuse(request, decision, seen)
    now = int(clock.now().timestamp())
    if seen is not None and vkey is not None and _is_repeated(decision, seen, now):
        return Answer(200, _TEXT, answer(_cosignatures(seen, vkey)))
    verified = _verified(request.note, logs, origin)
    with store.writing() as memory:
        signer = own_signer(memory)
        held = memory.held(origin)
        if _remembered(held) != _remembered(seen):  # another request came between
            decision = decide(request, logs, _remembered(held))
        if isinstance(decision, Accept):
            # The time in a cosignature never goes back, though a clock may.
            timestamp = max(now, held.timestamp if held else 1)
            cosignature = cosign(signer, decision.checkpoint, timestamp)
            kept = verified.with_signatures([cosignature])
            memory.hold(store.Held(*decision.checkpoint, timestamp, kept.data))
    settle()
    if isinstance(decision, Refuse):
        return _refuse(request, decision, held)
    return Answer(200, _TEXT, answer((cosignature,)))


def _is_repeated(decision: Accept, seen: store.Held, now: int) -> bool:
    """Tell whether this very checkpoint was cosigned within the last minute."""
    same = (decision.checkpoint.size, decision.checkpoint.root) == (seen.size, seen.root)
    return same and now - seen.timestamp < _FRESH_S


def _cosignatures(held: store.Held, vkey: str) -> tuple[Signature, ...]:
    """Return what this witness has signed of the note it keeps."""
    own = NoteKey.parse(vkey)
    return tuple(
        one
        for one in Note.parse(held.note).signatures
        if (one.name, one.key_id) == (own.name, own.key_id)
    )


def _verified(note: Note, logs: Mapping[str, Verifiers], origin: str) -> Note:
    """Return the note with its log's good signatures alone: nothing of a stranger is served."""
    opened = open_note(note, logs[origin])
    return Note(note.text, tuple(one.signature for one in opened.signed))


def _refuse(request: AddCheckpoint, refusal: Refuse, held: store.Held | None) -> Answer:
    """Answer with a refusal; keep what the log has signed against itself."""
    if refusal.status not in _UNSIGNED:
        _look_for_fork(request, refusal, held)
    if refusal.size is not None:
        return Answer(refusal.status, CONFLICT_TYPE, refusal.body.encode())
    return Answer(refusal.status, _TEXT, refusal.body.encode())


def _look_for_fork(request: AddCheckpoint, refusal: Refuse, held: store.Held | None) -> None:
    """Raise the alarm about a checkpoint that its log has signed, whatever it was refused for.

    Two roots of one size prove a fork. A wrong proof doesn't: anyone can send one.
    """
    shown = request.checkpoint
    if held is not None and shown.size == held.size and shown.root != held.root:
        kind = AlarmKind.FORK
    elif held is not None and refusal.status == _UNPROVED:
        kind = AlarmKind.UNPROVED
    else:
        return
    raise_alarm(
        kind=kind,
        origin=shown.origin,
        source="",
        held=held.note,
        shown=request.note.data,
        which=shown.text if kind is AlarmKind.UNPROVED else "",
    )


def _remembered(held: store.Held | None) -> Remembered:
    return Remembered() if held is None else held.remembered


def _plain(status: int, text: str) -> Answer:
    return Answer(status, _TEXT, f"{text}\n".encode())
