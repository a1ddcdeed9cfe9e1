"""What was put back from a backup, lost or damaged: noticed, told, and brought back or followed."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from evidence.core.small_log import suites, witness
from evidence.sealing_scene import (
    log_home,
    lose,
    promised,
    record,
    witnessed,
)
from support.finality import operator
from tongban.evidence import api
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Verifiers
from tongban.evidence.core.policy import Policy
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tiles import Tile
from tongban.evidence.core.tree import leaf_hash
from tongban.evidence.models import PendingEntry, Seal, Waiting
from tongban.evidence.sealing.batches import OutOfStep
from tongban.evidence.tilefiles import TileFiles
from tongban.evidence.witnessing.gathering import forget_sizes
from tongban.kernel import clock

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2027, 1, 1, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    with log_home(tmp_path, settings):
        yield tmp_path


@pytest.fixture
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backup")


def snapshot(home: Path, copy: Path) -> None:
    shutil.copytree(home / "log", copy / "log", dirs_exist_ok=True)


def put_back(home: Path, copy: Path) -> None:
    shutil.rmtree(home / "log")
    shutil.copytree(copy / "log", home / "log")


def test_attack_11_a_node_put_back_from_a_backup_refuses_to_sign_and_says_why(
    home: Path, copy: Path
) -> None:
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
    home: Path, copy: Path
) -> None:
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


def promises_put_back(home: Path, copy: Path) -> None:
    for path in (home / "log").glob("promised*"):
        path.unlink()
    for path in (copy / "log").glob("promised*"):
        shutil.copy(path, home / "log")


def test_promises_put_back_alone_are_noticed_by_what_was_published(home: Path, copy: Path) -> None:
    record(3)
    api.Sequencer().turn(at_once=True)
    snapshot(home, copy)
    record(3)
    api.Sequencer().turn(at_once=True)
    held = promised()
    promises_put_back(home, copy)
    record(1)
    with pytest.raises(api.SealingStopped, match="has published 7 entries"):
        api.Sequencer().turn(at_once=True)
    assert any("has published 7 entries" in one for one in api.check_log())
    assert list(api.reconcile()) == ["the log 2026 goes on at 7 entries"]
    assert promised().root == held.root
    api.Sequencer().turn(at_once=True)
    assert not list(api.check_log())


def test_a_new_year_closes_no_log_before_the_witnesses_were_asked(home: Path, copy: Path) -> None:
    with witnessed(3):
        record(2)
        api.Sequencer().turn(at_once=True)
        snapshot(home, copy)
        record(2)
        api.Sequencer().turn(at_once=True)
        put_back(home, copy)
        forget_sizes()
        with (
            clock.held_at(NEW_YEAR),
            pytest.raises(api.SealingStopped, match="has seen"),
        ):
            api.Sequencer().turn(at_once=True)
        assert not promised().closed
        assert (home / "keys" / "log-2026.key").exists()


def test_a_backup_of_last_year_is_brought_back_without_an_entry_twice(home: Path) -> None:
    sequencer = api.Sequencer()
    sequencer.turn(at_once=True)
    waiting = record(2)
    sequencer.turn(at_once=True)
    with clock.held_at(NEW_YEAR):
        sequencer.turn(at_once=True)
        lost = record(1)
        sequencer.turn(at_once=True)
        # The database goes back to when the two of last year had no place yet.
        lose(
            [
                *lost,
                *PendingEntry.objects.filter(subject_id="2027").values_list("entry_id", flat=True),
            ]
        )
        with operator():
            Seal.objects.filter(entry__entry_id__in=waiting).delete()
        queue(waiting)
        with pytest.raises(OutOfStep, match="the log 2026 has signed for 3 entries"):
            api.Sequencer().turn(at_once=True)
        assert list(api.reconcile()) == [
            "the log 2026 is whole, closed at 3 entries",
            "2 entries stand in the log 2027 that the database has lost",
            "the log 2027 goes on at 2 entries",
        ]
        api.Sequencer().turn(at_once=True)
        shards = Seal.objects.filter(entry__entry_id__in=waiting).values_list("shard", flat=True)
        assert list(shards) == ["2026", "2026"]
        assert not list(api.check_log())


def opened(shard: str) -> list[str]:
    entries = PendingEntry.objects.filter(subject_kind="log", subject_id=shard)
    return list(entries.values_list("entry_id", flat=True))


def queue(entry_ids: list[str]) -> None:
    entries = PendingEntry.objects.filter(entry_id__in=entry_ids)
    Waiting.objects.bulk_create([Waiting(position=one.position) for one in entries])


def test_a_row_that_was_edited_is_named_and_the_files_stay_as_they_were(home: Path) -> None:
    ids = record(5)
    api.Sequencer().turn(at_once=True)
    held = promised()
    before = TileFiles(home / "log" / "2026").entries(0, held.size)
    with operator():
        PendingEntry.objects.filter(entry_id=ids[1]).update(leaf=b"\x01" + b"0" * 32)
    with pytest.raises(api.SealingStopped, match="leaf 1 of the log 2026 isn't the one that was"):
        list(api.reconcile(begin_anew=True))
    assert TileFiles(home / "log" / "2026").entries(0, held.size) == before
    assert promised() == held


def test_silent_witnesses_close_no_log(home: Path) -> None:
    with witnessed(3):
        record(1)
        api.Sequencer().turn(at_once=True)
    held = promised()
    with pytest.raises(api.SealingStopped, match="try again when they do"):
        list(api.reconcile(begin_anew=True))
    assert promised() == held
    assert (home / "keys" / "log-2026.key").exists()


def test_without_its_files_a_log_is_signed_again_from_the_rows(home: Path) -> None:
    ids = record(300)
    api.Sequencer().turn(at_once=True)
    held = promised()
    receipt = api.proofs_of(entry_ids=ids[:1])[ids[0]]
    shutil.rmtree(home / "log")
    with pytest.raises(api.SealingStopped, match="run `tongban evidence reconcile`"):
        api.Sequencer().turn(at_once=True)
    assert list(api.reconcile()) == ["the log 2026 goes on at 0 entries"]
    api.Sequencer().turn(at_once=True)
    assert (promised().vkey, promised().size, promised().root) == (held.vkey, held.size, held.root)
    assert receipt.leaf == api.proofs_of(entry_ids=ids[:1])[ids[0]].leaf
    assert not list(api.check_log())


def test_without_files_and_key_another_log_takes_every_entry(home: Path) -> None:
    ids = record(3)
    api.Sequencer().turn(at_once=True)
    shutil.rmtree(home / "log")
    (home / "keys" / "log-2026.key").unlink()
    with pytest.raises(api.SealingStopped, match="begin-anew"):
        list(api.reconcile())
    told = list(api.reconcile(begin_anew=True))
    assert "the log 2026-2 begins; 4 entries wait for it" in told
    api.Sequencer().turn(at_once=True)
    assert {one.origin for one in api.proofs_of(entry_ids=ids).values()} == {"tongzhou/log/2026-2"}
    assert not list(api.check_log())


def test_a_lost_key_ends_a_log_whose_promise_is_known(home: Path) -> None:
    ids = record(3)
    api.Sequencer().turn(at_once=True)
    (home / "keys" / "log-2026.key").unlink()
    with pytest.raises(api.SealingStopped, match=r"log-2026\.key is gone"):
        list(api.reconcile())
    told = list(api.reconcile(begin_anew=True))
    assert "the log 2026 is closed at 4 entries" in told
    api.Sequencer().turn(at_once=True)
    assert {one.origin for one in api.proofs_of(entry_ids=ids).values()} == {"tongzhou/log/2026"}
    assert not list(api.check_log())


def test_a_closed_log_is_shown_to_witnesses_until_its_quorum_is_reached(home: Path) -> None:
    with witnessed(3) as small:
        sequencer = api.Sequencer()
        sequencer.turn(at_once=True)
        known = [dict(one.logs) for one in small]
        for one in small:
            one.logs.clear()
        (last,) = record(1)
        sequencer.turn(at_once=True)
        with clock.held_at(NEW_YEAR):
            sequencer.turn(at_once=True)
            assert promised().shard == "2027"
            assert not api.proofs_of(entry_ids=[last])[last].quorum_reached
            for one, logs in zip(small, known, strict=True):
                one.logs |= logs
            sequencer.turn(at_once=True)
            assert api.proofs_of(entry_ids=[last])[last].quorum_reached


def test_the_key_of_next_years_log_is_made_in_december(home: Path) -> None:
    sequencer = api.Sequencer()
    sequencer.turn(at_once=True)
    assert api.status().next_vkey is None
    with clock.held_at(datetime(2026, 12, 1, 3, tzinfo=UTC)):
        sequencer.turn(at_once=True)
        vkey = api.status().next_vkey
        assert vkey is not None
        assert NoteKey.parse(vkey).name == "tongzhou/log/2027"
        sequencer.turn(at_once=True)
        assert api.status().next_vkey == vkey
    with clock.held_at(NEW_YEAR):
        sequencer.turn(at_once=True)
        assert promised().vkey == vkey
        assert api.status().next_vkey is None


def test_after_a_change_of_policy_a_receipt_verifies_by_the_policy_it_carries(home: Path) -> None:
    with witnessed(3):
        (entry_id,) = record(1)
        api.Sequencer().turn(at_once=True)
        others = [witness(f"other{number}.example/witness").key for number in range(2)]
        policy = Policy.k_of_n([NoteKey.parse(promised().vkey)], others)
        (home / "log" / "policy").write_bytes(policy.data)
        sealed = api.proofs_of(entry_ids=[entry_id])[entry_id]
        assert sealed.quorum_reached
        verdict = LogProof.parse(sealed.proof).verify(
            leaf_hash(sealed.leaf), Policy.parse(sealed.policy), suites
        )
        assert len(verdict.cosigned) == 3
        assert not api.status().logs[-1].quorum_reached  # of those who are named now


def test_entries_that_the_queue_has_lost_wait_again(home: Path) -> None:
    api.Sequencer().turn(at_once=True)
    (entry_id,) = record(1)
    Waiting.objects.all().delete()
    assert "1 entries that were in no log wait for one again" in list(api.reconcile())
    api.Sequencer().turn(at_once=True)
    assert entry_id in api.proofs_of(entry_ids=[entry_id])
