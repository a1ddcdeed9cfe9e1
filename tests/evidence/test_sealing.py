"""Entries come into the log: places, tiles, checkpoints, witnesses; and what stops it."""

import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from evidence.core.small_log import suites
from evidence.sealing_scene import leaves, log_home, lose, promised, record, witnessed
from support.finality import operator
from tongban.evidence import api, tilefiles
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import QuorumMissed
from tongban.evidence.core.keys import Algorithm, NoteKey
from tongban.evidence.core.note import Note, sign_note
from tongban.evidence.core.policy import Policy
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tiles import TILE_WIDTH, Tile
from tongban.evidence.core.tree import leaf_hash, root_of
from tongban.evidence.models import PendingEntry, Seal, Waiting
from tongban.evidence.sealing import opening, promise, sole
from tongban.evidence.sealing import sequencer as sequencer_module
from tongban.evidence.sealing.growth import Growth
from tongban.evidence.tilefiles import TileFiles
from tongban.evidence.witnessing.gathering import forget_sizes
from tongban.kernel import clock
from tongban.kernel.suites import suite

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    with log_home(tmp_path, settings):
        yield tmp_path


def test_entries_come_into_the_log_in_their_order_and_are_proved() -> None:
    ids = record(3)
    assert api.status().waiting == 3
    assert api.Sequencer().turn() == 4  # with the entry that the log itself began with
    held = promised()
    assert (held.shard, held.size, held.root) == (
        "2026",
        4,
        root_of([*map(leaf_hash, leaves(held))]),
    )
    assert not Waiting.objects.exists()
    proofs = api.proofs_of(entry_ids=ids)
    assert [proofs[one].index for one in ids] == [0, 1, 2]
    for one in ids:
        sealed = proofs[one]
        assert sealed.leaf == bytes(PendingEntry.objects.get(entry_id=one).leaf)
        assert sealed.quorum_reached
        verdict = LogProof.parse(sealed.proof).verify(
            leaf_hash(sealed.leaf), Policy.parse(sealed.policy), suites
        )
        assert verdict.checkpoint == Checkpoint("tongzhou/log/2026", 4, held.root)
        assert verdict.cosigned == ()


@pytest.mark.parametrize(
    ("name", "algorithm"), [("gm-1", Algorithm.SM2), ("pq-1", Algorithm.ML_DSA_44)]
)
def test_a_log_signs_with_the_algorithms_that_it_began_with(
    name: str, algorithm: Algorithm, settings: Settings
) -> None:
    settings.LOG_SUITE = name
    (first,) = record(1)
    api.Sequencer().turn(at_once=True)
    settings.LOG_SUITE = "intl-1"
    (second,) = record(1)
    api.Sequencer().turn(at_once=True)
    assert NoteKey.parse(promised().vkey).algorithm is algorithm
    for sealed in api.proofs_of(entry_ids=[first, second]).values():
        LogProof.parse(sealed.proof).verify(
            leaf_hash(sealed.leaf), Policy.parse(sealed.policy), suite
        )
    assert not list(api.check_log())


def test_what_is_published_is_what_a_stranger_needs(home: Path) -> None:
    sequencer = api.Sequencer()
    for count in (1, 254, 1, 300, 0, 5):  # over the edge of a tile, and exactly onto it
        record(count)
        sequencer.turn(at_once=True)
    held = promised()
    assert held.size == 562
    folder = home / "log" / "2026"
    note = Note.parse((folder / "checkpoint").read_bytes())
    assert Checkpoint.parse(note.text).root == held.root
    assert (folder / "vkey").read_text() == f"{held.vkey}\n"
    files = TileFiles(folder)
    entries = files.entries(0, TILE_WIDTH) + files.entries(1, TILE_WIDTH) + files.entries(2, 50)
    assert entries == leaves(held)
    assert root_of([*map(leaf_hash, entries)]) == held.root
    assert not (folder / f"{Tile(0, 0).path}.p").exists()
    assert (folder / Tile(0, 2, 50).path).exists()
    assert (folder / Tile(1, 0, 2).path).exists()


