"""The status page and the gauges say how the log stands, and what to do."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from evidence.core.small_log import SmallLog, witness
from tongban.channels.ledger import standing
from tongban.evidence import api as evidence
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.policy import Policy
from tongban.evidence.sealing import promise
from tongban.evidence.sealing.causes import Trouble
from tongban.evidence.sealing.gauge import Gauge
from tongban.evidence.sealing.status import note_state
from tongban.evidence.shards import log_folder
from tongban.evidence.witnessing.alarms import AlarmKind, raise_alarm
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel
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


def record() -> None:
    with transaction.atomic():
        evidence.record(
            kind="case.received",
            at=NOW,
            place_id="131028",
            acting=SYSTEM,
            subject=("case", "local-1"),
            key=KEY,
        )


def sealed(*, witnesses: int = 0, quorum: int | None = None) -> None:
    """Begin the log with an entry; its witnesses, if any, have no address and so don't answer."""
    record()
    evidence.Sequencer().turn(at_once=True)
    note_state(Trouble())
    if not witnesses:
        return
    with promise.reading() as promises:
        (held,) = promises.all()
    keys = [witness(f"w{number}.example/witness").key for number in range(witnesses)]
    policy = Policy.k_of_n([NoteKey.parse(held.vkey)], keys, quorum)
    (log_folder() / "policy").write_bytes(policy.data)


def page(language: str = "zh-hans") -> str:
    client = Client()
    client.cookies["tongban_language"] = language
    response = client.get("/status/")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_before_the_first_log_the_page_says_what_begins_it() -> None:
    shown = page()
    assert "还没有日志 后台进程 tongban worker 第一次运行时开始写第一个日志。" in shown
    assert "最近一小时没有数据" in shown


def test_a_log_that_works_shows_its_figures() -> None:
    sealed()
    with clock.held_at(NOW + timedelta(seconds=5)):
        shown = page("en")
    assert "The log works" in shown
    assert "tongzhou/log/2026" in shown
    assert re.search(r"Entries 2 .*Last checkpoint 5 seconds ago .*Entries that wait 0 ", shown)
    assert "This log has no witnesses: no other government cosigns it." in shown


def test_witnesses_and_quorum_stand_there_in_words() -> None:
    sealed(witnesses=3, quorum=2)
    shown = page("en")
    assert "Cosignatures needed: 2, of 3 witnesses." in shown
    assert "1 witness would have to collude with the log." in shown
    assert "With 1 witness down there are still enough." in shown
    assert re.search(r"w0\.example/witness not yet .*w2\.example/witness not yet ", shown)


def test_a_missed_quorum_is_told() -> None:
    sealed(witnesses=3)
    with transaction.atomic():
        record()
    evidence.Sequencer().turn(at_once=True)
    shown = page()
    assert "最近的检查点还没有足够的共签" in shown
    assert "达到要求以前，新的存证还不能列入凭证。" in shown


def test_a_backlog_is_told_after_a_minute() -> None:
    sealed()
    record()
    for seconds, told in ((60, False), (61, True)):
        with clock.held_at(NOW + timedelta(seconds=seconds)):
            note_state(Trouble())
            assert ("存证写入日志迟了" in page()) is told


def test_a_log_that_is_stopped_says_why_and_what_to_do_but_not_the_operators_text() -> None:
    sealed()
    for cause, language in product(evidence.Cause, ("zh-hans", "en")):
        note_state(Trouble(cause, "keys/log-2026.key of w1.example/witness"))
        shown = page(language)
        with translation.override(language):
            assert all(translation.gettext(text) in shown for text in standing.CAUSES[cause])
        assert "keys/log-2026.key" not in shown


def test_a_sequencer_that_is_gone_is_told() -> None:
    sealed()
    with clock.held_at(NOW + timedelta(minutes=5)):
        assert "日志没有在写 写日志的后台进程最后一次出现是 5 分钟前。" in page()


def test_a_fork_is_shown_plainly_and_what_anyone_can_cause_as_a_note() -> None:
    sealed()
    log, fork = (SmallLog.counting(5, prefix=prefix) for prefix in ("leaf", "fork"))
    for kind in AlarmKind:
        raise_alarm(
            kind=kind,
            origin="dachang/log/2026",
            source="",
            held=log.note(5).data,
            shown=fork.note(5).data,
        )
    shown = page("en")
    assert "The log dachang/log/2026 has signed two histories that contradict each other" in shown
    assert "That proves nothing against the log" in shown
    assert "The log works" not in shown


