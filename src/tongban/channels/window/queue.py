"""What waits for an office, as rows: cases by what they wait for, papers by where they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CasePage, CaseRow, State, WindowHeaps
from tongban.channels.casefile import (
    day_words,
    either,
    erased_words,
    row_clock,
    row_note,
    state_words,
)
from tongban.channels.parts import Cell, Column, Table
from tongban.channels.window.moves import AT_REST, office_holder
from tongban.delivery import api as delivery
from tongban.delivery.api import Holder, HolderKind, ItemKind, ItemState, ItemView
from tongban.kernel.acting import Acting
from tongban.places import api as places


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """One heap of work: its figure, its rows. ``more`` when there is more than is shown."""

    key: str
    title: str
    about: str
    rows: tuple["Line", ...]
    tone: str = ""
    more: bool = False

    @property
    def count(self) -> str:
        """How many, with + where there are more."""
        return f"{len(self.rows)}+" if self.more else str(len(self.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing to do: a case or a paper of a case."""

    url: str
    title: str
    title_lang: str = ""
    number: str = ""
    who: str = ""
    where: str = ""
    on: date | None = None
    on_label: str = ""
    late: bool = False
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """The clerk's first page: heaps of cases, heaps of papers."""

    cases: tuple[Heap, ...]
    papers: tuple[Heap, ...]

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not any(heap.rows for heap in (*self.cases, *self.papers))

    @property
    def heaps(self) -> tuple[Heap, ...]:
        """All of them, for the figures."""
        return (*self.cases, *self.papers)


def at_work(acting: Acting, office: places.OfficeView, today: date) -> AtWork:
    """Return what waits for the office. Four statements for its papers."""
    here = office_holder(office.id)
    held = delivery.items_held(here)
    moving = delivery.overdue(date.max, owner=here)  # due before the end of time: all of them
    numbers = cases.numbers_of(
        acting=acting, case_ids=sorted({one.subject[1] for one in (*held, *moving)})
    )
    arrived = {one.subject[1] for one in held if one.kind is ItemKind.RESULT}
    return AtWork(
        cases=(
            *_case_heaps(cases.window_heaps(acting=acting, arrived=arrived)),
            _between(cases.between_nodes(acting=acting)),
        ),
        papers=_paper_heaps(held, moving, here, numbers, today),
    )


def _case_heaps(todo: WindowHeaps) -> tuple[Heap, ...]:
    def heap(key: str, title: str, about: str, page: CasePage) -> Heap:
        lines = tuple(map(_case_line, page.rows))
        return Heap(key=key, title=title, about=about, rows=lines, more=page.next_after is not None)

    return (
        heap("deliver", gettext("可以送达"), gettext("结果在本窗口，等申请人来领"), todo.ready),
        heap("correct", gettext("等待补正"), gettext("等申请人来补正"), todo.correcting),
        heap("drafts", gettext("草稿"), gettext("还没有收件"), todo.drafts),
        heap(
            "coming",
            gettext("结果未到"),
            gettext("已办结，结果还没有寄到本窗口"),
            todo.coming,
        ),
    )


def _between(page: CasePage) -> Heap:
    """Return what stands still between two nodes: on its way, sent back, or to be compared."""
    return Heap(
        key="between",
        title=gettext("节点之间"),
        about=gettext("移交中、被退回，或者双方记录待核对"),
        rows=tuple(map(_case_line, page.rows)),
        tone="bad" if any(row.abroad and row.abroad.differs for row in page.rows) else "",
        more=page.next_after is not None,
    )


def _case_line(row: CaseRow) -> Line:
    title, lang = either(row.title, row.title_en)
    draft = row.state is State.DRAFT
    return Line(
        url=reverse("window:intake" if draft else "window:case", args=[row.id]),
        title=title,
        title_lang=lang,
        number=row.number or "",
        who=row.applicant or erased_words(),
        where=either(row.place, row.place_en)[0],
        on=row.changed_at,
        on_label=gettext("最近更新"),
    )


