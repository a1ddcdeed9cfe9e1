"""The queue as a table: number, matter, applicant, way in, state, clock."""

import unicodedata
from datetime import date

from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext

from tongban.cases.api import CasePage, CaseRow, Pile
from tongban.channels.casefile import either, erased_words, mode_words, row_clock, state_words
from tongban.channels.casefile.words import is_english
from tongban.channels.desk.chrome import PILES
from tongban.channels.parts import Cell, Column, Pager, Table
from tongban.kernel.workdays import Light

MOST_NUMBER = 32


def pile_of(query: QueryDict) -> Pile:
    """Return the pile asked for; a word that names none means what is to be done."""
    asked = query.get("pile", "")
    return Pile(asked) if asked in {*Pile} else Pile.TODO


def number_of(query: QueryDict) -> str:
    """Return the number searched for, as numbers are written (half-width, no blanks)."""
    typed = unicodedata.normalize("NFKC", query.get("number", ""))
    return "".join(typed.split())[:MOST_NUMBER]


def table_of(page: CasePage, caption: str) -> Table:
    """Return the rows of a page as a table (parts/table.html)."""
    columns = (
        Column(label=gettext("编号")),
        Column(label=gettext("事项")),
        Column(label=gettext("申请人")),
        Column(label=gettext("收件途径")),
        Column(label=gettext("状态")),
        Column(label=gettext("时限")),
        Column(label=gettext("到期"), number=True),
        Column(label=gettext("最近进展"), number=True),
    )
    return Table(
        caption=caption,
        caption_hidden=True,
        columns=columns,
        rows=tuple(_row(row) for row in page.rows),
    )


def _row(row: CaseRow) -> tuple[Cell, ...]:
    words = state_words(row.state, row.outcome)
    title, title_lang = either(row.title, row.title_en)
    office, office_lang = either(row.office or "", row.office_en or "")
    clock = row_clock(row)
    return (
        Cell(text=row.number or "", url=reverse("desk:case", args=[row.id]), reference=True),
        Cell(text=title, lang=title_lang),
        Cell(
            text=row.applicant or erased_words(),
            note=gettext("代理人办理") if row.by_agent else "",
        ),
        Cell(text=office, lang=office_lang) if office else Cell(text=mode_words(row.mode)),
        Cell(badge=words.label, tone=words.tone),
        Cell(text="—") if clock is None else Cell(clock=clock),
        Cell(text="—" if row.due_on is None else _short(row.due_on)),
        Cell(text=_short(localdate(row.changed_at))),
    )


def _short(on: date) -> str:
    """Return a day without its year, which is this one, the last or the next."""
    return date_format(on, "j M" if is_english() else "n月j日")


def lights_of(page: CasePage) -> tuple[tuple[str, int], ...]:
    """Return how many rows of the page burn red, yellow and in warning."""
    return tuple(
        (light.value, count)
        for light in (Light.RED, Light.YELLOW, Light.WARNING)
        if (count := sum(1 for row in page.rows if row.light is light))
    )


def pager_of(page: CasePage, pile: Pile, number: str, after: str | None) -> Pager:
    """Return the links of a list read by key."""
    kept = {"pile": pile.value, **({"number": number} if number else {})}
    home = reverse("desk:home")
    onward = {**kept, "after": page.next_after} if page.next_after is not None else None
    return Pager(
        first_url=f"{home}?{urlencode(kept)}" if after else "",
        next_url=f"{home}?{urlencode(onward)}" if onward else "",
        shown=len(page.rows),
    )


def empty_words(pile: Pile, number: str) -> tuple[str, str]:
    """Return what an empty list says: that it is empty, and why."""
    if number:
        return (
            gettext("没有编号以“{number}”开头的办件").format(number=number),
            gettext("只能查到由本机关办理的办件；请核对编号，编号从办理地代码写起。"),
        )
    texts = {
        Pile.TODO: (gettext("没有待办的办件"), gettext("新的申请提交或者送达后，会出现在这里。")),
        Pile.WAITING: (
            gettext("没有等待补正的办件"),
            gettext("发出补正告知书以后，办件在这里等申请人补正；补正期间不计入时限。"),
        ),
        Pile.ENDED: (gettext("还没有办结的办件"), gettext("办结、送达和撤回的办件会出现在这里。")),
        Pile.ALL: (gettext("还没有办件"), gettext("本机关办理的所有办件会出现在这里。")),
    }
    return texts[pile]


def heading_of(pile: Pile, number: str) -> str:
    """Return the title of the list."""
    if number:
        return gettext("编号查询：{number}").format(number=number)
    return gettext(PILES[pile])
