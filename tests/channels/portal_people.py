"""Browsers of the demo people, and what a browser does: follow a form, press a button."""

import re
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from support import scene
from tongban.channels import sessions
from tongban.identity import api as identity
from tongban.identity.api import Ground, Scope, ScopeKind
from tongban.kernel.acting import Assurance, Channel
from tongban.kernel.clock import now

_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')


def person(who: str, assurance: Assurance = Assurance.HIGH, language: str = "") -> Client:
    """Return a browser in which a demo person has logged in."""
    response = HttpResponse()
    sessions.open_person(
        RequestFactory().get("/"), response, person_id=scene.person_id(who), assurance=assurance
    )
    return _browser(response, language)


def staff(post_id: str, channel: Channel = Channel.DESK, language: str = "") -> Client:
    """Return a browser in which the holder of a demo post has logged in."""
    response = HttpResponse()
    sessions.open_staff(RequestFactory().get("/"), response, post_id=post_id, channel=channel)
    return _browser(response, language)


def nobody(language: str = "") -> Client:
    """Return a browser in which nobody has logged in."""
    return _browser(HttpResponse(), language)


def _browser(response: HttpResponse, language: str) -> Client:
    client = Client(headers={"Host": "localhost"})
    client.cookies.update(response.cookies)
    if language:
        client.cookies["tongban_language"] = language
    return client


def mandate(*, ends_in: int = 30) -> identity.MandateView:
    """Let Li act for Ma in anything."""
    today = now().date()
    return identity.grant_mandate(
        acting=scene.as_person("ma"),
        principal_id=scene.person_id("ma"),
        agent_id=scene.person_id("li"),
        scope=Scope(ScopeKind.ANY),
        starts_on=today,
        ends_on=today + timedelta(days=ends_in),
        ground=Ground.ONLINE,
    )


def text(response: Any) -> str:  # noqa: ANN401 - the test client's response has no public type
    """Return a page as text."""
    page: str = response.content.decode()
    return page


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's forms; the last of a name wins."""
    return dict(_HIDDEN.findall(page))


def filled(form: dict[str, object]) -> dict[str, str]:
    """Return a form's data as a browser posts it."""
    return {
        name: {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
        for name, value in form.items()
    }


def hand_in(client: Client, case_id: str, **more: str) -> Any:  # noqa: ANN401 - a response
    """Check the draft and press the button, as a browser that has ticked the consent."""
    url = f"/cases/{case_id}/check/"
    return client.post(url, hidden(text(client.get(url))) | {"consent": "true"} | more)


def pdf(name: str = "房屋租赁合同.pdf", content: bytes = scene.PDF) -> SimpleUploadedFile:
    """Return a file as a browser sends it."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def statements(client: Client, path: str) -> tuple[int, int]:
    """Return the statements of a second look at a page, in the main database and in the keys'.

    The first look fills what a process keeps: editions, places, keys of places.
    """
    assert client.get(path).status_code == 200
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        assert client.get(path).status_code == 200
    return len(main), len(keys)
