"""A witness: what it answers, what it remembers, when it refuses to sign."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from evidence.core.small_log import SmallLog, signer, suites
from evidence.small_witnesses import witnesses_logs
from tongban.evidence import api
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Note, Signature, Signed, Verifiers, open_note, sign_note
from tongban.evidence.core.witness import AddCheckpoint, read_answer
from tongban.evidence.witnessing import known
from tongban.evidence.witnessing.identity import key_path
from tongban.evidence.witnessing.store import origin_hash
from tongban.kernel import clock
from tongban.kernel.suites import SuiteOff

LOG = SmallLog.counting(20)
ORIGIN = LOG.signer.key.name
FORK = SmallLog.counting(20, prefix="fork")
NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
TEXT = "text/plain; charset=utf-8"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.HOME = tmp_path
    settings.NODE = "w.example"
    witnesses_logs(LOG.signer.key)
    with clock.held_at(NOW):
        yield tmp_path


def asked(old: int, new: int, log: SmallLog = LOG) -> bytes:
    return AddCheckpoint.prove(old, log.note(new), log.get_hash).data


def own_key() -> NoteKey:
    return NoteKey.parse(api.witness_vkey() or "")


def held() -> Checkpoint | None:
    note = api.held_checkpoint(origin_hash(ORIGIN))
    return None if note is None else Checkpoint.parse(Note.parse(note).text)


def test_a_checkpoint_is_cosigned_by_a_key_made_at_the_first_need(home: Path) -> None:
    answer = api.answer_add_checkpoint(asked(0, 5))
    assert (answer.status, answer.content_type) == (200, TEXT)
    key = own_key()
    assert key.name == "w.example/witness"
    (cosignature,) = read_answer(answer.body, LOG.note(5), Verifiers([key], suites))
    assert answer.body.decode() == cosignature.line
    assert cosignature.signature[:8] == int(NOW.timestamp()).to_bytes(8, "big")
    assert held() == LOG.checkpoint(5)
    assert (key_path().stat().st_mode & 0o777, len(key_path().read_bytes())) == (0o600, 32)
    assert (home / "witness" / "witness.sqlite3").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (home / "keys").iterdir()] == ["witness.key"]


def test_each_growth_is_cosigned_and_the_latest_is_served_with_both_signatures() -> None:
    for old, new in [(0, 5), (5, 12), (12, 12), (12, 20)]:
        assert api.answer_add_checkpoint(asked(old, new)).status == 200
        assert held() == LOG.checkpoint(new)
    served = Note.parse(api.held_checkpoint(origin_hash(ORIGIN)) or b"")
    known = Verifiers([LOG.signer.key, own_key()], suites)
    assert [one.key for one in open_note(served, known).signed] == [LOG.signer.key, own_key()]


def test_the_statuses_are_those_of_the_specification_and_nothing_changes() -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    thief = sign_note(LOG.checkpoint(12).text, [signer(ORIGIN, seed="thief")])
    unknown = SmallLog.counting(20, origin="example.org/unknown")
    wrong_proof = AddCheckpoint(5, (bytes(32),), LOG.note(12)).data
    refused = {
        400: [b"", b"old 5\n", asked(5, 12)[:-1], AddCheckpoint(13, (), LOG.note(12)).data],
        403: [AddCheckpoint(0, (), thief).data],
        404: [asked(0, 5, unknown)],
        409: [asked(0, 12), asked(4, 12), asked(6, 12)],
        413: [b"old 0\n\n" + b"a" * 2**16],
        422: [wrong_proof, asked(5, 5, FORK), asked(5, 12, FORK)],
    }
    for status, bodies in refused.items():
        for body in bodies:
            answer = api.answer_add_checkpoint(body)
            assert answer.status == status
            if status == 409:
                assert answer == (409, "text/x.tlog.size", b"5\n")
            else:
                assert answer.content_type == TEXT
            assert held() == LOG.checkpoint(5)


def test_what_a_stranger_adds_to_a_note_is_not_served() -> None:
    stranger = signer("stranger.example/log")
    note = LOG.note(5).with_signatures(sign_note(LOG.checkpoint(5).text, [stranger]).signatures)
    assert api.answer_add_checkpoint(AddCheckpoint(0, (), note).data).status == 200
    served = Note.parse(api.held_checkpoint(origin_hash(ORIGIN)) or b"")
    assert {one.name for one in served.signatures} == {ORIGIN, "w.example/witness"}


def test_a_log_that_is_taken_off_the_list_is_unknown_at_once() -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    witnesses_logs()
    assert api.answer_add_checkpoint(asked(5, 12)).status == 404
    witnesses_logs(LOG.signer.key, signer("example.org/b").key)
    assert api.answer_add_checkpoint(asked(5, 12)).status == 200


@pytest.mark.parametrize(
    "line", ["not a key", "w.example/witness", ""], ids=["no key", "no vkey", "a witness's"]
)
def test_an_unreadable_list_of_logs_stops_the_witness_and_verify_says_so(
    home: Path, line: str
) -> None:
    (home / "witness" / "logs").write_text(f"# logs\n{line or own_key().vkey}\n")
    assert api.answer_add_checkpoint(asked(0, 5)).status == 503
    with pytest.raises(api.WitnessUnfit, match="logs, line 2"):
        api.check_witness()


def test_a_request_answered_and_lost_is_answered_again() -> None:
    first = api.answer_add_checkpoint(asked(0, 5))
    assert api.answer_add_checkpoint(asked(0, 5)) == (409, "text/x.tlog.size", b"5\n")
    assert api.answer_add_checkpoint(asked(5, 5)) == first


def test_killed_between_store_and_answer_it_has_promised_nothing_that_it_forgot(
    home: Path,
) -> None:
    program = (
        "import os, sys, django; django.setup()\n"
        "from tongban.evidence import api\n"
        "from tongban.evidence.witnessing import answers\n"
        "answers.answer = lambda _: os._exit(9)\n"
        "api.answer_add_checkpoint(sys.stdin.buffer.read())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=asked(0, 5),
        check=False,
        env={
            **os.environ,
            "TONGBAN_HOME": str(home),
            "TONGBAN_NODE": "w.example",
            "DJANGO_SETTINGS_MODULE": "tongban.site.settings",
        },
    )
    assert done.returncode == 9
    assert held() == LOG.checkpoint(5)
    assert api.answer_add_checkpoint(asked(0, 5, FORK)).status == 409
    assert api.answer_add_checkpoint(asked(5, 5, FORK)).status == 422
    again = [api.answer_add_checkpoint(asked(5, 5)) for _ in range(2)]
    assert again[0].status == 200
    assert again[0] == again[1]


def test_a_repetition_within_a_minute_gets_what_it_got_and_writes_nothing(home: Path) -> None:
    first = api.answer_add_checkpoint(asked(0, 5))
    again = AddCheckpoint.prove(5, LOG.note(5), LOG.get_hash).data
    store = home / "witness" / "witness.sqlite3"
    stored = store.read_bytes()
    with clock.held_at(NOW + timedelta(seconds=59)):
        assert api.answer_add_checkpoint(again) == first
    assert store.read_bytes() == stored
    with clock.held_at(NOW + timedelta(seconds=60)):
        later = api.answer_add_checkpoint(again)
    assert (later.status, later == first) == (200, False)
    assert store.read_bytes() != stored


def test_a_line_repeated_a_hundred_times_is_verified_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked: list[object] = []
    note = LOG.note(5)
    many = Note(note.text, note.signatures * 100)
    check = Verifiers.check

    def counted(self: Verifiers, text: str, one: Signature) -> Signed | None:
        checked.append(one)
        return check(self, text, one)

    monkeypatch.setattr(Verifiers, "check", counted)
    assert len(open_note(many, Verifiers([LOG.signer.key], suites)).signed) == 1
    assert len(checked) == 1


def test_no_stranger_makes_a_node_a_witness(home: Path) -> None:
    (home / "witness" / "logs").unlink()
    assert api.witness_vkey() is None
    assert api.held_checkpoint(origin_hash(ORIGIN)) is None
    assert api.answer_add_checkpoint(asked(0, 5)).status == 404
    api.check_witness()
    assert sorted(path.name for path in home.rglob("*")) == ["witness"]


def test_the_time_of_a_cosignature_never_goes_back() -> None:
    first = api.answer_add_checkpoint(asked(0, 5))
    with clock.held_at(datetime(2020, 1, 1, tzinfo=UTC)):
        assert api.answer_add_checkpoint(asked(5, 5)) == first


def test_attack_3_a_second_root_of_one_size_is_refused_and_both_notes_are_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    for body in (asked(5, 5, FORK), asked(0, 5, FORK), asked(5, 5, FORK)):
        assert api.answer_add_checkpoint(body).status in {409, 422}
    (alarm,) = api.alarms()
    assert (alarm.kind, alarm.origin, alarm.is_damage) == ("fork", ORIGIN, True)
    assert alarm.held.read_bytes() == api.held_checkpoint(origin_hash(ORIGIN))
    assert alarm.shown.read_bytes() == FORK.note(5).data
    told = [one for one in caplog.records if "witness_alarm" in str(one.msg)]
    assert [one.levelname for one in told] == ["ERROR"]
    assert held() == LOG.checkpoint(5)


def test_a_wrong_proof_alone_is_noted_but_is_no_damage() -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    wrong = AddCheckpoint(5, (bytes(32),), LOG.note(12)).data
    assert api.answer_add_checkpoint(wrong).status == 422
    (alarm,) = api.alarms()
    assert (alarm.kind, alarm.is_damage) == ("unproved", False)


def unproved() -> list[int]:
    notes = [Note.parse(one.shown.read_bytes()) for one in api.alarms() if one.kind == "unproved"]
    return sorted(Checkpoint.parse(note.text).size for note in notes)


def test_a_strangers_wrong_proofs_hide_no_later_one_for_good() -> None:
    log = SmallLog.counting(60)
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200

    def wrong(size: int) -> None:
        body = AddCheckpoint(5, (bytes(32),), log.note(size)).data
        assert api.answer_add_checkpoint(body).status == 422

    for size in [*range(6, 21), *range(6, 21)]:  # a repetition changes nothing
        wrong(size)
    assert unproved() == [*range(6, 21)]
    for size in (30, 31):  # one more finds room, the next doesn't
        wrong(size)
    assert unproved() == [*range(6, 21), 30]
    with clock.held_at(NOW + timedelta(hours=1)):
        wrong(32)
        assert len(unproved()) == 16
        assert 32 in unproved()


def test_what_no_log_signed_raises_no_alarm() -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    forged = sign_note(FORK.checkpoint(5).text, [signer(ORIGIN, seed="thief")])
    assert api.answer_add_checkpoint(AddCheckpoint(5, (), forged).data).status == 403
    assert api.alarms() == []


def test_attack_13_of_checkpoints_raced_at_a_witness_one_wins_and_no_size_has_two_roots() -> None:
    api.witness_vkey()
    logs = [SmallLog.counting(8, prefix=f"view {number}") for number in range(6)]
    start = threading.Barrier(len(logs))
    answers: list[tuple[SmallLog, api.Answer]] = []

    def race(log: SmallLog) -> None:
        start.wait()
        answers.append((log, api.answer_add_checkpoint(asked(0, 8, log))))

    threads = [threading.Thread(target=race, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for _, answer in answers) == [200, 409, 409, 409, 409, 409]
    winner = next(log for log, answer in answers if answer.status == 200)
    assert held() == winner.checkpoint(8)
    assert [alarm.kind for alarm in api.alarms()] == ["fork"]


def test_attack_13_a_slower_request_does_not_roll_a_faster_one_back() -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    start = threading.Barrier(8)
    answers: list[tuple[int, int]] = []

    def race(size: int) -> None:
        start.wait()
        answers.append((size, api.answer_add_checkpoint(asked(5, size)).status))

    threads = [threading.Thread(target=race, args=(size,)) for size in range(6, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = [size for size, status in answers if status == 200]
    assert len(accepted) == 1
    assert held() == LOG.checkpoint(accepted[0])


def test_attack_14_a_witness_that_lost_its_state_signs_nothing(home: Path) -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    for path in (home / "witness").glob("witness.sqlite3*"):
        path.unlink()
    assert api.answer_add_checkpoint(asked(0, 5, FORK)).status == 503
    assert api.answer_add_checkpoint(asked(0, 5)).status == 503
    assert held() is None
    with pytest.raises(api.WitnessUnfit, match="has forgotten what it signed"):
        api.check_witness()
    with pytest.raises(api.WitnessUnfit, match="has forgotten what it signed"):
        api.witness_vkey()


def test_attack_14_a_new_beginning_is_a_new_witness(home: Path) -> None:
    old = own_key()
    for path in (home / "witness").glob("witness.sqlite3*"):
        path.unlink()
    key_path().unlink()
    assert own_key() != old
    api.check_witness()


def lose_key(_home: Path) -> None:
    key_path().unlink()


def exchange_key(_home: Path) -> None:
    key_path().write_bytes(bytes(range(32)))


def show_key(_home: Path) -> None:
    key_path().chmod(0o644)


def cut_key(_home: Path) -> None:
    key_path().write_bytes(b"short")


def damage_store(home: Path) -> None:
    for path in (home / "witness").glob("witness.sqlite3*"):
        path.write_bytes(b"no database" * 1000)


@pytest.mark.parametrize("harm", [lose_key, exchange_key, show_key, cut_key, damage_store])
def test_a_harmed_key_or_store_signs_nothing_and_verify_says_so(
    home: Path, harm: Callable[[Path], None]
) -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    harm(home)
    assert api.answer_add_checkpoint(asked(5, 12)).status == 503
    with pytest.raises(api.WitnessUnfit):
        api.check_witness()


def test_a_key_that_was_not_named_yet_when_the_process_died_gets_its_name() -> None:
    key = own_key()
    key_path().rename(key_path().with_name("witness.key.new"))
    assert own_key() == key
    key_path().rename(key_path().with_name("witness.key.new"))
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    assert key_path().exists()


def test_a_key_drafted_by_a_process_that_died_before_the_store_knew_it_is_forgotten(
    home: Path,
) -> None:
    (home / "keys").mkdir()
    draft = home / "keys" / "witness.key.new"
    draft.write_bytes(bytes(range(32)))
    key = own_key()
    assert not draft.exists()
    assert suites("intl-1").public(bytes(range(32))) != key.public


def test_another_name_of_the_node_is_another_witness(settings: Settings) -> None:
    own_key()
    settings.NODE = "other.example"
    with pytest.raises(api.WitnessUnfit, match=r"belongs to the witness w\.example"):
        api.witness_vkey()


def test_where_the_proof_of_a_fork_can_not_be_kept_it_is_in_the_log_at_least(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    (home / "witness" / "alarms").write_text("in the way")
    assert api.answer_add_checkpoint(asked(5, 5, FORK)).status == 503
    told = [str(one.msg) for one in caplog.records]
    assert [one for one in told if "witness_alarm" in one and "'fork'" in one]
    assert held() == LOG.checkpoint(5)


def test_a_suite_that_is_off_on_this_machine_is_said_and_signs_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def off(name: str) -> None:
        raise SuiteOff(name, "no library")

    monkeypatch.setattr(known, "suite", off)
    assert api.answer_add_checkpoint(asked(0, 5)).status == 503
    assert [one for one in caplog.records if "intl-1 is off: no library" in str(one.msg)]
    assert held() is None


def test_looking_makes_nothing(home: Path) -> None:
    api.check_witness()
    assert api.alarms() == []
    assert sorted(path.name for path in home.rglob("*")) == ["logs", "witness"]


def test_the_store_itself_refuses_to_go_back(home: Path) -> None:
    assert api.answer_add_checkpoint(asked(0, 12)).status == 200
    connection = sqlite3.connect(home / "witness" / "witness.sqlite3")
    for change in ("UPDATE held SET size = 5", "UPDATE held SET root = zeroblob(32)"):
        with pytest.raises(sqlite3.IntegrityError, match="never goes back"):
            connection.execute(change)
    connection.close()


def test_a_store_put_back_from_yesterday_still_never_signs_a_second_root_it_remembers(
    home: Path,
) -> None:
    assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    shutil.copytree(home / "witness", home / "backup")
    assert api.answer_add_checkpoint(asked(5, 12)).status == 200
    shutil.rmtree(home / "witness")
    (home / "backup").rename(home / "witness")
    assert held() == LOG.checkpoint(5)
    assert api.answer_add_checkpoint(asked(5, 5, FORK)).status == 422
    assert api.answer_add_checkpoint(asked(12, 20)).status == 409


BODY = asked(5, 12)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_arbitrary_bytes_are_refused_and_change_nothing(data: st.DataObject) -> None:
    if held() is None:
        assert api.answer_add_checkpoint(asked(0, 5)).status == 200
    any_bytes = data.draw(st.binary(max_size=80))
    at = data.draw(st.integers(0, len(BODY) - 1))
    for body in (any_bytes, any_bytes + BODY, b"old 5\n" + any_bytes, BODY[:at] + any_bytes):
        if body == BODY:
            continue
        assert api.answer_add_checkpoint(body).status in {400, 403, 404, 409, 422}
        assert held() == LOG.checkpoint(5)
