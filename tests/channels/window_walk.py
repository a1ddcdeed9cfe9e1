"""A browser without a screen: it reads a page's links, forms and boxes, presses, and counts.

What it sends is what the page holds, so a test that walks proves that the page offers the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localdate

from channels.entry_people import staff_client
from support.scene import DACHANG, WINDOWS
from tongban.identity import api as identity
from tongban.identity.api import PostRow, Power, StaffRow
from tongban.kernel import clock

OWN_NUMBER = "131028199305059984"
"""A made-up number that passes the check; its owner is registered nowhere."""


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, what it would send, its buttons in order."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)
    radios: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._text: list[str] | None = None
        self._href: str | None = None
        self._button: dict[str, str] | None = None
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self._href, self._text = given["href"], []
        elif tag == "button" and self._form is not None:
            self._button, self._text = given, []
        elif tag == "input" and self._form is not None:
            _input(self._form, given)
        elif tag == "textarea":
            self._area, self._text = given["name"], []
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given and self._form and self._select:
            self._form.values[self._select] = [given["value"]]

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = " ".join("".join(self._text or ()).split())
        if tag == "form":
            self._form = None
        elif tag == "a" and self._href is not None:
            self.links.append((text, self._href))
            self._href = self._text = None
        elif tag == "button" and self._button is not None and self._form is not None:
            self._form.buttons.append({**self._button, "text": text})
            self._button = self._text = None
        elif tag == "textarea" and self._area is not None and self._form is not None:
            self._form.values[self._area] = ["".join(self._text or ()).lstrip("\n")]
            self._form.names.add(self._area)
            self._area = self._text = None
        elif tag == "select":
            self._select = None


def _input(form: Form, given: dict[str, str]) -> None:
    name, kind = given.get("name", ""), given.get("type", "text")
    form.names.add(name)
    if kind == "radio":
        form.radios.setdefault(name, []).append(given["value"])
    if kind == "file" or (kind in {"radio", "checkbox"} and "checked" not in given):
        return
    form.values.setdefault(name, []).append(given.get("value", "on"))


@dataclass(slots=True)
class Walker:
    """A clerk's browser. ``clicks`` counts presses of links, buttons, ticks and answers."""

    client: Client
    clicks: int = 0
    page: str = ""
    status: int = 0
    at: str = ""

    @property
    def forms(self) -> list[Form]:
        """The forms of the page."""
        return self._read().forms

    @property
    def links(self) -> list[tuple[str, str]]:
        """The links of the page: words and address."""
        return self._read().links

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.page)
        return reader

    def go(self, path: str) -> "Walker":
        """Type an address."""
        response = self.client.get(path, follow=True)
        return self._keep(response, path)

    def _keep(self, response: Any, path: str) -> "Walker":  # noqa: ANN401 - Django's test response
        body = b"".join(response.streaming_content) if response.streaming else response.content
        self.page, self.status = body.decode(), response.status_code
        chain = getattr(response, "redirect_chain", [])
        self.at = chain[-1][0] if chain else path
        return self

    def follow(self, words: str) -> "Walker":
        """Press the one link that begins with these words."""
        found = {href for text, href in self.links if text.startswith(words)}
        assert len(found) == 1, (words, found)
        self.clicks += 1
        return self.go(found.pop())

    def form(self, action_end: str) -> Form:
        """Return the form whose address ends so; "" for the page's own."""
        here = urlsplit(self.at).path
        found = [
            form
            for form in self.forms
            if form.method == "post" and (form.action or here).endswith(action_end)
        ]
        assert len(found) == 1, (action_end, [form.action for form in self.forms])
        return found[0]

    def press(
        self,
        action_end: str,
        answers: Mapping[str, str] | None = None,
        *,
        button: str = "",
        files: Mapping[str, bytes] | None = None,
        questions: Mapping[str, str] | None = None,
    ) -> "Walker":
        """Fill in a form and press its button; "" is what Enter presses, the first one.

        Ticks and answers of radio groups cost a click each,
        unless the page had them already; ``questions`` are the matter's own and cost none.
        """
        path, sent = self.filled(
            action_end, answers, button=button, files=files, questions=questions
        )
        self.clicks += 1
        return self.send(path, sent)

    def filled(
        self,
        action_end: str,
        answers: Mapping[str, str] | None = None,
        *,
        button: str = "",
        files: Mapping[str, bytes] | None = None,
        questions: Mapping[str, str] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """Return the address and what would be sent, without pressing."""
        form = self.form(action_end)
        sent: dict[str, Any] = {name: list(values) for name, values in form.values.items()}
        for name, value in (questions or {}).items():
            assert name in form.names or name in form.values, f"no question {name}"
            sent[name] = [value]
        for control, value in (answers or {}).items():
            known = control in form.names
            assert known or control in form.values, f"no control {control}"
            if (control in form.radios or value == "true") and sent.get(control) != [value]:
                self.clicks += 1
            sent[control] = [value]
        for name, content in (files or {}).items():
            assert name in form.names, f"no control {name}"
            sent[name] = SimpleUploadedFile("材料.pdf", content, "application/pdf")
        pressed = next(one for one in form.buttons if not button or one["text"].startswith(button))
        if pressed.get("name"):
            sent[pressed["name"]] = pressed["value"]
        return pressed.get("formaction") or form.action or urlsplit(self.at).path, sent

    def send(self, path: str, sent: dict[str, Any]) -> "Walker":
        """Post to an address."""
        return self._keep(self.client.post(path, sent, follow=True), path)


def texts(form: dict[str, Any]) -> dict[str, str]:
    """Return a form's answers as they stand in its controls."""
    return {
        name: ("true" if value else "false") if isinstance(value, bool) else str(value)
        for name, value in form.items()
    }


def clerk(place: str = DACHANG, post_id: str = "") -> Walker:
    """Return the browser of a demo clerk."""
    chosen = post_id or WINDOWS[place]
    return Walker(staff_client(identity.post(chosen, on=localdate(clock.now()))))


def other_post(*powers: Power, office: str, place: str) -> Walker:
    """Return the browser of a clerk of our own making."""
    name = "-".join(sorted(power.value for power in powers)) + f"-{office}"
    identity.put_staff([StaffRow(id=f"staff-{name}", login=name, name="王敏")], apply=True)
    row = PostRow(
        id=f"post-{name}",
        staff_id=f"staff-{name}",
        place_id=place,
        agency_id=None,
        office_id=office,
        title="综合窗口",
        powers=powers,
        starts_on=date(2020, 1, 1),
    )
    identity.put_posts([row], apply=True)
    return clerk(post_id=f"post-{name}")
