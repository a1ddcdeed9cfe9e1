"""The one-notice builder 一次性告知: every field and material, each with a box and its words.

The words of a line are put together from three things: standing phrases, sentences of the
acceptance standard that are not met, and what the officer writes. The notice is a Chinese
document, so the words are Chinese on an English page too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import get_language, gettext

from tongban.cases.api import CaseFile, MaterialView, Verb, Wanted
from tongban.channels.casefile import form_fields, material_rows
from tongban.channels.parts import Choice, Fact, MaterialRow
from tongban.kernel.errors import mark

_FIELD_PHRASES = (
    mark("填写的内容与提交的材料不一致，请核对更正。"),
    mark("填写不完整或者不规范，请按填写说明更正。"),
    mark("没有填写，请补充。"),
)
_MATERIAL_PHRASES = (
    mark("没有提交，请提交。"),
    mark("图像不清晰或者不完整，请重新扫描或者拍照后提交。"),
    mark("缺页，请提交全部页面。"),
)
_UNMET = "不符合受理标准：{standards}。"
_LEAST_SENTENCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One field or material of the builder. ``path`` as in a notice; ``fact`` or ``material``.

    ``phrases`` and ``standards`` are boxes; ``told`` is what the first notice said of it.
    """

    path: str
    ticked: bool
    phrases: tuple[Choice, ...]
    standards: tuple[Choice, ...]
    text: str
    fact: Fact | None = None
    material: MaterialRow | None = None
    told: str = ""
    problem: str = ""

    @property
    def id(self) -> str:
        """The id of its box; a link from the summary of problems points at it."""
        return "w-" + self.path.replace(".", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The builder: fields and materials apart. ``again`` tells that there was a notice before."""

    fields: tuple[Line, ...]
    materials: tuple[Line, ...]
    again: bool

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines in the order of the page."""
        return self.fields + self.materials


def read(post: QueryDict) -> list[Wanted]:
    """Return the ticked lines of a sent builder, in the order of the page."""
    return [Wanted(path=path, text=_words(post, path)) for path in _ticked(post)]


def build(
    file: CaseFile, post: QueryDict | None = None, *, least: int = 0, most: int | None = None
) -> Notice:
    """Return the builder of a case, with what was typed in ``post``.

    After a first notice only its lines are offered: everything had to be told at once
    (行政许可法 art. 32(4)). A ticked line with fewer than ``least`` characters or more than
    ``most`` is a problem.
    """
    told = _told(file)
    sent = QueryDict() if post is None else post
    fields = [
        _line(f"form.{name}", sent, told, fact=fact, phrases=_FIELD_PHRASES)
        for name, fact in form_fields(file)
    ]
    materials = [
        _line(
            f"paper.{view.material.key}",
            sent,
            told,
            material=row,
            phrases=_MATERIAL_PHRASES,
            standards=sentences(view.material.accept_standard),
        )
        for view, row in _materials(file)
    ]

    def kept(lines: list[Line]) -> tuple[Line, ...]:
        return tuple(
            replace(line, problem=_problem(line, len(_words(sent, line.path)), least, most))
            for line in lines
            if not told or line.path in told
        )

    return Notice(fields=kept(fields), materials=kept(materials), again=bool(told))


def _problem(line: Line, length: int, least: int, most: int | None) -> str:
    if line.ticked and length < least:
        return gettext("请写明这一项的补正要求。")
    if line.ticked and most is not None and length > most:
        return gettext("请精简到 {most} 个字以内。").format(most=most)
    return ""


def sentences(standard: str) -> tuple[str, ...]:
    """Return the single requirements of an acceptance standard, without their full stops.

    >>> sentences("四角完整，文字清楚。租期未满；双方签字。")
    ('四角完整，文字清楚', '租期未满', '双方签字')
    """
    pieces = (piece.strip() for piece in re.split(r"[。；\n]", standard))
    return tuple(piece for piece in pieces if len(piece) >= _LEAST_SENTENCE)


def _ticked(post: QueryDict) -> list[str]:
    return list(dict.fromkeys(post.getlist("wanted")))


def _words(post: QueryDict, path: str) -> str:
    phrases = "".join(post.getlist(f"phrase:{path}"))
    unmet = "；".join(post.getlist(f"standard:{path}"))
    standards = _UNMET.format(standards=unmet) if unmet else ""
    return phrases + standards + post.get(f"text:{path}", "").replace("\r\n", "\n").strip()


def _told(file: CaseFile) -> Mapping[str, str]:
    """Return what the first notice said, by path; empty if there was none."""
    first = next((event for event in file.events if event.verb is Verb.ASK_CORRECTION), None)
    return {} if first is None else {line["path"]: line["text"] for line in first.personal["lines"]}


def _materials(file: CaseFile) -> list[tuple[MaterialView, MaterialRow]]:
    return list(zip(file.materials, material_rows(file), strict=True))


def _line(
    path: str,
    sent: QueryDict,
    told: Mapping[str, str],
    *,
    phrases: tuple[str, ...],
    standards: tuple[str, ...] = (),
    fact: Fact | None = None,
    material: MaterialRow | None = None,
) -> Line:
    chosen = {*sent.getlist(f"phrase:{path}"), *sent.getlist(f"standard:{path}")}
    chinese = "zh-Hans" if (get_language() or "zh").startswith("en") else ""
    return Line(
        path=path,
        ticked=path in sent.getlist("wanted"),
        phrases=tuple(
            Choice(value=one, label=gettext(one), selected=one in chosen) for one in phrases
        ),
        standards=tuple(
            Choice(value=one, label=one, selected=one in chosen, label_lang=chinese)
            for one in standards
        ),
        text=sent.get(f"text:{path}", ""),
        fact=fact,
        material=material,
        told=told.get(path, ""),
    )
