"""What a page says of a case that two governments' nodes have."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext

from tongban.agreements import errors as agreements
from tongban.cases import errors as cases
from tongban.cases.api import AbroadView, CaseFile, Verb
from tongban.channels.casefile.words import either, is_english, moment_words
from tongban.delivery.errors import MoveUnfit
from tongban.kernel.errors import mark

NoticeTone = Literal["info", "warn", "bad"]

_ASKED = {
    Verb.ASK_CORRECTION: mark("一次性告知补正"),
    Verb.CORRECT: mark("登记补正"),
    Verb.DELIVER: mark("登记送达"),
    Verb.WITHDRAW: mark("撤回申请"),
    Verb.VOID: mark("作废"),
}


_WHY: dict[str, str] = {
    cases.EditionDiffers.code: mark("双方的实施清单内容不一致：请双方先更新一致。"),
    cases.HandedWrong.code: mark(
        "对方认为这个办件不该由本节点移交：请核对双方节点各承载哪些地区。"
    ),
    agreements.NoAgreement.code: mark("对方没有向本地开放这个事项的协议：请双方先登记协议。"),
    agreements.AgreementEnded.code: mark("对方登记的协议已经终止：请双方先核对协议。"),
    agreements.ActNotGranted.code: mark("对方登记的协议没有授权本地收件：请双方先核对协议。"),
    cases.Stale.code: mark("办件在提请之后已有新的进展：请看过最新情况后再提请。"),
    cases.ToldOutOfStep.code: mark("双方登记的步骤不衔接。"),
    MoveUnfit.code: mark("双方登记的原件去向不衔接。"),
}
"""What a code means to the people at a counter or a desk, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbroadWords:
    """A notice (parts/notice.html): where the case is dealt with, and what is under way."""

    tone: NoticeTone
    title: str
    text: str


def abroad_words(file: CaseFile, *, always: bool = True) -> AbroadWords | None:
    """Return the notice of a case that another node has too, None for one that is here alone.

    Without ``always`` only while something is under way between the two: for who need not know
    about nodes.
    """
    abroad = file.abroad
    if abroad is None:
        return None
    tone, title, texts, since = _said(abroad)
    if not abroad.ordered_here and not abroad.is_underway and not abroad.is_refused:
        texts, tone = [*texts, *_age(abroad)], "warn" if abroad.silent and tone == "info" else tone
    if tone == "info" and not always:
        return None
    office, agency = file.office, file.agency
    code = abroad.trouble or abroad.refused or abroad.asked_refused
    why = _WHY.get(code)
    found = [*texts, *((gettext(why),) if tone == "bad" and why else ())]
    return AbroadWords(
        tone=tone,
        title=title,
        text=(" " if is_english() else "")
        .join(found)
        .format(
            node=abroad.node,
            place=either(file.place.name, file.place.name_en)[0],
            office="" if office is None else either(office.name, office.name_en)[0],
            agency=either(agency.name, agency.name_en)[0],
            code=code,
            verb=_verb(abroad.asked),
            since="" if since is None else moment_words(since),
            heard=moment_words(abroad.heard_at or abroad.handed_at),
            silent="" if abroad.silent is None else moment_words(abroad.silent),
        ),
    )


_Said = tuple[NoticeTone, str, list[str], datetime | None]
"""Tone, title, sentences over what ``abroad_words`` fills in, and ``since``."""


def _said(abroad: AbroadView) -> _Said:
    if abroad.trouble and not abroad.is_refused:
        texts = [
            gettext("与节点 {node} 的记录自 {since} 起不一致，代码 {code}。"),
            gettext("双方记录都已保留，由{agency}与收件窗口{office}核对。")
            if abroad.ordered_here
            else gettext("双方记录都已保留，由收件窗口{office}与{agency}核对。"),
        ]
        return "bad", gettext("双方记录不一致"), texts, abroad.trouble_at
    if abroad.ordered_here:
        text = gettext("由{office}收件，经节点 {node} 移交。每一步都会告知该节点。")
        return "info", gettext("异地节点移交的办件"), [text], None
    return _said_of_copy(abroad)


def _said_of_copy(abroad: AbroadView) -> _Said:
    """Return the same of a case that the other node orders, or is to order."""
    if abroad.is_refused:
        texts = [
            gettext("{place}的节点 {node} 于 {since} 退回，代码 {code}。"),
            gettext("由收件窗口{office}负责：更正后重新移交；不再办理的，在本窗口撤回或者作废。"),
        ]
        return "bad", gettext("移交被退回"), texts, abroad.handed
    if abroad.is_underway:
        texts = [
            gettext("自 {since} 起移交{place}的节点 {node}，对方还没有确认。"),
            gettext("系统会自动重试，不必重复操作；确认以前不能办理下一步。"),
        ]
        return "warn", gettext("移交中"), texts, abroad.handed_at
    if abroad.asked is not None:
        text = gettext("已于 {since} 提请{place}的节点 {node} {verb}，等待对方登记。")
        return "warn", gettext("等待办理地登记"), [text], abroad.asked_at
    if abroad.asked_refused:
        texts = [
            gettext("{place}的节点 {node} 没有同意上一步提请，代码 {code}。"),
            gettext("由收件窗口{office}负责：看过最新情况后重新提请。"),
        ]
        return "bad", gettext("提请被退回"), texts, None
    text = gettext("由{place}的节点 {node} 受理、审查和决定；这里显示它告知的经过。")
    return "info", gettext("由办理地节点办理"), [text], None


def _age(abroad: AbroadView) -> list[str]:
    """Return of when what is shown is, and since when the other node is silent."""
    texts = [gettext("内容截至 {heard}。")]
    if abroad.silent is not None:
        texts.append(gettext("该节点自 {silent} 起没有消息，此后的进展可能还没有显示。"))
    return texts


def _verb(verb: Verb | None) -> str:
    """Return what was asked for; every verb that is proposed has words."""
    return "" if verb is None else gettext(_ASKED[verb])
