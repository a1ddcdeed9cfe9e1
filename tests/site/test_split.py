"""docs/how-to/split-an-installation.md, played: one node with running cases becomes two."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from faults.nodes import count, inside
from faults.two_nodes import AGREEMENT, agreement_of, hurry, until_all_is_said
from support.node import Node
from support.runbook import Runbook, there

pytestmark = pytest.mark.faults
KINDS = ("online Dachang", "received for Dachang", "received for Tongzhou", "online Tongzhou")
STATES = ("draft", "handed_in", "correcting", "accepted", "issued", "closed")
GIVE = "tongban split give bundle --to dachang.node"
TAKE = "tongban split take bundle"
FINISH = "tongban split finish bundle"


@dataclass(slots=True)
class Pair:
    """The first node, the new one, and whose operator's turn it is."""

    first: Node
    new: Node
    folder: Path
    turn: Node = field(init=False)

    def run(self, words: list[str]) -> tuple[int, str]:
        """Run a command of the page on the node whose turn it is."""
        code, printed = there(self.turn.environment)([self._at(word) for word in words])
        for name, address in self._named().items():
            printed = printed.replace(address, name)
        return code, printed

    def _at(self, word: str) -> str:
        is_file = word.partition("/")[0] in {"bundle", "dachang.node"}
        return str(self.folder / word) if is_file else self._named().get(word, word)

    def _named(self) -> dict[str, str]:
        return {
            "https://dachang.example": self.new.url,
            "https://langfang.example": self.first.url,
        }


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with Node(home=tmp_path / "first", variables={"TONGBAN_NODE": "langfang"}) as first:
        # Its made-up people come with the split, as real ones would.
        variables = {"TONGBAN_NODE": "dachang", "TONGBAN_DEMO": "0"}
        new = Node(home=tmp_path / "new", variables=variables)
        new.home.mkdir()
        new._make_database()
        yield Pair(first, new, tmp_path)
        new.__exit__()


