"""Two real nodes of which each wrote down something else: both say so, and both go on together."""

from collections.abc import Callable
from pathlib import Path

import pytest

from faults.nodes import count, rows
from faults.two_nodes import do, make_two, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults  # real nodes: as long as the kills take


def troubles(*nodes: Node) -> list[str]:
    return [str(rows(node, "SELECT trouble FROM cases_caseabroad")[0][0]) for node in nodes]


def test_a_paper_that_both_ends_moved_is_compared_and_goes_on(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = two = make_two(make_node, tmp_path)
    [case_id] = do(beijing, "receive", "1")
    until_all_is_said(*two)
    do(beijing, "send", case_id)
    until_all_is_said(*two)
    for node in two:
        node.stop("worker")  # neither hears of the other
    do(beijing, "came_back", case_id)
    do(hebei, "sign", case_id)
    for node in two:
        node.start("worker")
    until_all_is_said(*two)
    assert troubles(*two) == ["delivery.move_unfit", "delivery.move_unfit"]
    assert do(beijing, "papers", case_id) == ["returned office 4"]
    assert do(hebei, "papers", case_id) == ["signed agency 4"]
    moves = count(beijing, "delivery_custodymove"), count(hebei, "delivery_custodymove")

    do(beijing, "lost", case_id)  # it is not there after all
    until_all_is_said(*two)
    do(hebei, "found", case_id)
    until_all_is_said(*two)
    assert troubles(*two) == ["", ""]
    assert do(beijing, "papers", case_id) == do(hebei, "papers", case_id) == ["held agency 100"]
    # Nothing that either wrote is gone: one loss here, and the comparing at both.
    assert count(beijing, "delivery_custodymove") == moves[0] + 2
    assert count(hebei, "delivery_custodymove") == moves[1] + 1

    do(hebei, "accept", case_id)
    do(hebei, "send_on", case_id)
    until_all_is_said(*two)
    assert troubles(*two) == ["", ""]
    assert do(beijing, "papers", case_id) == do(hebei, "papers", case_id)
    assert do(beijing, "papers", case_id) == ["in_transit carrier 102"]
    for node in two:
        assert " 0 damaged, 0 noted" in node.command("verify")
