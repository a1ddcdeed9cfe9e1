"""Compares what the witnesses hold about a log, so that a split view or a stale one comes out.

Each witness serves its latest cosigned checkpoint of an origin at
``<address>/<SHA-256 of the origin, hexadecimal>/checkpoint`` (C2SP tlog-witness, Monitor
Retrieval Mechanism). This node adds what it holds itself: as a witness, and as the log.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import structlog

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import BadSignature, Fault, Malformed
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Note, Verifiers, open_note
from tongban.evidence.core.policy import Policy, WitnessLine
from tongban.evidence.shards import vkeys
from tongban.evidence.witnessing import known, store
from tongban.evidence.witnessing.alarms import Alarm, AlarmKind, alarms, raise_alarm, settle
from tongban.evidence.witnessing.calls import Caller, Crowd, Reply, check_url
from tongban.evidence.witnessing.identity import own_name
from tongban.evidence.witnessing.own_log import Damaged, published_checkpoint, published_root
from tongban.kernel import clock
from tongban.kernel.suites import SuiteOff, suite

STALE_AFTER_S = 3600
"""tlog-witness: a witness should not delay what it shows by more than an hour."""

_OK, _NOT_FOUND = 200, 404
_log = structlog.get_logger("tongban.evidence")
_crowd: Crowd[Reply] = Crowd()


class View(NamedTuple):
    """A checkpoint as somebody shows it; ``cosigned_at`` is 0 where no witness signed."""

    source: str
    checkpoint: Checkpoint
    cosigned_at: int
    note: bytes


class Standing(NamedTuple):
    """Which witnesses of the policy answered, by their names there, and the views they hold."""

    answered: frozenset[str]
    views: tuple[View, ...]


def watch(*, stop: threading.Event, every_s: float = 600.0) -> None:
    """Monitor now and then, until ``stop``; for a thread of its own. Raises nothing."""
    while True:
        try:
            monitor()
        except Exception as error:  # noqa: BLE001 - the next turn may find it mended
            _log.error("monitor_failed", error=type(error).__name__)
        if stop.wait(every_s):
            return


def monitor(*, deadline_s: float = 5.0) -> int:
    """Compare every log of the policy and of ``witness/logs``; return how many views were seen.

    Raises an alarm for two roots of one size, for two sizes of this node's own log of which one
    isn't in what it has published, and for a view that leaves out what was cosigned an hour ago;
    that alarm ends when the view has caught up. A witness that doesn't answer or answers nonsense
    is told in the log. Raises Malformed for unreadable files of the operator; OSError or
    sqlite3.Error for the store.
    """
    policy = known.policy()
    count = 0
    for origin in sorted(known.by_origin(_log_keys(policy))):
        try:
            views = views_of(origin=origin, deadline_s=deadline_s)
        except SuiteOff as off:  # of the log's own key: the others are compared nevertheless
            _log.error("monitor_failed", origin=origin, error=str(off))
            continue
        for first, second in combinations(views, 2):
            smaller, larger = sorted((first, second), key=lambda view: view.checkpoint.size)
            _compare(smaller, larger)
        _settle_stale(origin, views)
        count += len(views)
    return count


def views_of(*, origin: str, deadline_s: float = 5.0) -> list[View]:
    """Return what this node and the witnesses of its policy hold about a log, as can be believed.

    Each is signed by the log, by a key of the policy or of ``witness/logs``; a witness's also by
    the witness. Empty for an unknown origin. Raises as ``monitor``.
    """
    policy = known.policy()
    verifiers = known.by_origin(_log_keys(policy)).get(origin)
    if verifiers is None:
        return []
    witnesses = policy.witnesses if policy is not None else ()
    asked = _asked(origin, verifiers, witnesses, deadline_s)
    return [*_own_views(origin, verifiers), *(view for _, view in asked if view is not None)]


def standing_of(*, key: NoteKey, deadline_s: float = 5.0) -> Standing:
    """Ask the witnesses of the policy what they hold of this node's log with that key.

    Malformed for an unreadable policy.
    """
    policy = known.policy()
    if policy is None:
        return Standing(frozenset(), ())
    verifiers = Verifiers([key], suite)
    found = list(_asked(key.name, verifiers, policy.witnesses, deadline_s))
    return Standing(
        frozenset(line.name for line, _ in found),
        tuple(view for _, view in found if view is not None),
    )


def _log_keys(policy: Policy | None) -> set[NoteKey]:
    named = policy.logs if policy is not None else ()
    own = map(NoteKey.parse, vkeys())
    return {line.key for line in named}.union(own, known.witnessed_keys())


def _own_views(origin: str, verifiers: Verifiers) -> Iterator[View]:
    """Yield what this node holds as a witness and, of its own log, what it has published."""
    with store.reading() as memory:
        held = memory.held(origin)
    if held is not None:
        yield View(own_name(), Checkpoint(*held[:3]), held.timestamp, held.note)
    published = published_checkpoint(origin)
    if published is None:
        return
    try:
        yield _read(origin, published, verifiers, None)._replace(source=origin)
    except (Fault, SuiteOff):
        _log.error("published_checkpoint_bad", origin=origin)


def _asked(
    origin: str, verifiers: Verifiers, witnesses: Sequence[WitnessLine], deadline_s: float
) -> Iterator[tuple[WitnessLine, View | None]]:
    """Ask every witness that has an address and isn't this node.

    Yields those that gave an answer that can be believed: a view, or None for never cosigned.
    """
    lines = {
        line.key.vkey: line
        for line in witnesses
        if line.url is not None and line.key.name != own_name()
    }
    tasks = {vkey: partial(_ask, line, origin) for vkey, line in lines.items()}
    for vkey, outcome in _crowd.ask(tasks, deadline_s).items():
        line = lines[vkey]
        if isinstance(outcome, Reply) and outcome.status == _NOT_FOUND:
            yield line, None
            continue
        if not isinstance(outcome, Reply) or outcome.status != _OK:
            _log.warning("witness_view_missing", witness=line.name, origin=origin)
            continue
        try:
            yield line, _read(origin, outcome.body, verifiers, line.key)
        except (Fault, SuiteOff):
            _log.warning("witness_view_bad", witness=line.name, origin=origin)


def _ask(line: WitnessLine, origin: str, caller: Caller) -> Reply:
    url = f"{str(line.url).rstrip('/')}/{store.origin_hash(origin)}/checkpoint"
    check_url(url)
    return caller.call("GET", url)


def _read(origin: str, data: bytes, verifiers: Verifiers, witness: NoteKey | None) -> View:
    """Read a note of the log; a witness's must carry its cosignature, with a time."""
    note = Note.parse(data)
    checkpoint = Checkpoint.parse(note.text)
    open_note(note, verifiers)
    if checkpoint.origin != origin:
        message = "a checkpoint of another log"
        raise Malformed(message)
    if witness is None:
        return View("", checkpoint, 0, data)
    (cosigned,) = open_note(note, Verifiers([witness], suite)).signed
    if not cosigned.timestamp:
        message = "a cosignature without a time"
        raise BadSignature(message)
    return View(witness.name, checkpoint, cosigned.timestamp, data)


