"""Who claims another's name, place or key is not let in; who is retired waits, and is named."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.nodes import count, rows
from faults.two_nodes import AGREEMENT, WITHIN_S, do, hurry, make_two, states, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults


def refused(node: Node, *words: str) -> str:
    """Run a command that must fail; return what it printed."""
    with pytest.raises(AssertionError) as caught:
        node.command(*words)
    return str(caught.value)


def trouble_of(node: Node) -> str:
    """Wait until the node's only message that waits has a trouble; return it."""
    end = time.monotonic() + WITHIN_S
    while True:
        hurry(node)
        waiting = rows(
            node,
            "SELECT trouble FROM federation_outmessage WHERE answered_at IS NULL AND trouble <> ''",
        )
        if waiting and (" HTTP " in waiting[0][0] or "no answer" not in waiting[0][0]):
            return str(waiting[0][0])
        assert time.monotonic() < end, node.log("worker")
        time.sleep(0.3)


def let_in(node: Node) -> tuple[int, int]:
    """Return how many cases and messages a node has let in."""
    return count(node, "cases_case"), count(node, "federation_inmessage")


def test_who_takes_anothers_name_or_place_is_not_let_in(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = make_two(make_node, tmp_path)
    [case] = do(beijing, "receive", "1")
    until_all_is_said(beijing, hebei)
    before, documents = let_in(hebei), sorted((hebei.home / "node" / "peers").iterdir())

    impostor = make_node(TONGBAN_NODE="beijing")  # its name, not its keys
    impostor.command("node", "init", "--places", "110000", "--address", impostor.url)
    file = tmp_path / "some.node"
    file.write_text(hebei.command("node", "show"))
    impostor.command("node", "trust", str(file), "--yes")
    impostor.command("agreement", "sign", AGREEMENT)
    assert trouble_of(impostor).startswith(
        "no answer: HTTP 401"
    )  # its requests aren't signed by a peer
    assert "messages wait for it" in impostor.command("node", "peers")
    assert let_in(hebei) == before
    impostor.command("node", "init", "--places", "110000", "--address", impostor.url)  # a later one
    file.write_text(impostor.command("node", "show"))
    assert "not signed by a key of the one" in refused(hebei, "node", "trust", str(file), "--yes")

    impostor.variables["TONGBAN_NODE"] = "tianjin"  # another name, and a place that is taken
    (impostor.home / "node" / "document").unlink()
    impostor.command("node", "init", "--places", "110000", "--address", impostor.url)
    file.write_text(impostor.command("node", "show"))
    said = refused(hebei, "node", "trust", str(file), "--yes")
    assert "beijing states that it hosts 110000" in said
    assert sorted((hebei.home / "node" / "peers").iterdir()) == documents
    assert let_in(hebei) == before
    do(beijing, "withdraw", case)  # the true one is heard as before
    until_all_is_said(beijing, hebei)
    assert states(hebei) == states(beijing) == {case: ("withdrawn", 3)}


def test_changed_keys_go_on_and_a_revoked_node_waits_until_it_is_trusted_again(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = make_two(make_node, tmp_path)
    [first] = do(beijing, "receive", "1")
    until_all_is_said(beijing, hebei)
    file = tmp_path / "beijing.node"

    beijing.command("node", "rotate")
    file.write_text(beijing.command("node", "show"))
    [second] = do(beijing, "receive", "1")
    hebei.command("node", "trust", str(file), "--yes")
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    assert states(hebei) == dict.fromkeys([first, second], ("received", 2))

    hebei.command("node", "retire", "beijing")
    [third] = do(beijing, "receive", "1")
    do(hebei, "accept", first)
    assert trouble_of(beijing).startswith("no answer: HTTP 401")
    assert "1 messages wait for it" in beijing.command("node", "peers")
    assert set(states(hebei)) == {first, second}
    assert states(beijing)[first] == ("received", 2)
    assert beijing.command("node", "letters") == ""

    said = refused(hebei, "node", "trust", str(file), "--yes")
    assert "beijing was retired" in said
    (hebei.home / "node" / "retired" / "beijing").unlink()
    hebei.command("node", "trust", str(file), "--yes")
    do(hebei, "review", first)  # tells what was not told while nobody was there to tell
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    assert states(beijing) == states(hebei)
    assert states(beijing)[first] == ("reviewed", 4)
    assert states(hebei)[third] == ("received", 2)
    for node in (beijing, hebei):
        assert ": DAMAGED" not in node.command("verify")
