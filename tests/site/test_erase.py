"""docs/how-to/erase-a-person.md, played: erase, restore a backup from before, still erased."""

import argparse
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.backup import Backup
from support.house import ROOT
from support.node import Node
from tongban.identity.errors import PersonMissing
from tongban.site.commands import erase as command

LI = "131082199501229977"
PAGE = ROOT / "docs" / "how-to" / "erase-a-person.md"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Return a node with the region whose processes are stopped, as for a restore."""
    stopped = Node(home=tmp_path / "node")
    stopped.home.mkdir()
    stopped._make_database()
    stopped.command("migrate")
    stopped.command("region", "--apply")
    yield stopped
    stopped._drop_database()


def run(node: Node, line: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a line as it stands in the page."""
    words = line.partition("#")[0].split()
    assert words[0] == "tongban"
    return subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", *words[1:]],
        env=node.environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def steps() -> list[str]:
    return re.findall(r"^\s*(tongban .*)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)


def test_the_page_holds_when_a_backup_from_before_is_restored(node: Node) -> None:
    erase, verify, migrate, reconcile = steps()
    seal = "tongban worker --once"
    assert run(node, seal).returncode == 0
    backup = Backup(node)
    done = run(node, erase, typed=f"resident {LI}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"\S+: erased, 1 keys destroyed\n", done.stdout)
    assert run(node, seal).returncode == 0
    person_id = done.stdout.partition(":")[0]
    after = run(node, verify).stdout.splitlines()
    assert [line for line in after if "DAMAGED" in line] == []
    assert [line for line in after if line.endswith("(person.registered): unreadable")] != []
    backup.restore()
    spoilt = run(node, verify)
    assert spoilt.returncode == 1
    assert spoilt.stdout.splitlines()[-1] == (
        f"erased people: DAMAGED: person {person_id} was erased, and the row with the number's "
        "index is back: run tongban erase --replay"
    )
    told = run(node, migrate).stdout.splitlines()
    assert told[0] == "erasures: 1 people erased again, 0 keys destroyed again"
    assert run(node, reconcile).returncode == 0
    assert run(node, seal).returncode == 0
    assert run(node, verify).stdout.splitlines() == after
    assert LI not in "".join((done.stdout, *after, spoilt.stdout, *told))


@pytest.mark.django_db(databases=["default", "keys"])
def test_what_is_no_person_or_has_no_ground_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def given(*words: str) -> int:
        parser = argparse.ArgumentParser()
        command.arguments(parser)
        return command.run(parser.parse_args(words))

    assert (given("someone"), given("--ground", "unlawful")) == (2, 2)
    assert capsys.readouterr().err.count("name a person and a --ground, or --replay") == 2
    for line in ("", LI, f"driver {LI}", f"resident {LI}"):
        monkeypatch.setattr("sys.stdin", io.StringIO(line))
        with pytest.raises(PersonMissing):
            given("-", "--ground", "unlawful")
    assert given("--replay") == 0
    assert capsys.readouterr().out == "every erasure in the list stands\n"
