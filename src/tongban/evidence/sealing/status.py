"""How the log stands: figures for operators and for the status page."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tongban.evidence.core.note import Note
from tongban.evidence.core.policy import evaluate
from tongban.evidence.sealing import batches, promise, publishing
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import origin_of
from tongban.kernel import clock
from tongban.kernel.suites import suite

BACKLOG_ALARM = timedelta(minutes=1)
"""An entry that has waited longer for its log is worth an alarm."""

_STATE = "state"
_ALIVE_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """One log: its size, when it signed last, who has cosigned that, whether the quorum is met."""

    shard: str
    origin: str
    vkey: str
    size: int
    signed_at: datetime
    cosigned_by: tuple[str, ...]
    witnesses: tuple[str, ...]
    quorum_reached: bool
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole: the logs, the oldest first; what waits, since when; what is in the way.

    ``trouble`` is "" while the sequencer works, ``seen_at`` when it last said so, None for never.
    """

    logs: tuple[LogStatus, ...]
    waiting: int
    oldest: datetime | None
    trouble: str
    seen_at: datetime | None

    @property
    def is_behind(self) -> bool:
        """Whether an entry has waited too long, or nobody is there to seal it."""
        now = clock.now()
        return bool(self.trouble) or (self.oldest is not None and now - self.oldest > BACKLOG_ALARM)

    @property
    def oldest_age_s(self) -> float:
        """Seconds that the oldest entry has waited, 0 for none."""
        return 0.0 if self.oldest is None else (clock.now() - self.oldest).total_seconds()


def status() -> Status:
    """Return how the log stands. Two statements."""
    with promise.reading() as promises:
        held, noted = promises.all(), promises.noted(_STATE)
    said = json.loads(noted) if noted else {}
    waits = batches.backlog()
    return Status(
        logs=tuple(map(_log_status, held)),
        waiting=waits.count,
        oldest=waits.oldest,
        trouble=said.get("trouble", ""),
        seen_at=datetime.fromisoformat(said["at"]) if said else None,
    )


def note_state(trouble: str) -> None:
    """Say that the sequencer is there, and what is in its way; written when it changes."""
    now = clock.now().astimezone(UTC)
    with promise.reading() as promises:
        noted = promises.noted(_STATE)
    if noted is not None:
        said = json.loads(noted)
        if said["trouble"] == trouble and now - datetime.fromisoformat(said["at"]) < _ALIVE_EVERY:
            return
    with promise.writing() as promises:
        promises.note(_STATE, json.dumps({"at": now.isoformat(), "trouble": trouble}))


def _log_status(held: Promise) -> LogStatus:
    policy = publishing.policy_of(held)
    cosigned: tuple[str, ...] = ()
    if held.published is not None:
        verdict = evaluate(Note.parse(held.published), policy, suite)
        cosigned = tuple(line.name for line, _ in verdict.cosigned)
    return LogStatus(
        shard=held.shard,
        origin=origin_of(held.shard),
        vkey=held.vkey,
        size=held.size,
        signed_at=datetime.fromtimestamp(held.at, UTC),
        cosigned_by=cosigned,
        witnesses=tuple(line.name for line in policy.witnesses),
        quorum_reached=not publishing.is_missing(held),
        closed=held.closed,
    )
