"""A panel for each act: what it means here and now, what it asks, what was typed before."""

from dataclasses import dataclass, field

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseFile, State, Verb
from tongban.cases.errors import PresenceMissing, ReasonMissing, TextRefused
from tongban.channels.casefile import day_words, either, labelled, limit_words
from tongban.channels.desk.acts import Act
from tongban.channels.desk.errors import AnswerMissing, Unconfirmed
from tongban.channels.desk.notice import Line, Notice, build
from tongban.channels.parts import Choice, Fact, Field, Problem
from tongban.channels.problems import text_of
from tongban.kernel import clock
from tongban.kernel.errors import Refusal, mark

DECISION_WORDS = (
    mark("准予行政许可"),
    mark("不予行政许可"),
    mark("准予登记"),
    mark("不予登记"),
    mark("准予确认"),
    mark("不予确认"),
    mark("准予给付"),
    mark("不予给付"),
    mark("准予奖励"),
    mark("不予奖励"),
    mark("准予备案"),
    mark("不予备案"),
    mark("准予办理"),
    mark("不予办理"),
)
"""The words of matters' rules, named here so that they are translated on a page."""

_IDLE = {
    State.SUBMITTED: mark("等待承办人受理、告知补正或者不予受理。"),
    State.RECEIVED: mark("等待承办人受理、告知补正或者不予受理。"),
    State.CORRECTING: mark("等待申请人补正；补正后办件回到待办。"),
    State.ACCEPTED: mark("等待承办人审查。"),
    State.REVIEWED: mark("等待有决定权的人员作出决定。"),
    State.GRANTED: mark("等待承办人制证。"),
    State.PRODUCED: mark("等待承办人颁发。"),
    State.ISSUED: mark("等待承办人办结。"),
    State.REFUSED: mark("等待承办人办结。"),
    State.DECLINED: mark("等待承办人办结。"),
    State.CLOSED: mark("等待收件窗口或者申请人确认送达。"),
    State.DELIVERED: mark("办件已经送达，没有需要办理的步骤。"),
    State.WITHDRAWN: mark("申请人已经撤回，没有需要办理的步骤。"),
    State.VOIDED: mark("办件已经作废，没有需要办理的步骤。"),
}


