"""A node is put back from a backup: what it lost in its lanes is named, and nothing taken twice."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from faults.nodes import count, rows
from faults.two_nodes import do, hurry, make_two, states, until_all_is_said
from support.node import Node

pytestmark = pytest.mark.faults


@contextmanager
def put_back(node: Node, folder: Path, then: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Keep the home and the database, let the block go on, then put both back.

    ``then`` is what its operator does before it is started again.
    """
    _stopped(node, lambda: _copy(node, folder, back=False))
    yield

    def restore() -> None:
        _copy(node, folder, back=True)
        then()

    _stopped(node, restore)


def _stopped(node: Node, function: Callable[[], None]) -> None:
    for name in ("serve", "worker"):
        node.stop(name)
    function()
    for name in ("serve", "worker"):
        node.start(name)
    node.wait_until_ready()


def _copy(node: Node, folder: Path, *, back: bool) -> None:
    source, target = (folder, node.home) if back else (node.home, folder)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    url = node.environment.get("TONGBAN_DATABASE_URL")
    if url is None:
        return
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    pair = (f"{name}_kept", name) if back else (name, f"{name}_kept")
    server = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(server, autocommit=True) as connection:
        made_from, made = (sql.Identifier(one) for one in pair)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(made))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(made, made_from))
        if back:
            connection.execute(sql.SQL("DROP DATABASE {}").format(made_from))


def refused(node: Node) -> list[tuple[str, str]]:
    """Return lane and trouble of each message that a node has given up."""
    found = rows(node, "SELECT lane, trouble FROM federation_outmessage WHERE given_up")
    return sorted((lane, trouble) for lane, trouble in found)


