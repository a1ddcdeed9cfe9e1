"""How the log stands, in words: what is wrong and what to do, figures, who cosigned."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from tongban.channels.casefile.words import is_english
from tongban.channels.parts import Cell, Column, Fact, Table
from tongban.evidence.api import BACKLOG_ALARM, Alarm, AlarmKind, Cause, Status
from tongban.kernel.errors import mark

CAUSES: dict[str, tuple[str, str]] = {
    Cause.FORGOTTEN: (
        mark("记着日志已经签过什么的文件不见了。"),
        mark("请把最近的 log/promised.sqlite3 放回原处，或者运行 tongban evidence reconcile。"),
    ),
    Cause.BEHIND: (
        mark(
            "有见证方见过的内容比本节点记得的更多或者不同：本节点可能从备份恢复过，"
            "也可能有别的节点在用它的密钥。"
        ),
        mark("请停止后台进程，运行 tongban evidence reconcile。"),
    ),
    Cause.SILENT: (
        mark("再次签署以前必须先问见证方见过什么，而它们没有应答。"),
        mark("请检查通往见证方的网络；它们应答以后会自动继续。"),
    ),
    Cause.KEY: (
        mark("日志的签名密钥不能使用。"),
        mark("请按 tongban evidence status 所说的检查密钥文件。"),
    ),
    Cause.FILES: (
        mark("日志的文件与已经签署的内容不一致。"),
        mark("请先运行 tongban evidence fsck，停止后台进程后运行 tongban evidence reconcile。"),
    ),
    Cause.ROWS: (
        mark("数据库缺少已经签署的存证，可能从备份恢复过。"),
        mark("请停止后台进程，运行 tongban evidence reconcile。"),
    ),
    Cause.POLICY: (
        mark("见证策略文件 log/policy 无法读取。"),
        mark("请按 tongban evidence status 所说的改正文件；之后会自动继续。"),
    ),
    Cause.SUITE: (
        mark("日志所用的密码算法在这台机器上不可用。"),
        mark("请按 tongban evidence status 所说的恢复算法。"),
    ),
    Cause.DISK: (
        mark("磁盘无法写入。"),
        mark("请腾出磁盘空间；之后会自动继续。"),
    ),
    Cause.DATABASE: (
        mark("数据库没有应答。"),
        mark("请检查数据库；它应答以后会自动继续。"),
    ),
    Cause.RACED: (
        mark("另有进程在写同一个日志。"),
        mark("通常几秒内自行恢复；如果没有，请确认只有一个节点在用这个目录。"),
    ),
    Cause.DEFECT: (
        mark("程序出错。"),
        mark("请查看后台进程的记录，并告诉维护人员。"),
    ),
}
"""Why the log stands still, and what the operator does."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A banner (parts/notice.html)."""

    tone: str
    title: str
    text: str


def notices(found: Status, alarms: Sequence[Alarm], now: datetime) -> list[Notice]:
    """Return what is wrong, the gravest first; that all is well where nothing is."""
    wrong = [*_alarms(alarms), *_wrong(found, now)]
    if wrong or not found.logs:
        return [*wrong, *_beginning(found)]
    text = gettext("存证及时写入日志，检查点按要求签署。")
    return [Notice(tone="good", title=gettext("日志正常"), text=text)]


def unreadable() -> Notice:
    """Return the one thing that is known where the log's own notes can't be read."""
    return Notice(
        tone="bad",
        title=gettext("日志的状态无法读取"),
        text=gettext("请检查磁盘，以及 log/promised.sqlite3 和 witness/alarms 的权限。"),
    )


def facts(found: Status, now: datetime) -> list[Fact]:
    """Return the figures of the log in use, and of what waits for it."""
    shown = []
    if found.logs:
        log = found.logs[-1]
        address = reverse("log:published", args=[log.shard, "checkpoint"])
        signed = ago(now, log.signed_at) if log.size else gettext("还没有")
        shown = [
            Fact(label=gettext("日志名称"), value=log.origin),
            Fact(label=gettext("存证条数"), value=f"{log.size:,}"),
            Fact(label=gettext("最近的检查点"), value=signed, url=address if log.size else ""),
        ]
    waits = ago(now, found.oldest) if found.oldest else ""
    return [
        *shown,
        Fact(
            label=gettext("等待写入的存证"),
            value=f"{found.waiting:,}",
            note=gettext("最早的一条：{moment}").format(moment=waits) if waits else "",
        ),
    ]


def quorum_words(found: Status) -> list[str]:
    """Return what the policy asks for and what that is good for, a sentence each."""
    if not found.logs:
        return []
    log = found.logs[-1]
    quorum = log.quorum
    if quorum is None:
        return [gettext("需要哪些见证方共签，由策略文件分组规定。")]
    if not quorum.witnesses:
        return [gettext("这个日志没有见证方：没有其他政府共签。")]
    if not quorum.needed:
        return [gettext("策略不要求共签，见证方的共签只作参考。")]
    said = [
        gettext("要求的共签数：{needed}，见证方总数：{witnesses}。").format(
            needed=quorum.needed, witnesses=quorum.witnesses
        )
    ]
    if quorum.split_needs:
        text = ngettext(
            "日志要让两个互相矛盾的版本都达到要求，须有 {count} 个见证方与它串通。",
            "日志要让两个互相矛盾的版本都达到要求，须有 {count} 个见证方与它串通。",
            quorum.split_needs,
        )
        said.append(text.format(count=quorum.split_needs))
    else:
        said.append(gettext("这个要求太低：不必有见证方串通，两个互相矛盾的版本就能都达到。"))
    if quorum.outages:
        text = ngettext(
            "有 {count} 个见证方停机时，仍能达到要求。",
            "有 {count} 个见证方停机时，仍能达到要求。",
            quorum.outages,
        )
        said.append(text.format(count=quorum.outages))
    else:
        said.append(gettext("任何一个见证方停机，都要等它回来才能达到要求。"))
    return said