def _paper_heaps(
    held: Sequence[ItemView],
    moving: Sequence[ItemView],
    here: Holder,
    numbers: dict[str, str],
    today: date,
) -> tuple[Heap, ...]:
    late = [one for one in moving if one.expected_by is not None and one.expected_by < today]
    on_time = [one for one in moving if one not in late]
    resting = [one for one in held if one.state in AT_REST]
    to_send = [one for one in resting if one.state is ItemState.TO_SEND]
    # A result that came is handed out, an original that came back too.
    to_give = [one for one in resting if one not in to_send]

    def heap(key: str, title: str, about: str, items: Iterable[ItemView], tone: str = "") -> Heap:
        rows = tuple(_paper_line(one, numbers, today) for one in items)
        return Heap(key=key, title=title, about=about, rows=rows, tone=tone)

    return (
        heap("late", gettext("逾期未到"), gettext("超过预计送达日，请核查"), late, "bad"),
        heap(
            "sign",
            gettext("待签收"),
            gettext("办理机关寄来，正在途中"),
            [one for one in on_time if one.addressee == here],
        ),
        heap("send", gettext("待寄送"), gettext("收存的原件，寄往办理机关"), to_send),
        heap(
            "sent",
            gettext("在途"),
            gettext("本窗口寄出，对方尚未签收"),
            [one for one in on_time if one.addressee != here],
        ),
        heap("give", gettext("在本窗口"), gettext("收存、退回或已签收，交申请人或寄送"), to_give),
    )


def _paper_line(item: ItemView, numbers: dict[str, str], today: date) -> Line:
    label = item.label if item.copies == 1 else f"{item.label} × {item.copies}"
    return Line(
        url=reverse("window:case", args=[item.subject[1]]) + f"#p-{item.id}",
        title=label,
        title_lang=either(label, "")[1],
        number=numbers.get(item.subject[1], ""),
        where=_end(item),
        on=item.expected_by or item.created_at,
        on_label=gettext("预计送达") if item.expected_by else gettext("收存"),
        late=item.expected_by is not None and item.expected_by < today,
    )


def _end(item: ItemView) -> str:
    """Return what the paper is, and to or from whom it goes."""
    kind = gettext("结果") if item.kind is ItemKind.RESULT else gettext("原件")
    other = item.addressee
    if other is None or other.kind is HolderKind.PERSON:
        return kind
    if other.kind is HolderKind.OFFICE and item.sender is not None:
        return gettext("{kind} · 来自{who}").format(kind=kind, who=_name(item.sender))
    return gettext("{kind} · 寄往{who}").format(kind=kind, who=_name(other))


def _name(holder: Holder) -> str:
    if holder.kind is HolderKind.AGENCY:
        agency = places.agency(holder.id)
        return either(agency.name, agency.name_en)[0]
    office = places.office(holder.id)
    return either(office.name, office.name_en)[0]


def ledger_table(rows: Sequence[CaseRow]) -> Table:
    """Return the ledger's rows as a table."""
    return Table(
        caption=gettext("收件台账"),
        caption_hidden=True,
        columns=(
            Column(label=gettext("办件编号")),
            Column(label=gettext("事项")),
            Column(label=gettext("申请人")),
            Column(label=gettext("办理地")),
            Column(label=gettext("状态")),
            Column(label=gettext("时限")),
            Column(label=gettext("最近更新")),
        ),
        rows=tuple(_ledger_row(row) for row in rows),
    )


def _ledger_row(row: CaseRow) -> tuple[Cell, ...]:
    title, lang = either(row.title, row.title_en)
    status, clock = state_words(row.state, row.outcome), row_clock(row)
    return (
        Cell(
            text=row.number or gettext("草稿"),
            url=reverse("window:case", args=[row.id]),
            reference=row.number is not None,
        ),
        Cell(text=title, lang=lang),
        Cell(text=row.applicant or erased_words()),
        Cell(text=either(row.place, row.place_en)[0]),
        Cell(badge=status.label, tone=status.tone, note=row_note(row.abroad)),
        Cell(clock=clock) if clock else Cell(text="—"),
        Cell(text=_day(row)),
    )


def _day(row: CaseRow) -> str:
    return day_words(localdate(row.changed_at))
