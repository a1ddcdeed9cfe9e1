"""Two nodes without a line between them: a disk is carried to and fro, and the tour passes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.two_nodes import AGREEMENT, agreement_of
from support.node import Node

pytestmark = pytest.mark.faults
NOWHERE = "http://127.0.0.1:9"


def carry(disk: Path, sender: Node, taker: Node, to: str) -> None:
    sender.command("node", "export", str(disk), "--to", to)
    taker.command("node", "import", str(disk))


def test_cases_cross_on_a_disk(make_node: Callable[..., Node], tmp_path: Path) -> None:
    beijing, hebei = make_node(TONGBAN_NODE="beijing"), make_node(TONGBAN_NODE="hebei")
    for node, place in ((beijing, "110000"), (hebei, "130000")):
        node.command("node", "init", "--places", place, "--address", NOWHERE)
    for node, other in ((beijing, hebei), (hebei, beijing)):
        file = tmp_path / "other.node"
        file.write_text(other.command("node", "show"))
        node.command("node", "trust", str(file), "--yes")
    disk = tmp_path / "disk"
    for node in (beijing, hebei):
        node.command("agreement", "sign", AGREEMENT)
    while {agreement_of(node) for node in (beijing, hebei)} != {"in_force"}:
        carry(disk, beijing, hebei, "hebei")
        carry(disk, hebei, beijing, "beijing")
    where = ("--node", f"110112={beijing.url}", "--node", f"131028={hebei.url}")
    tour = subprocess.Popen(
        [sys.executable, "-m", "tongban.site.cli", "tour", *where],
        env=beijing.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with tour:
        while tour.poll() is None:
            carry(disk, beijing, hebei, "hebei")
            carry(disk, hebei, beijing, "beijing")
        assert tour.stdout is not None
        told = tour.stdout.read()
    assert tour.returncode == 0, told[-600:]
    for name, one, other in (("hebei", beijing, hebei), ("beijing", hebei, beijing)):
        carry(disk, one, other, name)
        one.command("node", "import", str(disk))
        assert "wait" not in one.command("node", "peers")
        assert ": damage" not in one.command("verify")
