"""The log asks its witnesses to cosign a checkpoint (C2SP tlog-witness, the client's side).

Whatever a witness does, the log goes on: what it sends counts only when it verifies, and what is
wrong with it is told in the log under a stable name.
"""

import threading
from collections.abc import Callable
from enum import StrEnum
from functools import partial

import structlog

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Fault, Malformed
from tongban.evidence.core.note import Note, Signature, Verifiers
from tongban.evidence.core.policy import WitnessLine
from tongban.evidence.core.text import read_number
from tongban.evidence.core.witness import CONFLICT_TYPE, AddCheckpoint, read_answer
from tongban.evidence.witnessing import known
from tongban.evidence.witnessing.calls import Caller, CallFailed, Crowd, Reply, check_url
from tongban.evidence.witnessing.identity import own_name
from tongban.kernel.suites import suite

Prove = Callable[[int], tuple[bytes, ...]]
"""Gives the consistency proof from an older size to the checkpoint's."""

_OK = 200
_CONFLICT = 409
_log = structlog.get_logger("tongban.evidence")


class Why(StrEnum):
    """Why a witness's answer gives no cosignature: the stable names of the events."""

    REFUSED = "witness_refused"
    BAD = "witness_cosignature_bad"
    UNREADABLE = "witness_size_unreadable"
    AHEAD = "witness_is_ahead"  # it has seen more of the log than the log: was the log put back?
    CONTRADICTS = "witness_contradicts_itself"


class Unhelpful(Exception):  # noqa: N818 - a state of the other side
    """An answer without a cosignature that counts."""

    def __init__(self, why: Why, status: int) -> None:
        """Take the reason and the HTTP status that came with it."""
        super().__init__(why, status)
        self.why = why
        self.status = status


class _Sizes:
    """The last size that each witness is known to hold of each log, while the process lives.

    Forgetting costs one more question: a witness tells its size with 409.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._sizes: dict[tuple[str, str], int] = {}

    def get(self, witness: str, origin: str) -> int | None:
        with self._guard:
            return self._sizes.get((witness, origin))

    def put(self, witness: str, origin: str, size: int) -> None:
        with self._guard:
            self._sizes[witness, origin] = size


_sizes = _Sizes()
_crowd: Crowd[Signature] = Crowd()


def gather(*, note: bytes, checkpoint: Checkpoint, prove: Prove, deadline_s: float = 2.0) -> bytes:
    """Ask all witnesses of ``HOME/log/policy`` at once; return the note with what verifies.

    ``note`` is the checkpoint signed by its log. ``prove`` is called from other threads, so it
    must not use the database. Returns by the deadline, and raises nothing: where nobody helps,
    the note comes back as it was.
    """
    try:
        return _gather(Note.parse(note), checkpoint, prove, deadline_s)
    except Exception as error:  # noqa: BLE001 - the log never stops because of its witnesses
        _log.error("witnesses_not_asked", error=type(error).__name__)
        return note


def forget_sizes() -> None:
    """Forget which sizes the witnesses hold, as a new process does."""
    global _sizes  # noqa: PLW0603 - the one memory of this process
    _sizes = _Sizes()


def _gather(note: Note, checkpoint: Checkpoint, prove: Prove, deadline_s: float) -> bytes:
    if note.text != checkpoint.text:
        message = "the note isn't that of the checkpoint"
        raise Malformed(message)
    lines = _askable()
    outcomes = _crowd.ask(
        {line.key.vkey: partial(_ask, line, note, checkpoint, prove) for line in lines},
        deadline_s,
    )
    taken = []
    for line in lines:
        outcome = outcomes[line.key.vkey]
        if isinstance(outcome, Signature):
            taken.append(outcome)
        else:
            _tell(line, outcome)
    return note.with_signatures(taken).data


def _askable() -> list[WitnessLine]:
    """Return the witnesses with an address; this node itself is none for its own log."""
    policy = known.policy()
    lines = []
    for line in policy.witnesses if policy is not None else ():
        if line.key.name == own_name():
            _log.warning("witness_is_this_node", witness=line.name)
        elif line.url is not None:
            lines.append(line)
    return lines


def _ask(
    line: WitnessLine, note: Note, checkpoint: Checkpoint, prove: Prove, caller: Caller
) -> Signature:
    """Ask one witness, a second time with the size that it told."""
    url = str(line.url).rstrip("/") + "/add-checkpoint"
    check_url(url)
    held = _sizes.get(line.key.vkey, checkpoint.origin)
    # A size beyond the checkpoint's can't be continued: ask from 0 to be told what it is now.
    old = held if held is not None and held <= checkpoint.size else 0
    reply = caller.call("POST", url, _request(old, note, prove))
    if reply.status == _CONFLICT:
        told = _size_told(reply)
        _judge_size(line, checkpoint, told, old=old, held=held)
        old = told
        reply = caller.call("POST", url, _request(old, note, prove))
    if reply.status != _OK:
        raise Unhelpful(Why.REFUSED, reply.status)
    try:
        (cosignature,) = read_answer(reply.body, note, Verifiers([line.key], suite))
    except (Fault, ValueError):
        raise Unhelpful(Why.BAD, reply.status) from None
    _sizes.put(line.key.vkey, checkpoint.origin, checkpoint.size)
    return cosignature


def _request(old: int, note: Note, prove: Prove) -> bytes:
    needs_proof = 0 < old < Checkpoint.parse(note.text).size
    return AddCheckpoint(old, tuple(prove(old)) if needs_proof else (), note).data


def _size_told(reply: Reply) -> int:
    body = reply.body.decode("ascii", "replace")
    if reply.content_type != CONFLICT_TYPE or not body.endswith("\n"):
        raise Unhelpful(Why.UNREADABLE, reply.status)
    try:
        return read_number(body[:-1])
    except Malformed:
        raise Unhelpful(Why.UNREADABLE, reply.status) from None


def _judge_size(
    line: WitnessLine, checkpoint: Checkpoint, told: int, *, old: int, held: int | None
) -> None:
    """Tell what a witness's size says; raise Unhelpful where asking again is no use."""
    if told > checkpoint.size:
        raise Unhelpful(Why.AHEAD, _CONFLICT)
    if told == old:
        raise Unhelpful(Why.CONTRADICTS, _CONFLICT)
    if held is not None and told < held:
        _log.error(
            "witness_went_back", witness=line.name, origin=checkpoint.origin, held=held, told=told
        )


def _tell(line: WitnessLine, outcome: Exception | None) -> None:
    """Write why a witness gave nothing: stable names, no text that came from it."""
    match outcome:
        case None:
            _log.warning("witness_too_slow", witness=line.name)
        case Unhelpful(why=why, status=status):
            _log.warning(str(why), witness=line.name, status=status)
        case CallFailed():
            _log.warning("witness_unreachable", witness=line.name, error=str(outcome))
        case Malformed():
            _log.warning("witness_address_bad", witness=line.name)
        case _:
            _log.error("witness_ask_failed", witness=line.name, error=type(outcome).__name__)
