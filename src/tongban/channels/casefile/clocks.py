"""The clock of a case, as a part and as one sentence."""

from django.utils.translation import gettext, ngettext

from tongban.cases.api import CaseFile, CaseRow, State, Task
from tongban.channels.casefile.words import day_words, limit_words
from tongban.channels.parts import Clock


def clock(file: CaseFile) -> Clock | None:
    """Return the running limit (parts/clock.html), None while none runs."""
    if file.limit is None:
        return None
    return Clock(
        light=file.light.value,
        days_left=file.days_left,
        due_on=file.limit.due_on,
        provisional=file.due_provisional,
        basis=_basis(file, file.limit.task),
    )


def row_clock(row: CaseRow) -> Clock | None:
    """Return the light of a row in a list, None while no limit runs."""
    if row.days_left is None:
        return None
    return Clock(
        light=row.light.value,
        days_left=row.days_left,
        due_on=row.due_on,
        provisional=row.due_provisional,
    )


def clock_title(file: CaseFile) -> str:
    """Return what the clock counts down to, "" while none runs."""
    if file.limit is None:
        return ""
    return {
        Task.ANSWER: gettext("答复期限"),
        Task.DECISION: gettext("决定期限"),
        Task.HANDING: gettext("送达期限"),
    }[file.limit.task]


def clock_sentence(file: CaseFile) -> str:
    """Return the clock as one sentence, "" when there is nothing to wait for."""
    if file.state is State.CORRECTING:
        return gettext("等待申请人补正；补正期间不计入办理时限。")
    if file.state is State.RECEIVED and file.limit is None:
        return gettext("材料正在送往办理机关；送达后开始计算答复期限。")
    if file.limit is None or file.days_left is None:
        return ""
    day = day_words(file.limit.due_on)
    first = {
        Task.ANSWER: gettext("最迟 {day} 答复是否受理"),
        Task.DECISION: gettext("最迟 {day} 作出决定"),
        Task.HANDING: gettext("最迟 {day} 颁发、寄出结果"),
    }[file.limit.task].format(day=day)
    return gettext("{first}，{left}。").format(first=first, left=_left(file.days_left))


def _left(left: int) -> str:
    if left < 0:
        text = ngettext("已超过 {days} 个工作日", "已超过 {days} 个工作日", -left)
        return text.format(days=-left)
    if left == 0:
        return gettext("今天到期")
    return ngettext("还有 {days} 个工作日", "还有 {days} 个工作日", left).format(days=left)


def _basis(file: CaseFile, task: Task) -> str:
    edition = file.edition
    if task is Task.HANDING:
        return gettext("自作出决定次日起 {limit}内颁发、送达。").format(
            limit=limit_words(edition.deliver_limit)
        )
    if task is Task.ANSWER:
        return gettext("收到申请材料次日起 {limit}内受理、不予受理或者一次性告知补正。").format(
            limit=limit_words(edition.receive_answer_limit)
        )
    law = gettext("法定时限 {limit}").format(limit=limit_words(edition.statutory.limit))
    if edition.promised is None:
        return gettext("{law}，自受理次日起计算。").format(law=law)
    promise = gettext("承诺时限 {limit}").format(limit=limit_words(edition.promised.limit))
    return gettext("{promise}（{law}），自受理次日起计算。").format(promise=promise, law=law)
