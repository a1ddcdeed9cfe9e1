"""The browser of the tests works, and shows Chinese."""

import pytest
from playwright.sync_api import Browser

from support.node import Node

pytestmark = pytest.mark.browser


def test_the_front_page_stands_in_a_real_browser(browser: Browser, live_node: Node) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    answer = page.goto(live_node.url)
    assert answer is not None
    assert answer.status == 200
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.close()


def test_a_chinese_character_is_no_empty_box(browser: Browser) -> None:
    """Two characters look different from one another: a missing font draws the same box twice."""
    page = browser.new_page(viewport={"width": 200, "height": 100})
    drawn = []
    for character in "通办":
        page.set_content(f"<p style='font-size:60px;margin:0'>{character}</p>")
        drawn.append(page.screenshot())
    page.close()
    assert drawn[0] != drawn[1]
