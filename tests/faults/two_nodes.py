"""Two governments' nodes with real processes, and what lies between them."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from faults.nodes import count, inside, rows
from support.node import Node

WITHIN_S = 120
AGREEMENT = "agreement-tongzhou-dachang"


def make_two(make_node: Callable[..., Node], folder: Path) -> tuple[Node, Node]:
    """Start Beijing's node and Hebei's, which trust each other and have signed their agreement."""
    beijing, hebei = make_node(TONGBAN_NODE="beijing"), make_node(TONGBAN_NODE="hebei")
    for node, place in ((beijing, "110000"), (hebei, "130000")):
        node.command("node", "init", "--places", place, "--address", node.url)
    for node, other in ((beijing, hebei), (hebei, beijing)):
        file = folder / "other.node"
        file.write_text(other.command("node", "show"))
        node.command("node", "trust", str(file), "--yes")
    agree(beijing, hebei)
    return beijing, hebei


def agree(*two: Node) -> None:
    """Have both sign the agreement that their cases go by."""
    for node in two:
        node.command("agreement", "sign", AGREEMENT)
    until_all_is_said(*two)
    assert [agreement_of(node) for node in two] == ["in_force", "in_force"]


def agreement_of(node: Node, agreement_id: str = AGREEMENT) -> str:
    """Return where an agreement stands on a node."""
    told = node.command("agreement", "show", agreement_id)
    return told.partition(": ")[2].partition(",")[0]


def do(node: Node, *words: str) -> list[str]:
    """Do steps of cases on a node; return the cases' ids."""
    done: list[str] = json.loads(inside(node, *words, module="faults.inside_nodes"))
    return done


def on_the_way(node: Node) -> int:
    """Return how many messages and hand-overs of a node are not done."""
    jobs = count(node, "work_job WHERE name = 'cases.hand_over' AND state <> 'dead'")
    return jobs + count(node, "federation_outmessage WHERE answered_at IS NULL AND NOT given_up")


def hurry(*nodes: Node) -> None:
    """Let the waits after failures and the leases of the dead be over."""
    for node in nodes:
        rows(node, "UPDATE work_job SET run_after = created_at")
        rows(node, "UPDATE work_job SET lease_until = created_at WHERE state = 'leased'")
        rows(
            node, "UPDATE federation_outmessage SET next_at = created_at WHERE answered_at IS NULL"
        )


def until_all_is_said(*nodes: Node) -> None:
    """Wait until nothing is on its way."""
    end = time.monotonic() + WITHIN_S
    while any(map(on_the_way, nodes)):
        assert time.monotonic() < end, "".join(node.log("worker") for node in nodes)
        time.sleep(0.2)


def states(node: Node) -> dict[str, tuple[str, int]]:
    """Return state and number of events of each case of a node."""
    found = rows(node, "SELECT id, state, seq FROM cases_case")
    return {case_id: (state, seq) for case_id, state, seq in found}
