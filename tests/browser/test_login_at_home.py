"""The pages of a login between two nodes, as a person sees them: both languages, both widths."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from faults.two_nodes import make_two
from support.eyes import Eyes
from support.node import Node

pytestmark = pytest.mark.browser


def test_the_pages_of_a_login_at_home(
    browser: Browser, make_node: Callable[..., Node], tmp_path: Path
) -> None:
    # One browser, one host, two ports: as on a demo machine, the nodes' cookies meet.
    beijing, hebei = make_two(make_node, tmp_path)
    with Eyes(browser, beijing) as eyes:
        page = eyes.page
        eyes.look("openid-login", f"{beijing.url}/login/?next=/elsewhere/")
        page.locator('a[href*="/openid/start/hebei"]').click()
        eyes.node = hebei
        eyes.look("openid-login-at-home")
        page.locator('button[name="key"][value="ma.qinghe"]').click()
        eyes.look("openid-consent")
        page.locator('button[value="allow"]').click()
        eyes.node = beijing
        eyes.look("openid-confirm")
        page.locator("main form button").click()
        page.wait_for_url(f"{beijing.url}/elsewhere/")
        eyes.look("openid-elsewhere")
        page.locator('button[name="peer"]').click()
        eyes.look("openid-elsewhere-unlinked", english=False)
        deny(eyes, beijing, hebei)
        eyes.inspect("openid-denied")
        eyes.look("openid-lost")  # the same address again
        with eyes.in_english():
            deny(eyes, beijing, hebei)
            eyes.inspect_english("openid-denied")
        refuse(eyes, beijing, hebei)
        here = f"asked another host: {beijing.url}", f"asked another host: {hebei.url}"
        eyes.wrong = [one for one in eyes.wrong if not one.startswith(here)]


def deny(eyes: Eyes, beijing: Node, hebei: Node) -> None:
    """Log in at home, and don't agree."""
    page = eyes.page
    page.goto(f"{beijing.url}/openid/start/hebei")
    if "/login/" in page.url:
        page.locator('button[name="key"][value="ma.qinghe"]').click()
    page.locator('button[value="deny"]').click()
    assert page.url.startswith(f"{beijing.url}/openid/callback?error=access_denied")


def refuse(eyes: Eyes, beijing: Node, hebei: Node) -> None:
    """See what a clerk sees, and a person whom a stranger sends."""
    page = eyes.page
    asked = f"{hebei.url}/openid/authorize?client_id="
    eyes.node = hebei
    for key in ("dachang.window", "ma.qinghe"):
        page.goto(f"{hebei.url}/login/")
        page.locator(f'button[name="key"][value="{key}"]').click()
        page.wait_for_url(lambda url: "/login/" not in url)
        if key == "dachang.window":
            eyes.look("openid-staff", f"{asked}beijing")
            assert page.locator(".refusal__code code").inner_text() == "channels.persons_only"
    eyes.look("openid-redirect-refused", f"{asked}beijing")
    assert page.locator(".refusal__code code").inner_text() == "federation.redirect_refused"
    eyes.look("openid-peer-unknown", f"{asked}nobody", english=False)
    eyes.node = beijing
