"""The small forms on a case's page: one for each thing that can be done there now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases.api import CaseFile, State, Verb
from tongban.channels.casefile import Actors, Moves, custody_rows, labelled
from tongban.channels.casefile.custody import item_words
from tongban.channels.parts import CustodyRow, Field, Problem
from tongban.channels.window import moves
from tongban.channels.window.intake_form import presence_field
from tongban.channels.window.told import Told
from tongban.delivery import api as delivery
from tongban.delivery.api import ItemState, ItemView
from tongban.identity.api import PostView, Power

_HANDED_IN = (State.RECEIVED, State.CORRECTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbForm:
    """One form (window/verb_form.html). ``link`` leads to a page of its own instead of a POST.

    ``open`` shows it unfolded; a folded one is a press away. ``hidden`` are pairs.
    """

    name: str
    title: str
    url: str
    button: str
    about: str = ""
    warning: str = ""
    fields: tuple[Field, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    open: bool = False
    grave: bool = False
    link: bool = False
    key: str = ""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it, for the summary."""
        return tuple(
            Problem(message=labelled(one.label, one.problem), target=one.target)
            for one in self.fields
            if one.problem
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper in custody with what can be done to it."""

    id: str
    row: CustodyRow
    forms: tuple[VerbForm, ...]

    @property
    def as_items(self) -> tuple[CustodyRow, ...]:
        """The row as parts/custody.html takes it."""
        return (self.row,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A case's page being made: the file, who looks, what was typed and what is told about it."""

    file: CaseFile
    post: PostView
    typed: Mapping[str, str] = field(default_factory=dict)
    told: Told = field(default_factory=Told)

    def url(self, name: str, *further: str) -> str:
        """Return a route about this case."""
        return reverse(f"window:{name}", args=[self.file.id, *further])

    def text(self, name: str, label: str, **more: object) -> Field:
        """Return a question with what was typed."""
        return Field(
            name=name,
            label=label,
            value=self.typed.get(name, ""),
            problem=self.told.at(name),
            autocomplete="off",
            **more,  # type: ignore[arg-type] # a part's own fields
        )

    def confirm(self, verb: str, label: str) -> Field:
        """Return the tick that confirms what can't be undone."""
        name = f"{verb}.confirm"
        return Field(
            name=name, label=label, kind="checkbox", required=True, problem=self.told.at(name)
        )

    def presence(self, verb: str) -> Field:
        """Return the question how the person was seen."""
        name = f"{verb}.presence"
        return presence_field(name, self.typed.get(name, ""), self.told)

    def touched(self, prefix: str) -> bool:
        """Tell whether something is told about a form."""
        return any(name.startswith(f"{prefix}.") for name in self.told.messages)


def verb_forms(asked: Asked) -> tuple[VerbForm, ...]:
    """Return the forms of exactly the verbs that the clerk can use now."""
    makers = {
        Verb.RECEIVE: _receive,
        Verb.CORRECT: _correct,
        Verb.DELIVER: _deliver,
        Verb.ASK_CORRECTION: _ask_correction,
        Verb.WITHDRAW: _withdraw,
        Verb.VOID: _void,
    }
    forms = [make(asked) for verb, make in makers.items() if verb in asked.file.verbs]
    return (*_hand_again(asked), *_settle(asked), *forms)


def _settle(asked: Asked) -> tuple[VerbForm, ...]:
    """Return the form that records what two nodes' offices found when they compared."""
    abroad = asked.file.abroad
    if (
        abroad is None
        or abroad.is_refused
        or not abroad.trouble
        or Power.RECEIVE not in asked.post.powers
    ):
        return ()
    form = VerbForm(
        name="settle",
        title=gettext("核对双方记录"),
        about=gettext("与对方核对原件在谁手里、办到哪一步；原件去向先在下方改正，再登记核对。"),
        url=asked.url("settle"),
        button=gettext("登记核对，重新告知对方"),
        fields=(asked.text("settle.note", gettext("核对结果"), kind="textarea", required=True),),
        open=True,
    )
    return (form,)


def _hand_again(asked: Asked) -> tuple[VerbForm, ...]:
    """Return the form that hands a case over once more that its agency's node did not take."""
    abroad = asked.file.abroad
    if abroad is None or not abroad.is_refused or asked.file.state not in _HANDED_IN:
        return ()
    if Power.RECEIVE not in asked.post.powers:
        return ()
    form = VerbForm(
        name="hand_again",
        title=gettext("重新移交"),
        about=gettext("退回的原因消除以后，把办件连同材料再次移交办理地。"),
        url=asked.url("hand_again"),
        button=gettext("重新移交"),
        open=True,
        key="j",
    )
    return (form,)


def _receive(asked: Asked) -> VerbForm:
    return VerbForm(
        name="receive",
        title=gettext("继续收件"),
        about=gettext("表单和材料还没有收齐，尚未收件。"),
        url=asked.url("intake"),
        button=gettext("打开收件登记"),
        link=True,
        open=True,
        key="j",
    )


def _correct(asked: Asked) -> VerbForm:
    return VerbForm(
        name="correct",
        title=gettext("代为补正"),
        about=gettext("申请人到场时，照补正告知书逐项补正。"),
        url=asked.url("correct"),
        button=gettext("打开补正表"),
        link=True,
        open=True,
        key="j",
    )


def _ask_correction(asked: Asked) -> VerbForm:
    return VerbForm(
        name="ask_correction",
        title=gettext("一次性告知补正"),
        about=gettext("合作协议授权本窗口告知。须一次告知全部内容，以后不得增加。"),
        url=asked.url("ask_correction"),
        button=gettext("填写补正告知书"),
        link=True,
    )


def _deliver(asked: Asked) -> VerbForm:
    here = moves.office_holder(asked.post.office_id or "")
    file = asked.file
    in_hand = [one for one in file.custody if one.holder == here and one.state in moves.AT_REST]
    away = [
        one
        for one in file.custody
        if one.state not in {ItemState.HANDED_OVER, ItemState.LOST} and one not in in_hand
    ]
    names = gettext("、").join(_copies(one, file) for one in in_hand)
    return VerbForm(
        name="deliver",
        title=gettext("当面送达"),
        about=gettext("当面交给申请人：{papers}。生成送达回证。").format(papers=names)
        if names
        else gettext("没有需要交付的纸质件。生成送达回证。"),
        warning=gettext("还没有到本窗口：{papers}。送达前请先签收。").format(
            papers=gettext("、").join(_copies(one, file) for one in away)
        )
        if away
        else "",
        url=asked.url("deliver"),
        button=gettext("确认送达"),
        fields=(
            asked.presence("deliver"),
            asked.confirm("deliver", gettext("申请人已当面领取并签字")),
        ),
        hidden=tuple(("deliver.item", f"{one.id} {one.seq}") for one in in_hand),
        open=not away or asked.touched("deliver"),
        key="j",
    )


def _withdraw(asked: Asked) -> VerbForm:
    draft = asked.file.state is State.DRAFT
    return VerbForm(
        name="withdraw",
        title=gettext("申请人不办了") if draft else gettext("代为撤回申请"),
        about=gettext("草稿不再办理，记录保留。录入有误的，用作废。")
        if draft
        else gettext("申请人到场要求撤回的，在决定作出前可以撤回；撤回后可以重新申请。"),
        url=asked.url("withdraw"),
        button=gettext("放弃草稿") if draft else gettext("撤回申请"),
        grave=True,
        fields=(
            asked.presence("withdraw"),
            asked.text("withdraw.reason", gettext("理由")),
            asked.confirm(
                "withdraw", gettext("确认放弃") if draft else gettext("申请人确认撤回，不能恢复")
            ),
        ),
        open=asked.touched("withdraw"),
    )


def _void(asked: Asked) -> VerbForm:
    return VerbForm(
        name="void",
        title=gettext("作废"),
        about=gettext("只用于录入有误的办件；申请人不想办了，用撤回。作废后记录保留。"),
        url=asked.url("void"),
        button=gettext("作废办件"),
        grave=True,
        fields=(
            asked.text("void.reason", gettext("理由"), kind="textarea", required=True),
            asked.confirm("void", gettext("确认作废，不能恢复")),
        ),
        open=asked.touched("void"),
    )


def papers(asked: Asked, known: Moves, actors: Actors, today: date) -> tuple[Paper, ...]:
    """Return the papers of the case, each with the moves that this office can make."""
    rows = custody_rows(asked.file, known, actors, today)
    return tuple(
        Paper(id=item.id, row=row, forms=_move_forms(asked, item))
        for row, item in zip(rows, asked.file.custody, strict=True)
    )


def _move_forms(asked: Asked, item: ItemView) -> tuple[VerbForm, ...]:
    able = moves.possible(item, asked.post)
    abroad = asked.file.abroad
    if abroad is not None and (abroad.is_underway or abroad.is_refused):
        able -= {delivery.Verb.SEND}  # nobody there awaits it
    if abroad is not None and abroad.trouble and item.state is not ItemState.HANDED_OVER:
        able |= {delivery.Verb.FOUND, delivery.Verb.MISSING}
    unfolded = moves.first(item, asked.file)
    order = (
        delivery.Verb.SIGN,
        *(verb for verb in unfolded if verb is not delivery.Verb.SIGN),
        delivery.Verb.SEND,
        delivery.Verb.HAND_OVER,
        delivery.Verb.SEND_BACK,
        delivery.Verb.REPORT_LOST,
        delivery.Verb.FOUND,
        delivery.Verb.MISSING,
    )
    return tuple(
        _move_form(asked, item, verb, unfolded=verb in unfolded)
        for verb in dict.fromkeys(order)
        if verb in able
    )


def _move_form(asked: Asked, item: ItemView, verb: delivery.Verb, *, unfolded: bool) -> VerbForm:
    name = ROUTES[verb]
    prefix = f"{item.id}.{name}"
    title, button, about = _words(verb)
    fields: dict[delivery.Verb, tuple[Field, ...]] = {
        delivery.Verb.SEND: (
            asked.text(f"{prefix}.carrier", gettext("承运单位"), required=True, width="m"),
            asked.text(f"{prefix}.waybill", gettext("运单号"), required=True, width="l"),
        ),
        delivery.Verb.HAND_OVER: (asked.presence(prefix),),
        delivery.Verb.SEND_BACK: (asked.text(f"{prefix}.note", gettext("说明")),),
        delivery.Verb.REPORT_LOST: (
            asked.text(f"{prefix}.note", gettext("经过"), required=True),
            asked.confirm(prefix, gettext("确认遗失；申请人会看到")),
        ),
        delivery.Verb.FOUND: (asked.text(f"{prefix}.note", gettext("核对结果"), required=True),),
        delivery.Verb.MISSING: (
            asked.text(f"{prefix}.note", gettext("核对结果"), required=True),
            asked.confirm(prefix, gettext("确认双方都没有；申请人会看到")),
        ),
    }
    return VerbForm(
        name=prefix,
        title=title,
        about=about,
        url=asked.url(name, item.id),
        button=button,
        fields=fields.get(verb, ()),
        hidden=(("item_seq", str(item.seq)),),
        open=unfolded or asked.touched(prefix),
        grave=verb in {delivery.Verb.REPORT_LOST, delivery.Verb.MISSING},
    )


ROUTES = {
    delivery.Verb.SEND: "dispatch",
    delivery.Verb.SIGN: "sign",
    delivery.Verb.SEND_BACK: "send_back",
    delivery.Verb.REPORT_LOST: "lost",
    delivery.Verb.FOUND: "found",
    delivery.Verb.MISSING: "missing",
    delivery.Verb.HAND_OVER: "hand_over",
}
"""The route of each move."""


def _words(verb: delivery.Verb) -> tuple[str, str, str]:
    return {
        delivery.Verb.SEND: (gettext("寄往办理机关"), gettext("登记寄出"), ""),
        delivery.Verb.SIGN: (gettext("签收"), gettext("签收"), gettext("已收到，件数相符。")),
        delivery.Verb.SEND_BACK: (
            gettext("登记退回"),
            gettext("登记退回"),
            gettext("邮件被退回，现在本窗口。"),
        ),
        delivery.Verb.REPORT_LOST: (gettext("报告遗失"), gettext("报告遗失"), ""),
        delivery.Verb.FOUND: (
            gettext("核对：在本窗口"),
            gettext("登记在本窗口"),
            gettext("双方核对后，原件在本窗口。双方记录从这里继续。"),
        ),
        delivery.Verb.MISSING: (gettext("核对：双方都没有"), gettext("登记双方都没有"), ""),
        delivery.Verb.HAND_OVER: (gettext("交还申请人"), gettext("登记交还"), ""),
    }[verb]


def _copies(item: ItemView, file: CaseFile) -> str:
    return gettext("{label} {copies} 份").format(
        label=item_words(item.label, file), copies=item.copies
    )
