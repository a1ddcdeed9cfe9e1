"""A page as a browser understands it: its text, links and forms, read with html.parser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple

from tongban.site.tour.unmet import Unmet

_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"})
_SILENT = frozenset({"script", "style", "template", "svg", "title"})
_INLINE = frozenset({"a", "b", "code", "em", "i", "label", "small", "span", "strong", "time"})
_TEXT_WANTED = frozenset({"a", "button", "textarea", "title"})
_NO_VALUE = frozenset({"submit", "button", "reset", "image"})
_ALERTS = ("refusal", "summary", "field__problem")
"""Classes of the elements that say what is wrong."""


@dataclass(slots=True)
class Control:
    """One control. ``values`` are what a select offers; ``kind`` is its type."""

    name: str
    kind: str
    value: str = ""
    values: list[str] = field(default_factory=list)
    required: bool = False
    checked: bool = False

    @property
    def offered(self) -> list[str]:
        """The answers to choose from; none where anything may be typed."""
        return [self.value] if self.kind in {"radio", "checkbox"} else self.values


@dataclass(frozen=True, slots=True)
class Button:
    """One way to send a form."""

    name: str
    value: str
    action: str
    text: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to send."""

    name: str
    media_type: str
    content: bytes


@dataclass(slots=True)
class Form:
    """One form, filled in before it is sent."""

    action: str
    method: str
    multipart: bool = False
    controls: list[Control] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    files: list[tuple[str, File]] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Tell whether there is a control of that name."""
        return any(one.name == name for one in self.controls)

    def name_ending(self, end: str) -> str:
        """Return the name of the control that is ``end``, or the last part of whose name is."""
        for one in self.controls:
            if one.name.rpartition(".")[2] == end:
                return one.name
        raise Unmet(expected=f"a control named {end}", seen=self._names())

    def fill(self, name: str, value: str) -> None:
        """Type into a box, choose from a group or a select, tick a box with that value."""
        found = [one for one in self.controls if one.name == name and one.kind != "file"]
        if not found:
            raise Unmet(expected=f"a control to fill in named {name}", seen=self._names())
        offered = [value for one in found for value in one.offered]
        if offered and value not in offered:
            raise Unmet(expected=f"{value} among the answers of {name}", seen=", ".join(offered))
        for one in found:
            if one.kind == "radio":
                one.checked = one.value == value
            elif one.kind == "checkbox":
                one.checked = one.checked or one.value == value
            else:
                one.value = value

    def attach(self, name: str, file: File) -> None:
        """Choose a file."""
        if not any(one.name == name and one.kind == "file" for one in self.controls):
            raise Unmet(expected=f"a file control named {name}", seen=self._names())
        self.files.append((name, file))

    def button(self, value: str = "") -> Button | None:
        """Return the button with that value; without one the first, None if there is none."""
        if not value:
            return self.buttons[0] if self.buttons else None
        for one in self.buttons:
            if one.value == value:
                return one
        raise Unmet(
            expected=f"a button {value}",
            seen=", ".join(one.value or one.text for one in self.buttons),
        )

    def fields(self, button: Button | None) -> list[tuple[str, str]]:
        """Return what a browser would send besides the files."""
        sent = [
            (one.name, one.value)
            for one in self.controls
            if one.kind != "file" and (one.kind not in {"radio", "checkbox"} or one.checked)
        ]
        if button is not None and button.name:
            sent.append((button.name, button.value))
        return sent

    def _names(self) -> str:
        return ", ".join(dict.fromkeys(one.name for one in self.controls)) or "none at all"


@dataclass(frozen=True, slots=True)
class Link:
    """One link."""

    address: str
    text: str


@dataclass(slots=True)
class Page:
    """One answer. ``text`` is what can be read; ``alerts`` what the page says is wrong."""

    url: str
    status: int
    title: str = ""
    text: str = ""
    alerts: str = ""
    links: list[Link] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)

    def form(self, end: str, *, having: str = "") -> Form:
        """Return the form whose address ends so, and which has a control of the name if given."""
        for one in self.forms:
            path = one.action.partition("?")[0].partition("#")[0]
            if path.endswith(end) and (not having or one.has(having)):
                return one
        raise Unmet(expected=f"a form for {end}", seen=f"{self.seen()}; forms: {self._actions()}")

    def has_form(self, end: str) -> bool:
        """Tell whether there is a form whose address ends so."""
        return any(one.action.partition("?")[0].endswith(end) for one in self.forms)

    def link(self, part: str, *, text: str = "") -> str:
        """Return the address of the first link with that part and text; Unmet without one."""
        for one in self.links:
            if part in one.address and text in one.text:
                return one.address
        raise Unmet(
            expected=f"a link to {part}" + (f" with the text {text}" if text else ""),
            seen=self.seen(),
        )

    def seen(self) -> str:
        """Return the page in one line, as told when it is not the one that was expected."""
        return " · ".join(
            part
            for part in (f"HTTP {self.status}", self.url, self.title, self.alerts[:300])
            if part
        )

    def _actions(self) -> str:
        return ", ".join(dict.fromkeys(one.action for one in self.forms)) or "none"


def read(url: str, status: int, html: str) -> Page:
    """Return the page that a browser would show."""
    reader = _Reader(Page(url=url, status=status))
    reader.feed(html)
    reader.close()
    reader.finish()
    return reader.page


class _Open(NamedTuple):
    """An element that is still open: whether its words are shown, and say what is wrong."""

    tag: str
    shown: bool
    wrong: bool


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self._open: list[_Open] = []
        self._words: list[str] = []
        self._wrong: list[str] = []
        self._form: Form | None = None
        self._taken: tuple[str, dict[str, str], list[str]] | None = None  # whose text is read
        self._select: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            wrong = any(name in _ALERTS for name in found.get("class", "").split())
            self._open.append(_Open(tag, tag not in _SILENT and "hidden" not in found, wrong))
        self._part(tag)
        if tag == "form":
            self._form = Form(
                action=found.get("action") or self.page.url,
                method=found.get("method", "get").lower(),
                multipart=found.get("enctype") == "multipart/form-data",
            )
            self.page.forms.append(self._form)
        elif tag in _TEXT_WANTED and not any(one.tag == "svg" for one in self._open):
            self._taken = (tag, found, [])
        elif tag == "input":
            self._input(found)
        elif tag == "select":
            self._select = Control(found.get("name", ""), "select", required="required" in found)
            self._control(self._select, found)
        elif tag == "option" and self._select is not None:
            value = found.get("value", "")
            self._select.values.append(value)
            if "selected" in found or len(self._select.values) == 1:
                self._select.value = value

    def handle_endtag(self, tag: str) -> None:
        if any(one.tag == tag for one in self._open):
            while self._open.pop().tag != tag:
                pass
        self._part(tag)
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif self._taken is not None and tag == self._taken[0]:
            self._take()

    def handle_data(self, data: str) -> None:
        if self._taken is not None:
            self._taken[2].append(data)
        if not all(one.shown for one in self._open):
            return
        self._words.append(data)
        if any(one.wrong for one in self._open):
            self._wrong.append(data)

    def _part(self, tag: str) -> None:
        """Part the words before and after an element that starts on a line of its own."""
        if tag not in _INLINE:
            self._words.append(" ")
            self._wrong.append(" ")

    def finish(self) -> None:
        """Put the words together."""
        self.page.text = _joined(self._words)
        self.page.alerts = _joined(self._wrong)

    def _input(self, found: dict[str, str]) -> None:
        kind = found.get("type", "text").lower()
        if kind in _NO_VALUE:
            return
        ticked = kind in {"radio", "checkbox"}
        control = Control(
            name=found.get("name", ""),
            kind=kind,
            value=found.get("value", "on" if ticked else ""),
            required="required" in found,
            checked="checked" in found,
        )
        self._control(control, found)

    def _control(self, control: Control, found: dict[str, str]) -> None:
        if self._form is not None and control.name and "disabled" not in found:
            self._form.controls.append(control)

    def _take(self) -> None:
        if self._taken is None:
            return
        tag, found, words = self._taken
        self._taken = None
        text = _joined(words)
        if tag == "title":
            self.page.title = text
        elif tag == "a":
            self.page.links.append(Link(found.get("href", ""), text))
        elif tag == "textarea":
            value = "".join(words).removeprefix("\n")
            self._control(
                Control(found.get("name", ""), "textarea", value, required="required" in found),
                found,
            )
        elif self._form is not None and found.get("type", "submit") == "submit":
            self._form.buttons.append(
                Button(
                    found.get("name", ""),
                    found.get("value", ""),
                    found.get("formaction", ""),
                    text,
                )
            )


def _joined(words: list[str]) -> str:
    return " ".join("".join(words).split())