def test_a_node_put_back_from_a_backup_is_noticed_by_its_peer(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = make_two(make_node, tmp_path)
    asked, told, other = do(beijing, "receive", "3")
    until_all_is_said(beijing, hebei)
    with put_back(beijing, tmp_path / "backup"):
        do(beijing, "withdraw", asked)
        do(hebei, "accept", told)
        until_all_is_said(beijing, hebei)
        assert states(beijing) == states(hebei)
    assert states(beijing) == dict.fromkeys([asked, told, other], ("received", 2))
    before = states(hebei)
    took = count(hebei, "federation_inmessage")

    # It gives a number anew: its peer has another message under that.
    do(beijing, "withdraw", asked)
    until_all_is_said(beijing, hebei)
    assert refused(beijing) == [(asked, "hebei has another number 2 of the lane: a backup?")]
    assert (states(hebei), count(hebei, "federation_inmessage")) == (before, took)
    assert "hebei has another number 2 of the lane" in letters(beijing)

    # It asks for a number that it had answered: its peer knows that it is lost.
    do(hebei, "review", told)
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    assert refused(hebei) == [(told, "beijing has lost number 1 of the lane: a backup?")]
    assert states(beijing)[told] == ("received", 2)

    # Other lanes go on.
    do(beijing, "withdraw", other)
    until_all_is_said(beijing, hebei)
    assert states(beijing)[other] == states(hebei)[other] == ("withdrawn", 3)


def letters(node: Node) -> str:
    with pytest.raises(AssertionError) as caught:  # the command ends with 1 where there are any
        node.command("node", "letters")
    return str(caught.value)


def test_what_it_lost_is_put_back_as_its_peer_has_kept_it(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = make_two(make_node, tmp_path)
    asked, told, other, odd = do(beijing, "receive", "4")
    until_all_is_said(beijing, hebei)
    printed: list[str] = []

    def recall() -> None:
        printed.append(beijing.command("node", "recall", "hebei"))
        printed.append(beijing.command("node", "recall", "hebei"))

    with put_back(beijing, tmp_path / "backup", recall):
        do(beijing, "withdraw", asked)
        do(hebei, "accept", told)
        [late] = do(beijing, "receive", "1")
        do(hebei, "ask", other)
        until_all_is_said(beijing, hebei)
        do(hebei, "review", told)
        hurry(hebei)
        until_all_is_said(beijing, hebei)
        was = states(beijing)
        assert was == states(hebei)
    assert "2 messages of this node and 4 of hebei were put back" in printed[0]
    assert "0 messages of this node and 0 of hebei were put back" in printed[1]
    until_all_is_said(beijing, hebei)
    assert states(beijing) == states(hebei) == was
    assert was[late] == ("received", 2)

    # Every lane goes on, either way, and no number is given twice.
    do(beijing, "withdraw", late, odd)
    do(hebei, "decide", told)
    do(beijing, "receive", "1")
    until_all_is_said(beijing, hebei)
    assert states(beijing) == states(hebei)
    assert states(beijing)[late] == states(beijing)[odd] == ("withdrawn", 3)
    numbers = [number for (number,) in rows(beijing, "SELECT number FROM cases_case")]
    assert len(set(numbers)) == len(numbers) == 6
    sound(beijing, hebei)


def test_who_orders_a_case_gets_its_own_events_back(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = make_two(make_node, tmp_path)
    one, other = do(beijing, "receive", "2")
    until_all_is_said(beijing, hebei)
    with put_back(hebei, tmp_path / "backup", lambda: put_back_by_recall(hebei, "beijing")):
        do(hebei, "accept", one)
        [late] = do(beijing, "receive", "1")
        until_all_is_said(beijing, hebei)
        do(hebei, "review", one)
        do(beijing, "withdraw", other)
        do(hebei, "ask", late)
        until_all_is_said(beijing, hebei)
        was = states(hebei)
        before = rows(hebei, "SELECT id, verb, at FROM cases_caseevent ORDER BY id")
        # Nobody told it of this one before it was put back: it waits, and goes on then.
        hebei.kill("serve")
        [last] = do(beijing, "receive", "1")
        hebei.start("serve")
        hebei.wait_until_ready()
    hurry(beijing, hebei)
    until_all_is_said(beijing, hebei)
    assert states(hebei) == states(beijing) == was | {last: ("received", 2)}
    events = "SELECT id, verb, at FROM cases_caseevent WHERE case_id <> '{}' ORDER BY id"
    assert rows(hebei, events.format(last)) == before
    do(hebei, "decide", one)
    do(beijing, "withdraw", late, last)
    until_all_is_said(beijing, hebei)
    assert states(beijing) == states(hebei)
    sound(beijing, hebei)


def test_what_has_gone_on_before_is_not_overwritten(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = make_two(make_node, tmp_path)
    one, other = do(beijing, "receive", "2")
    until_all_is_said(beijing, hebei)
    with put_back(beijing, tmp_path / "backup"):
        do(beijing, "withdraw", one, other)
        until_all_is_said(beijing, hebei)
    do(beijing, "withdraw", one)
    until_all_is_said(beijing, hebei)
    with pytest.raises(AssertionError) as caught:
        beijing.command("node", "recall", "hebei")
    assert f"apart: {one}: federation.number_taken" in str(caught.value)
    assert states(beijing) == {one: ("received", 2), other: ("withdrawn", 3)}
    assert refused(beijing) == [(one, "hebei has another number 2 of the lane: a backup?")]


def put_back_by_recall(node: Node, peer: str) -> None:
    node.command("node", "recall", peer)


def sound(*nodes: Node) -> None:
    """Look for damage, and for messages that someone has given up or that differ at both ends."""
    for node, other in (nodes, nodes[::-1]):
        assert ": DAMAGED" not in node.command("verify")
        assert node.command("node", "letters") == ""
        sent = rows(node, "SELECT id, lane, seq, taken, answer FROM federation_outmessage")
        taken = rows(other, "SELECT id, lane, seq, taken, answer FROM federation_inmessage")
        assert sorted(sent) == sorted(taken)
        assert count(node, "federation_outfile") == 0
