"""What the witnesses hold about a log is compared; what doesn't fit raises an alarm."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from evidence.core.small_log import SmallLog, signer, suites, witness
from evidence.small_witnesses import (
    TIME,
    SmallWitness,
    always,
    asks,
    published,
    reply_of,
    saying,
    served,
    witnesses_logs,
)
from tongban.evidence import api
from tongban.evidence.core.note import Note, Verifiers, open_note, sign_note
from tongban.evidence.core.witness import AddCheckpoint
from tongban.evidence.witnessing import monitoring
from tongban.evidence.witnessing.own_log import prove_from_tiles
from tongban.kernel import clock
from tongban.kernel.suites import SuiteOff
from tongban.site.checks import CHECKS

LOG = SmallLog.counting(20, origin="log.example/log/2026")
FORK = SmallLog.counting(20, prefix="fork", origin="log.example/log/2026")
ORIGIN = LOG.signer.key.name
ONE, TWO = (witness(f"w{number}.example/witness") for number in (1, 2))
COSIGNED_AT = datetime.fromtimestamp(TIME, UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.HOME = tmp_path
    settings.NODE = "log.example"
    with clock.held_at(COSIGNED_AT + timedelta(minutes=59)):
        yield tmp_path


def shown(small: SmallWitness, log: SmallLog, size: int) -> SmallWitness:
    """Have a witness, however false, hold a view."""
    small.colludes = True
    small.post(AddCheckpoint(0, (), log.note(size)).data)
    return small


def compared(first: tuple[SmallLog, int], second: tuple[SmallLog, int]) -> list[api.Alarm]:
    """Compare what two witnesses hold."""
    with ExitStack() as stack:
        views = [
            shown(SmallWitness(one, LOG), *view) for one, view in [(ONE, first), (TWO, second)]
        ]
        asks(LOG, [(one.signer.key, stack.enter_context(served(one))) for one in views])
        api.monitor()
    return api.alarms()


def test_views_that_agree_raise_no_alarm() -> None:
    published(LOG, 20)
    assert compared((LOG, 12), (LOG, 12)) == []
    assert compared((LOG, 5), (LOG, 12)) == []


@pytest.mark.parametrize(("held", "other"), [(12, 12), (20, 12), (12, 20)])
def test_attack_3_a_split_view_is_found_and_both_signed_notes_are_kept(
    held: int, other: int
) -> None:
    if held != other:
        published(LOG, 20)
    found = compared((LOG, held), (FORK, other))
    (alarm,) = [one for one in found if {*one.source.split()} == {ONE.key.name, TWO.key.name}]
    assert (alarm.kind, alarm.origin, alarm.is_damage) == ("fork", ORIGIN, True)
    notes = [Note.parse(path.read_bytes()) for path in (alarm.held, alarm.shown)]
    assert {note.text for note in notes} == {
        LOG.checkpoint(held).text,
        FORK.checkpoint(other).text,
    }
    log_key, witness_keys = Verifiers([LOG.signer.key], suites), [ONE.key, TWO.key]
    for note in notes:
        assert open_note(note, log_key).signed
        assert open_note(note, Verifiers(witness_keys, suites)).signed


def test_attack_15_a_colluding_witness_gives_itself_away_to_the_monitor() -> None:
    honest = SmallWitness(ONE, LOG)
    honest.post(AddCheckpoint(0, (), LOG.note(12)).data)
    false = shown(SmallWitness(TWO, LOG), FORK, 12)
    with served(honest) as first, served(false) as second:
        asks(LOG, [(ONE.key, first), (TWO.key, second)])
        for _ in range(2):
            api.monitor()
    assert [alarm.kind for alarm in api.alarms()] == ["fork"]


def test_attack_16_a_view_that_leaves_out_what_is_an_hour_old_is_stale() -> None:
    assert compared((LOG, 12), (LOG, 20)) == []
    with clock.held_at(COSIGNED_AT + timedelta(hours=1)):
        (alarm,) = compared((LOG, 12), (LOG, 20))
    assert (alarm.kind, alarm.source, alarm.is_damage) == (
        "stale",
        f"{TWO.key.name} {ONE.key.name}",
        False,
    )
    assert Note.parse(alarm.shown.read_bytes()).text == LOG.checkpoint(12).text


def test_a_stale_view_that_catches_up_is_no_alarm_any_more() -> None:
    with clock.held_at(COSIGNED_AT + timedelta(hours=1)):
        (alarm,) = compared((LOG, 12), (LOG, 20))
        assert alarm.kind == "stale"
        assert [one.kind for one in compared((LOG, 19), (LOG, 20))] == ["stale"]
        assert compared((LOG, 20), (LOG, 20)) == []


@pytest.mark.parametrize("path", ["tile/0/000.p/20", "checkpoint"])
def test_damaged_files_of_the_log_itself_are_no_fork(
    home: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    published(LOG, 20)
    damaged = home / "log" / "2026" / path
    damaged.write_bytes(damaged.read_bytes()[::-1])
    assert compared((LOG, 12), (LOG, 20)) == []
    assert any("own_log_damaged" in str(one.msg) for one in caplog.records)


def test_attack_16_the_log_itself_shows_a_stale_checkpoint(home: Path) -> None:
    (home / "log" / "2026").mkdir(parents=True)
    (home / "log" / "2026" / "checkpoint").write_bytes(LOG.note(12).data)
    with served(shown(SmallWitness(ONE, LOG), LOG, 20)) as url:
        asks(LOG, [(ONE.key, url)])
        assert api.monitor() == 2
        assert api.alarms() == []
        with clock.held_at(COSIGNED_AT + timedelta(hours=2)):
            api.monitor()
    (alarm,) = api.alarms()
    assert (alarm.kind, alarm.source) == ("stale", f"{ONE.key.name} {ORIGIN}")


def test_what_this_node_witnessed_itself_is_compared_too() -> None:
    witnesses_logs(LOG.signer.key)
    body = AddCheckpoint(0, (), LOG.note(12)).data
    assert api.answer_add_checkpoint(body).status == 200
    with served(shown(SmallWitness(ONE, LOG), FORK, 12)) as url:
        asks(SmallLog.counting(1, origin="log.example/log/2027"), [(ONE.key, url)])
        assert api.monitor() == 2
    (alarm,) = api.alarms()
    assert (alarm.kind, alarm.source) == ("fork", f"{ONE.key.name} log.example/witness")


def test_sizes_of_a_log_whose_tiles_are_elsewhere_are_not_compared() -> None:
    assert compared((LOG, 12), (FORK, 20)) == []
    other = SmallLog.counting(20, origin="b/log/2026")
    fork = SmallLog.counting(20, prefix="fork", origin="b/log/2026")
    with ExitStack() as stack:
        views = [
            shown(SmallWitness(ONE, other), other, 12),
            shown(SmallWitness(TWO, other), fork, 20),
        ]
        asks(other, [(one.signer.key, stack.enter_context(served(one))) for one in views])
        assert api.monitor() == 2
    assert api.alarms() == []


def test_proofs_are_made_from_the_tiles_as_they_are_at_a_later_size(home: Path) -> None:
    log = SmallLog.counting(600, origin=ORIGIN)
    published(log, 600)
    for old, new in [(1, 2), (5, 300), (256, 257), (255, 512), (300, 590), (600, 600)]:
        assert prove_from_tiles(ORIGIN, old, new) == tuple(log.consistency(old, new))
    for origin in ("b/log/2026", "log.example/log/2027", "log.example/2026", "log.example/log/²"):
        with pytest.raises(LookupError):
            prove_from_tiles(origin, 1, 2)
    with pytest.raises(LookupError):
        prove_from_tiles(ORIGIN, 5, 601)
    (home / "log" / "2026" / "tile" / "0" / "000").write_bytes(bytes(31))
    with pytest.raises(LookupError):
        prove_from_tiles(ORIGIN, 5, 300)


def test_the_watch_goes_on_after_an_error_and_ends_when_told(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "witness").mkdir()
    (home / "witness" / "logs").write_text("no key\n")
    turns: list[str] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            turns.append(f"after {timeout} s")
            return len(turns) > 1

    api.watch(stop=Stop(), every_s=60)
    assert turns == ["after 60 s"] * 2
    told = [str(one.msg) for one in caplog.records if "monitor_failed" in str(one.msg)]
    assert len(told) == 2


def test_what_a_witness_shows_counts_only_with_both_signatures() -> None:
    timeless = ONE.sign(b"cosignature/v1\ntime 0\n" + FORK.checkpoint(12).text.encode())
    bare = FORK.cosigned(12, ONE).signatures[1]._replace(signature=bytes(8) + timeless)
    notes = [
        FORK.note(12).with_signatures([bare]).data,
        b"nonsense",
        FORK.note(12).data,
        FORK.cosigned(12, TWO).data,
        Note(FORK.checkpoint(12).text, FORK.cosigned(12, ONE).signatures[1:]).data,
        sign_note(FORK.checkpoint(12).text, [signer(ORIGIN, seed="thief")])
        .with_signatures(FORK.cosigned(12, ONE).signatures[1:])
        .data,
        SmallLog.counting(12, origin="example.org/b").cosigned(12, ONE).data,
    ]
    with served(shown(SmallWitness(TWO, LOG), LOG, 12)) as second:
        for note in notes:
            with saying(always(reply_of(200, note))) as first:
                asks(LOG, [(ONE.key, first), (TWO.key, second)])
                assert api.monitor() == 1
    assert api.alarms() == []


def test_what_the_witnesses_hold_can_be_asked_for_by_origin() -> None:
    small = shown(SmallWitness(ONE, LOG), LOG, 12)
    with served(small) as url:
        asks(LOG, [(ONE.key, url)])
        note = LOG.cosigned(12, ONE).data
        assert api.views_of(origin=ORIGIN) == [(ONE.key.name, LOG.checkpoint(12), TIME, note)]
        assert api.views_of(origin="log.example/log/2027") == []


def test_nobody_to_ask_is_no_view(home: Path) -> None:
    assert api.monitor() == 0
    witnesses_logs(LOG.signer.key)
    asks(LOG, [(ONE.key, None), (TWO.key, "http://127.0.0.1:1")])
    assert api.monitor() == 0
    assert api.alarms() == []


def check() -> list[tuple[str, bool]]:
    (function,) = [one.function for one in CHECKS if one.name == "witnesses"]
    return [(found.what, found.damage) for found in function()]


def test_an_operator_is_told_of_a_fork_with_both_places_until_its_folder_is_moved(
    home: Path,
) -> None:
    assert check() == []
    with clock.held_at(COSIGNED_AT + timedelta(hours=1)):
        compared((LOG, 12), (LOG, 20))
        (alarm,) = compared((FORK, 12), (LOG, 12))[:1]
    (fork, damage), (stale, noted) = check()
    assert (damage, noted) == (True, False)
    assert fork == (
        f"fork of the log {ORIGIN!r} at 2023-11-14T23:13:20.000000Z: "
        f"compare {alarm.held} and {alarm.shown}"
    )
    assert stale.startswith(f"stale of the log {ORIGIN!r}")
    alarm.held.parent.rename(home / "settled")
    assert [damage for _, damage in check()] == [False]


def test_a_damaged_alarm_is_still_told() -> None:
    (alarm,) = compared((FORK, 12), (LOG, 12))
    (alarm.held.parent / "about.json").write_text("[")
    ((what, damage),) = check()
    assert damage
    assert what.startswith("fork of the log '' at : compare ")


def test_a_witness_that_can_not_sign_is_told(home: Path) -> None:
    (home / "keys").mkdir()
    (home / "keys" / "witness.key").write_bytes(bytes(32))
    ((what, damage),) = check()
    assert not damage  # the operator has not made this node a witness
    assert "has forgotten what it signed" in what
    witnesses_logs(LOG.signer.key)
    assert check() == [(what, True)]


def test_a_key_whose_suite_is_off_stops_no_other_comparison(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    off = SuiteOff("gm-1", "this OpenSSL has no SM2")

    def views_of(*, origin: str, deadline_s: float) -> list[api.View]:
        asked.append(origin)
        if len(asked) == 1:
            raise off
        return []

    monkeypatch.setattr(monitoring, "views_of", views_of)
    other = SmallLog.counting(3, origin="another.example/log")
    witnesses_logs(LOG.signer.key, other.signer.key)
    assert api.monitor() == 0
    assert sorted(asked) == sorted([ORIGIN, "another.example/log"])
