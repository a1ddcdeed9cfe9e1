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
def put_back(node: Node, folder: Path) -> Iterator[None]:
    """Keep the home and the database, let the block go on, then put both back."""
    _stopped(node, lambda: _copy(node, folder, back=False))
    yield
    _stopped(node, lambda: _copy(node, folder, back=True))


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
