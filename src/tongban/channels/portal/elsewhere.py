"""A person's cases at other governments' nodes, and which of those nodes show the ones here."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import PointerRow, Showing
from tongban.channels import casefile
from tongban.channels.access import POST, for_person
from tongban.channels.casefile import either, state_words
from tongban.channels.parts import Cell, Column, Table
from tongban.channels.portal.frame import reading
from tongban.channels.visitor import Request
from tongban.kernel.errors import mark

DONE = {
    "shown": mark("已允许该节点显示您在这里的办件。"),
    "hidden": mark("该节点不再显示您在这里的办件。"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAt:
    """A node that shows a person their cases here, or may; ``url`` takes the press."""

    node: str
    since: str
    url: str


@for_person(methods=POST)
def show(request: Request, node: str) -> HttpResponse:
    """Let another node show the person's cases here."""
    cases.show_abroad(acting=reading(request), node=node)
    return HttpResponseRedirect(f"{reverse('portal:mine')}?done=shown#elsewhere")


@for_person(methods=POST)
def hide(request: Request, node: str) -> HttpResponse:
    """Let another node show them no more."""
    cases.hide_abroad(acting=reading(request), node=node)
    return HttpResponseRedirect(f"{reverse('portal:mine')}?done=hidden#elsewhere")


def table(rows: Sequence[PointerRow]) -> Table:
    """Return the cases that other nodes deal with; each leads to its own node."""
    labels = (gettext("事项"), gettext("办件编号"), gettext("状态"), gettext("在哪里办理"))
    return Table(
        caption=gettext("在其他节点办理的办件"),
        caption_hidden=True,
        columns=tuple(Column(label=label) for label in labels),
        rows=tuple(_cells(row) for row in rows),
    )


def _cells(row: PointerRow) -> tuple[Cell, ...]:
    title, lang = either(row.title, row.title_en)
    words = state_words(row.state, row.outcome)
    return (
        Cell(
            text=title,
            lang=lang,
            url=urljoin(row.address, reverse("portal:case", args=[row.id])),
            note=gettext("等您处理") if row.asked else "",
        ),
        Cell(text=row.number, reference=True),
        Cell(badge=words.label, tone=words.tone, note=casefile.as_of(row.told_at)),
        Cell(text=either(row.place, row.place_en)[0], note=casefile.node_words(row.node)),
    )


def showings(found: Sequence[Showing]) -> list[ShownAt]:
    """Return the nodes at which the person is known, each with what can be pressed."""
    return [
        ShownAt(
            node=casefile.node_words(one.node),
            since="" if one.agreed_at is None else casefile.moment_words(one.agreed_at),
            url=reverse(
                "portal:show_abroad" if one.agreed_at is None else "portal:hide_abroad",
                args=[one.node],
            ),
        )
        for one in found
    ]
