"""The pages of ``docs/how-to/`` about the log, played command by command."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from evidence.core.small_log import suites, witness
from evidence.sealing_scene import NOW, OneTurn, know, log_home, record
from evidence.small_witnesses import SmallWitness, served
from support.house import ROOT
from support.runbook import Runbook, here
from tongban.evidence import api as evidence
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Verifiers
from tongban.evidence.sealing import thread
from tongban.kernel import clock
from tongban.site.commands import worker

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

STATUS = "tongban evidence status"
ONCE = "tongban worker --once"
WITNESSES = "tongban evidence witnesses"
NAMES = ("beijing", "tianjin", "hebei", "shanxi")


class Witnesses:
    """Four that answer, of whom each can be taken away."""

    def __init__(self) -> None:
        self.small = {name: SmallWitness(witness(f"{name}/witness")) for name in NAMES}
        self._served = {name: ExitStack() for name in NAMES}
        self.given = {
            f"{name}=VKEY@https://{name}.example/witness": (
                f"{name}={one.signer.key.vkey}@{self._served[name].enter_context(served(one))}"
            )
            for name, one in self.small.items()
        }

    def choose(self, *names: str) -> None:
        """Make these the witnesses of the log."""
        lines = [line for word, line in self.given.items() if word.startswith(names)]
        evidence.adopt_policy(evidence.propose_policy(add=lines))

    def know(self) -> None:
        know(self.small.values())

    def away(self, *names: str) -> None:
        for name in names:
            self._served[name].close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for module in (worker, thread):  # the connections are the test's own
        monkeypatch.setattr(module, "close_old_connections", lambda: None)
    with log_home(tmp_path, settings):
        yield tmp_path


@pytest.fixture
def witnesses() -> Iterator[Witnesses]:
    found = Witnesses()
    yield found
    found.away(*NAMES)


def test_have_yours_witnessed(witnesses: Witnesses) -> None:
    sequencer = evidence.Sequencer()
    sequencer.turn(at_once=True)
    add = " ".join(f"--add {name}=VKEY@https://{name}.example/witness" for name in NAMES[:3])
    with Runbook("witness-another-government.md", here, witnesses.given) as page:
        page.play(STATUS)
        page.play(f"{WITNESSES} {add}")
        witnesses.know()
        page.play(f"{WITNESSES} {add} --apply")
        sequencer.turn(at_once=True)
        page.play(STATUS)


def test_change_a_logs_key(witnesses: Witnesses) -> None:
    sequencer = evidence.Sequencer()
    sequencer.turn(at_once=True)
    witnesses.know()
    witnesses.choose(*NAMES[:3])
    record(1)
    sequencer.turn(at_once=True)
    with Runbook("change-a-log-key.md", here) as page:
        with clock.held_at(datetime(2026, 12, 1, 3, tzinfo=UTC)):
            sequencer.turn(at_once=True)
            told = page.play(STATUS)
            (vkey,) = re.findall(r"^next_vkey (.*)$", told, flags=re.MULTILINE)
            key = NoteKey.parse(vkey)
            for one in witnesses.small.values():
                one.logs[key.name] = Verifiers([key], suites)
        with clock.held_at(datetime(2027, 1, 1, 3, tzinfo=UTC)):
            sequencer.turn(at_once=True)
            page.play(STATUS)
            page.play("tongban evidence rotate")
            page.play(ONCE)
            page.play(STATUS)
            witnesses.know()
            page.play(ONCE)
            page.play(STATUS)
            assert not list(evidence.check_log())


def test_when_the_log_is_behind(home: Path) -> None:
    with clock.held_at(NOW - timedelta(seconds=75)):
        record(2)
    with Runbook("when-the-log-is-behind.md", here) as page:
        page.play(STATUS, code=1)
        page.play(ONCE)
        page.play(STATUS)
        (home / "log" / "policy").write_text("no policy\n")
        evidence.seal(stop=OneTurn())
        page.play(STATUS, code=1)
        (home / "log" / "policy").unlink()
        evidence.seal(stop=OneTurn())
        page.play(WITNESSES)
        page.play(STATUS)
        page.play("tongban evidence fsck")


def test_every_cause_and_every_gauge_of_the_page_on_a_log_behind_is_real() -> None:
    evidence.Sequencer().turn(at_once=True)
    text = (ROOT / "docs" / "how-to" / "when-the-log-is-behind.md").read_text(encoding="utf-8")
    cells = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    gauges = {cell for cell in cells if cell.startswith("tongban_")}
    assert cells - gauges == set(evidence.Cause)
    evidence.seal(stop=OneTurn())
    metrics = Client(headers={"Host": "localhost"}).get("/metrics").content.decode()
    assert {name for name in gauges if f"# TYPE {name} gauge" not in metrics} == set()
    assert len(gauges) == 5


def test_replace_a_witness(witnesses: Witnesses) -> None:
    sequencer = evidence.Sequencer()
    sequencer.turn(at_once=True)
    witnesses.know()
    witnesses.choose(*NAMES[:3])
    sequencer.turn(at_once=True)
    witnesses.away("hebei")
    record(1)
    sequencer.turn(at_once=True)
    change = f"{WITNESSES} --remove hebei --add shanxi=VKEY@https://shanxi.example/witness"
    with Runbook("replace-a-witness.md", here, witnesses.given) as page:
        page.play(STATUS)
        page.play(change)
        page.play(f"{change} --apply")
        page.play(ONCE)
        page.play(STATUS)
        page.play(f"{WITNESSES} --remove shanxi")
        assert len(evidence.propose_policy().witnesses) == 3
        witnesses.away(*NAMES)
        page.play(ONCE, code=1)
