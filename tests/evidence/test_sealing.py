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
from evidence.sealing_scene import NOW, leaves, promised, record, witnessed
from support.finality import operator
from tongban.evidence import api, tilefiles
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import QuorumMissed
from tongban.evidence.core.keys import Algorithm, NoteKey
from tongban.evidence.core.note import Note, Verifiers, sign_note
from tongban.evidence.core.policy import Policy
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tiles import TILE_WIDTH, Tile
from tongban.evidence.core.tree import leaf_hash, root_of
from tongban.evidence.models import PendingEntry, Seal, Waiting
from tongban.evidence.sealing import opening, promise, sole
from tongban.evidence.sealing import sequencer as sequencer_module
from tongban.evidence.sealing.batches import OutOfStep
from tongban.evidence.sealing.growth import Growth
from tongban.evidence.tilefiles import TileFiles
from tongban.evidence.witnessing.gathering import forget_sizes
from tongban.kernel import clock
from tongban.kernel.suites import suite

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.HOME = tmp_path
    settings.NODE = "tongzhou"
    forget_sizes()
    with clock.held_at(NOW):
        yield tmp_path
    forget_sizes()


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


def snapshot(home: Path, copy: Path) -> None:
    shutil.copytree(home / "log", copy / "log", dirs_exist_ok=True)


def put_back(home: Path, copy: Path) -> None:
    shutil.rmtree(home / "log")
    shutil.copytree(copy / "log", home / "log")


def test_attack_11_a_node_put_back_from_a_backup_refuses_to_sign_and_says_why(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("backup")
    with witnessed(3) as small:
        record(5)
        api.Sequencer().turn(at_once=True)
        snapshot(home, copy)
        record(5)
        api.Sequencer().turn(at_once=True)
        held, views = promised(), [one.held for one in small]
        put_back(home, copy)
        forget_sizes()
        record(1)
        with pytest.raises(api.SealingStopped, match=r"w0\.example/witness has seen 12 entries"):
            api.Sequencer().turn(at_once=True)
        assert promised().size == 7
        assert [one.held for one in small] == views
        # The database has not lost a row, so the log goes on where it was.
        assert list(api.reconcile())[-1] == "the log 2026 goes on at 12 entries"
        assert (promised().size, promised().root) == (12, held.root)
        assert api.Sequencer().turn(at_once=True) == 1
        assert promised().size == 13
        assert not list(api.check_log())
        assert not api.alarms()


def lose(entry_ids: list[str]) -> None:
    """Lose rows, as where a backup of the database is put back."""
    with operator():
        entries = PendingEntry.objects.filter(entry_id__in=entry_ids)
        Seal.objects.filter(entry__in=entries).delete()
        Waiting.objects.filter(position__in=entries.values("position")).delete()
        entries.delete()


def test_attack_11_a_database_put_back_is_noticed_and_its_lost_leaves_stay(home: Path) -> None:
    kept = record(300)
    api.Sequencer().turn(at_once=True)
    lost = record(4)
    api.Sequencer().turn(at_once=True)
    held = promised()
    receipt = api.proofs_of(entry_ids=lost[:1])[lost[0]]
    lose(lost)
    new = record(2)
    with pytest.raises(OutOfStep, match="signed for 305 entries, the database holds 301"):
        api.Sequencer().turn(at_once=True)
    assert promised() == held
    assert list(api.reconcile()) == [
        "4 entries stand in the log 2026 that the database has lost",
        "the log 2026 goes on at 305 entries",
    ]
    api.Sequencer().turn(at_once=True)
    assert promised().size == 307
    assert not list(api.check_log())
    assert set(api.proofs_of(entry_ids=[*kept, *lost, *new])) == {*kept, *new}
    LogProof.parse(receipt.proof).verify(
        leaf_hash(receipt.leaf), Policy.parse(receipt.policy), suites
    )


def test_a_log_that_cannot_be_continued_is_closed_and_another_begins(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("backup")
    with witnessed(3) as small:
        kept = record(2)
        api.Sequencer().turn(at_once=True)
        snapshot(home, copy)
        lost = record(3)
        api.Sequencer().turn(at_once=True)
        put_back(home, copy)  # both, at one moment: nothing here remembers what was lost
        lose(lost)
        forget_sizes()
        (new,) = record(1)
        with pytest.raises(api.SealingStopped, match="has seen"):
            api.Sequencer().turn(at_once=True)
        with pytest.raises(api.SealingStopped, match="can't be continued"):
            list(api.reconcile())
        told = list(api.reconcile(begin_anew=True))
        assert "the log 2026 is closed at 4 entries" in told
        key = NoteKey.parse(promised().vkey)
        assert key.name == "tongzhou/log/2026-2"
        for one in small:
            one.logs[key.name] = Verifiers([key], suites)
        api.Sequencer().turn(at_once=True)
        proofs = api.proofs_of(entry_ids=[*kept, new])
        assert [proofs[one].origin for one in (*kept, new)] == [
            "tongzhou/log/2026",
            "tongzhou/log/2026",
            "tongzhou/log/2026-2",
        ]
        assert all(one.quorum_reached for one in proofs.values())
        assert not list(api.check_log())
        assert not (home / "keys" / "log-2026.key").exists()


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
        promises.publish(promises.of(held.shard), note, quorum=True)


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


def test_a_log_whose_promises_are_forgotten_is_not_begun_again(home: Path) -> None:
    record(3)
    api.Sequencer().turn(at_once=True)
    held = promised()
    for path in (home / "log").glob("promised*"):
        path.unlink()
    with pytest.raises(api.SealingStopped, match="has forgotten what the log 2026 has signed"):
        api.Sequencer().turn(at_once=True)
    assert list(api.reconcile()) == ["the log 2026 goes on at 4 entries"]
    assert (promised().size, promised().root) == (held.size, held.root)
    assert not list(api.check_log())


def test_a_key_that_others_can_read_signs_nothing(home: Path) -> None:
    api.Sequencer().turn(at_once=True)
    held = promised()
    (home / "keys" / "log-2026.key").chmod(0o644)
    record(1)
    with pytest.raises(api.SealingStopped, match="chmod 600"):
        api.Sequencer().turn(at_once=True)
    assert promised() == held


def test_a_damaged_edge_is_noticed_before_anything_is_signed_and_written_anew(home: Path) -> None:
    record(300)
    api.Sequencer().turn(at_once=True)
    held = promised()
    spoil(home, Tile(0, 1, 45))
    record(1)
    with pytest.raises(api.SealingStopped, match="run `tongban evidence reconcile`"):
        api.Sequencer().turn(at_once=True)
    assert promised() == held
    assert list(api.reconcile()) == ["the log 2026 goes on at 301 entries"]
    assert not list(api.check_log())


def test_a_damaged_tile_is_found_and_written_anew(home: Path) -> None:
    record(300)
    api.Sequencer().turn(at_once=True)
    spoil(home, Tile(0, 0))
    assert list(api.check_log()) == ["log 2026: tile/0/000 isn't the tile of its entries"]
    assert list(api.reconcile()) == ["the log 2026 goes on at 301 entries"]
    assert not list(api.check_log())


def spoil(home: Path, tile: Tile) -> None:
    path = home / "log" / "2026" / tile.path
    path.write_bytes(bytes(len(path.read_bytes())))


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
