"""The page that checks receipts, opened from a disk: the same verdicts as the command's."""

from base64 import b64encode
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page

from evidence.receipts.small_receipt import (
    TWO_OF_THREE,
    Case,
    cases,
    receipt,
    repacked,
    unreadable,
)
from support.node import Node
from tongban.evidence.receipts import PAGE, check, words

pytestmark = pytest.mark.browser

READ = """() => [...document.querySelectorAll("[data-entry]")].map((entry) =>
  [...entry.querySelectorAll("[data-reason]")].map((check) => [check.dataset.reason,
    ...[...check.querySelectorAll("p > span")].map((text) => text.textContent)]))"""

CHECK = """async (files) => {
  const bytes = (text) => text && Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const say = ({ result, entries }) => [result, entries.map(({ checks }) =>
    checks.map(({ reason, texts }) => [reason, ...texts]))];
  const all = {};
  for (const [name, data, policy] of files) {
    try { all[name] = say(await checkReceipt(bytes(data), bytes(policy))); }
    catch (error) { all[name] = ["unreadable", []]; }
  }
  return all;
}"""
"""The page's own check of many files at once: to choose each by hand would take a minute."""

Said = dict[str, tuple[str, list[list[list[str]]]]]
CASES = {case.name: case for case in cases()}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", offline=True)
    opened = context.new_page()
    opened.goto(PAGE.as_uri())
    yield opened
    context.close()


@pytest.fixture(scope="module")
def said(page: Page) -> Said:
    files = [(case.name, case.data, case.policy or b"") for case in CASES.values()]
    files += [(name, data, b"") for name, data in unreadable().items()]
    encoded = [(n, b64encode(d).decode(), b64encode(p).decode()) for n, d, p in files]
    found: Said = page.evaluate(CHECK, encoded)
    return found


def give(page: Page, data: bytes, policy: bytes | None = None) -> str:
    """Choose the files and return how the page ended; what stood there must go by itself."""
    page.evaluate("() => drop.reset()")
    if policy is not None:
        page.locator("#policy").set_input_files(FilePayload(name="p", mimeType="", buffer=policy))
    page.locator("#file").set_input_files(FilePayload(name="r.zip", mimeType="", buffer=data))
    return page.locator("[data-outcome]").get_attribute("data-outcome") or ""


def by_command(case: Case) -> tuple[str, list[list[list[str]]]]:
    report = check(case.data, case.policy)
    return report.result, [[[c.reason, c.zh, c.en] for c in e.checks] for e in report.entries]


@pytest.mark.parametrize("name", CASES)
def test_the_page_says_what_the_command_says(name: str, said: Said) -> None:
    case = CASES[name]
    result, entries = said[name]
    reasons = tuple(tuple(check[0] for check in entry) for entry in entries)
    assert reasons == (case.browser or case.reasons)
    if not case.browser:
        assert (result, entries) == by_command(case)


@pytest.mark.parametrize("name", unreadable())
def test_what_is_no_receipt_is_not_read(name: str, said: Said) -> None:
    assert [*said[name]] == ["unreadable", []]


@pytest.mark.parametrize(
    "name", ["good", "body changed", "a hash of the proof changed", "a witness too few"]
)
def test_a_person_who_chooses_the_file_reads_it(name: str, page: Page) -> None:
    outcome = give(page, CASES[name].data)
    result, entries = by_command(CASES[name])
    assert (outcome, page.evaluate(READ)) == (result.partition(".")[0], entries)
    told = page.locator("[data-outcome] > span").all_text_contents()
    assert told == [*words.RESULTS[result]]


def test_a_receipt_that_is_good_by_its_own_policy_alone_is_never_plainly_good(page: Page) -> None:
    forged = CASES["forged whole, with a policy of its own"].data
    verdict = page.locator("[data-outcome]")
    give(page, forged)
    assert verdict.get_attribute("class") == "verdict enclosed"
    assert verdict.locator("span").all_text_contents() == [*words.RESULTS["good.enclosed"]]
    assert give(page, receipt(), TWO_OF_THREE) == "good"
    assert verdict.get_attribute("class") == "verdict good"
    assert verdict.locator("span").all_text_contents() == [*words.RESULTS["good"]]
    assert give(page, forged, TWO_OF_THREE) == "bad"


def test_a_file_may_be_dropped(page: Page) -> None:
    page.evaluate("() => { drop.reset(); result.replaceChildren(); }")
    page.evaluate(
        """(text) => {
          const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([bytes], "receipt.zip"));
          drop.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        }""",
        b64encode(receipt()).decode(),
    )
    assert page.locator("[data-outcome]").get_attribute("data-outcome") == "good"


def test_a_file_that_is_no_receipt_is_told(page: Page) -> None:
    assert give(page, b"%PDF-1.7") == "unreadable bad"
    assert page.locator("[data-entry]").count() == 0


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (CASES["a disclosure with a name that is no text"].data, "bad"),
        (CASES["body changed"].data, "bad"),
        (b"%PDF-1.7", "unreadable bad"),
    ],
)
def test_no_verdict_outlives_its_file(after: bytes, outcome: str, page: Page) -> None:
    assert give(page, receipt()) == "good"
    assert give(page, after) == outcome
    page.evaluate("() => drop.reset()")
    page.locator("#file").dispatch_event("change")
    assert page.locator("[data-outcome]").count() == 0


def test_a_receipt_that_cannot_be_shown_is_not_read(browser: Browser) -> None:
    context = browser.new_context(offline=True)
    odd = context.new_page()
    odd.goto(PAGE.as_uri())
    assert give(odd, receipt()) == "good"
    odd.evaluate("() => { globalThis.shownEntry = () => { throw new Error(); }; }")
    assert give(odd, receipt()) == "unreadable bad"
    assert odd.locator("[data-entry]").count() == 0
    context.close()


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


def test_served_by_a_node_it_runs_under_the_node_s_policy_and_asks_for_nothing(
    browser: Browser, live_node: Node
) -> None:
    context = browser.new_context()
    served = context.new_page()
    told: list[str] = []
    asked: list[str] = []
    served.on("console", lambda message: told.append(message.text))
    served.on("request", lambda request: asked.append(request.url))
    served.goto(f"{live_node.url}/verify/")
    assert give(served, CASES["good"].data) == "good"
    assert (told, asked) == ([], [f"{live_node.url}/verify/"])
    context.close()


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
    for name in ("good", "body changed", "not cosigned"):
        give(small, CASES[name].data)
        assert Axe().run(small).response["violations"] == []
        assert small.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
