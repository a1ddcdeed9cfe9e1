"""Two real nodes, and a line that duplicates, reorders, replays, cuts and swells what goes on."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.bad_line import in_front_of
from faults.nodes import count, rows
from faults.two_nodes import WITHIN_S, agree, do, hurry, on_the_way, states, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults
CASES = 6


def test_whatever_the_line_does_each_message_takes_effect_once(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = make_node(TONGBAN_NODE="beijing"), make_node(TONGBAN_NODE="hebei")
    with in_front_of(beijing) as (to_beijing, near), in_front_of(hebei) as (to_hebei, far):
        for node, place, address in ((beijing, "110000", near), (hebei, "130000", far)):
            node.command("node", "init", "--places", place, "--address", address)
        for node, other in ((beijing, hebei), (hebei, beijing)):
            file = tmp_path / "other.node"
            file.write_text(other.command("node", "show"))
            node.command("node", "trust", str(file), "--yes")
        to_beijing.good = to_hebei.good = True
        agree(beijing, hebei)
        to_hebei.good = False
        handed = do(beijing, "receive", str(CASES))
        while set(to_hebei.done) != set(to_hebei._faults):  # as many messages as it takes
            handed += do(beijing, "receive", "1")
            hurry(beijing, hebei)
            time.sleep(0.5)
        to_hebei.good = True
        settle(beijing, hebei)
        assert states(beijing) == states(hebei) == dict.fromkeys(handed, ("received", 2))

        to_beijing.good = False
        accepted = list(handed)
        while set(to_beijing.done) != set(to_beijing._faults):
            if accepted:
                do(hebei, "accept", accepted.pop())
            hurry(beijing, hebei)
            time.sleep(0.5)
        to_beijing.good = True
        settle(beijing, hebei)
        assert states(beijing) == states(hebei)
        for node, other in ((beijing, hebei), (hebei, beijing)):
            sent = rows(node, "SELECT id, lane, seq, taken, answer FROM federation_outmessage")
            taken = rows(other, "SELECT id, lane, seq, taken, answer FROM federation_inmessage")
            assert sorted(sent) == sorted(taken)
            assert all(row[3] for row in sent)
            assert count(node, "federation_outfile") == 0
            assert node.command("node", "letters") == ""
            assert ": DAMAGED" not in node.command("verify")


def settle(beijing: Node, hebei: Node) -> None:
    """Let all be said, however long what was refused would wait."""
    end = time.monotonic() + WITHIN_S
    while on_the_way(beijing) + on_the_way(hebei):
        assert time.monotonic() < end, beijing.log("worker") + hebei.log("worker")
        hurry(beijing, hebei)
        time.sleep(0.3)
    until_all_is_said(beijing, hebei)
