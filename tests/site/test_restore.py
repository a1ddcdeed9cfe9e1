"""docs/how-to/restore-a-node.md, played on a real node: its database, then its whole disk."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from evidence.core.small_log import suites, witness
from evidence.small_witnesses import SmallWitness, served
from support.backup import Backup
from support.node import Node
from support.runbook import Runbook, there
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Verifiers

ONCE = "tongban worker --once"
RECONCILE = "tongban evidence reconcile"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Return a migrated node whose processes are stopped, as for a restore."""
    stopped = Node(home=tmp_path / "node", variables={"TONGBAN_DEMO": "0"})
    stopped.home.mkdir()
    stopped._make_database()
    stopped.command("migrate")
    yield stopped
    stopped._drop_database()


def introduce(small: list[SmallWitness], told: str) -> None:
    """Give the witnesses the log's key, from what was printed."""
    (vkey,) = re.findall(r"key(?:, for the witnesses:)? (\S+/log/\S+)$", told, flags=re.MULTILINE)
    key = NoteKey.parse(vkey)
    for one in small:
        one.logs[key.name] = Verifiers([key], suites)


def enter(node: Node, quorum: int) -> None:
    """Let the log grow: a change of the quorum is an entry."""
    node.command("evidence", "witnesses", "--quorum", str(quorum), "--apply")
    node.command("worker", "--once")


def test_the_page_brings_a_node_back(node: Node, tmp_path: Path) -> None:
    small = [SmallWitness(witness(f"{name}/witness")) for name in ("beijing", "tianjin", "hebei")]
    with (
        ExitStack() as stack,
        Runbook("restore-a-node.md", there(node.environment)) as page,
    ):
        node.command("worker", "--once")
        introduce(small, node.command("evidence", "status"))
        lines = [
            f"{one.signer.key.name[:-8]}={one.signer.key.vkey}@{stack.enter_context(served(one))}"
            for one in small
        ]
        added = [word for line in lines for word in ("--add", line)]
        node.command("evidence", "witnesses", *added, "--apply")
        node.command("worker", "--once")
        backup = Backup(node)
        enter(node, 2)

        backup.restore()
        page.play("tongban migrate")
        page.play(ONCE, code=1)
        page.play(RECONCILE)
        page.play(ONCE)
        page.play("tongban evidence fsck")
        page.play("tongban verify")

        backup = Backup(node)
        shutil.copytree(node.home / "log", tmp_path / "log")
        enter(node, 3)
        views = [dict(one.held) for one in small]
        backup.restore()
        shutil.rmtree(node.home / "log")
        shutil.copytree(tmp_path / "log", node.home / "log")
        page.play(ONCE, code=1)
        page.play(RECONCILE, code=1)
        assert [one.held for one in small] == views
        introduce(small, page.play(f"{RECONCILE} --begin-anew"))
        page.play(ONCE)
        page.play("tongban evidence status")
