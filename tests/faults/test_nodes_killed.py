"""Workers and servers are killed while cases cross: nothing is lost, nothing is done twice."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.nodes import count, rows
from faults.two_nodes import do, hurry, make_two, on_the_way, states, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults
CASES = 24
KILLS = 10


def kill_while_they_cross(
    beijing: Node, hebei: Node, moments: random.Random, going: Callable[[], int]
) -> int:
    """Kill a process of either every now and then until all has crossed; return how often."""
    kills = 0
    choices = [(beijing, "worker"), (hebei, "serve"), (hebei, "worker"), (beijing, "serve")]
    while going() and kills < KILLS:
        time.sleep(moments.uniform(0.05, 0.5))
        node, name = choices[kills % len(choices)]
        node.kill(name)
        kills += 1
        time.sleep(moments.uniform(0.0, 0.3))
        node.start(name)
        hurry(beijing, hebei)
        if name == "serve":
            node.wait_until_ready()
    return kills


def test_nothing_is_lost_and_nothing_done_twice(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    moments = random.Random(20261126)  # noqa: S311 - a fixed seed
    beijing, hebei = make_two(make_node, tmp_path)
    for node in (beijing, hebei):
        node.kill("worker")
    handed = do(beijing, "receive", str(CASES))
    for node in (beijing, hebei):
        node.start("worker")
    kills = kill_while_they_cross(beijing, hebei, moments, lambda: on_the_way(beijing))
    assert kills > 2
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    assert states(beijing) == states(hebei) == dict.fromkeys(handed, ("received", 2))

    do(beijing, "withdraw", *handed[:12])
    do(hebei, "ask", *handed[12:])
    kills = kill_while_they_cross(
        beijing, hebei, moments, lambda: on_the_way(beijing) + on_the_way(hebei)
    )
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    expected = dict.fromkeys(handed[:12], ("withdrawn", 3))
    assert (
        states(beijing) == states(hebei) == expected | dict.fromkeys(handed[12:], ("correcting", 3))
    )
    check(beijing, hebei)


def check(beijing: Node, hebei: Node) -> None:
    """Compare what was sent with what was taken, and look for damage."""
    for node, other in ((beijing, hebei), (hebei, beijing)):
        sent = rows(node, "SELECT id, lane, seq, taken, answer FROM federation_outmessage")
        taken = rows(other, "SELECT id, lane, seq, taken, answer FROM federation_inmessage")
        assert sorted(sent) == sorted(taken)
        assert all(row[3] for row in sent)
        assert count(node, "federation_outfile") == 0
        assert node.command("node", "letters") == ""
        for part in ("incoming", "outgoing"):
            left = [one for one in (node.home / "node" / part).rglob("*") if one.is_file()]
            assert len(left) <= KILLS  # what a death left is swept a day later
        lines = node.command("verify").splitlines()
        assert {line.partition(": ok,")[2] for line in lines} == {" 0 damaged, 0 noted"}, lines
    of_cases = "federation_outmessage WHERE kind LIKE 'case.%'"
    assert count(beijing, of_cases) == CASES + CASES // 2
    assert count(hebei, of_cases) == CASES
