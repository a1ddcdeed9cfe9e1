"""Looks: on disk before anything is shown, in the tables exactly once, each with its entry."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections, transaction
from pytest_django import Settings

from tongban.evidence import api, errors
from tongban.evidence.actions import drain, looks
from tongban.evidence.models import Look, PendingEntry, SpoolMark
from tongban.evidence.spool import framed, is_abandoned, read_records, segments
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.vault import api as vault
from tongban.vault.models import DataKey

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
CLERK = Acting(
    actor_kind=ActorKind.STAFF, actor_id="local-staff", channel=Channel.DESK, post_id="local-post"
)
in_databases = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Give the test a spool of its own; the keys stay those of the run."""
    vault.node_key("looks")
    home = settings.HOME
    settings.HOME = tmp_path
    (tmp_path / "keys").symlink_to(home / "keys")
    yield tmp_path / "spool"
    stop_writing()


def stop_writing() -> None:
    """Let go of this process's segments, as its end would."""
    looks._forget()


def look(person_id: str = "local-zhang", case_id: str | None = "local-case") -> None:
    api.look(
        acting=CLERK,
        place_id="131028",
        person_id=person_id,
        case_id=case_id,
        fields=("name", "number"),
        purpose="受理审查",
    )


@in_databases
def test_a_look_is_sealed_on_disk_and_then_in_the_tables_with_its_entry(folder: Path) -> None:
    with clock.held_at(NOW):
        look()
    (path,) = segments(folder)
    assert b"zhang" not in path.read_bytes()
    assert api.looks_at(person_id="local-zhang") == []
    assert api.drain_looks() == 1
    (seen,) = api.looks_at(person_id="local-zhang")
    assert seen == api.LookView(
        id=seen.id,
        at=NOW,
        place_id="131028",
        case_id="local-case",
        viewer=CLERK.as_json(),
        fields=("name", "number"),
        purpose="受理审查",
    )
    assert not DataKey.objects.exists()  # a look makes no key: without one it is the node's
    key = vault.node_key("looks")
    entry = api.open_entry(entry_id=seen.id, key=key)
    assert (entry.kind, entry.subject) == ("look", ("case", "local-case"))
    assert entry.body["acting"] == CLERK.as_json()
    assert entry.body["facts"] == {
        "person_id": "local-zhang",
        "fields": ["name", "number"],
        "purpose": "受理审查",
    }


@in_databases
def test_looks_come_newest_first_and_only_those_of_the_person(folder: Path) -> None:
    for minute in range(3):
        with clock.held_at(NOW + timedelta(minutes=minute)):
            look()
            look(person_id="local-li", case_id=None)
    assert api.drain_looks() == 6
    seen = api.looks_at(person_id="local-zhang", limit=2)
    assert [view.at.minute for view in seen] == [2, 1]
    assert len(api.looks_at(person_id="local-li")) == 3
    assert PendingEntry.objects.filter(subject_kind="person", subject_id="local-li").count() == 3


@in_databases
def test_a_living_process_is_drained_bit_by_bit_and_its_segment_stays(folder: Path) -> None:
    for expected in (1, 1, 1):
        look()
        assert api.drain_looks() == expected
        assert api.drain_looks() == 0
    assert len(segments(folder)) == 1
    stop_writing()
    assert api.drain_looks() == 0
    assert segments(folder) == []
    assert (Look.objects.count(), SpoolMark.objects.count()) == (3, 0)


@in_databases
def test_a_drain_that_forgot_how_far_it_was_adds_nothing_twice(folder: Path) -> None:
    look()
    assert api.drain_looks() == 1
    SpoolMark.objects.all().delete()
    assert api.drain_looks() == 0
    assert Look.objects.count() == PendingEntry.objects.count() == 1


@in_databases
def test_a_batch_that_fails_is_taken_whole_the_next_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look()
    look(person_id="local-li")

    def fail(*_args: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(drain, "_entry", fail)
        with pytest.raises(ConnectionError):
            api.drain_looks()
    assert Look.objects.count() == SpoolMark.objects.count() == 0
    assert len(segments(folder)) == 1
    assert api.drain_looks() == 2


@in_databases
def test_many_batches_and_eight_drains_at_once_take_each_look_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "_BATCH", 3)
    for _ in range(20):
        look()
    stop_writing()
    counts: list[int] = []

    def run() -> None:
        try:
            counts.append(api.drain_looks())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 8
    assert sum(counts) == Look.objects.count() == PendingEntry.objects.count() == 20
    assert segments(folder) == []


@in_databases
def test_a_segment_stays_until_the_outermost_transaction_has_committed(folder: Path) -> None:
    look()
    stop_writing()
    with transaction.atomic():
        assert api.drain_looks() == 1
        transaction.set_rollback(True)
    assert len(segments(folder)) == 1
    with transaction.atomic():
        assert api.drain_looks() == 1
        assert len(segments(folder)) == 1
    assert segments(folder) == []
    assert (Look.objects.count(), SpoolMark.objects.count()) == (1, 0)


@in_databases
def test_a_limit_leaves_the_rest_for_the_next_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "_BATCH", 2)
    for _ in range(5):
        look()
    stop_writing()
    assert [api.drain_looks(limit=3) for _ in range(3)] == [4, 1, 0]
    assert segments(folder) == []