def _compare(smaller: View, larger: View) -> None:
    """Raise the alarm about two views that can't both be true, or of which one is old."""
    if _contradict(smaller.checkpoint, larger.checkpoint):
        _alarm(AlarmKind.FORK, larger, smaller)
    elif smaller.checkpoint.size < larger.checkpoint.size and (
        0 < larger.cosigned_at <= clock.now().timestamp() - STALE_AFTER_S
    ):
        _alarm(AlarmKind.STALE, larger, smaller)


def _contradict(smaller: Checkpoint, larger: Checkpoint) -> bool:
    """Tell whether two views are of two histories, as far as it can be known here.

    Of two sizes that is known where one is in what this node's log has published, one isn't.
    """
    if smaller.size == larger.size:
        return smaller.root != larger.root
    if smaller.size == 0:
        return False
    try:
        fits = [published_root(one.origin, one.size) == one.root for one in (smaller, larger)]
    except LookupError:
        return False  # the tiles aren't here
    except Damaged:
        _log.error("own_log_damaged", origin=smaller.origin)  # `tongban evidence fsck` says where
        return False
    return fits[0] != fits[1]


def _settle_stale(origin: str, views: Sequence[View]) -> None:
    """End the alarms about views that were old and have caught up."""
    sizes = {view.source: view.checkpoint.size for view in views}
    for alarm in alarms():
        if alarm.kind == AlarmKind.STALE and alarm.origin == origin and _caught_up(alarm, sizes):
            settle(alarm, why="caught up")


def _caught_up(alarm: Alarm, sizes: Mapping[str, int]) -> bool:
    try:
        missed = Checkpoint.parse(Note.parse(alarm.held.read_bytes()).text).size
    except (OSError, Fault):
        return False
    return sizes.get(alarm.source.rpartition(" ")[2], 0) >= missed


def _alarm(kind: AlarmKind, held: View, shown: View) -> None:
    raise_alarm(
        kind=kind,
        origin=held.checkpoint.origin,
        source=f"{held.source} {shown.source}",
        held=held.note,
        shown=shown.note,
    )
