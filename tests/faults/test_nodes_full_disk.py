"""A disk that takes nothing more, at the receiver or at the sender: what crosses waits, whole."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.nodes import count, fill_disk
from faults.two_nodes import WITHIN_S, do, hurry, make_two, on_the_way, states, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults


def test_what_crosses_waits_for_a_full_disk_at_either_end(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = make_two(make_node, tmp_path)
    before = count(hebei, "federation_inmessage")
    for name in ("serve", "worker"):
        fill_disk(hebei, name, full=True)
    handed = do(beijing, "receive", "2")
    end = time.monotonic() + WITHIN_S
    while count(beijing, "federation_outmessage WHERE attempts > 1") < len(handed):
        assert time.monotonic() < end, beijing.log("worker")
        time.sleep(0.2)
    assert count(hebei, "cases_case") == 0
    assert count(hebei, "federation_inmessage") == before
    said = beijing.command("node", "peers")
    assert "2 messages wait for it" in said
    for name in ("serve", "worker"):
        fill_disk(hebei, name, full=False)
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    assert states(hebei) == states(beijing) == dict.fromkeys(handed, ("received", 2))

    fill_disk(beijing, "worker", full=True)
    more = do(beijing, "receive", "2")
    time.sleep(2)
    assert set(states(hebei)) == set(handed)
    assert on_the_way(beijing) >= len(more)
    fill_disk(beijing, "worker", full=False)
    end = time.monotonic() + WITHIN_S
    while on_the_way(beijing):
        assert time.monotonic() < end, beijing.log("worker")
        hurry(beijing, hebei)
        time.sleep(0.5)
    assert states(hebei) == states(beijing) == dict.fromkeys([*handed, *more], ("received", 2))
    for node in (beijing, hebei):
        assert node.command("node", "letters") == ""
        assert ": DAMAGED" not in node.command("verify")
