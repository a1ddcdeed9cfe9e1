"""A person who is erased on one of two real nodes: the other is told, and messages are emptied."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.nodes import count, rows
from faults.two_nodes import WITHIN_S, do, make_two, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults  # real nodes: as long as the kills take

FULL = "length(sealed) > 0"


def ended(beijing: Node, hebei: Node) -> str:
    """Bring a case to its end on both, with its paper back; return its id."""
    [case_id] = do(beijing, "receive", "1")
    until_all_is_said(beijing, hebei)
    do(hebei, "decline", case_id)
    do(beijing, "give_back", case_id)
    until_all_is_said(beijing, hebei)
    do(beijing, "confirm", case_id)
    until_all_is_said(beijing, hebei)
    for node in (beijing, hebei):
        do(node, "keep_for_no_time")
    return case_id


def erase(node: Node) -> None:
    [(person_id,)] = rows(node, "SELECT DISTINCT applicant_id FROM cases_case")
    node.command("erase", str(person_id), "--ground", "consent_withdrawn")


def until(empty: Callable[[], int]) -> None:
    end = time.monotonic() + WITHIN_S
    while empty():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_the_other_node_is_told_and_what_was_said_is_emptied(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = two = make_two(make_node, tmp_path)
    case_id = ended(*two)
    about = f"lane = '{case_id}' AND {FULL}"
    kept = count(hebei, f"federation_inmessage WHERE {about}")
    answers = count(beijing, f"federation_outmessage WHERE lane = '{case_id}'")
    assert (kept > 0, hebei.command("erase", "--told")) == (True, "")

    erase(beijing)
    until(lambda: count(beijing, f"federation_outmessage WHERE {about}"))
    until(lambda: count(beijing, f"federation_inmessage WHERE {about}"))
    until_all_is_said(*two)
    # That there were messages, and what was answered, stays; the other node decides for itself.
    signed = f"federation_outmessage WHERE lane = '{case_id}' AND answer <> ''"
    assert count(beijing, signed) == answers
    assert count(hebei, f"federation_inmessage WHERE {about}") == kept
    [(person_id,)] = rows(hebei, "SELECT DISTINCT applicant_id FROM cases_case")
    told = rows(hebei, "SELECT count(*) FROM cases_caseabroad WHERE erased_there_at IS NOT NULL")
    assert told == [(1,)]

    erase(hebei)
    until(lambda: count(hebei, f"federation_inmessage WHERE {about}"))
    assert hebei.command("erase", "--told") == ""
    until_all_is_said(*two)
    assert str(person_id)
    for node in two:
        assert " 0 damaged" in node.command("verify")