def test_a_new_process_goes_on_where_the_last_one_stood() -> None:
    for count in (300, 10, 0):
        record(count)
        api.Sequencer().turn(at_once=True)
    held = promised()
    assert held.size == 311
    assert root_of([*map(leaf_hash, leaves(held))]) == held.root


def test_a_quiet_log_signs_nothing() -> None:
    sequencer = api.Sequencer()
    sequencer.turn(at_once=True)
    held = promised()
    assert held.size == 1
    assert sequencer.turn(at_once=True) == 0
    assert promised() == held


# --- witnesses


def test_a_quorum_of_witnesses_cosigns_what_a_receipt_shows(home: Path) -> None:
    with witnessed(4):
        (entry_id,) = record(1)
        api.Sequencer().turn(at_once=True)
        sealed = api.proofs_of(entry_ids=[entry_id])[entry_id]
        assert sealed.quorum_reached
        verdict = LogProof.parse(sealed.proof).verify(
            leaf_hash(sealed.leaf), Policy.parse(sealed.policy), suites
        )
        assert len(verdict.cosigned) == 4
        (log,) = api.status().logs
        assert log.cosigned_by == log.witnesses == tuple(f"w{n}.example/witness" for n in range(4))


def test_with_too_few_witnesses_the_receipt_says_so_until_they_are_back(home: Path) -> None:
    with witnessed(3, quorum=2) as small:
        sequencer = api.Sequencer()
        sequencer.turn(at_once=True)
        known = {one: dict(one.logs) for one in small}
        for one in small[1:]:
            one.logs.clear()  # they refuse: unknown origin
        (entry_id,) = record(1)
        sequencer.turn(at_once=True)
        sealed = api.proofs_of(entry_ids=[entry_id])[entry_id]
        assert not sealed.quorum_reached
        with pytest.raises(QuorumMissed):
            LogProof.parse(sealed.proof).verify(
                leaf_hash(sealed.leaf), Policy.parse(sealed.policy), suites
            )
        for one in small:
            one.logs |= known[one]
        assert sequencer.turn(at_once=True) == 0  # nothing new, but the quorum is asked for again
        assert api.proofs_of(entry_ids=[entry_id])[entry_id].quorum_reached


def test_a_witness_that_missed_a_checkpoint_is_asked_again_though_the_quorum_is_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with witnessed(3, quorum=2) as small:
        sequencer = api.Sequencer()
        sequencer.turn(at_once=True)
        known, late = dict(small[0].logs), small[0]
        late.logs.clear()
        record(1)
        sequencer.turn(at_once=True)
        late.logs |= known
        assert sequencer.turn(at_once=True) == 0
        assert late.size_of_origin("tongzhou/log/2026") < promised().size
        monkeypatch.setattr(sequencer_module, "_ASK_THE_REST_S", 0.0)
        assert sequencer.turn() == 0
        assert late.size_of_origin("tongzhou/log/2026") == promised().size


def test_a_change_of_the_policy_stands_in_the_log_once(home: Path) -> None:
    with witnessed(1):
        for _ in range(3):
            api.Sequencer().turn(at_once=True)
    assert PendingEntry.objects.filter(kind="policy.changed").count() == 1


# --- attacks


def test_attack_12_of_two_sequencers_one_signs_and_the_other_stops() -> None:
    first, second = api.Sequencer(), api.Sequencer()
    record(3)
    first.turn(at_once=True)
    second.turn(at_once=True)
    record(3)
    first.turn(at_once=True)
    held = promised()
    with promise.writing() as promises, pytest.raises(promise.Raced):
        promises.swap(replace(held, size=4), size=9, root=b"r" * 32, note=b"", at=0)
    record(2)
    assert second.turn(at_once=True) == 2  # it looks again, and goes on from what was promised
    assert promised().size == held.size + 2
    assert not list(api.check_log())


