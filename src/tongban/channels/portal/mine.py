"""A person's own applications, in piles."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseRow, Pile
from tongban.channels import casefile
from tongban.channels.access import for_person
from tongban.channels.casefile import either, row_clock, state_words
from tongban.channels.parts import Cell, Column, NavItem, Pager, Table
from tongban.channels.portal import elsewhere
from tongban.channels.portal.frame import crumb, page, reading
from tongban.channels.visitor import Request
from tongban.kernel.errors import mark

_PILES = {
    Pile.TODO: mark("等您处理"),
    Pile.WAITING: mark("正在办理"),
    Pile.ENDED: mark("已经结束"),
}
_EMPTY = {
    Pile.TODO: mark("没有等您处理的办件"),
    Pile.WAITING: mark("没有正在办理的办件"),
    Pile.ENDED: mark("没有已经结束的办件"),
}
_LONGEST_ID = 49


@for_person()
def mine(request: Request) -> HttpResponse:
    """List the cases of the person, and those that they handle for others."""
    asked = request.GET.get("pile", "")
    pile = Pile(asked) if asked in set(_PILES) else Pile.TODO
    after = request.GET.get("after", "")[:_LONGEST_ID] or None
    found = cases.cases(acting=reading(request), pile=pile, after=after)
    away = () if after else cases.cases_abroad(acting=reading(request), pile=pile)
    done = elsewhere.DONE.get(request.GET.get("done", ""))
    title = gettext("我的办件")
    context = {
        **page(request, "portal:mine", [crumb(title)]),
        "title": title,
        "piles": [
            NavItem(label=gettext(label), url=_url(one), current=one is pile)
            for one, label in _PILES.items()
        ],
        "table": _table(found.rows, gettext(_PILES[pile])) if found.rows else None,
        "empty": "" if away else gettext(_EMPTY[pile]),
        "away": elsewhere.table(away) if away else None,
        "silences": casefile.silences(
            [row.abroad for row in found.rows], more={row.node for row in away}
        ),
        "showings": elsewhere.showings(cases.showings(acting=reading(request))),
        "done": gettext(done) if done else "",
        "pager": Pager(
            first_url=_url(pile) if after else "",
            next_url=_url(pile, found.next_after) if found.next_after else "",
            shown=len(found.rows),
        ),
    }
    return render(request, "portal/mine.html", context)


def _url(pile: Pile, after: str | None = None) -> str:
    query = {"pile": pile.value} | ({"after": after} if after else {})
    return f"{reverse('portal:mine')}?{urlencode(query)}"


def _table(rows: tuple[CaseRow, ...], caption: str) -> Table:
    columns = (
        gettext("事项"),
        gettext("办件编号"),
        gettext("申请人"),
        gettext("状态"),
        gettext("时限"),
    )
    return Table(
        caption=caption,
        caption_hidden=True,
        columns=tuple(Column(label=label) for label in columns),
        rows=tuple(_cells(row) for row in rows),
    )


def _cells(row: CaseRow) -> tuple[Cell, ...]:
    title, lang = either(row.title, row.title_en)
    place, _ = either(row.place, row.place_en)
    words = state_words(row.state, row.outcome)
    clock = row_clock(row)
    return (
        Cell(
            text=title,
            lang=lang,
            url=reverse("portal:case", args=[row.id]),
            note=place,
        ),
        Cell(text=row.number, reference=True) if row.number else Cell(text=gettext("尚未编号")),
        Cell(text=row.applicant, note=gettext("由代理人办理") if row.by_agent else ""),
        Cell(badge=words.label, tone=words.tone, note=casefile.row_note(row.abroad)),
        Cell(clock=clock) if clock else Cell(text="—"),
    )