def do(node: Node, *words: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(inside(node, *words, module="faults.inside_split"))


def tour(*words: str, node: Node) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", "tour", "--json", *words],
        env=node.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    assert [step for step in told["steps"] if not step["ok"]] == []
    return told


def ids(made: dict[str, str], *kinds: str, states: tuple[str, ...] = STATES) -> list[str]:
    return [made[f"{kind} {state}"] for kind in kinds for state in states]


def test_one_node_with_running_cases_becomes_two(pair: Pair) -> None:
    first, new = pair.first, pair.new
    receipts = pair.folder / "receipts"
    tour("--base-url", first.url, "--receipts", str(receipts), node=first)
    made: dict[str, str] = do(first, "begin")
    before: dict[str, Any] = do(first, "states")
    with Runbook("split-an-installation.md", pair.run) as page:
        make_the_new_node(page, pair)
        until_all_is_said(first)
        code, told = pair.run(shlex.split(f"{GIVE} --yes")[1:])
        assert (code, "the web server runs" in told, "the worker runs" in told) == (1, True, True)
        assert not (pair.folder / "bundle").exists()
        for name in ("serve", "worker"):
            first.stop(name)
        page.play("tongban worker --once")
        give(page, pair, made)
        take(page, pair, before)
        finish(page, pair, made, before)
        check(page, pair)
        for node in (first, new):
            pair.turn = node
            page.play(f"tongban agreement sign {AGREEMENT}")
    new.variables["TONGBAN_DEMO"] = "1"
    new.command("region", "--apply")
    for node in (first, new):
        node.start("serve")
        node.start("worker")
    for node in (first, new):
        node.wait_until_ready()
    until_all_is_said(first, new)
    assert [agreement_of(node) for node in (first, new)] == ["in_force", "in_force"]
    go_on(first, new, made)
    where = ("--node", f"110112={first.url}", "--node", f"131028={new.url}")
    assert len(tour(*where, node=first)["steps"]) == 65
    until_all_is_said(first, new)
    for node in (first, new):
        assert ": DAMAGED" not in node.command("verify")
        assert node.command("node", "letters") == ""
        assert " entries lead to the root" in node.command("evidence", "fsck")
    old = sorted(receipts.iterdir())
    assert len(old) == 8
    proved = pair.folder / "proved.zip"  # by the new log, of what happened before it began
    do(new, "receipt", made["online Dachang closed"], str(proved))
    for file in (*old, proved):
        assert "In order by the policy that came with it" in new.command("verify", str(file))


def make_the_new_node(page: Runbook, pair: Pair) -> None:
    pair.turn = pair.new
    page.play("tongban migrate")
    page.play("tongban region --apply")
    page.play("tongban node init --places 131028 --address https://dachang.example")
    (pair.folder / "dachang.node").write_text(pair.new.command("node", "show"))
    pair.turn = pair.first
    page.play("tongban node init --places 110000,130000 --address https://langfang.example")


def give(page: Runbook, pair: Pair, made: dict[str, str]) -> None:
    untouched = contents(pair.first)
    page.play(GIVE, code=1)
    assert contents(pair.first) == untouched
    page.play(f"{GIVE} --yes")
    # Broken off, it is done again; and the node doesn't start meanwhile.
    assert pair.run(shlex.split(f"{GIVE} --yes")[1:])[0] == 0
    assert pair.run(["worker", "--once"])[0] == 2
    assert pair.run(["split", "finish", "bundle", "--yes"])[0] == 1  # no answer yet
    refused = inside_refused(pair.first, "step", "withdraw", made["online Dachang accepted"])
    assert "HandingOver" in refused or "OrderedElsewhere" in refused


def take(page: Runbook, pair: Pair, before: dict[str, Any]) -> None:
    pair.turn, folder = pair.new, pair.folder / "bundle"
    assert pair.run(["split", "take", "bundle"])[0] == 1  # its giver isn't trusted yet
    page.play("tongban node trust bundle/langfang.node --yes")
    page.play(TAKE, code=1)
    for part in (folder / "rows" / "cases", next((folder / "files").iterdir())):
        with changed(part):
            assert pair.run(["split", "take", str(folder), "--yes"])[0] == 1
    assert count(pair.new, "cases_case") == count(pair.new, "identity_person") == 0
    page.play(f"{TAKE} --yes")
    (pair.folder / "bundle" / "answer").unlink()
    assert pair.run(shlex.split(f"{TAKE} --yes")[1:])[0] == 0  # the same once more
    here = do(pair.new, "states")
    assert here == {case_id: before[case_id] for case_id in here}


def finish(page: Runbook, pair: Pair, made: dict[str, str], before: dict[str, Any]) -> None:
    pair.turn = pair.first
    page.play(FINISH, code=1)
    assert do(pair.first, "states") == before
    gone = set(ids(made, "online Dachang")) | {made["received for Tongzhou draft"]}
    keys = do(pair.first, "keys", *gone)
    assert do(pair.first, "broken_finish", str(pair.folder / "bundle")) == "broken off"
    assert do(pair.first, "keys", *gone) == keys > 0
    assert pair.run(["worker", "--once"])[0] == 2  # it is not finished, so it doesn't start
    page.play(f"{FINISH} --yes")
    left = do(pair.first, "states")
    there_now = do(pair.new, "states")
    assert left.keys() | there_now.keys() == before.keys()
    assert gone.isdisjoint(left)
    assert gone <= there_now.keys()
    both = set(ids(made, "received for Dachang", "received for Tongzhou", states=STATES[1:]))
    assert both <= left.keys() & there_now.keys()
    stay = set(ids(made, "online Tongzhou")) | {made["received for Dachang draft"]}
    assert stay <= left.keys()
    assert stay.isdisjoint(there_now)
    assert do(pair.first, "keys", *gone) == 0
    assert do(pair.first, "keys", *both) == len(both)
    for table in ("cases_caseevent", "cases_casepaper", "cases_documentofrecord"):
        inside_these = "', '".join(gone)
        assert count(pair.first, f"{table} WHERE case_id IN ('{inside_these}')") == 0


def check(page: Runbook, pair: Pair) -> None:
    for node in (pair.first, pair.new):
        pair.turn = node
        page.play("tongban worker --once")
        told = page.play("tongban verify")
        assert ": DAMAGED" not in told
        page.play("tongban evidence fsck")


def go_on(first: Node, new: Node, made: dict[str, str]) -> None:
    """Have every running case go on, over both nodes, to its end."""
    to_dachang, to_tongzhou = "received for Dachang", "received for Tongzhou"
    for taker, decider, kind in ((first, new, to_dachang), (new, first, to_tongzhou)):
        do(taker, "step", "hand_in", made[f"{kind} draft"])
        do(taker, "step", "correct", made[f"{kind} correcting"])
        until_all_is_said(first, new)
        due = ids(made, kind, states=("draft", "handed_in", "correcting"))
        do(decider, "step", "accept", *due)
        due = [*due, made[f"{kind} accepted"]]
        for step in ("review", "decide", "produce", "issue"):
            do(decider, "step", step, *due)
        due = [*due, made[f"{kind} issued"]]
        do(decider, "step", "close", *due)
        due = [*due, made[f"{kind} closed"]]
        do(decider, "papers", "dispatch", *due)
        until_all_is_said(first, new)
        do(taker, "papers", "sign", *due)
        until_all_is_said(first, new)
        do(taker, "papers", "hand_over", *due)
        do(taker, "step", "deliver", *due)
        hurry(first, new)
        until_all_is_said(first, new)
        one, other = do(taker, "states"), do(decider, "states")
        assert {case_id: one[case_id] for case_id in due} == {
            case_id: other[case_id] for case_id in due
        }
        assert {one[case_id][0] for case_id in due} == {"delivered"}
        assert do(taker, "reads", *due) == do(decider, "reads", *due)
    alone = made["online Dachang correcting"]
    do(new, "step", "correct", alone)
    do(new, "step", "accept", alone)
    assert do(new, "states")[alone][:2] == ["accepted", 5]


@contextmanager
def changed(file: Path) -> Iterator[None]:
    """Change a byte of a file for the block."""
    whole = file.read_bytes()
    middle = len(whole) // 2
    file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    yield
    file.write_bytes(whole)


def contents(node: Node) -> dict[str, int]:
    tables = ("cases_case", "cases_caseabroad", "evidence_pendingentry", "federation_outmessage")
    return {table: count(node, table) for table in tables}


def inside_refused(node: Node, *words: str) -> str:
    with pytest.raises(AssertionError) as caught:
        do(node, *words)
    return str(caught.value)
