"""What reaches a copy on another node, and what may be asked for there: two real nodes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from faults.nodes import rows
from faults.two_nodes import do, make_two, states, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults  # real nodes: as long as the kills take


def test_a_correction_made_on_the_deciding_portal_reaches_the_copy_with_its_file(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = two = make_two(make_node, tmp_path)
    [case_id] = do(beijing, "receive", "1")
    until_all_is_said(*two)
    do(hebei, "ask", case_id)
    do(hebei, "correct", case_id)
    until_all_is_said(*two)
    assert states(beijing) == states(hebei) == {case_id: ("received", 4)}
    assert do(beijing, "files", case_id) == do(hebei, "files", case_id)
    assert [one.split()[0] for one in do(beijing, "files", case_id)] == [
        "房屋租赁合同.pdf",
        "补签的租赁合同.pdf",
    ]
    do(hebei, "decline", case_id)
    do(beijing, "give_back", case_id)
    until_all_is_said(*two)
    do(beijing, "confirm", case_id)
    until_all_is_said(*two)
    assert states(beijing) == states(hebei) == {case_id: ("delivered", 7)}
    for node in two:
        assert rows(node, "SELECT trouble, refused FROM cases_caseabroad") == [("", "")]
        assert " 0 damaged, 0 noted" in node.command("verify")
