"""The worker is killed in the middle of its jobs: each is done once, none is given up."""

import json
import random
import time
from collections.abc import Callable

import pytest

from faults.nodes import count, inside, rows
from support.node import Node

pytestmark = pytest.mark.faults

CASES = 180
KILLS = 6


def waiting(node: Node) -> int:
    return count(node, "work_job WHERE name = 'cases.accept_by_silence'")


def test_jobs_survive_their_worker(make_node: Callable[..., Node]) -> None:
    moments = random.Random(20261123)  # noqa: S311 - a fixed seed
    node = make_node()
    node.kill("worker")
    silent = json.loads(inside(node, "silent", str(CASES)))
    left = waiting(node)
    assert left == CASES
    kills = 0
    while left:
        node.start("worker")
        if kills < KILLS:
            _wait_for_fewer(node, left)
            time.sleep(moments.uniform(0.0, 0.05))
            node.kill("worker")
            kills += 1
            # Five minutes pass, and the wait after a failure: the leases of the dead are over.
            rows(node, "UPDATE work_job SET run_after = created_at")
            rows(node, "UPDATE work_job SET lease_until = created_at WHERE state = 'leased'")
        else:
            _wait_for_fewer(node, 1)
        left = waiting(node)
    assert kills == KILLS
    assert count(node, "work_job WHERE state = 'dead'") == 0
    accepted = rows(node, "SELECT case_id FROM cases_caseevent WHERE verb = 'accept'")
    assert sorted(case_id for (case_id,) in accepted) == sorted(silent)
    assert count(node, "cases_case WHERE state = 'accepted' AND accepted_by_silence") == CASES
    assert count(node, "cases_documentofrecord WHERE kind = 'acceptance'") == CASES
    node.command("verify")


def _wait_for_fewer(node: Node, than: int) -> None:
    """Wait until fewer jobs are left."""
    deadline = time.monotonic() + 120
    while waiting(node) >= than:
        assert time.monotonic() < deadline, node.log("worker")
        time.sleep(0.02)
