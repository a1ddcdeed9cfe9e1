"""The tour over four nodes, while one is killed and put back from a backup in the middle."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.four_nodes import make_four, witnesses_of
from faults.nodes import count, rows
from faults.two_nodes import until_all_is_said
from support.backup import Backup
from support.node import Node
from tongban.site.tour import journeys

pytestmark = pytest.mark.faults
BACKED_UP_AFTER = "received for Dachang: signs for the original"
KILLED_AFTER = "received for Dachang: reviews"
WITHIN_S = 60
LOST = "2 messages of this node and 0 of beijing were put back"
"""That the case was accepted, and reviewed: both had been told to Beijing."""


class Disaster:
    """Hebei's operator: a backup in the middle of the work, and what there is to do after a kill.

    Called with each line of the tour, between two steps of it.
    """

    def __init__(self, four: dict[str, Node]) -> None:
        self.four, self.hebei = four, four["hebei"]
        self.told: list[str] = []
        self.printed: list[str] = []
        self.backup: Backup | None = None

    def __call__(self, line: str) -> None:
        self.told.append(line)
        if BACKED_UP_AFTER in line:
            until_all_is_said(*self.four.values())
            for name in ("serve", "worker"):  # a copy of a database in use is another story
                self.hebei.stop(name)
            self.backup = Backup(self.hebei)
            self._start()
        elif KILLED_AFTER in line:
            until_all_is_said(*self.four.values())
            quorum_is_reached(self.hebei, sorted(set(self.four) - {"hebei"}))
            assert self.backup is not None
            for name in ("serve", "worker"):
                self.hebei.kill(name)
            before = rows(self.hebei, "SELECT id, verb, at FROM cases_caseevent ORDER BY id")
            self.backup.restore()
            assert len(rows(self.hebei, "SELECT id FROM cases_caseevent")) == len(before) - 2
            self._put_right()
            again = rows(self.hebei, "SELECT id, verb, at FROM cases_caseevent ORDER BY id")
            assert again == before
            self._start()

    def _put_right(self) -> None:
        """Do what docs/how-to/restore-a-node.md says."""
        self.printed.append(self.hebei.command("migrate"))
        with pytest.raises(AssertionError) as caught:
            self.hebei.command("worker", "--once")
        self.printed.append(str(caught.value))
        self.printed.append(self.hebei.command("evidence", "reconcile"))
        for name in ("beijing", "tianjin", "xiongan"):
            self.printed.append(self.hebei.command("node", "recall", name))
        self.printed.append(self.hebei.command("worker", "--once"))

    def _start(self) -> None:
        for name in ("serve", "worker"):
            self.hebei.start(name)
        self.hebei.wait_until_ready()


def test_the_tour_over_four_nodes_outlives_one_of_them(
    make_node: Callable[..., Node], tmp_path: Path
) -> None:
    four = make_four(make_node, tmp_path)
    where = {"110112": four["beijing"].url, "131028": four["hebei"].url}
    kept, disaster = tmp_path / "receipts", Disaster(four)
    report = journeys.run(four["beijing"].url, disaster, keep=kept, nodes=where)
    assert (report.ok, len(report.steps)) == (True, 65), disaster.told[-1]
    assert "it was put back from a backup" in disaster.printed[1]
    assert re.search(r"^\d+ entries stand in the log 2026 that", disaster.printed[2]) is not None
    assert LOST in disaster.printed[3]
    until_all_is_said(*four.values())
    for name, node in four.items():
        others = sorted(set(four) - {name})
        quorum_is_reached(node, others)
        assert ": DAMAGED" not in node.command("verify")
        assert re.search(r"^log 2026: ok, ", node.command("evidence", "fsck")) is not None
        assert node.command("node", "letters") == ""
        assert "wait" not in node.command("node", "peers")
    assert count(four["hebei"], "evidence_lostleaf") > 0
    for file in sorted(kept.iterdir()):
        check_receipt(four["tianjin"], file, four)
    assert len(list(kept.iterdir())) == 8


def quorum_is_reached(node: Node, others: list[str]) -> None:
    """Wait until all three others have cosigned all that there is."""
    end = time.monotonic() + WITHIN_S
    while True:
        said = witnesses_of(node)
        named = re.findall(r"cosigned by ([\w, ]+), of 3 witnesses; quorum reached", said)
        if named and sorted(named[0].split(", ")) == others and "waiting: 0" in said:
            return
        assert time.monotonic() < end, said
        time.sleep(0.5)


def check_receipt(anyone: Node, file: Path, four: dict[str, Node]) -> None:
    """Check a receipt where nobody knows of it: for each entry it names who witnessed the log."""
    said = anyone.command("verify", str(file))
    assert "In order by the policy that came with it" in said
    [name] = set(re.findall(r"log (\w+)/log/2026, index", said))
    others = sorted(set(four) - {name})
    cosigned = re.findall(r"Cosigned by 3: (.*?)\. The policy", said)
    assert cosigned
    for line in cosigned:
        assert sorted(re.findall(r"(\w+) \(2", line)) == others
