"""A tour's receipts: proved in three ways by who has neither the node nor its database."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from evidence.core.small_log import suites, witness
from evidence.receipts.by_others import Entry, is_accepted
from evidence.small_witnesses import SmallWitness, served
from support.node import Node
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Verifiers
from tongban.evidence.core.policy import Policy
from tongban.evidence.receipts import PAGE, words

pytestmark = pytest.mark.browser


@pytest.fixture
def node(make_node: Callable[..., Node]) -> Iterator[Node]:
    """Run a node whose log three witnesses cosign; two of them are enough."""
    node = make_node()
    log = NoteKey.parse(_key_of_log(node))
    with ExitStack() as stack:
        urls = {}
        for number in range(3):
            one = SmallWitness(witness(f"w{number}.example/witness"))
            one.logs[log.name] = Verifiers([log], suites)
            urls[one.signer.key] = stack.enter_context(served(one))
        policy = Policy.k_of_n([log], list(urls), 2)
        asked = tuple(line._replace(url=urls[line.key]) for line in policy.witnesses)
        (node.home / "log" / "policy").write_bytes(replace(policy, witnesses=asked).data)
        yield node


def _key_of_log(node: Node) -> str:
    """Return the log's key, once the worker has begun it."""
    for _ in range(100):
        for line in node.command("evidence", "status").splitlines():
            if line.strip().startswith("key "):
                return line.split()[1]
        time.sleep(0.1)
    message = "no log was begun"
    raise AssertionError(message)


def tour(node: Node, folder: Path) -> list[Path]:
    arguments = ["tour", "--base-url", node.url, "--receipts", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", *arguments],
        env=node.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:]
    return sorted(folder.iterdir())


def by_command(file: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", "verify", str(file)],
        cwd=file.parent,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def by_page(browser: Browser, files: list[Path]) -> list[tuple[str | None, int]]:
    """Give the page, opened from a disk without a network, one file after the other."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(PAGE.as_uri())
    ends = []
    for file in files:
        page.evaluate("() => { drop.reset(); result.replaceChildren(); }")
        page.locator("#file").set_input_files(file)
        outcome = page.locator("[data-outcome]").get_attribute("data-outcome")
        ends.append((outcome, page.locator("[data-entry]").count()))
    context.close()
    return ends


def test_each_is_proved_in_three_ways_without_the_database(
    node: Node, browser: Browser, tmp_path: Path
) -> None:
    files = tour(node, tmp_path / "kept by the applicants")
    assert len(files) == 8
    assert [file.stem.endswith("-look") for file in files] == [True, False] * 4
    node.stop("serve")
    node.stop("worker")
    entries = [Entry.all(file.read_bytes()) for file in files]
    in_order = words.RESULTS["good.enclosed"].en
    assert [by_command(file) for file in files] == [in_order] * 8
    assert by_page(browser, files) == [("good", len(of_file)) for of_file in entries]
    assert all(is_accepted(one) for of_file in entries for one in of_file)
    assert {len(one.witness_vkeys) for of_file in entries for one in of_file} == {3}
