"""A person's window in a real Chromium, and everything that is wrong with what it shows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from support.house import ROOT
from support.node import Node

SCREENSHOTS = ROOT / "screenshots"
WIDE, PHONE = 1440, 360
HEIGHTS = {WIDE: 900, PHONE: 780}

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ALL_RULES = {"type": "tag", "values": _TAGS}
_CONTRAST = {"type": "rule", "values": ["color-contrast"]}
"""The one rule that sees colours: what the others found by day they would find by night."""

_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll('*')].filter((node) => {
    const box = node.getBoundingClientRect();
    return box.right > width + 1 && box.width > 0 && !node.closest('.table-frame, .nav__list');
  });
  return [`${document.documentElement.scrollWidth} > ${width}`,
    ...wide.slice(0, 5).map((node) => `${node.tagName}.${node.className}`)];
}"""

_UNFOLD = """(open) => {
  document.querySelectorAll('main details').forEach((one) => { one.open = open; });
}"""

_CHINESE = """() => {
  const chinese = /[\\u3000-\\u303f\\u3400-\\u9fff\\uff00-\\uffef]/;
  const speaks = (node) => (node.closest('[lang]')?.lang || '').startsWith('zh');
  const found = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!parent || parent.closest('script, style, textarea') || !chinese.test(node.data)) continue;
    if (!speaks(parent)) found.push(node.data.trim());
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label']) {
    for (const node of document.querySelectorAll(`[${name}]`)) {
      const text = node.getAttribute(name);
      if (chinese.test(text) && !speaks(node)) found.push(`${name}: ${text}`);
    }
  }
  return found;
}"""

_LEFT = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")

DATA = (
    r"[马王李](清荷|若溪|知行|\*{1,2})",
    r"赵宁|杨静|白云飞|何立群|孙晓雨|周怀远|陈默|中文",
    r"[\u4e00-\u9fff]+〔\d{4}〕[\d-]+号",
    r"(大厂回族自治县|北京市通州区)\w{2,3}(小吃店|花店)",
    r"餐饮服务；食品销售|花卉零售",
    r"大厂镇大安街15号底商3号|玉桥街道运河西大街88号1层101|廊坊市大厂回族自治县祁各庄镇88号",
    r"北京市通州区清风小吃店|大厂回族自治县清风小吃店|Write 无",  # examples of what to type
    r"\w+人民政府",
    r"(房屋)?租赁合同\.pdf|中国邮政速递|邮政EMS|样例\d{6}-\d{8}",
    r"材料齐全，地址与证明一致，符合登记条件。",
    r"申请的经营场所属于住宅且未取得相关业主同意，不符合登记条件。",
    r"名称与已登记的名称近似，请更换字号。|租赁合同缺少出租方签字，请重新提交。",
)
"""What people typed and how they are called: the same on a page in any language."""


