"""The log's gauges in the text format of Prometheus, for the operator's monitoring."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tongban.evidence.api import Alarm, AlarmKind, Status

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text_of(found: Status, alarms: Iterable[Alarm], now: datetime) -> str:
    """Return all gauges; those of a log are absent before the first is begun."""
    return "".join(_lines(found, alarms, now))


def _lines(found: Status, alarms: Iterable[Alarm], now: datetime) -> Iterator[str]:
    yield _gauge("tongban_log_waiting_entries", "Entries that wait for the log.", found.waiting)
    yield _gauge(
        "tongban_log_oldest_waiting_seconds",
        "How long the oldest of them has waited.",
        round(found.oldest_age_s, 3),
    )
    yield _gauge(
        "tongban_log_sequencer_trouble", "1 while the log is stopped.", int(bool(found.trouble))
    )
    if found.seen_at is not None:
        yield _gauge(
            "tongban_log_sequencer_seen_seconds",
            "Since when the sequencer has not been seen; it says that it is there every 10 s.",
            _age(found.seen_at, now),
        )
    if found.logs:
        log = found.logs[-1]
        yield _gauge("tongban_log_size_entries", "Entries of the log in use.", log.size)
        yield _gauge(
            "tongban_log_checkpoint_age_seconds",
            "Since when it has signed nothing.",
            _age(log.signed_at, now),
        )
        yield _gauge(
            "tongban_log_quorum_reached",
            "1 if enough witnesses cosigned its last checkpoint.",
            int(log.quorum_reached),
        )
        yield _gauge(
            "tongban_log_cosignatures",
            "Witnesses that cosigned what it published last.",
            len(log.cosigned_by),
        )
    name = "tongban_witness_alarms"
    yield _head(name, "Alarms about logs that nobody has dealt with.")
    kinds = [alarm.kind for alarm in alarms]
    for kind in AlarmKind:
        yield f'{name}{{kind="{kind}"}} {kinds.count(kind)}\n'


def _age(since: datetime, now: datetime) -> float:
    return max(round((now - since).total_seconds(), 3), 0.0)


def _gauge(name: str, about: str, value: float) -> str:
    return f"{_head(name, about)}{name} {value}\n"


def _head(name: str, about: str) -> str:
    return f"# HELP {name} {about}\n# TYPE {name} gauge\n"
