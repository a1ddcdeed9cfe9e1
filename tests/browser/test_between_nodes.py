"""What people see of another government's node: on its way, sent back, of when, silent, stuck."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from faults.nodes import count, rows
from faults.two_nodes import WITHIN_S, do, make_two, until_all_is_said
from support.eyes import Eyes
from support.node import Node
from tongban.site.tour.people import DACHANG

pytestmark = pytest.mark.browser

PERSON, CLERK = DACHANG.applicant.key, DACHANG.clerk.key


def seen(eyes: Eyes) -> str:
    """Return what the page says in Chinese."""
    eyes.page.reload()
    return eyes.page.text_content("main") or ""


def hosts(hebei: Node, place: str) -> None:
    hebei.command("node", "init", "--places", place, "--address", hebei.url)


def test_a_case_that_is_sent_back_is_handed_over_again_and_shown_with_its_age(
    browser: Browser, make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = two = make_two(make_node, tmp_path)
    hosts(hebei, "130100")  # it says that Dachang is none of its places
    [case_id] = do(beijing, "receive", "1")
    until_all_is_said(*two)
    address = f"/window/cases/{case_id}/"
    with Eyes(browser, beijing, CLERK) as eyes:
        eyes.look("nodes-window-home", "/window/")
        eyes.look("nodes-window-sent-back", address)
        assert "cases.handed_wrong" in seen(eyes)
        hosts(hebei, "130000")
        eyes.page.goto(address)
        eyes.page.get_by_role("button", name="重新移交").click()
        until_all_is_said(*two)
        eyes.look("nodes-window-copy", address)
        assert "由办理地节点办理" in seen(eyes)
    with Eyes(browser, hebei, PERSON) as eyes:
        do(hebei, "submit", "1")
        eyes.look("nodes-mine-allow", "/mine/")
        eyes.page.goto("/mine/")
        eyes.page.get_by_role("button", name="允许显示").click()
        eyes.look("nodes-mine-allowed", "/mine/?done=shown")
    until_all_is_said(*two)
    with Eyes(browser, beijing, PERSON) as eyes:
        eyes.look("nodes-mine", "/mine/?pile=waiting")
        assert eyes.page.locator(f'a[href^="{hebei.url}/cases/hebei-"]').count() == 1
    silent(beijing, hebei)
    with Eyes(browser, beijing, PERSON) as eyes:
        eyes.look("nodes-mine-silent", "/mine/?pile=waiting")
        assert "没有消息" in seen(eyes)
        eyes.look("nodes-case-silent", f"/cases/{case_id}/")


def silent(beijing: Node, hebei: Node) -> None:
    """Have nothing be heard of Hebei's node for two hours."""
    hebei.stop("serve")
    hebei.stop("worker")
    rows(beijing, "UPDATE federation_inmessage SET received_at = '2026-01-01 00:00:00'")
    long_ago = time.time() - 2 * 3600
    for folder in ("peers", "checked"):
        place = beijing.home / "node" / folder / "hebei"
        if place.exists():
            os.utime(place, (long_ago, long_ago))


def look_at_records_that_differ(browser: Browser, beijing: Node, hebei: Node, case_id: str) -> None:
    about = f"WHERE case_id = '{case_id}'"
    differs = "trouble = 'delivery.move_unfit', trouble_at = handed_at"
    for node in (beijing, hebei):
        rows(node, f"UPDATE cases_caseabroad SET {differs} {about}")  # noqa: S608 - the test's own
    with Eyes(browser, hebei, DACHANG.officer.key) as eyes:
        eyes.look("nodes-desk-home", "/desk/")
        eyes.look("nodes-desk-differs", f"/desk/cases/{case_id}/")
        assert "双方记录不一致" in seen(eyes)
    with Eyes(browser, beijing, CLERK) as eyes:
        eyes.look("nodes-window-differs", f"/window/cases/{case_id}/")
    with Eyes(browser, beijing, PERSON) as eyes:
        eyes.look("nodes-case-differs", f"/cases/{case_id}/")
        assert "双方记录不一致" in seen(eyes)
    with Eyes(browser, hebei, DACHANG.officer.key) as eyes:
        eyes.page.goto(f"/desk/cases/{case_id}/")
        eyes.page.locator("#settle-note").fill("电话核对，双方一致。")
        eyes.page.get_by_role("button", name="登记核对，重新告知对方").click()
        eyes.page.get_by_text("已登记核对，并重新告知对方。").wait_for()
    until_all_is_said(beijing, hebei)
    for node in (beijing, hebei):
        assert not count(node, "cases_caseabroad WHERE trouble <> ''")


def test_what_waits_and_what_is_stuck_is_seen_by_operators_and_at_the_window(
    browser: Browser, make_node: Callable[..., Node], tmp_path: Path
) -> None:
    beijing, hebei = two = make_two(make_node, tmp_path)
    differs = do(beijing, "receive", "3")[0]
    until_all_is_said(*two)
    look_at_records_that_differ(browser, *two, differs)
    hebei.stop("serve")
    [case_id] = do(beijing, "receive", "1")
    end = time.monotonic() + WITHIN_S
    while not count(beijing, "federation_outmessage WHERE attempts > 0 AND answered_at IS NULL"):
        assert time.monotonic() < end
        time.sleep(0.2)
    with Eyes(browser, beijing, CLERK) as eyes:
        eyes.look("nodes-window-underway", f"/window/cases/{case_id}/")
        eyes.look("nodes-window-ledger", "/window/cases/")
    stuck = "UPDATE federation_outmessage SET given_up = TRUE WHERE answered_at IS NULL"
    rows(beijing, stuck)
    with Eyes(browser, beijing) as eyes:
        eyes.look("nodes-flow", "/flow/")
        eyes.page.goto("/flow/")
        hebei.start("serve")
        hebei.wait_until_ready()
        eyes.page.get_by_role("button", name="重新发送").click()
        eyes.page.get_by_text("已重新排队发送。").wait_for()
    until_all_is_said(*two)
    assert count(hebei, "cases_case") == 4
