"""The page that checks receipts, opened from a disk: the same verdicts as the command's."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page

from evidence.receipts.small_receipt import Case, cases, receipt, repacked, unreadable
from tongban.evidence.receipts import PAGE, check, words

pytestmark = pytest.mark.browser

READ = """() => [...document.querySelectorAll("[data-entry]")].map((entry) =>
  [...entry.querySelectorAll("[data-reason]")].map((check) => [check.dataset.reason,
    ...[...check.querySelectorAll("p > span")].map((text) => text.textContent)]))"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", offline=True)
    opened = context.new_page()
    opened.goto(PAGE.as_uri())
    yield opened
    context.close()


def give(page: Page, data: bytes, policy: bytes | None = None) -> str:
    """Choose the files and return how the page ended."""
    page.evaluate("() => { drop.reset(); result.replaceChildren(); }")
    if policy is not None:
        page.locator("#policy").set_input_files(FilePayload(name="p", mimeType="", buffer=policy))
    page.locator("#file").set_input_files(FilePayload(name="r.zip", mimeType="", buffer=data))
    return page.locator("[data-outcome]").get_attribute("data-outcome") or ""


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_page_says_what_the_command_says(case: Case, page: Page) -> None:
    outcome = give(page, case.data, case.policy)
    said = page.evaluate(READ)
    assert tuple(tuple(one[0] for one in entry) for entry in said) == (case.browser or case.reasons)
    if not case.browser:
        report = check(case.data, case.policy)
        assert outcome == report.outcome
        assert said == [[[c.reason, c.zh, c.en] for c in e.checks] for e in report.entries]


@pytest.mark.parametrize("name", unreadable())
def test_what_is_no_receipt_is_not_read(name: str, page: Page) -> None:
    assert give(page, unreadable()[name]) == "unreadable bad"
    assert page.locator("[data-entry]").count() == 0


def test_a_policy_that_is_none_is_not_read(page: Page) -> None:
    assert give(page, receipt(), b"quorum\n") == "unreadable bad"


def test_the_content_is_readable_and_only_text(page: Page) -> None:
    assert give(page, repacked(receipt(), **{"<b>x</b>": b""})) == "good"
    shown = page.locator("[data-entry]")
    assert "收件" in shown.inner_text()
    assert "马清荷" in shown.inner_text()
    assert "没有核验：<b>x</b>。" in page.locator("#result").inner_text()
    page.get_by_role("button", name="English").click()
    assert "An office took it in and gave a slip." in shown.inner_text()
    assert "收件" not in shown.inner_text()


def test_a_browser_without_ed25519_says_so_and_never_good(browser: Browser) -> None:
    context = browser.new_context(offline=True)
    context.add_init_script(
        "crypto.subtle.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))"
    )
    old = context.new_page()
    old.goto(PAGE.as_uri())
    assert give(old, receipt()) == "open"
    said = old.evaluate(READ)
    assert [one[0] for one in said[0]][2:] == ["included.good", "log.open", "witnesses.skipped"]
    assert said[0][3][2] == "Signatures of Ed25519 can not be checked here."
    context.close()


def test_a_page_that_may_not_use_cryptography_says_so(browser: Browser) -> None:
    context = browser.new_context(offline=True)
    context.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    old = context.new_page()
    old.goto(PAGE.as_uri())
    assert give(old, receipt()) == "open"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_it(scheme: str, browser: Browser) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 360, "height": 800},
        locale="zh-CN",
    )
    small = context.new_page()
    small.goto(PAGE.as_uri())
    for case in [one for one in cases() if one.name in {"good", "body changed", "not cosigned"}]:
        give(small, case.data)
        assert Axe().run(small).response["violations"] == []
        assert small.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_the_page_holds_the_texts_of_the_command() -> None:
    block = re.search(r'id="words">(.*?)</script>', PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == words.as_data()


def test_the_page_needs_nothing_else() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"\b(?:src|href)=|\burl\(|\bimport\b|\bfetch\b|https?:", text) == []
