"""The language switch, and characters that are really drawn."""

import pytest
from playwright.sync_api import Browser, expect

from support.eyes import Eyes
from support.node import Node

pytestmark = pytest.mark.browser

_DRAWN = """(text) => {
  const drawn = (one) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 80;
    const pen = canvas.getContext('2d');
    pen.font = `60px ${getComputedStyle(document.querySelector('h1')).fontFamily}`;
    pen.fillText(one, 5, 65);
    return [...pen.getImageData(0, 0, 80, 80).data].filter((_, place) => place % 4 === 3);
  };
  const missing = drawn('\\u{10FFFF}').join();
  return [...text].map((one) => {
    const pixels = drawn(one);
    return [one, pixels.join() === missing, pixels.filter((dark) => dark > 127).length];
  });
}"""

COMMON, RARE = "通办政务服务大厂回族自治县受理决定", "㐀䶮𠮷"


def test_chinese_characters_are_drawn_and_no_empty_boxes(browser: Browser, live_node: Node) -> None:
    with Eyes(browser, live_node) as eyes:
        eyes.page.goto("/")
        drawn = eyes.page.evaluate(_DRAWN, COMMON + RARE)
        assert [one for one, empty, ink in drawn if empty or ink < 100] == []
        # No two characters look the same, as boxes with a number in them nearly do.
        assert len({ink for _, _, ink in drawn}) > len(drawn) / 2


def test_the_switches_keep_one_on_the_page_and_are_remembered(
    browser: Browser, live_node: Node
) -> None:
    with Eyes(browser, live_node) as eyes:
        page = eyes.page
        page.goto("/?q=%E4%B8%AA%E4%BD%93&place=131028")
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        assert page.url == f"{live_node.url}/?q=%E4%B8%AA%E4%BD%93&place=131028"
        page.goto("/login/")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.get_by_role("button", name="中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        page.locator("summary").filter(has_text="外观").click()
        page.get_by_role("button", name="深色").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto("/")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
