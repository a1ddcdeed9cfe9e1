"""``tongban tour``: against a node on the run's database, without demo mode, against nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.node import Node
from tongban.regions import api as regions
from tongban.site.tour import pages, people
from tongban.site.tour.report import padded, width
from tongban.site.tour.unmet import Unmet

RECEIVED = (
    "starts a walk-in",
    "takes in, prints the slip",
    "sends the original",
    "sees 已收件",
    "signs for the original",
    "accepts",
    "reviews",
    "grants",
    "makes the licence",
    "issues it",
    "closes the case",
    "sends licence and original",
    "signs for what came back",
    "returns licence and original",
    "records the delivery",
    "sees 已送达",
)
FIRST_TO_LAST = [
    "online to Dachang: finds the matter",
    "online to Dachang: fills in, uploads",
    "online to Dachang: checks, submits",
    "online to Dachang: asks once for two corrections",
    "online to Dachang: corrects what was asked for",
    "online to Dachang: accepts",
    "online to Dachang: sees 已受理",
    "online to Dachang: reviews",
    "online to Dachang: grants",
    "online to Dachang: reads the decision",
    "online to Dachang: makes the licence",
    "online to Dachang: issues it",
    "online to Dachang: closes the case",
    "online to Dachang: sends the licence",
    "online to Dachang: confirms the parcel",
    "online to Dachang: confirms delivery",
    *(f"received for Dachang: {step}" for step in RECEIVED),
    "online to Tongzhou: finds the matter",
    "online to Tongzhou: fills in, uploads",
    "online to Tongzhou: checks, submits",
    "online to Tongzhou: accepts",
    "online to Tongzhou: reviews",
    "online to Tongzhou: refuses",
    "online to Tongzhou: closes the case",
    "online to Tongzhou: reads the decision",
    "online to Tongzhou: confirms delivery",
    *(f"received for Tongzhou: {step}" for step in RECEIVED),
    *(
        f"{walk}: takes the receipt{of}"
        for walk in (
            "online to Dachang",
            "received for Dachang",
            "online to Tongzhou",
            "received for Tongzhou",
        )
        for of in ("", " of a look")
    ),
]


def tour(node: Node, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", "tour", *arguments],
        env=node.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tour_passes_twice_on_one_node_and_leaves_it_sound(live_node: Node) -> None:
    first = tour(live_node, "--base-url", live_node.url, "--json")
    told = json.loads(first.stdout)
    assert [step for step in told["steps"] if not step["ok"]] == []
    assert first.returncode == 0
    assert [step["name"] for step in told["steps"]] == FIRST_TO_LAST
    assert told["ok"] is True
    assert {tuple(step) for step in told["steps"]} == {
        ("name", "who", "where", "ok", "detail", "ms")
    }
    assert {step["where"] for step in told["steps"]} == {
        "portal",
        "window, Tongzhou",
        "window, Dachang",
        "desk, Dachang",
        "desk, Tongzhou",
    }
    second = tour(live_node)  # where the environment says; for people, not programs
    lines = second.stdout.splitlines()
    assert second.returncode == 0, lines[-2:]
    assert len(lines) == len(FIRST_TO_LAST) + 1
    assert lines[-1].startswith(f"{len(FIRST_TO_LAST)} steps, all as they should be")
    assert {width(line[: line.index("online to")]) for line in lines if "online to" in line} == {43}
    verified = live_node.command("verify").splitlines()
    assert {line.split(":")[1] for line in verified} == {" ok, 0 damaged, 0 noted"}


def test_without_demo_mode_it_says_what_is_missing(make_node: Callable[..., Node]) -> None:
    node = make_node(TONGBAN_DEMO="0")
    done = tour(node, "--base-url", node.url, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert told["ok"] is False
    [step] = told["steps"]
    assert (step["name"], step["ok"]) == ("online to Dachang: finds the matter", False)
    assert step["detail"] == (
        "expected demo people to log in as (demo mode: TONGBAN_DEMO=1, asked from the same "
        f"machine); seen: {node.url}/login/ offers none"
    )


def test_where_nothing_listens_it_says_so() -> None:
    idle = Node(home=Path(os.devnull))
    done = tour(idle, "--base-url", idle.url)
    assert done.returncode == 1
    assert f"expected an answer from {idle.url}; seen: " in done.stdout
    assert "Connection refused" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("stopped at step 1 after ")


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://127.0.0.1/", "http://"])
def test_what_is_no_address_is_an_argument_at_fault(address: str) -> None:
    idle = Node(home=Path(os.devnull))
    done = tour(idle, "--base-url", address)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tongban: no address of a node: {address}\n"


def test_the_tour_knows_the_demo_people_of_the_region() -> None:
    listed = {one.login: one for one in regions.demo_people(region="jingjinji")}
    for place in (people.DACHANG, people.TONGZHOU):
        told = listed[place.applicant.key]
        assert (told.name, told.number) == (place.applicant.name, place.applicant.number)


PAGE = """<title>A page</title><main><h1>Hello&amp;</h1><svg><title>no</title></svg>
<form action="/do/" method="post" enctype="multipart/form-data">
<input type=hidden name=token value=t>
<input type=radio name=r value=1 checked><input type=radio name=r value=2>
<input type=checkbox name=c value=true required><input name=off disabled value=x>
<select name=s><option value="">-<option value=b selected>B</select>
<textarea name=t>
 kept </textarea><input type=file name=f>
<button name=do value=save>Save</button><button formaction="/other/">Other</button></form>
<p class="field__problem" hidden>not shown</p><p class="summary">wrong</p>
<a href="/x/">A link</a></main>"""


def test_a_form_is_sent_as_a_browser_sends_it() -> None:
    page = pages.read("http://h/p", 200, PAGE)
    assert (page.title, page.alerts) == ("A page", "wrong")
    assert page.text == "Hello& - B kept Save Other wrong A link"
    assert page.link("/x/", text="link") == "/x/"
    form = page.form("/do/", having="s")
    assert form.fields(form.button("save")) == [
        ("token", "t"),
        ("r", "1"),
        ("s", "b"),
        ("t", " kept "),
        ("do", "save"),
    ]
    form.fill("r", "2")
    form.fill("c", "true")
    form.fill("t", "new")
    assert form.fields(None) == [
        ("token", "t"),
        ("r", "2"),
        ("c", "true"),
        ("s", "b"),
        ("t", "new"),
    ]
    assert [one.action for one in form.buttons] == ["", "/other/"]


@pytest.mark.parametrize(
    ("name", "value"), [("nobody", "1"), ("r", "3"), ("s", "c"), ("c", "yes"), ("f", "x")]
)
def test_what_is_not_offered_can_not_be_filled_in(name: str, value: str) -> None:
    form = pages.read("http://h/p", 200, PAGE).form("/do/")
    before = form.fields(None)
    with pytest.raises(Unmet, match=f"expected .*{name}; "):
        form.fill(name, value)
    assert form.fields(None) == before


def test_columns_stand_under_one_another() -> None:
    assert [width(padded(name, 8)) for name in ("马清荷", "abc", "")] == [8, 8, 8]
    assert padded("much too long", 3) == "much too long"