class Eyes:
    """One person's window. ``wrong`` collects what is wrong; ``close`` with a test's end."""

    def __init__(
        self, browser: Browser, node: Node, person: str = "", *, script: bool = True, **more: object
    ) -> None:
        """Open a window, log in as the demo person with that key if one is named."""
        self.node = node
        self.wrong: list[str] = []
        settings: dict[str, Any] = {"viewport": {"width": WIDE, "height": HEIGHTS[WIDE]}}
        self.context: BrowserContext = browser.new_context(
            java_script_enabled=script,
            reduced_motion="reduce",
            base_url=node.url,
            **{**settings, **more},
        )
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.wrong.append(f"script: {error.error}"))
        self.context.on("request", self._request)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        if person:
            self.log_in(person)

    def log_in(self, person: str) -> None:
        """Press the person's button on the login page."""
        self.page.goto("/login/")
        self.page.locator(f'button[name="key"][value="{person}"]').click()
        self.page.wait_for_url(lambda url: "/login/" not in url)

    def look(self, name: str, address: str = "", *, english: bool = True) -> None:
        """Open an address (none: stay) and inspect the page: see ``inspect``, then in English."""
        if address:
            self.page.goto("about:blank")  # else an address that differs by its # is not loaded
            self.page.goto(address)
        self.inspect(name)
        if english:
            with self.in_english():
                self.page.reload()
                self.inspect_english(name)

    @contextmanager
    def in_english(self) -> Iterator[None]:
        """Speak English for a while."""
        self._speak("en")
        yield
        self._speak("zh-hans")

    def _speak(self, language: str) -> None:
        cookie = {"name": "tongban_language", "value": language, "url": self.node.url}
        self.context.add_cookies([cookie])  # type: ignore[list-item] # a TypedDict of Playwright

    def inspect(self, name: str) -> None:
        """Note every fault of this page: accessibility and overflow in each width and scheme."""
        page = self.page
        page.evaluate(AXE_SCRIPT)
        for width in (WIDE, PHONE):
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            self._overflow(f"{name} {width}")
            self._shoot(f"{name}-{width}")
            page.evaluate(_UNFOLD, True)  # noqa: FBT003 - the script's argument
            self._overflow(f"{name} {width} unfolded")
            self._axe(f"{name} {width}", _ALL_RULES)
            page.emulate_media(color_scheme="dark")
            self._axe(f"{name} {width} dark", _CONTRAST)
            page.evaluate(_UNFOLD, False)  # noqa: FBT003 - likewise
            if width == PHONE:
                self._shoot(f"{name}-{width}-dark")
            page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDE, "height": HEIGHTS[WIDE]})

    def inspect_english(self, name: str) -> None:
        """Note what is left in Chinese, and what English words push out of the page."""
        page = self.page
        if page.locator("html").get_attribute("lang") != "en":
            self.wrong.append(f"{name}: not in English")
        for text in page.evaluate(_CHINESE):
            rest = text
            for pattern in DATA:
                rest = re.sub(pattern, "", rest)
            if _LEFT.search(rest):
                self.wrong.append(f"{name}: left in Chinese: {text}")
        self._shoot(f"{name}-en")
        page.set_viewport_size({"width": PHONE, "height": HEIGHTS[PHONE]})
        self._overflow(f"{name} {PHONE} in English")
        page.set_viewport_size({"width": WIDE, "height": HEIGHTS[WIDE]})

    def close(self) -> None:
        """Close the window and fail with all that was wrong."""
        self.context.close()
        if self.wrong:
            raise AssertionError("\n".join(dict.fromkeys(self.wrong)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._shoot("failed-" + re.sub(r"\W+", "-", urlsplit(self.page.url).path).strip("-"))
            self.context.close()

    def _shoot(self, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=Path(SCREENSHOTS / f"{name}.png"), full_page=True)

    def _axe(self, name: str, rules: dict[str, Any]) -> None:
        # The frame holds somebody's PDF, so it is left out.
        options = {"runOnly": rules, "resultTypes": ["violations"], "iframes": False}
        found = self.page.evaluate("(options) => axe.run(document, options)", options)
        for one in found["violations"]:
            nodes = [
                f"{node['html'][:160]} ({node['any'][0]['message'] if node['any'] else ''})"
                for node in one["nodes"][:3]
            ]
            self.wrong.append(f"{name}: {one['id']}: {nodes}")

    def _overflow(self, name: str) -> None:
        found = self.page.evaluate(_OVERFLOW)
        if found:
            self.wrong.append(f"{name}: scrolls sideways: {found}")

    def _console(self, message: ConsoleMessage) -> None:
        expected = message.text.startswith("Failed to load resource: the server responded with")
        own = message.page is not None and message.location["url"] == message.page.url
        if message.type in {"error", "warning"} and not (expected and own):
            self.wrong.append(f"console: {message.text} ({message.location['url']})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        leaves = parts.scheme not in {"about", "data", "blob", "chrome", "chrome-extension"}
        if leaves and f"{parts.scheme}://{parts.netloc}" != self.node.url:
            self.wrong.append(f"asked another host: {request.url}")
