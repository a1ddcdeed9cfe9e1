"""Two governments, two nodes, each with a database of its own: cases cross and are walked."""

import http.client
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from faults.nodes import rows
from faults.two_nodes import AGREEMENT, agreement_of, do, make_two, states, until_all_is_said
from support.node import Node
from tongban.kernel import clock
from tongban.regions.api import ROOT

TZ = ZoneInfo("Asia/Shanghai")
WAITS_FOR_NOBODY = " 0 damaged, 0 noted"


def run(node: Node, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", *words],
        env=node.environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def two(make_node: Callable[..., Node], tmp_path: Path) -> tuple[Node, Node]:
    return make_two(make_node, tmp_path)


def test_the_tour_crosses_both_ways_and_leaves_both_sound(
    two: tuple[Node, Node], tmp_path: Path
) -> None:
    beijing, hebei = two
    nodes = ("--node", f"110112={beijing.url}", "--node", f"131028={hebei.url}")
    kept = tmp_path / "receipts"
    done = run(beijing, "tour", *nodes, "--receipts", str(kept), "--json")
    told = json.loads(done.stdout)
    assert [step for step in told["steps"] if not step["ok"]] == []
    assert (done.returncode, told["ok"], len(told["steps"])) == (0, True, 65)
    taken_in = {step["detail"].split()[0] for step in told["steps"] if "prints" in step["name"]}
    assert taken_in == {"131028-2026-110112-000001", "110112-2026-131028-000001"}
    for node in two:
        lines = node.command("verify").splitlines()
        assert {line.partition(": ok,")[2] for line in lines} == {WAITS_FOR_NOBODY}, lines
        assert "wait" not in node.command("node", "peers")
        assert node.command("node", "letters") == ""
    kinds = [rows(node, "SELECT DISTINCT kind, code FROM federation_inmessage") for node in two]
    assert {code for _, code in (*kinds[0], *kinds[1])} == {""}  # each of the form that it states
    assert {"case.handed", "case.told", "case.proposed"} <= {
        kind for kind, _ in (*kinds[0], *kinds[1])
    }
    check_staff_are_offered_at_home_alone(*two)
    for file in kept.iterdir():
        assert run(beijing, "verify", str(file)).returncode == 0


def test_an_edition_is_mirrored_and_cases_are_taken_in_by_it(two: tuple[Node, Node]) -> None:
    beijing, hebei = two
    assert do(hebei, "publish", "条件：申请人年满十六周岁。") == ["2"]
    until_all_is_said(beijing, hebei)
    [(edition_id, digest_here)] = published(beijing)
    assert digest_here == published(hebei)[0][1]
    page = guide_page(beijing, edition_id)
    assert "条件：申请人年满十六周岁。" in page
    do(beijing, "receive", "1")
    until_all_is_said(beijing, hebei)
    assert states(beijing) == states(hebei)
    assert do(hebei, "versions") == do(beijing, "versions") == ["2"]
    # The files of either node still hold the first version: nothing of the mirror changes.
    told = beijing.command("region", "--apply")
    assert "! edition getihu-sheli 131028 v1: hebei publishes it; the file is not loaded" in told
    assert [row[0] for row in published(beijing)] == [edition_id]
    for node in two:
        lines = node.command("verify").splitlines()
        assert {line.partition(": ok,")[2] for line in lines} == {WAITS_FOR_NOBODY}, lines


def published(node: Node) -> list[tuple[str, str]]:
    """Return id and content of Dachang's edition in force on a node."""
    found = rows(
        node,
        "SELECT id, content FROM matters_edition "
        "WHERE place_id = '131028' AND state = 'published' ORDER BY id",
    )
    return [
        (edition_id, json.loads(content) if isinstance(content, str) else content)
        for edition_id, content in found
    ]


def guide_page(node: Node, edition_id: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    connection.request("GET", f"/matters/{edition_id}/", headers={"Accept-Language": "zh-hans"})
    page = connection.getresponse().read()
    connection.close()
    return page.decode()


def test_an_agreement_opens_and_ends_when_both_have_signed(
    two: tuple[Node, Node], tmp_path: Path
) -> None:
    beijing, hebei = two
    today, far = clock.now().astimezone(TZ).date(), "2030-06-01"
    new = tmp_path / "new.yaml"
    text = (ROOT / "jingjinji" / "agreements" / "tongzhou-dachang.yaml").read_text("utf-8")
    new.write_text(text.replace(AGREEMENT, "agreement-new"), "utf-8")
    told = beijing.command("agreement", "propose", str(new))
    assert told.startswith("agreement-new: waiting, 110112, 131028, from 2026-01-01")
    until_all_is_said(beijing, hebei)
    assert agreement_of(hebei, "agreement-new") == "waiting"
    assert do(beijing, "opens", far) == do(hebei, "opens", far) == [AGREEMENT]
    hebei.command("agreement", "sign", "agreement-new")
    until_all_is_said(beijing, hebei)
    assert do(beijing, "opens", far) == do(hebei, "opens", far) == ["agreement-new", AGREEMENT]
    assert run(hebei, "agreement", "sign", "agreement-new").returncode == 1
    for end_of, on in ((AGREEMENT, today), ("agreement-new", today)):
        hebei.command("agreement", "end", end_of, "--on", str(on))
        until_all_is_said(beijing, hebei)
        assert end_of in do(beijing, "opens", far)
        beijing.command("agreement", "sign", end_of)
        until_all_is_said(beijing, hebei)
    tomorrow = str(today + timedelta(days=2))
    assert do(beijing, "opens", tomorrow) == do(hebei, "opens", tomorrow) == []
    shown = {node.command("agreement", "show", AGREEMENT).splitlines()[0] for node in two}
    assert len(shown) == 1


def check_staff_are_offered_at_home_alone(beijing: Node, hebei: Node) -> None:
    offered = {node.url: login_page(node) for node in (beijing, hebei)}
    assert 'value="tongzhou.officer"' in offered[beijing.url]
    assert 'value="dachang.officer"' not in offered[beijing.url]
    assert 'value="dachang.officer"' in offered[hebei.url]
    assert 'value="tongzhou.window"' not in offered[hebei.url]


def login_page(node: Node) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    connection.request("GET", "/login/")
    page = connection.getresponse().read()
    connection.close()
    return page.decode()
