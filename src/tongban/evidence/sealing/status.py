"""How the log stands: figures for operators and for the status page."""

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tongban.evidence.core.faults import Fault
from tongban.evidence.core.note import Note
from tongban.evidence.core.policy import LogLine, Policy, evaluate, withstands
from tongban.evidence.sealing import batches, opening, promise, publishing
from tongban.evidence.sealing.causes import Cause, Trouble
from tongban.evidence.sealing.gauge import BACKLOG_ALARM
from tongban.evidence.sealing.opening import key_of
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import origin_of
from tongban.kernel import clock
from tongban.kernel.suites import SuiteOff, suite

_STATE = "state"
_GONE_AFTER = timedelta(minutes=1)
_ALIVE_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """Any ``needed`` of ``witnesses``.

    For two histories of one size, each with the quorum, ``split_needs`` of them must collude with
    the log; ``outages`` may be away.
    """

    needed: int
    witnesses: int
    split_needs: int
    outages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """One log: its size, when it signed last, who has cosigned it, whether the quorum is met.

    ``published`` is the size of the checkpoint that ``cosigned_by`` is about, the last one shown to
    the witnesses: ``size`` but for the moment in between. ``cosigned_sizes`` is what each witness
    cosigned last. ``signed_at`` is when it began where it has signed nothing yet. ``quorum`` is
    None where the policy asks for something else than any k of its witnesses.
    """

    shard: str
    origin: str
    vkey: str
    size: int
    published: int
    signed_at: datetime
    cosigned_by: tuple[str, ...]
    cosigned_sizes: dict[str, int]
    witnesses: tuple[str, ...]
    quorum: Quorum | None
    quorum_reached: bool
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole: the logs, the oldest first; what waits, since when; what is in the way.

    ``trouble`` is "" while the sequencer works, ``cause`` its stable name; ``seen_at`` is when it
    last said so, None for never. ``next_vkey`` is the key of next year's log, from December on.
    """

    logs: tuple[LogStatus, ...]
    waiting: int
    oldest: datetime | None
    trouble: str
    cause: str
    seen_at: datetime | None
    next_vkey: str | None

    @property
    def is_gone(self) -> bool:
        """Whether there was a sequencer that has not been seen for a minute."""
        return self.seen_at is not None and clock.now() - self.seen_at > _GONE_AFTER

    @property
    def is_behind(self) -> bool:
        """Whether an entry has waited too long, or whoever sealed is in trouble or gone."""
        late = self.oldest is not None and clock.now() - self.oldest > BACKLOG_ALARM
        return bool(self.trouble) or late or self.is_gone

    @property
    def oldest_age_s(self) -> float:
        """Seconds that the oldest entry has waited, 0 for none."""
        return 0.0 if self.oldest is None else (clock.now() - self.oldest).total_seconds()


def status() -> Status:
    """Return how the log stands. Two statements; OSError, sqlite3.Error where promises can't."""
    with promise.reading() as promises:
        held, noted = promises.all(), promises.noted(_STATE)
        sizes = {one.shard: promises.cosigned(one.shard) for one in held}
    said = json.loads(noted) if noted else {}
    waits = batches.backlog()
    trouble = Trouble(said.get("cause", ""), said.get("trouble", ""))
    logs = []
    for one in held:
        try:
            policy = publishing.policy_of(one)
        except Fault as fault:
            policy = Policy((LogLine(key_of(one)),), ())
            trouble = Trouble(Cause.POLICY, f"log/policy can't be read: {fault}")
        logs.append(_log_status(one, policy, sizes[one.shard]))
    return Status(
        logs=tuple(logs),
        waiting=waits.count,
        oldest=waits.oldest,
        trouble=trouble.text,
        cause=trouble.cause,
        seen_at=datetime.fromisoformat(said["at"]) if said else None,
        next_vkey=opening.next_vkey(),
    )


def note_state(trouble: Trouble) -> None:
    """Say that the sequencer is there, and what is in its way; written when it changes.

    A disk that takes nothing is no reason to stop: the next turn says it again.
    """
    now = clock.now().astimezone(UTC)
    with suppress(OSError, sqlite3.Error):
        with promise.reading() as promises:
            noted = promises.noted(_STATE)
        if noted is not None:
            said = json.loads(noted)
            is_same = (said.get("cause"), said["trouble"]) == trouble
            if is_same and now - datetime.fromisoformat(said["at"]) < _ALIVE_EVERY:
                return
        state = {"at": now.isoformat(), "cause": trouble.cause, "trouble": trouble.text}
        with promise.writing() as promises:
            promises.note(_STATE, json.dumps(state))


def _log_status(held: Promise, policy: Policy, sizes: dict[str, int]) -> LogStatus:
    cosigned: tuple[str, ...] = ()
    shown = 0
    if held.published is not None:
        with suppress(Fault, SuiteOff):  # damage is for `tongban evidence fsck`
            verdict = evaluate(Note.parse(held.published), policy, suite)
            shown = verdict.checkpoint.size
            cosigned = tuple(line.name for line, _ in verdict.cosigned)
    return LogStatus(
        shard=held.shard,
        origin=origin_of(held.shard),
        vkey=held.vkey,
        size=held.size,
        published=shown,
        signed_at=datetime.fromtimestamp(held.at, UTC),
        cosigned_by=cosigned,
        cosigned_sizes=sizes,
        witnesses=tuple(line.name for line in policy.witnesses),
        quorum=_quorum(policy),
        quorum_reached=not publishing.is_missing(held, policy),
        closed=held.closed,
    )


def _quorum(policy: Policy) -> Quorum | None:
    needed = policy.needed
    if needed is None:
        return None
    count = len(policy.witnesses)
    strength = withstands(count, needed)
    return Quorum(
        needed=needed,
        witnesses=count,
        split_needs=strength.split_needs,
        outages=strength.outages,
    )
