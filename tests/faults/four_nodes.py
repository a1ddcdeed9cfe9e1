"""Four governments' nodes with real processes, known to one another, witnesses of their logs."""

from collections.abc import Callable, Mapping
from pathlib import Path

from faults.two_nodes import agree
from support.node import Node

PLACES = {
    "beijing": "110000",
    "tianjin": "120000",
    "hebei": "130000",
    "xiongan": "zone-xiongan,130629,130632,130638",
}


def make_four(make_node: Callable[..., Node], folder: Path) -> dict[str, Node]:
    """Start the four; each trusts the others, and has its log witnessed by them."""
    four: dict[str, Node] = {}
    for name, places in PLACES.items():
        # The file makes a node a witness; the fixture numbers its homes.
        logs = folder / f"node{len(four)}" / "witness" / "logs"
        logs.parent.mkdir(parents=True)
        logs.touch()
        four[name] = make_node(TONGBAN_NODE=name)
        assert logs.is_relative_to(four[name].home)
        four[name].command("node", "init", "--places", places, "--address", four[name].url)
        (folder / f"{name}.node").write_text(four[name].command("node", "show"))
    keys = {name: _log_key(node) for name, node in four.items()}
    for name, node in four.items():
        others = {other: keys[other] for other in four if other != name}
        for other in others:
            node.command("node", "trust", str(folder / f"{other}.node"), "--yes")
        (node.home / "witness" / "logs").write_text("".join(f"{k}\n" for k in others.values()))
    for name, node in four.items():
        _have_witnessed(node, {other: four[other] for other in four if other != name})
    agree(four["beijing"], four["hebei"])
    return four


def _log_key(node: Node) -> str:
    """Return the key of the node's log, which its worker begins."""
    node.stop("worker")
    node.command("worker", "--once")
    node.start("worker")
    [file] = (node.home / "log").glob("*/vkey")
    return file.read_text(encoding="ascii").strip()


def _have_witnessed(node: Node, others: Mapping[str, Node]) -> None:
    added = []
    for name, other in others.items():
        vkey = other.fetched("/witness/vkey")
        added += ["--add", f"{name}={vkey}@{other.url}/witness"]
    node.command("evidence", "witnesses", *added, "--apply")


def witnesses_of(node: Node) -> str:
    """Return what `tongban evidence status` says of who cosigned the node's log."""
    return node.command("evidence", "status")
