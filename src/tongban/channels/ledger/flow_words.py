"""The page of what flows, in words: peers, letters, the last hour as a drawing and a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from tongban.cases.api import Owner
from tongban.channels.casefile import either, node_words
from tongban.channels.ledger.standing import ago
from tongban.channels.parts import Cell, Column, Fact, Table
from tongban.evidence.api import Status
from tongban.federation.api import SILENT_AFTER, Letter, Minute, PeerFlow

HEIGHT = 80
"""Of each of the two drawings, in their own units; they are 600 wide."""
_STEP = 10
_LEAST = 2
_TOPS = (1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One minute of one way."""

    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The drawing of one way: its name, its bars, how many there were in all."""

    name: str
    bars: tuple[Bar, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowChart:
    """The last hour each way, on one scale, and the same figures as a table.

    ``top`` is the number of messages a minute at the upper edges.
    """

    ways: tuple[Way, ...]
    top: int
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """A message that was given up, whose it is, and what is in its way."""

    id: str
    kind: str
    to: str
    owner: str
    waits: str
    trouble: str


def peers(found: Sequence[PeerFlow], now: datetime) -> Table | None:
    """Return the peers, a row each; None without any."""
    if not found:
        return None
    return Table(
        caption=gettext("各节点"),
        caption_hidden=True,
        columns=(
            Column(label=gettext("节点")),
            Column(label=gettext("状态")),
            Column(label=gettext("声明核对")),
            Column(label=gettext("等待发出"), number=True),
            Column(label=gettext("未有定论"), number=True),
            Column(label=gettext("最早等待")),
            Column(label=gettext("对方最近答复")),
            Column(label=gettext("最近收下对方")),
        ),
        rows=tuple(_peer(one, now) for one in found),
    )


def _peer(one: PeerFlow, now: datetime) -> tuple[Cell, ...]:
    def when(at: datetime | None) -> str:
        return gettext("还没有") if at is None else ago(now, at)

    return (
        Cell(text=node_words(one.node), note=one.address),
        _state(one, now),
        Cell(text=when(one.checked), note=gettext("第 {serial} 版").format(serial=one.serial)),
        Cell(text=f"{one.waiting:,}"),
        Cell(text=f"{one.doubtful:,}"),
        Cell(text="—" if one.oldest is None else ago(now, one.oldest)),
        Cell(text=when(one.answered)),
        Cell(text=when(one.taken)),
    )


def _state(one: PeerFlow, now: datetime) -> Cell:
    heard = max((at for at in (one.checked, one.answered, one.taken) if at), default=None)
    if one.given_up:
        return Cell(badge=gettext("有待处理的信件"), tone="bad")
    if heard is None or now - heard > SILENT_AFTER:
        return Cell(badge=gettext("没有消息"), tone="warn")
    if one.doubtful:
        return Cell(badge=gettext("正在重试"), tone="warn")
    return Cell(badge=gettext("畅通"), tone="good")


def unreachable(found: Mapping[str, int]) -> list[str]:
    """Return a sentence for each node that is trusted no more, for which something waits."""
    text = gettext("有 {count} 条消息等着发给 {node}，而本节点已不再采信它。")
    return [text.format(node=node, count=f"{count:,}") for node, count in found.items()]


def letters(found: Sequence[Letter], owners: Mapping[str, Owner], now: datetime) -> list[LetterRow]:
    """Return what was given up, the oldest first."""
    return [
        LetterRow(
            id=one.id,
            kind=one.kind,
            to=node_words(one.to),
            owner=_owner(owners.get(one.lane)),
            waits=ago(now, one.created_at),
            trouble=one.trouble,
        )
        for one in found
    ]


def _owner(owner: Owner | None) -> str:
    if owner is None:
        return gettext("本节点的运维人员")
    return either(owner.name, owner.name_en)[0]


def chart(minutes: Sequence[Minute]) -> FlowChart:
    """Return the last hour each way: a bar a minute, a row a minute, the latest row first."""
    most = max((max(one.sent, one.taken) for one in minutes), default=0)
    top = next((one for one in _TOPS if one >= most), most)
    sent = [one.sent for one in minutes]
    taken = [one.taken for one in minutes]
    return FlowChart(
        ways=(
            Way(name=gettext("发出并有定论"), bars=_bars(sent, top), total=sum(sent)),
            Way(name=gettext("收下"), bars=_bars(taken, top), total=sum(taken)),
        ),
        top=top,
        table=Table(
            caption=gettext("最近一小时，每分钟一行"),
            columns=(
                Column(label=gettext("时间")),
                Column(label=gettext("发出并有定论"), number=True),
                Column(label=gettext("收下"), number=True),
            ),
            rows=tuple(
                (
                    Cell(text=timezone.localtime(one.at).strftime("%H:%M")),
                    Cell(text=f"{one.sent:,}"),
                    Cell(text=f"{one.taken:,}"),
                )
                for one in reversed(minutes)
            ),
        ),
    )


def _bars(counts: Sequence[int], top: int) -> tuple[Bar, ...]:
    def bar(place: int, count: int) -> Bar:
        height = max(round(HEIGHT * min(count / top, 1.0)), _LEAST)
        return Bar(x=place * _STEP, y=HEIGHT - height, height=height)

    return tuple(bar(place, count) for place, count in enumerate(counts) if count)


def log(found: Status) -> list[Fact]:
    """Return the size of the log in use, and what each witness cosigned of it last."""
    if not found.logs:
        return [Fact(label=gettext("存证条数"), value=gettext("还没有日志"))]
    one = found.logs[-1]
    return [
        Fact(label=gettext("存证条数"), value=f"{one.size:,}", note=one.origin),
        *(
            Fact(
                label=gettext("见证方 {name}").format(name=name),
                value=gettext("共签到第 {size} 条").format(size=f"{one.cosigned_sizes[name]:,}")
                if name in one.cosigned_sizes
                else gettext("还没有共签"),
            )
            for name in one.witnesses
        ),
    ]


def no_log() -> list[Fact]:
    """Return the one thing that is known where the log's own notes can't be read."""
    return [Fact(label=gettext("存证条数"), value=gettext("日志的状态无法读取"))]
