"""The clerk's first page, and the ledger of what the office took in."""

import unicodedata
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import Pile
from tongban.channels.access import for_staff
from tongban.channels.casefile import silences
from tongban.channels.parts import NavItem, Pager
from tongban.channels.visitor import Request
from tongban.channels.window import queue
from tongban.channels.window.page import POWERS, as_clerk, frame, office_of
from tongban.kernel import clock
from tongban.kernel.errors import mark

_PILES = {
    Pile.ALL: mark("全部"),
    Pile.TODO: mark("待本窗口办理"),
    Pile.WAITING: mark("办理机关办理中"),
    Pile.ENDED: mark("已结束"),
}


@for_staff(*POWERS)
def home(request: Request) -> HttpResponse:
    """Show what waits for this office: results to hand out, corrections, originals, drafts."""
    office, acting = office_of(request), as_clerk(request)
    at_work = queue.at_work(acting, office, localdate(clock.now()))
    context = {**frame(request, "home"), "work": at_work}
    return render(request, "window/home.html", context)


@for_staff(*POWERS)
def ledger(request: Request) -> HttpResponse:
    """List what this office took in, by pile and number, page by page."""
    pile = _pile(request.GET.get("pile", ""))
    number = unicodedata.normalize("NFKC", request.GET.get("number", "")).strip()
    after = request.GET.get("after", "").strip() or None
    page = cases.cases(acting=as_clerk(request), pile=pile, after=after, number=number)
    context = {
        **frame(request, "ledger"),
        "piles": _piles(pile, number),
        "pile": pile.value,
        "number": number,
        "table": queue.ledger_table(page.rows),
        "silences": silences([row.abroad for row in page.rows]),
        "empty": not page.rows,
        "pager": Pager(
            first_url=_url(pile, number) if after else "",
            next_url=_url(pile, number, after=page.next_after) if page.next_after else "",
            shown=len(page.rows),
        ),
    }
    return render(request, "window/ledger.html", context)


def _pile(text: str) -> Pile:
    return Pile(text) if text in {pile.value for pile in Pile} else Pile.ALL


def _piles(current: Pile, number: str) -> tuple[NavItem, ...]:
    return tuple(
        NavItem(label=gettext(label), url=_url(pile, number), current=pile is current)
        for pile, label in _PILES.items()
    )


def _url(pile: Pile, number: str, **more: Any) -> str:  # noqa: ANN401 - words of a query
    asked = {"pile": pile.value, "number": number, **more}
    return f"{reverse('window:ledger')}?{urlencode({k: v for k, v in asked.items() if v})}"
