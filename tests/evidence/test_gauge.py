"""What waits for the log is watched: an alarm once an episode, an hour of samples, the status."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from evidence.core.small_log import witness
from evidence.sealing_scene import OneTurn
from tongban.evidence import api
from tongban.evidence.core.policy import Group, LogLine, Policy, WitnessLine
from tongban.evidence.sealing import opening, promise, thread
from tongban.evidence.sealing.gauge import Gauge
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.site.checks import CHECKS
from tongban.vault.api import DataKey

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
KEY = DataKey("local-key", b"k" * 32)
SYSTEM = Acting(actor_kind=ActorKind.SYSTEM, actor_id="test", channel=Channel.WORKER)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.HOME = tmp_path
    settings.NODE = "tongzhou"
    with clock.held_at(NOW):
        yield tmp_path


def record(*, seconds_ago: int = 0) -> None:
    with clock.held_at(NOW - timedelta(seconds=seconds_ago)), transaction.atomic():
        api.record(
            kind="case.received",
            at=NOW,
            place_id="131028",
            acting=SYSTEM,
            subject=("case", "local-1"),
            key=KEY,
        )


def told(caplog: pytest.LogCaptureFixture, event: str) -> list[tuple[str, dict[str, Any]]]:
    lines: list[tuple[str, Any]] = [(one.levelname, one.msg) for one in caplog.records]
    return [
        (level, {name: line[name] for name in ("waiting", "oldest_s") if name in line})
        for level, line in lines
        if isinstance(line, dict) and line["event"] == event
    ]


def test_a_backlog_raises_one_alarm_an_episode_and_says_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gauge = Gauge()
    record(seconds_ago=60)
    gauge.look()
    assert told(caplog, "evidence_backlog") == []
    with clock.held_at(NOW + timedelta(seconds=1)):
        gauge.look()
        gauge.look()
        assert told(caplog, "evidence_backlog") == [("ERROR", {"waiting": 1, "oldest_s": 61})]
        api.Sequencer().turn(at_once=True)
        gauge.look()
        assert told(caplog, "evidence_backlog_over") == [("INFO", {"waiting": 0})]
    record(seconds_ago=90)
    gauge.look()
    assert len(told(caplog, "evidence_backlog")) == 2


def test_the_sequencer_itself_sounds_the_alarm_and_says_why_it_stands_still(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "close_old_connections", lambda: None)  # it is the test's own
    record(seconds_ago=61)
    (home / "log").mkdir()
    (home / "log" / "policy").write_text("no policy\n")
    api.seal(stop=OneTurn())
    assert told(caplog, "evidence_backlog") == [("ERROR", {"waiting": 1, "oldest_s": 61})]
    found = api.status()
    assert found.cause == api.Cause.POLICY
    assert found.trouble.startswith("log/policy can't be read: line 1")
    assert (found.is_behind, found.is_gone) == (True, False)
    with clock.held_at(NOW + timedelta(seconds=61)):
        assert api.status().is_gone


def test_verify_notes_a_backlog_and_calls_it_no_damage() -> None:
    (check,) = [one.function for one in CHECKS if one.name == "evidence log"]
    record(seconds_ago=60)
    record()
    assert list(check()) == []
    with clock.held_at(NOW + timedelta(seconds=1)):
        (found,) = check()
    assert (found.what, found.damage) == (
        "2 entries wait for the log, the oldest for 61 s: `tongban evidence status` says why",
        False,
    )


def test_samples_keep_the_worst_of_ten_seconds_and_are_forgotten_after_an_hour() -> None:
    gauge = Gauge()
    gauge.look()
    record(seconds_ago=5)
    with clock.held_at(NOW + timedelta(seconds=4)):
        gauge.look()
    api.Sequencer().turn(at_once=True)
    with clock.held_at(NOW + timedelta(seconds=10)):
        gauge.look()
        assert api.last_hour() == (
            (NOW, 0, 0.0, 0),
            (NOW + timedelta(seconds=10), 1, 9.0, 2),
        )
    with clock.held_at(NOW + timedelta(hours=1)):
        gauge.look()
        assert [one.at for one in api.last_hour()] == [
            NOW + timedelta(seconds=10),
            NOW + timedelta(hours=1),
        ]
    with clock.held_at(NOW - timedelta(days=1)):  # a clock that went back leaves no future behind
        gauge.look()
        assert [one.at for one in api.last_hour()] == [NOW - timedelta(days=1)]


def test_nobody_is_asked_for_samples_where_there_are_none(home: Path) -> None:
    assert api.last_hour() == ()
    assert list(home.iterdir()) == []


def test_the_quorum_is_told_as_so_many_of_so_many(home: Path) -> None:
    api.Sequencer().turn(at_once=True)
    with promise.reading() as promises:
        (held,) = promises.all()
    log = (LogLine(opening.key_of(held)),)
    keys = [witness(f"w{number}.example/witness").key for number in range(3)]
    lines = tuple(WitnessLine(key.name, key) for key in keys)
    names = tuple(line.name for line in lines)

    def quorum(policy: Policy) -> object:
        (home / "log" / "policy").write_bytes(policy.data)
        (log,) = api.status().logs
        return log.quorum

    def of(needed: int, witnesses: int, split_needs: int, outages: int) -> api.Quorum:
        return api.Quorum(
            needed=needed, witnesses=witnesses, split_needs=split_needs, outages=outages
        )

    assert quorum(Policy(log, ())) == of(0, 0, 0, 0)
    assert quorum(Policy(log, lines[:1], (), names[0])) == of(1, 1, 1, 0)
    assert quorum(Policy.k_of_n([log[0].key], keys, 2)) == of(2, 3, 1, 1)
    inner = Group("both", 2, names[:2])
    outer = Group("all", 2, ("both", names[2]))
    assert quorum(Policy(log, lines, (inner, outer), "all")) is None
    assert quorum(Policy(log, lines, (inner,), "both")) is None
