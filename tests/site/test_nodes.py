"""Two governments, two nodes, each with a database of its own: cases cross and are walked."""

import http.client
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.nodes import rows
from faults.two_nodes import make_two
from support.node import Node

WAITS_FOR_NOBODY = " 0 damaged, 0 noted"


def run(node: Node, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", *words],
        env=node.environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def two(make_node: Callable[..., Node], tmp_path: Path) -> tuple[Node, Node]:
    return make_two(make_node, tmp_path)


def test_the_tour_crosses_both_ways_and_leaves_both_sound(
    two: tuple[Node, Node], tmp_path: Path
) -> None:
    beijing, hebei = two
    nodes = ("--node", f"110112={beijing.url}", "--node", f"131028={hebei.url}")
    kept = tmp_path / "receipts"
    done = run(beijing, "tour", *nodes, "--receipts", str(kept), "--json")
    told = json.loads(done.stdout)
    assert [step for step in told["steps"] if not step["ok"]] == []
    assert (done.returncode, told["ok"], len(told["steps"])) == (0, True, 65)
    taken_in = {step["detail"].split()[0] for step in told["steps"] if "prints" in step["name"]}
    assert taken_in == {"131028-2026-110112-000001", "110112-2026-131028-000001"}
    for node in two:
        lines = node.command("verify").splitlines()
        assert {line.partition(": ok,")[2] for line in lines} == {WAITS_FOR_NOBODY}, lines
        assert "wait" not in node.command("node", "peers")
        assert node.command("node", "letters") == ""
    kinds = [rows(node, "SELECT DISTINCT kind, code FROM federation_inmessage") for node in two]
    assert {code for _, code in (*kinds[0], *kinds[1])} == {""}  # each of the form that it states
    assert {"case.handed", "case.told", "case.proposed"} <= {
        kind for kind, _ in (*kinds[0], *kinds[1])
    }
    check_staff_are_offered_at_home_alone(*two)
    for file in kept.iterdir():
        assert run(beijing, "verify", str(file)).returncode == 0


def check_staff_are_offered_at_home_alone(beijing: Node, hebei: Node) -> None:
    offered = {node.url: login_page(node) for node in (beijing, hebei)}
    assert 'value="tongzhou.officer"' in offered[beijing.url]
    assert 'value="dachang.officer"' not in offered[beijing.url]
    assert 'value="dachang.officer"' in offered[hebei.url]
    assert 'value="tongzhou.window"' not in offered[hebei.url]


def login_page(node: Node) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    connection.request("GET", "/login/")
    page = connection.getresponse().read()
    connection.close()
    return page.decode()
