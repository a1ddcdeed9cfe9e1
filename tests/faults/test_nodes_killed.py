"""Workers and servers are killed while cases cross: nothing is lost, nothing is done twice."""

import random
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from faults.nodes import count, rows
from faults.two_nodes import do, hurry, make_two, states, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults
KILLS = 15
"""In each half: thirty in all, of sender and receiver."""


def kill_while_they_cross(
    beijing: Node, hebei: Node, moments: random.Random, more: Callable[[], list[str]]
) -> list[str]:
    """Kill a process of either while something crosses, again and again; return what crossed."""
    done: list[str] = []
    choices = [(beijing, "worker"), (hebei, "serve"), (hebei, "worker"), (beijing, "serve")]
    for kills in range(KILLS):
        done += more()
        time.sleep(moments.uniform(0.0, 0.4))
        node, name = choices[kills % len(choices)]
        node.kill(name)
        time.sleep(moments.uniform(0.0, 0.3))
        node.start(name)
        hurry(beijing, hebei)
        if name == "serve":
            node.wait_until_ready()
    return done


def test_nothing_is_lost_and_nothing_done_twice(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    moments = random.Random(20261126)  # noqa: S311 - a fixed seed
    beijing, hebei = make_two(make_node, tmp_path)
    handed = kill_while_they_cross(beijing, hebei, moments, lambda: do(beijing, "receive", "2"))
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    assert len(handed) == 2 * KILLS
    assert states(beijing) == states(hebei) == dict.fromkeys(handed, ("received", 2))

    pairs = iter(zip(handed[::2], handed[1::2], strict=True))
    turns = cycle([(beijing, "withdraw"), (hebei, "ask")])

    def more() -> list[str]:
        node, verb = next(turns)
        return do(node, verb, *next(pairs))

    assert kill_while_they_cross(beijing, hebei, moments, more) == handed
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    ends = cycle([("withdrawn", 3)] * 2 + [("correcting", 3)] * 2)
    assert states(beijing) == states(hebei) == dict(zip(handed, ends, strict=False))
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
            assert len(left) <= 2 * KILLS  # what a death left is swept a day later
        lines = node.command("verify").splitlines()
        assert {line.partition(": ok,")[2] for line in lines} == {" 0 damaged, 0 noted"}, lines
    of_cases = "federation_outmessage WHERE kind LIKE 'case.%'"
    assert count(beijing, of_cases) == 3 * KILLS + 1
    assert count(hebei, of_cases) == 2 * KILLS
