"""What a page says of a case that two governments' nodes have."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext

from tongban.cases.api import AbroadView, CaseFile, Verb
from tongban.channels.casefile.words import either
from tongban.kernel.errors import mark

NoticeTone = Literal["info", "warn", "bad"]

_ASKED = {
    Verb.ASK_CORRECTION: mark("一次性告知补正"),
    Verb.CORRECT: mark("登记补正"),
    Verb.DELIVER: mark("登记送达"),
    Verb.WITHDRAW: mark("撤回申请"),
    Verb.VOID: mark("作废"),
}


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
    tone, title, text = _said(abroad)
    if tone == "info" and not always:
        return None
    office = file.office
    return AbroadWords(
        tone=tone,
        title=title,
        text=text.format(
            node=abroad.node,
            place=either(file.place.name, file.place.name_en)[0],
            office="" if office is None else either(office.name, office.name_en)[0],
            code=abroad.trouble or abroad.refused or abroad.asked_refused,
            verb=_verb(abroad.asked),
        ),
    )


def _said(abroad: AbroadView) -> tuple[NoticeTone, str, str]:
    """Return tone, title and a text over ``node``, ``place``, ``office``, ``code``, ``verb``."""
    if abroad.trouble:
        text = gettext("节点 {node} 没有接收最近的告知，代码 {code}。双方记录都已保留，请核对。")
        return "bad", gettext("双方记录不一致"), text
    if abroad.ordered_here:
        text = gettext("由{office}收件，经节点 {node} 移交。每一步都会告知该节点。")
        return "info", gettext("异地节点移交的办件"), text
    return _said_of_copy(abroad)


def _said_of_copy(abroad: AbroadView) -> tuple[NoticeTone, str, str]:
    """Return the same of a case that the other node orders, or is to order."""
    if abroad.refused:
        text = gettext("{place}的节点 {node} 没有接收，代码 {code}。请核对后作废，或者联系对方。")
        return "bad", gettext("移交被退回"), text
    if abroad.handed is None:
        text = gettext("已送往{place}的节点 {node}，对方还没有确认。确认之前不能办理下一步。")
        return "warn", gettext("正在移交办理地"), text
    if abroad.asked is not None:
        text = gettext("已提请{place}的节点 {node} {verb}，等待对方登记。")
        return "warn", gettext("等待办理地登记"), text
    if abroad.asked_refused:
        text = gettext("{place}的节点 {node} 没有同意上一步提请，代码 {code}。")
        return "bad", gettext("提请被退回"), text
    text = gettext("由{place}的节点 {node} 受理、审查和决定；这里显示它告知的经过。")
    return "info", gettext("由办理地节点办理"), text


def _verb(verb: Verb | None) -> str:
    """Return what was asked for; every verb that is proposed has words."""
    return "" if verb is None else gettext(_ASKED[verb])
