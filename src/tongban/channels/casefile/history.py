"""What happened to a case, when, by whom, and the documents that it left."""

from django.utils.translation import gettext

from tongban.cases.api import CaseFile, EventView, Side, State, Verb
from tongban.channels.casefile.actors import Actors
from tongban.channels.casefile.papers import record_links
from tongban.channels.casefile.words import is_english, labelled
from tongban.channels.parts import HappeningRow, Tone
from tongban.kernel.errors import mark

_TITLES: dict[Verb, tuple[str, Tone]] = {
    Verb.DRAFT: (mark("开始填写申请"), "neutral"),
    Verb.SUBMIT: (mark("申请已提交"), "active"),
    Verb.RECEIVE: (mark("窗口已收件"), "active"),
    Verb.ARRIVE: (mark("材料送达办理机关"), "active"),
    Verb.ASK_CORRECTION: (mark("已一次性告知补正"), "warn"),
    Verb.CORRECT: (mark("补正完成"), "active"),
    Verb.ACCEPT: (mark("已受理"), "active"),
    Verb.DECLINE: (mark("不予受理"), "bad"),
    Verb.REVIEW: (mark("审查完成"), "active"),
    Verb.DECIDE: (mark("作出决定：准予"), "good"),
    Verb.PRODUCE: (mark("已制证"), "good"),
    Verb.ISSUE: (mark("已颁发"), "good"),
    Verb.CLOSE: (mark("已办结"), "neutral"),
    Verb.DELIVER: (mark("已送达"), "good"),
    Verb.WITHDRAW: (mark("申请已撤回"), "neutral"),
    Verb.VOID: (mark("已作废"), "neutral"),
}


def timeline(
    file: CaseFile, actors: Actors, *, newest_first: bool = True
) -> tuple[HappeningRow, ...]:
    """Return the events of a case (parts/timeline.html).

    The officer's opinion is inner work of the agency: only the agency's own side reads it here.
    """
    rows = [_row(event, file, actors) for event in file.events]
    return tuple(reversed(rows) if newest_first else rows)


def _row(event: EventView, file: CaseFile, actors: Actors) -> HappeningRow:
    title, tone = _title(event)
    numbers = set(event.payload.get("records", {}).values())
    return HappeningRow(
        title=title,
        at=event.at,
        who=actors.who(event.acting, file, event.verb),
        note="\n".join(_notes(event, file)),
        note_lang="zh-Hans" if is_english() and event.personal.get("lines") else "",
        tone=tone,
        documents=record_links([one for one in file.records if one.number in numbers]),
    )


def _title(event: EventView) -> tuple[str, Tone]:
    if event.verb is Verb.DECIDE and event.state is State.REFUSED:
        return gettext("作出决定：不予批准"), "bad"
    if event.verb is Verb.ACCEPT and event.payload.get("by_silence"):
        return gettext("逾期未答复，依法视为受理"), "warn"
    text, tone = _TITLES[event.verb]
    return gettext(text), tone


def _notes(event: EventView, file: CaseFile) -> list[str]:
    personal, payload = event.personal, event.payload
    notes = [labelled(line["title"], line["text"]) for line in personal.get("lines", ())]
    if personal.get("reason"):
        notes.append(gettext("理由：{reason}").format(reason=personal["reason"]))
    if event.verb is Verb.PRODUCE and file.licence_number:
        notes.append(gettext("证照编号：{number}").format(number=file.licence_number))
    if file.side is Side.AGENCY and personal.get("opinion"):
        advice = gettext("建议准予") if payload["recommends"] == "grant" else gettext("建议不予")
        notes.append(
            gettext("{advice}：{opinion}").format(advice=advice, opinion=personal["opinion"])
        )
    return notes