def test_the_last_hour_is_drawn_and_stands_in_a_table() -> None:
    sealed()
    gauge = Gauge()
    record()
    with clock.held_at(NOW + timedelta(seconds=90)):
        gauge.look()
        evidence.Sequencer().turn(at_once=True)
    with clock.held_at(NOW + timedelta(seconds=100)):
        gauge.look()
    with clock.held_at(NOW + timedelta(minutes=10)):
        html = Client().get("/status/").content.decode()
    assert html.count('class="chart__bar chart__bar--late"') == 1
    assert html.count('class="chart__gap"') == 59
    assert 'class="chart__alarm"' in html
    assert "style=" not in html.partition('<svg class="chart')[2].partition("</svg>")[0]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "11:00-11:05 90.0 1 1 " in text
    assert "11:05-11:10 没有数据 - - " in text


def test_what_can_not_be_read_is_503(home: Path) -> None:
    sealed()
    (home / "log" / promise.NAME).write_bytes(b"no database" * 1000)
    response = Client().get("/status/")
    assert response.status_code == 503
    assert "日志的状态无法读取" in response.content.decode()
    assert Client(headers={"Host": "localhost"}).get("/metrics").status_code == 503


def test_alarms_that_can_not_be_read_are_503(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed() -> None:  # a folder without permissions, which stop no root
        raise PermissionError

    sealed()
    monkeypatch.setattr(evidence, "alarms", closed)
    response = Client().get("/status/")
    assert response.status_code == 503
    assert "日志的状态无法读取" in response.content.decode()
    assert Client(headers={"Host": "localhost"}).get("/metrics").status_code == 503


def gauges(text: str) -> dict[str, float]:
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in text.splitlines())
        if not name.startswith("#")
    }


def test_a_log_that_asks_for_no_witness_has_all_that_it_asks_for() -> None:
    sealed()
    response = Client(headers={"Host": "localhost"}).get("/metrics")
    assert gauges(response.content.decode())["tongban_log_quorum_reached"] == 1


def test_the_gauges_are_what_the_status_is() -> None:
    sealed(witnesses=3)
    record()
    with clock.held_at(NOW + timedelta(seconds=70)):
        response = Client(headers={"Host": "localhost"}).get("/metrics")
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = response.content.decode()
    assert gauges(text) == {
        "tongban_log_waiting_entries": 1,
        "tongban_log_oldest_waiting_seconds": 70,
        "tongban_log_sequencer_trouble": 0,
        "tongban_log_sequencer_seen_seconds": 70,
        "tongban_log_size_entries": 2,
        "tongban_log_checkpoint_age_seconds": 70,
        "tongban_log_quorum_reached": 0,
        "tongban_log_cosignatures": 0,
        'tongban_witness_alarms{kind="fork"}': 0,
        'tongban_witness_alarms{kind="unproved"}': 0,
        'tongban_witness_alarms{kind="stale"}': 0,
    }
    names = {name.partition("{")[0] for name in gauges(text)}
    assert {line.split(" ")[2] for line in text.splitlines() if "# TYPE" in line} == names


@pytest.mark.parametrize(
    ("remote", "headers"),
    [
        ("192.0.2.7", {"Host": "localhost"}),
        ("127.0.0.1", {"Host": "testserver"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Proto": "https"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Port": "443"}),
    ],
)
def test_the_gauges_are_not_there_from_elsewhere_unless_a_setting_says_so(
    remote: str, headers: dict[str, str], settings: Settings
) -> None:
    client = Client(REMOTE_ADDR=remote, headers=headers)
    assert client.get("/metrics").status_code == 404
    settings.METRICS = True
    assert client.get("/metrics").status_code == 200


def test_the_gauges_are_not_there_where_a_proxy_ends_tls(settings: Settings) -> None:
    client = Client(headers={"Host": "localhost"})
    assert client.get("/metrics").status_code == 200
    settings.HTTPS = True
    assert client.get("/metrics").status_code == 404