def test_only_one_process_of_a_node_is_its_sequencer() -> None:
    with sole.holding() as first, sole.holding() as second:
        assert (first, second) == (True, False)
        record(1)
        assert api.seal_once() == 0
        with pytest.raises(api.SealingStopped, match="the sequencer is at work"):
            list(api.reconcile())
    assert Waiting.objects.count() == 1


def edit_leaf(entry_id: str) -> None:
    PendingEntry.objects.filter(entry_id=entry_id).update(leaf=b"\x01" + b"0" * 32)


def remove(entry_id: str) -> None:
    lose([entry_id])


def swap_places(entry_id: str) -> None:
    seal = Seal.objects.get(entry__entry_id=entry_id)
    other = Seal.objects.get(shard=seal.shard, leaf_index=seal.leaf_index + 1)
    mine, theirs = seal.entry_id, other.entry_id
    Seal.objects.filter(shard=seal.shard, leaf_index__in=[seal.leaf_index]).delete()
    Seal.objects.filter(shard=seal.shard, leaf_index=other.leaf_index).update(entry_id=mine)
    Seal.objects.create(shard=seal.shard, leaf_index=seal.leaf_index, entry_id=theirs)


@pytest.mark.parametrize("edit", [edit_leaf, remove, swap_places])
def test_attack_9_rows_edited_behind_the_logs_back_are_found(edit: Callable[[str], None]) -> None:
    ids = record(5)
    api.Sequencer().turn(at_once=True)
    assert not list(api.check_log())
    with operator():
        edit(ids[2])
    found = list(api.check_log())
    assert "log 2026: leaf 2 isn't what the database has there" in found


def test_attack_10_rows_tiles_and_promise_edited_alike_are_found_by_the_witnesses(
    home: Path,
) -> None:
    """The operator rewrites an entry and everything on this machine, signature included."""
    with witnessed(3):
        ids = record(5)
        api.Sequencer().turn(at_once=True)
        size = promised().size
        with operator():
            edit_leaf(ids[2])
        rewrite(home)
        assert promised().size == size
        assert not list(api.check_log())  # on this machine everything fits again ...
        forget_sizes()
        assert api.monitor() > 0  # ... but not with what the witnesses hold
        assert {one.kind for one in api.alarms()} == {"fork"}
        with pytest.raises(api.SealingStopped, match="has seen"):
            api.Sequencer().turn(at_once=True)


def rewrite(home: Path) -> None:
    """Make promise, tiles and checkpoint anew from the rows, with the log's own key."""
    held = promised()
    signer = opening.settle(held)
    (home / "log" / promise.NAME).unlink()
    for path in (home / "log").glob("promised*"):
        path.unlink()
    shutil.rmtree(home / "log" / held.shard / "tile")
    growth, files = Growth().grow(leaves(held))
    TileFiles(home / "log" / held.shard).write(files)
    root = growth.frontier.root
    note = sign_note(Checkpoint(signer.key.name, held.size, root).text, [signer]).data
    TileFiles(home / "log" / held.shard).publish("checkpoint", note)
    with promise.writing() as promises:
        promises.begin(held.shard, held.vkey, 0)
        new = promises.of(held.shard)
        promises.swap(new, size=held.size, root=root, note=note, at=0)
        promises.publish(promises.of(held.shard), note, policy=b"quorum none\n")


def test_attack_21_accepted_but_never_logged_is_found() -> None:
    (entry_id,) = record(1)
    Waiting.objects.all().delete()
    api.Sequencer().turn(at_once=True)
    assert list(api.check_log()) == [
        f"entry {entry_id}: accepted, but neither in a log nor waiting for one"
    ]


