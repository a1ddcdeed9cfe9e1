"""A walk-in at the window by keyboard alone, and few presses of it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from support.eyes import Eyes
from support.node import Node
from tongban.site.tour.people import TONGZHOU

pytestmark = pytest.mark.browser

MOST_TABS = 80


def _focused(page: Page) -> str:
    """Return the name of the control in focus, and the value of a button or a choice."""
    found: str = page.evaluate(
        """() => { const node = document.activeElement;
        const value = ['radio', 'submit'].includes(node.type) ? `=${node.value}` : '';
        return `${node.name || node.getAttribute('href') || node.tagName}${value}` }"""
    )
    return found


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the control is in focus; it must be seen there."""
    for _ in range(MOST_TABS):
        if _focused(page) == name:
            assert page.evaluate("document.activeElement.matches(':focus-visible')")
            return
        page.keyboard.press("Tab")
    message = f"{name} was not reached by Tab; in focus: {_focused(page)}"
    raise AssertionError(message)


def _type(page: Page, name: str, text: str) -> None:
    _tab_to(page, name)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def _start_over(page: Page) -> None:
    """Go back to where Tab starts, before the first link: a field may have taken the focus."""
    page.evaluate(
        """() => { const first = document.body;
        first.tabIndex = -1; first.focus(); first.removeAttribute('tabindex'); }"""
    )


def test_a_walk_in_by_keyboard_in_under_six_activations(browser: Browser, live_node: Node) -> None:
    applicant = TONGZHOU.applicant
    with Eyes(browser, live_node, TONGZHOU.clerk.key) as clerk:
        page = clerk.page
        activations = 0

        def activate(keys: str) -> None:
            nonlocal activations
            activations += 1
            page.keyboard.press(keys)

        expect(page).to_have_url(f"{live_node.url}/window/")
        activate("Alt+n")
        page.wait_for_url("**/window/new/")
        page.wait_for_load_state()
        assert _focused(page) == "name"
        page.keyboard.type(applicant.name)
        _type(page, "number", applicant.number)
        _type(page, "phone", applicant.phone)
        activate("Enter")
        page.wait_for_url("**/intake/")
        assert activations == 2  # started
        _type(page, "business_name", "北京市通州区晴溪安花店")
        for name, value in (("organisation_form", "personal"), ("delivery_way", "window")):
            _choose(page, name, value)
        _type(page, "business_scope", "花卉零售")
        _type(page, "employee_count", "1")
        _type(page, "premises_address", "玉桥街道运河西大街88号1层101")
        _type(page, "operator_address", "廊坊市大厂回族自治县祁各庄镇88号")
        for name in ("truth_pledge", "consent"):
            _tab_to(page, name)
            page.keyboard.press("Space")
        _type(page, "originals.premises", "1")
        _choose(page, "presence", "document_seen")
        activate("Alt+j")
        expect(page.get_by_role("heading", name="收件告知单")).to_be_visible()
        assert activations == 3


def test_nothing_traps_the_keyboard(browser: Browser, live_node: Node) -> None:
    with Eyes(browser, live_node, TONGZHOU.clerk.key) as clerk:
        page = clerk.page
        for address in ("/window/", "/window/new/", "/window/cases/"):
            page.goto(address)
            _start_over(page)
            seen = []
            for _ in range(MOST_TABS):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement === document.body"):
                    break
                seen.append(_focused(page))
            else:
                message = f"{address}: Tab never left the page: {seen[-5:]}"
                raise AssertionError(message)
            assert seen[0] == "#main", address


def _choose(page: Page, name: str, value: str) -> None:
    """Go to a radio group and choose an answer with Space or the arrows."""
    for _ in range(MOST_TABS):
        if _focused(page).startswith(f"{name}="):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(5):
        if _focused(page) == f"{name}={value}":
            assert page.evaluate("document.activeElement.checked")
            return
        page.keyboard.press("ArrowDown")
    message = f"{name} could not be set to {value}; in focus: {_focused(page)}"
    raise AssertionError(message)