def witnesses(found: Status) -> Table | None:
    """Return who cosigned the last published checkpoint; None without witnesses."""
    if not found.logs or not found.logs[-1].witnesses:
        return None
    log = found.logs[-1]
    columns = (Column(label=gettext("见证方")), Column(label=gettext("最近的检查点")))
    yes = Cell(badge=gettext("已共签"), tone="good")
    no = Cell(badge=gettext("尚未共签"), tone="waiting")
    rows = tuple(
        (Cell(text=name), yes if name in log.cosigned_by else no) for name in log.witnesses
    )
    return Table(caption=gettext("谁共签了最近的检查点"), columns=columns, rows=rows)


def earlier(found: Status) -> Table | None:
    """Return the logs that were closed; None without any."""
    closed = [log for log in found.logs[:-1] if log.size]
    if not closed:
        return None
    return Table(
        caption=gettext("以前的日志（已封存）"),
        columns=(
            Column(label=gettext("日志名称")),
            Column(label=gettext("存证条数"), number=True),
        ),
        rows=tuple(
            (
                Cell(text=log.origin, url=reverse("log:published", args=[log.shard, "checkpoint"])),
                Cell(text=f"{log.size:,}"),
            )
            for log in reversed(closed)
        ),
    )


def ago(now: datetime, then: datetime) -> str:
    """Return how long ago a moment was, in words."""
    seconds = max(int((now - then).total_seconds()), 0)
    if seconds < _MINUTE:
        return ngettext("{count} 秒前", "{count} 秒前", seconds).format(count=seconds)
    if seconds < _HOUR:
        count = seconds // _MINUTE
        return ngettext("{count} 分钟前", "{count} 分钟前", count).format(count=count)
    if seconds < _DAY:
        count = seconds // _HOUR
        return ngettext("{count} 小时前", "{count} 小时前", count).format(count=count)
    count = seconds // _DAY
    return ngettext("{count} 天前", "{count} 天前", count).format(count=count)


def _alarms(alarms: Iterable[Alarm]) -> Iterator[Notice]:
    """Yield the forks, each plainly; the others as one note a kind: anyone can cause them."""
    kinds: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        kinds.setdefault(AlarmKind.FORK if alarm.is_damage else alarm.kind, []).append(alarm)
    for alarm in kinds.get(AlarmKind.FORK, ()):
        yield Notice(
            tone="bad",
            title=gettext("日志 {origin} 签署过两个互相矛盾的版本").format(origin=alarm.origin),
            text=gettext(
                "两份签名都保存在 witness/alarms。请通知这个日志所属的政府和全部见证方，"
                "共同核对；处理完毕后移走其文件夹。"
            ),
        )
    if AlarmKind.STALE in kinds:
        yield Notice(
            tone="warn",
            title=gettext("有见证方或者日志出示的是旧内容"),
            text=gettext("一小时以前共签的内容还没有出现在那里。跟上以后，这条提示自动消失。"),
        )
    if AlarmKind.UNPROVED in kinds:
        yield Notice(
            tone="info",
            title=gettext("有人出示过证明不成立的检查点"),
            text=gettext("这不能说明日志有错，任何人都可以发出这样的请求。记录在 witness/alarms。"),
        )


def _wrong(found: Status, now: datetime) -> Iterator[Notice]:
    """Yield what keeps entries out of the log, or cosignatures from it."""
    if found.is_gone and found.seen_at is not None:
        yield Notice(
            tone="bad",
            title=gettext("日志没有在写"),
            text=gettext("写日志的后台进程最后一次出现是 {moment}。请运行 tongban worker。").format(
                moment=ago(now, found.seen_at)
            ),
        )
    elif found.trouble:
        what, todo = (gettext(text) for text in CAUSES.get(found.cause, CAUSES[Cause.DEFECT]))
        between = " " if is_english() else ""
        yield Notice(tone="bad", title=gettext("日志已停止签署"), text=f"{what}{between}{todo}")
    if found.oldest is not None and now - found.oldest > BACKLOG_ALARM:
        yield Notice(
            tone="warn",
            title=gettext("存证写入日志迟了"),
            text=gettext(
                "最早的一条提交于 {moment}。办事不受影响，但它的存证凭证要等写入以后才有。"
            ).format(moment=ago(now, found.oldest)),
        )
    if found.logs and found.logs[-1].size and not found.logs[-1].quorum_reached:
        yield Notice(
            tone="warn",
            title=gettext("最近的检查点还没有足够的共签"),
            text=gettext(
                "日志照常写入，并继续请见证方共签；达到要求以前，新的存证还不能列入凭证。"
            ),
        )


def _beginning(found: Status) -> Iterator[Notice]:
    if not found.logs:
        yield Notice(
            tone="info",
            title=gettext("还没有日志"),
            text=gettext("后台进程 tongban worker 第一次运行时开始写第一个日志。"),
        )