def test_attack_22_a_replayed_entry_is_found() -> None:
    (entry_id,) = record(1)
    row = PendingEntry.objects.get(entry_id=entry_id)
    row.position, row.entry_id = None, "tongzhou-again"
    row.save(force_insert=True)
    assert list(api.check_log()) == [f"leaf {bytes(row.leaf).hex()}: stands in two entries"]


def test_attack_27_after_a_theft_another_key_signs_another_log(home: Path) -> None:
    old = record(2)
    sequencer = api.Sequencer()
    sequencer.turn(at_once=True)
    stolen = (home / "keys" / "log-2026.key").read_bytes()
    before = promised()
    assert api.rotate() == "2026"
    (new,) = record(1)
    sequencer.turn(at_once=True)
    held = promised()
    assert held.shard == "2026-2"
    assert held.vkey != before.vkey
    assert not (home / "keys" / "log-2026.key").exists()
    assert (home / "keys" / "log-2026-2.key").read_bytes() != stolen
    proofs = api.proofs_of(entry_ids=[*old, new])
    assert [proofs[one].origin.rpartition("/")[2] for one in (*old, new)] == [
        "2026",
        "2026",
        "2026-2",
    ]
    with promise.reading() as promises:
        closed = promises.of("2026")
    assert closed.closed
    with promise.writing() as promises, pytest.raises(sqlite3.IntegrityError):
        promises.swap(closed, size=99, root=b"r" * 32, note=b"", at=0)
    assert not list(api.check_log())


# --- years, clocks, disks


def test_each_year_has_a_log_of_its_own_and_a_clock_that_goes_back_changes_nothing() -> None:
    sequencer = api.Sequencer()
    first = record(2)
    sequencer.turn(at_once=True)
    third = record(1)
    with clock.held_at(datetime(2026, 12, 31, 16, tzinfo=UTC)):  # midnight in Beijing
        sequencer.turn(at_once=True)
        assert promised().shard == "2027"
        second = record(1)
        sequencer.turn(at_once=True)
    last = record(1)
    sequencer.turn(at_once=True)  # the clock says 2026 again
    shards = [
        Seal.objects.get(entry__entry_id=one).shard for one in (*first, *third, *second, *last)
    ]
    assert shards == ["2026", "2026", "2027", "2027", "2027"]
    assert not list(api.check_log())


def test_a_full_disk_signs_nothing_and_loses_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequencer = api.Sequencer()
    sequencer.turn(at_once=True)
    held = promised()
    ids = record(3)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(tilefiles, "_write", full)
        with pytest.raises(OSError, match="no space"):
            sequencer.turn(at_once=True)
    assert promised() == held
    sequencer.turn(at_once=True)
    assert len(api.proofs_of(entry_ids=ids)) == 3
    assert not list(api.check_log())


def test_a_key_that_others_can_read_signs_nothing(home: Path) -> None:
    api.Sequencer().turn(at_once=True)
    held = promised()
    (home / "keys" / "log-2026.key").chmod(0o644)
    record(1)
    with pytest.raises(api.SealingStopped, match="chmod 600"):
        api.Sequencer().turn(at_once=True)
    assert promised() == held


# --- the rows themselves


@pytest.mark.parametrize("table", ["evidence_pendingentry", "evidence_seal"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET position = position + 1"])
def test_the_database_refuses_to_change_or_remove_what_is_in_the_log(
    table: str, change: str
) -> None:
    record(1)
    api.Sequencer().turn(at_once=True)
    rows = [list(one.objects.order_by("pk").values()) for one in (PendingEntry, Seal)]
    with (
        pytest.raises(DatabaseError, match="this row is final"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))
    assert [list(one.objects.order_by("pk").values()) for one in (PendingEntry, Seal)] == rows


def undone() -> None:
    with transaction.atomic():
        record(1)
        raise ZeroDivisionError


def test_what_is_undone_is_not_in_the_log() -> None:
    with pytest.raises(ZeroDivisionError):
        undone()
    api.Sequencer().turn(at_once=True)
    assert promised().size == 1