_SUBMIT = {
    Verb.ASK_CORRECTION: mark("发出补正告知书"),
    Verb.DECLINE: mark("作出不予受理决定"),
    Verb.REVIEW: mark("提交审查意见"),
    Verb.DECIDE: mark("作出决定"),
    Verb.DELIVER: mark("确认送达"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One act's form (desk/act.html). ``texts`` say what it means, ``facts`` what it starts.

    ``refusal_texts`` hold for a refusal only: the remedies that its document will name.
    """

    slug: str
    label: str
    action_url: str
    submit_label: str
    grave: bool
    main: bool
    texts: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    fields: tuple[Field, ...] = ()
    refusal_texts: tuple[str, ...] = ()
    confirm: Field | None = None
    notice: Notice | None = None
    problems: tuple[Problem, ...] = ()
    shown: bool = False


@dataclass(slots=True, kw_only=True)
class _Maker:
    """What the parts of one panel are made from."""

    file: CaseFile
    act: Act
    post: QueryDict
    refusal: Refusal | None
    problems: list[Problem] = field(default_factory=list)

    def value(self, name: str) -> str:
        return self.post.get(self.name(name), "")

    def name(self, name: str) -> str:
        return f"{self.act.slug}-{name}"

    def problem(self, *kinds: type[Refusal]) -> str:
        """Return what to do about a field, if the refusal was one of ``kinds``."""
        if not isinstance(self.refusal, kinds):
            return ""
        _, todo = text_of(self.refusal)
        return todo

    def noted(self, made: Field) -> Field:
        """Put the field's problem into the summary too."""
        if made.problem:
            self.problems.append(Problem(message=made.problem, target=made.target))
        return made


def panel_of(
    file: CaseFile, act: Act, *, post: QueryDict | None = None, refusal: Refusal | None = None
) -> Panel:
    """Return the panel of an act; ``post`` and ``refusal`` are those of a form sent before."""
    maker = _Maker(file=file, act=act, post=QueryDict() if post is None else post, refusal=refusal)
    fields = _fields(maker)
    notice = _notice(maker) if act.verb is Verb.ASK_CORRECTION else None
    confirm = _confirm(maker) if act.confirm else None
    return Panel(
        slug=act.slug,
        label=gettext(act.label),
        action_url=reverse(f"desk:{act.slug}", args=[file.id]),
        submit_label=gettext(_SUBMIT.get(act.verb, act.label)),
        grave=act.grave,
        main=act.main,
        texts=_texts(file, act.verb),
        facts=_facts(file, act.verb),
        fields=fields,
        refusal_texts=_remedies(file) if act.verb in {Verb.DECIDE, Verb.DECLINE} else (),
        confirm=confirm,
        notice=notice,
        problems=tuple(maker.problems),
    )


def idle_words(file: CaseFile) -> str:
    """Return whom the case waits for, when there is nothing to do from this post."""
    return gettext(_IDLE.get(file.state, ""))


def _fields(maker: _Maker) -> tuple[Field, ...]:
    verb = maker.act.verb
    if verb is Verb.REVIEW:
        return (
            maker.noted(_outcome(maker, gettext("建议准予"), gettext("建议不予"))),
            maker.noted(_reason(maker, gettext("审查意见"), required=True)),
        )
    if verb is Verb.DECIDE:
        words = maker.file.edition.decision_words
        label, condition = gettext("理由"), gettext("（不予的，必填）")
        return (
            maker.noted(_outcome(maker, gettext(words.granted), gettext(words.refused))),
            maker.noted(_reason(maker, label, required=False, condition=condition)),
        )
    if verb is Verb.DECLINE:
        return (maker.noted(_reason(maker, gettext("理由"), required=True)),)
    if verb is Verb.PRODUCE:
        return (maker.noted(_number(maker)),)
    return ()


def _outcome(maker: _Maker, granted: str, refused: str) -> Field:
    chosen = maker.value("grant")
    label = gettext("结论")
    return Field(
        name=maker.name("grant"),
        label=label,
        kind="radio",
        width="s",
        required=True,
        problem=maker.problem(AnswerMissing),
        choices=(
            Choice(value="yes", label=granted, selected=chosen == "yes"),
            Choice(value="no", label=refused, selected=chosen == "no"),
        ),
    )


def _reason(maker: _Maker, label: str, *, required: bool, condition: str = "") -> Field:
    helps = {
        Verb.DECLINE: gettext("写明不予受理的事实和依据，申请人会在决定书中看到。"),
        Verb.DECIDE: gettext("写明事实和法律依据，申请人会在决定书中看到。"),
        Verb.REVIEW: gettext("供有决定权的人员参考，申请人看不到。"),
    }
    return Field(
        name=maker.name("reason"),
        label=label,
        kind="textarea",
        help=helps.get(maker.act.verb, ""),
        value=maker.value("reason"),
        required=required,
        condition=condition,
        problem=maker.problem(ReasonMissing, TextRefused),
    )


def _number(maker: _Maker) -> Field:
    result = maker.file.edition.result
    return Field(
        name=maker.name("number"),
        label=gettext("证照编号"),
        help=gettext("照{title}上的编号填写，例如统一社会信用代码。").format(
            title=either(result.title, result.title_en)[0]
        ),
        value=maker.value("number"),
        required=True,
        width="l",
        problem=maker.problem(TextRefused),
    )


def _confirm(maker: _Maker) -> Field:
    return maker.noted(
        Field(
            name=maker.name("confirm"),
            label=gettext(maker.act.confirm),
            kind="checkbox",
            required=True,
            problem=maker.problem(Unconfirmed, PresenceMissing),
        )
    )


def _notice(maker: _Maker) -> Notice:
    least, most = 0, None
    if isinstance(maker.refusal, ReasonMissing):
        least = int(str(maker.refusal.fields["least"]))
    if isinstance(maker.refusal, TextRefused):
        most = int(str(maker.refusal.fields["most"]))
    notice = build(maker.file, maker.post, least=least, most=most)
    maker.problems += [
        Problem(message=labelled(_title(line), line.problem), target=line.id)
        for line in notice.lines
        if line.problem
    ]
    return notice


def _title(line: Line) -> str:
    if line.material is not None:
        return line.material.title
    return line.fact.label if line.fact is not None else line.path


def _texts(file: CaseFile, verb: Verb) -> tuple[str, ...]:
    """Return what an act means, in a sentence or two."""
    texts = {
        Verb.ARRIVE: gettext("记录纸质材料今天送到本机关；答复期限从次日起计算。"),
        Verb.ACCEPT: gettext("申请人随即可以看到受理通知书；办理时限从次日起计算。"),
        Verb.PRODUCE: gettext("记下证照编号，结果登记为由本机关保管。"),
        Verb.DELIVER: gettext("有结果的，先在“原件与结果”中交付本人，再确认送达；会生成送达回证。"),
    }
    if verb is Verb.ACCEPT and file.silent:
        return (
            gettext("已超过五个工作日未答复，依法自收到申请材料之日起即为受理；时限从那天算起。"),
        )
    found = [texts[verb]] if verb in texts else []
    if verb in {Verb.ISSUE, Verb.CLOSE} and file.custody:
        found.append(gettext("由本机关保管的原件和结果随即转为待寄送。"))
    if verb is Verb.CLOSE:
        found.append(gettext("办结后只剩送达。"))
    return tuple(found)


def _facts(file: CaseFile, verb: Verb) -> tuple[Fact, ...]:
    if verb is Verb.ACCEPT:
        return _both_limits(file)
    if verb is Verb.ARRIVE:
        limit = limit_words(file.edition.receive_answer_limit)
        return (Fact(label=gettext("答复期限"), value=limit),)
    if verb is Verb.DECIDE:
        return _opinion(file)
    return ()


def _both_limits(file: CaseFile) -> tuple[Fact, ...]:
    """Return the two days that an acceptance now would set; after silence, that the law has set."""
    edition = file.edition
    silent_since = file.papers_at if file.silent else None
    limits = cases.clock_from(edition=edition, at=silent_since or clock.now())
    law = Fact(
        label=gettext("法定时限"),
        value=_limit(day_words(limits.statutory.on), limit_words(edition.statutory.limit)),
        note=edition.statutory.basis,
        note_lang=either(edition.statutory.basis, "")[1],
        sample=edition.statutory.sample,
    )
    if edition.promised is None:
        return (law,)
    promise = Fact(
        label=gettext("承诺时限"),
        value=_limit(day_words(limits.due.on), limit_words(edition.promised.limit)),
        note=gettext("放假安排尚未公布，暂按周一至周五计算。") if limits.due.provisional else "",
        sample=edition.promised.sample,
    )
    return (promise, law)


def _limit(day: str, limit: str) -> str:
    return gettext("最迟 {day}（{limit}）").format(day=day, limit=limit)


def _opinion(file: CaseFile) -> tuple[Fact, ...]:
    """Return the case officer's opinion, for the one who decides."""
    reviews = [event for event in file.events if event.verb is Verb.REVIEW]
    if not reviews:
        return ()
    last = reviews[-1]
    advice = gettext("建议准予") if last.payload["recommends"] == "grant" else gettext("建议不予")
    return (Fact(label=gettext("审查意见"), value=advice, note=last.personal["opinion"]),)


def _remedies(file: CaseFile) -> tuple[str, ...]:
    """Return the remedies that the document of a refusal will name."""
    found = cases.remedies_in(place_id=file.place.id)
    return (
        gettext("自收到决定书之日起 {days} 日内，可以向{body}申请行政复议。").format(
            days=found.review_days, body=found.review_body
        ),
        gettext("自收到决定书之日起 {months} 个月内，可以依法提起行政诉讼。").format(
            months=found.lawsuit_months
        ),
    )
