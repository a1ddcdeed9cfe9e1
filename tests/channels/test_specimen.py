"""Every part in a real browser: no axe violation, no overflow, no breach of the content policy."""

import functools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines
from django.utils import translation
from playwright.sync_api import Browser, ConsoleMessage, Page, Route

from channels import specimen_rows

PAGES = Path(__file__).parent / "specimen"
ADDRESS = "http://specimen.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'"
)
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LOOKS = [
    (360, "light", "zh-hans"),
    (1440, "dark", "zh-hans"),
    (360, "dark", "en"),
    (1440, "light", "en"),
]


def _context(page: str, theme: str, language: str) -> dict[str, Any]:
    context: dict[str, Any] = specimen_rows.rows(language)
    staff = page in {"window", "desk"}
    context["visitor"] = SimpleNamespace(
        is_person=not staff, is_staff=staff, post=SimpleNamespace(**context.pop("post"))
    )
    context.update(theme=theme, here="/", csrf_token="x", code="agreements.none", status=422)
    context.update(what=context["facts"][2].note, todo=context["facts"][2].value)
    if page == "confirm":
        context.update(
            title=context["events"][0].title,
            text=context["facts"][2].note,
            warning=context["facts"][2].value,
            action_url="/do",
            confirm_label=context["steps"][3].label,
            back_url="/back",
            grave=True,
        )
    return context


def _html(page: str, theme: str, language: str) -> str:
    source = (PAGES / f"{page}.html").read_text(encoding="utf-8")
    with translation.override(language):
        template = engines["django"].from_string(source)
        return template.render(_context(page, theme, language))


def _serve(html: str, route: Route) -> None:
    path = route.request.url.removeprefix(ADDRESS).split("#")[0]
    if path.startswith(settings.STATIC_URL):
        name = _unhashed(path.removeprefix(settings.STATIC_URL))
        found = Path(str(finders.find(name)))
        route.fulfill(body=found.read_bytes(), content_type=MEDIA_TYPES[found.suffix])
    elif path == "/file.pdf":
        route.fulfill(
            body="<!doctype html><html lang=zh><title>1</title>", content_type="text/html"
        )
    else:
        route.fulfill(
            body=html,
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": POLICY},
        )


def _unhashed(name: str) -> str:
    """Return tongban/css/base.css for tongban/css/base.0123456789ab.css."""
    folder, _, file = name.rpartition("/")
    parts = file.split(".")
    if len(parts) == 3 and len(parts[1]) == 12:
        file = f"{parts[0]}.{parts[2]}"
    return f"{folder}/{file}"


@pytest.fixture
def show(browser: Browser) -> Callable[..., tuple[Page, list[str]]]:
    def open_page(page: str, width: int, theme: str, language: str) -> tuple[Page, list[str]]:
        complaints: list[str] = []

        def note(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                complaints.append(message.text)

        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.on("console", note)
        tab.route("**/*", functools.partial(_serve, _html(page, theme, language)))
        tab.goto(ADDRESS)
        tab.wait_for_load_state("networkidle")
        return tab, complaints

    return open_page


@pytest.mark.browser
@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("page", sorted(one.stem for one in PAGES.glob("*.html")))
def test_every_part_is_accessible_in_each_look(
    show: Callable[..., tuple[Page, list[str]]], page: str, look: tuple[int, str, str]
) -> None:
    tab, complaints = show(page, *look)
    assert tab.evaluate("document.documentElement.scrollWidth") <= look[0]
    found = Axe().run(tab, options=RULES).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert complaints == []
    tab.close()


@pytest.mark.browser
def test_the_summary_of_problems_takes_the_focus_and_leads_to_the_question(
    show: Callable[..., tuple[Page, list[str]]],
) -> None:
    tab, _ = show("form", 360, "light", "zh-hans")
    assert tab.evaluate("document.activeElement.className") == "summary"
    tab.click("text=字号名称：必填")
    assert tab.evaluate("document.activeElement.id") == "f-business_name"
    tab.close()


@pytest.mark.browser
def test_a_conditional_question_shows_when_its_answer_is_chosen_and_keeps_what_it_holds(
    show: Callable[..., tuple[Page, list[str]]],
) -> None:
    tab, _ = show("form", 360, "light", "zh-hans")
    members = tab.locator("#f-family_members")
    assert members.is_visible()
    tab.check("#f-organisation_form-1")
    assert not members.is_visible()
    tab.check("#f-organisation_form-2")
    members.fill("李四")
    tab.check("#f-organisation_form-1")
    assert members.is_visible()
    tab.close()


@pytest.mark.browser
def test_a_paper_prints_on_one_sheet_in_black_and_red_from_the_dark_theme(
    show: Callable[..., tuple[Page, list[str]]],
) -> None:
    tab, _ = show("paper", 1440, "dark", "zh-hans")
    tab.emulate_media(media="print")
    look = "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    assert tab.locator("body").evaluate(look) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert tab.locator(".paper__issuer").evaluate(look)[0] == "rgb(179, 38, 28)"
    assert not tab.locator(".paper-tools").is_visible()
    assert tab.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    tab.close()
