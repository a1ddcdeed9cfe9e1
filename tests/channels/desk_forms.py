"""What an officer's browser does: find the form of an act, fill it in, send it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from channels.portal_people import staff, text
from support.scene import DECIDERS, OFFICERS, TONGZHOU


def officer(place: str = TONGZHOU) -> Client:
    """Return the browser of a place's case officer."""
    return staff(OFFICERS[place])


def decider(place: str = TONGZHOU) -> Client:
    """Return the browser of a place's decider."""
    return staff(DECIDERS[place])


def url(case_id: str, slug: str = "") -> str:
    """Return the address of a file, or of one act on it."""
    return f"/desk/cases/{case_id}/{slug}/" if slug else f"/desk/cases/{case_id}/"


@dataclass
class _Forms(HTMLParser):
    """Reads the forms of a page by their action, with what a browser would send unasked."""

    found: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _open: dict[str, list[str]] | None = None
    _textarea: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = self.found.setdefault(given.get("action", ""), {})
        elif self._open is None or "name" not in given:
            return
        elif tag == "textarea":
            self._textarea = given["name"]
            self._open[self._textarea] = [""]
        elif tag == "input":
            boxed = given.get("type") in {"checkbox", "radio"}
            if not boxed or "checked" in given:
                self._open.setdefault(given["name"], []).append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._textarea is not None:
            self._open[self._textarea][0] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._textarea = None


def forms(page: str) -> dict[str, dict[str, list[str]]]:
    """Return the fields of every form of a page, by the form's action."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


def form_of(client: Client, case_id: str, slug: str) -> dict[str, Any]:
    """Open the file and return the form of one act as it stands there."""
    return dict(forms(text(client.get(url(case_id))))[url(case_id, slug)])


def send(client: Client, case_id: str, slug: str, **answers: object) -> Any:  # noqa: ANN401 - test response
    """Open the file, fill in the form of an act and send it; ``reason`` means ``<slug>-reason``."""
    sent = form_of(client, case_id, slug) | answered(slug, answers)
    return client.post(url(case_id, slug), sent)


def answered(slug: str, answers: dict[str, object]) -> dict[str, object]:
    """Return answers under the names of an act's fields."""
    own = {"reason", "grant", "confirm", "number"}
    return {(f"{slug}-{name}" if name in own else name): value for name, value in answers.items()}


def panels(client: Client, case_id: str) -> list[str]:
    """Return the acts that the file offers, in the order of its bar."""
    response = client.get(url(case_id))
    assert response.status_code == 200
    return [panel.slug for panel in response.context["bar"]]
