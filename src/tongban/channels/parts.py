"""What the parts of a page are given: frozen rows for the templates under ``templates/parts/``.

Every text here is already in the reader's language. ``*_lang`` names the language of a text that
has no translation ("zh-Hans" on an English page), else "". Nothing here decides anything.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Tone = Literal["neutral", "active", "good", "warn", "bad", "waiting"]
FieldKind = Literal["text", "textarea", "number", "date", "checkbox", "radio", "select"]
StepState = Literal["done", "current", "todo", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer of a radio group or a select."""

    value: str
    label: str
    hint: str = ""
    selected: bool = False
    label_lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question (parts/field.html). ``value`` is what stands in the control, as text.

    ``problem`` is the message shown above the control, "" for none. ``source`` names where a
    prefilled value came from; ``absent_since`` says that the source does not answer, since when.
    ``show_if`` is ("name", "value") of the answer that makes the question apply, ``condition`` the
    same in words, for those without a script.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    value: str = ""
    help: str = ""
    problem: str = ""
    required: bool = False
    choices: tuple[Choice, ...] = ()
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    pattern: str = ""
    autocomplete: str = ""
    inputmode: str = ""
    width: Literal["", "s", "m", "l"] = ""
    readonly: bool = False
    autofocus: bool = False
    label_lang: str = ""
    help_lang: str = ""
    source: str = ""
    absent_since: str = ""
    show_if: tuple[str, str] | None = None
    condition: str = ""

    @property
    def id(self) -> str:
        """The control's id; a link from the summary of problems points at it."""
        return "f-" + self.name.replace(".", "-").replace("/", "-")

    @property
    def checked(self) -> bool:
        """Whether a checkbox is ticked."""
        return self.value == "true"

    @property
    def described_by(self) -> str:
        """The ids of help, problem and source that belong to the control, "" for none."""
        found = {
            "help": self.help,
            "problem": self.problem,
            "source": self.source or self.absent_since,
        }
        return " ".join(f"{self.id}-{name}" for name, text in found.items() if text)

    @property
    def target(self) -> str:
        """Where the summary's link points: the control, or the first answer of a group."""
        return f"{self.id}-1" if self.kind == "radio" else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Questions under one heading (parts/form_sections.html)."""

    key: str
    title: str
    fields: tuple[Field, ...]
    help: str = ""
    title_lang: str = ""
    help_lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One line of the summary of problems; ``target`` is the id it links to, "" for none."""

    message: str
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form ready to be shown: its sections, and every problem in the order of the page."""

    sections: tuple[Section, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One row of a definition list (parts/facts.html)."""

    label: str
    value: str
    note: str = ""
    url: str = ""
    value_lang: str = ""
    note_lang: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an application's progress (parts/steps.html)."""

    label: str
    state: StepState
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One place to go (parts/nav.html, parts/crumbs.html); ``count`` is shown when given."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLink:
    """One file that can be opened. ``size`` is already words ("1.2 MB"); ``remove_url`` by POST."""

    name: str
    url: str
    media_type: str = ""
    size: str = ""
    remove_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HappeningRow:
    """One event of a case (parts/timeline.html)."""

    title: str
    at: datetime
    who: str = ""
    note: str = ""
    note_lang: str = ""
    tone: Tone = "neutral"
    documents: tuple[DocumentLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A running time limit (parts/light.html, parts/clock.html).

    ``light`` is a value of ``kernel.workdays.Light``; ``days_left`` is negative when past, None
    where the limit does not count in days; ``basis`` names the law or the promise.
    """

    light: str
    days_left: int | None = None
    due_on: date | None = None
    provisional: bool = False
    basis: str = ""

    @property
    def days_over(self) -> int:
        """How many days past due, 0 if none."""
        return max(0, -(self.days_left or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """One hand-over of an original."""

    at: datetime
    text: str
    by: str = ""
    waybill: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRow:
    """One original or result and the hands it went through (parts/custody.html)."""

    label: str
    state_label: str
    tone: Tone
    holder: str
    copies: int = 1
    expected_by: date | None = None
    overdue: bool = False
    moves: tuple[MoveRow, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRow:
    """One material with its acceptance standard (parts/checklist_row.html).

    ``needs`` are short words already translated (必要, 原件 1 份, 免提交 …). ``state_label`` with
    ``tone`` says how it stands. ``answer`` and ``note`` are controls of a clerk's or officer's
    check; ``file`` asks for an upload.
    """

    key: str
    title: str
    needs: tuple[str, ...] = ()
    standard: str = ""
    source_note: str = ""
    state_label: str = ""
    tone: Tone = "neutral"
    sample: bool = False
    title_lang: str = ""
    standard_lang: str = ""
    documents: tuple[DocumentLink, ...] = ()
    answer: Field | None = None
    note: Field | None = None
    file: "FileField | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileField:
    """A file asked for (parts/file_input.html); ``documents`` were given before."""

    name: str
    label: str
    help: str = ""
    problem: str = ""
    required: bool = False
    multiple: bool = False
    accept: str = ".pdf,.jpg,.jpeg,.png"
    limit_bytes: int = 20 * 1024 * 1024
    documents: tuple[DocumentLink, ...] = ()
    label_hidden: bool = False

    @property
    def id(self) -> str:
        """The control's id."""
        return "f-" + self.name.replace(".", "-").replace("/", "-")

    @property
    def target(self) -> str:
        """Where the summary's link points."""
        return self.id

    @property
    def limit_mib(self) -> int:
        """The limit in whole mebibytes."""
        return self.limit_bytes // (1024 * 1024)

    @property
    def described_by(self) -> str:
        """The ids of the texts that belong to the control."""
        found = {"help": self.help, "problem": self.problem, "limit": "always"}
        return " ".join(f"{self.id}-{name}" for name, text in found.items() if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table (parts/table.html)."""

    label: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell. At most one of ``badge`` (with ``tone``), ``clock`` and ``url`` with ``text``."""

    text: str = ""
    note: str = ""
    url: str = ""
    tone: Tone = "neutral"
    badge: str = ""
    clock: Clock | None = None
    sample: bool = False
    lang: str = ""
    reference: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first cell of each row is its heading. ``caption_hidden`` keeps it spoken."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Links of a list read by key: there is no page number and no total."""

    first_url: str = ""
    previous_url: str = ""
    next_url: str = ""
    shown: int = 0
