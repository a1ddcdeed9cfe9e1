"""The clock of a case, as a part and as one sentence."""

from datetime import date

from django.utils.translation import gettext, ngettext

from tongban.cases.api import CaseFile, CaseRow, State
from tongban.channels.casefile.words import day_words, limit_words
from tongban.channels.parts import Clock

_ANSWER = frozenset({State.SUBMITTED, State.RECEIVED})
_DECISION = frozenset({State.ACCEPTED, State.REVIEWED})


def clock(file: CaseFile) -> Clock | None:
    """Return the running limit (parts/clock.html), None while none runs."""
    due_on = _due_on(file)
    if due_on is None:
        return None
    return Clock(
        light=file.light.value,
        days_left=file.days_left,
        due_on=due_on,
        provisional=file.due_provisional and file.state in _DECISION,
        basis=_basis(file),
    )


def row_clock(row: CaseRow) -> Clock | None:
    """Return the light of a row in a list, None while no limit runs."""
    if row.days_left is None:
        return None
    return Clock(
        light=row.light.value,
        days_left=row.days_left,
        due_on=row.due_on,
        provisional=row.due_provisional and row.state in _DECISION,
    )


def clock_title(file: CaseFile) -> str:
    """Return what the clock counts down to."""
    return gettext("答复期限") if file.state in _ANSWER else gettext("决定期限")


def clock_sentence(file: CaseFile) -> str:
    """Return the clock as one sentence, "" when there is nothing to wait for."""
    due_on = _due_on(file)
    if file.state is State.CORRECTING:
        return gettext("等待申请人补正；补正期间不计入办理时限。")
    if file.state is State.RECEIVED and due_on is None:
        return gettext("材料正在送往办理机关；送达后开始计算答复期限。")
    if due_on is None or file.days_left is None:
        return ""
    day, left = day_words(due_on), file.days_left
    if file.state in _ANSWER:
        first = gettext("最迟 {day} 答复是否受理").format(day=day)
    else:
        first = gettext("最迟 {day} 作出决定").format(day=day)
    return gettext("{first}，{left}。").format(first=first, left=_left(left))


def _left(left: int) -> str:
    if left < 0:
        text = ngettext("已超过 {days} 个工作日", "已超过 {days} 个工作日", -left)
        return text.format(days=-left)
    if left == 0:
        return gettext("今天到期")
    return ngettext("还有 {days} 个工作日", "还有 {days} 个工作日", left).format(days=left)


def _due_on(file: CaseFile) -> date | None:
    if file.state in _ANSWER:
        return file.answer_due_on
    return file.due_on if file.state in _DECISION else None


def _basis(file: CaseFile) -> str:
    edition = file.edition
    if file.state in _ANSWER:
        return gettext("收到申请材料次日起 {limit}内受理、不予受理或者一次性告知补正。").format(
            limit=limit_words(edition.receive_answer_limit)
        )
    law = gettext("法定时限 {limit}").format(limit=limit_words(edition.statutory.limit))
    if edition.promised is None:
        return gettext("{law}，自受理次日起计算。").format(law=law)
    promise = gettext("承诺时限 {limit}").format(limit=limit_words(edition.promised.limit))
    return gettext("{promise}（{law}），自受理次日起计算。").format(promise=promise, law=law)
