"""A document of record as a sheet: heading, number, addressee, the dates as days.

``cases`` fixed the content when the verb happened; here it is only laid out. The Chinese sheet is
the document, an English one its translation for information.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from tongban.cases.api import RecordView
from tongban.channels.casefile import either, record_title
from tongban.kernel.errors import mark

_DAYS = ("accepted_on", "answer_due_on", "due_on", "statutory_due_on")

_CAME = {
    "original": mark("原件"),
    "electronic": mark("电子件"),
    "exempt": mark("免提交"),
    "missing": mark("缺，待补"),
    "later": mark("容缺后补"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table: a material and how it came, or what must be put right."""

    title: str
    text: str
    title_lang: str = ""
    text_lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What templates/papers/ is given. ``days`` holds the content's dates, None where absent.

    ``sealed`` is False for what the applicant signs. ``clauses`` and ``lines`` are empty where
    the kind has none. Texts that an official wrote stay Chinese (``text_lang``).
    """

    kind: str
    language: str
    lang: str
    issuer: str
    title: str
    number: str
    addressee: str
    issued_on: date
    sealed: bool
    matter: str
    case_number: str
    agency: str
    office: str
    days: dict[str, date | None]
    lines: tuple[Line, ...]
    clauses: tuple[str, ...]
    content: dict[str, Any]

    @property
    def template(self) -> str:
        """The template of the body."""
        return f"papers/kinds/{self.kind}.html"


def sheet(record: RecordView, *, language: str) -> Sheet:
    """Return the sheet of a document of record in "zh-hans" or "en"."""
    with translation.override(language):
        content = record.content
        agency, _ = either(content["agency"], content["agency_en"])
        office, _ = either(content["office"] or "", content["office_en"] or "")
        return Sheet(
            kind=record.kind,
            language=language,
            lang="en" if language == "en" else "zh-Hans",
            issuer=office if office and record.kind in {"slip", "consent"} else agency,
            title=_title(record),
            number=record.number,
            addressee="" if record.kind in {"consent", "delivery"} else content["to"],
            issued_on=record.made_on,
            sealed=record.kind not in {"consent", "delivery"},
            matter=either(content["matter"], content["matter_en"])[0],
            case_number=content["case_number"],
            agency=agency,
            office=office,
            days={name: _day(content.get(name)) for name in _DAYS},
            lines=_lines(content, chinese_only="zh-Hans" if language == "en" else ""),
            clauses=tuple(gettext(clause) for clause in content.get("clauses", ())),
            content=content,
        )


def _title(record: RecordView) -> str:
    """Return the title; a decision is named by its own words: 准予登记决定书."""
    words = record.content.get("words")
    if words is None:
        return record_title(record)
    if translation.get_language() == "zh-hans":
        return f"{words}决定书"
    return gettext("准予决定书") if record.content["granted"] else gettext("不予决定书")


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _lines(content: dict[str, Any], *, chinese_only: str) -> tuple[Line, ...]:
    came = [_came(line) for line in content.get("materials", ())]
    wanted = [
        Line(
            title=line["title"],
            text=line["text"],
            title_lang=chinese_only,
            text_lang=chinese_only,
        )
        for line in content.get("lines", ())
    ]
    return tuple(came + wanted)


def _came(line: dict[str, str]) -> Line:
    title, title_lang = either(line["title"], line["title_en"])
    return Line(title=title, title_lang=title_lang, text=gettext(_CAME[line["came"]]))