@in_databases
def test_a_segment_that_fails_does_not_stop_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(person_id="local-bad")
    stop_writing()
    (bad,) = segments(folder)
    look()
    stop_writing()

    def fail(segment: str, sealed: bytes) -> bytes:
        if segment == bad.stem:
            raise ConnectionError
        return looks.unseal_look(segment, sealed)

    monkeypatch.setattr(drain, "unseal_look", fail)
    assert api.drain_looks() == 1
    assert segments(folder) == [bad]
    with pytest.raises(ConnectionError):
        api.drain_looks()
    assert segments(folder) == [bad]


@in_databases
@pytest.mark.parametrize(
    ("tail", "left"), [(b"", []), (framed(b"torn")[:7], []), (bytes(30), [".damaged"])]
)
def test_what_a_dead_process_left_unfinished(folder: Path, tail: bytes, left: list[str]) -> None:
    look()
    stop_writing()
    (path,) = segments(folder)
    with path.open("ab") as file:
        file.write(tail)
    assert api.drain_looks() == 1
    assert [file.suffix for file in folder.iterdir()] == left


@in_databases
def test_a_record_moved_from_another_segment_is_damage(folder: Path) -> None:
    look()
    stop_writing()
    (other,) = segments(folder)
    look(person_id="local-li")
    stop_writing()
    (path,) = set(segments(folder)) - {other}
    good = path.read_bytes()
    path.write_bytes(good + other.read_bytes())
    assert api.drain_looks() == 2
    assert [file.suffix for file in folder.iterdir()] == [".damaged"]
    assert Look.objects.count() == 2


@in_databases
def test_a_look_at_an_erased_person_is_kept_under_the_nodes_key(folder: Path) -> None:
    vault.make_key(place_id="131028", person_id="local-gone")
    look(person_id="local-gone")
    vault.destroy_keys(person_id="local-gone")
    assert api.drain_looks() == 1
    (seen,) = api.looks_at(person_id="local-gone")
    entry = api.open_entry(entry_id=seen.id, key=vault.node_key("looks"))
    assert entry.body["facts"]["person_id"] == "local-gone"


def test_where_the_disk_takes_nothing_nothing_may_be_shown(folder: Path) -> None:
    folder.write_bytes(b"a file stands where the folder should be")
    with pytest.raises(errors.LookNotRecorded):
        look()


@pytest.mark.parametrize("purpose", ["", "x" * 201, "a\0b"])
def test_a_purpose_that_no_row_takes_is_refused_at_once(folder: Path, purpose: str) -> None:
    with pytest.raises(ValueError, match="200"):
        api.look(
            acting=CLERK,
            place_id="131028",
            person_id="local-zhang",
            case_id=None,
            fields=(),
            purpose=purpose,
        )
    assert segments(folder) == []


_KILLED = """
import sys, threading
from pathlib import Path
from tongban.evidence.spool import Spool
spool = Spool(Path(sys.argv[1]), lambda segment, clear: clear)
def write(thread):
    n = 0
    while True:
        spool.append(b"%d-%d" % (thread, n))
        sys.stdout.write("%d-%d\\n" % (thread, n))
        sys.stdout.flush()
        n += 1
for thread in range(3):
    threading.Thread(target=write, args=(thread,)).start()
"""


def test_what_a_killed_process_was_told_is_durable_is_there(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline().strip() for _ in range(60)]
    (path,) = segments(tmp_path)
    with path.open("rb") as file:
        assert not is_abandoned(file)
    os.kill(process.pid, signal.SIGKILL)
    told += [
        line.strip()
        for line in process.stdout.read().splitlines(keepends=True)
        if line.endswith("\n")
    ]
    process.wait()
    process.stdout.close()
    with path.open("rb") as file:
        assert is_abandoned(file)
        found = read_records(file, offset=0, limit=10**6).records
    assert set(told) <= {payload.decode() for payload, _ in found}


_FORKED = """
import os, sys
import django
from pathlib import Path
from django.conf import settings
apps = ["tongban.work", "tongban.vault", "tongban.evidence"]
settings.configure(HOME=Path(sys.argv[1]), NODE="local", INSTALLED_APPS=apps)
django.setup()
from tongban.evidence.actions.looks import look
from tongban.kernel.acting import Acting, ActorKind, Channel
acting = Acting(actor_kind=ActorKind.SYSTEM, actor_id="local-s", channel=Channel.API)
def note(person):
    look(acting=acting, place_id="1", person_id=person, case_id=None, fields=(), purpose="p")
note("parent")
if os.fork() == 0:
    note("child")
    print("ready", flush=True)
    sys.stdin.read()
else:
    os._exit(0)
"""


def test_a_forked_child_writes_its_own_segment_and_lets_go_of_its_parents(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _FORKED, str(folder.parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.wait()  # the parent; its child lives on
    left = []
    for path in segments(folder):
        with path.open("rb") as file:
            left.append((len(read_records(file, offset=0, limit=9).records), is_abandoned(file)))
    assert sorted(left) == [(1, False), (1, True)]
    process.communicate()
