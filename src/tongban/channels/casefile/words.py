"""Words for states, modes, limits and days, in the language in force."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, ngettext

from tongban.cases.api import State
from tongban.channels.parts import Tone
from tongban.identity.api import NumberKind, PersonCard
from tongban.kernel.errors import mark
from tongban.kernel.workdays import Limit, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A status in words, with the tone that repeats it (parts/badge.html)."""

    label: str
    tone: Tone


_STATES: dict[State, tuple[str, Tone]] = {
    State.DRAFT: (mark("草稿，尚未提交"), "neutral"),
    State.SUBMITTED: (mark("已提交，等待受理"), "active"),
    State.RECEIVED: (mark("已收件，等待受理"), "active"),
    State.CORRECTING: (mark("等待补正"), "warn"),
    State.ACCEPTED: (mark("已受理，正在审查"), "active"),
    State.REVIEWED: (mark("已审查，等待决定"), "active"),
    State.GRANTED: (mark("准予，正在制证"), "good"),
    State.REFUSED: (mark("不予批准"), "bad"),
    State.PRODUCED: (mark("已制证，等待颁发"), "good"),
    State.ISSUED: (mark("已颁发"), "good"),
    State.DECLINED: (mark("不予受理"), "bad"),
    State.CLOSED: (mark("已办结，等待送达"), "good"),
    State.DELIVERED: (mark("已送达"), "good"),
    State.WITHDRAWN: (mark("已撤回"), "neutral"),
    State.VOIDED: (mark("已作废"), "neutral"),
}

_AGAINST = {
    (State.CLOSED, State.REFUSED.value): mark("不予批准，已办结，等待送达"),
    (State.CLOSED, State.DECLINED.value): mark("不予受理，已办结，等待送达"),
    (State.DELIVERED, State.REFUSED.value): mark("不予批准，已送达"),
    (State.DELIVERED, State.DECLINED.value): mark("不予受理，已送达"),
}

_MODES = {
    "online": mark("全程网办"),
    "received": mark("异地代收代办"),
}


NUMBER_KINDS = {
    NumberKind.RESIDENT: mark("居民身份证（含港澳台居民居住证）"),
    NumberKind.PASSPORT: mark("护照"),
    NumberKind.HK_MACAO_PERMIT: mark("港澳居民来往内地通行证"),
    NumberKind.TAIWAN_PERMIT: mark("台湾居民来往大陆通行证"),
    NumberKind.FOREIGN_RESIDENT: mark("外国人永久居留身份证"),
}
"""What each kind of identity document is called."""


def is_english() -> bool:
    """Tell whether the page speaks English."""
    return (get_language() or "zh").startswith("en")


def person_words(card: PersonCard) -> str:
    """Return a person's name, or that they were erased."""
    return erased_words() if card.erased else card.name


def erased_words() -> str:
    """Return what stands where an erased person's data stood."""
    return gettext("已清除")


def either(chinese: str, english: str) -> tuple[str, str]:
    """Return the text for the reader, and "zh-Hans" where an English page has only Chinese."""
    if not is_english():
        return chinese, ""
    return (english, "") if english else (chinese, "zh-Hans" if chinese else "")


def labelled(label: str, text: str) -> str:
    """Return a text behind what it is about, with the colon of the language in force."""
    return gettext("{label}：{text}").format(label=label, text=text)


def state_words(state: State, outcome: str = "") -> Words:
    """Return how a case stands; ``outcome`` tells a granted end from one that was not."""
    against = _AGAINST.get((state, outcome))
    if against is not None:
        return Words(label=gettext(against), tone="bad")
    label, tone = _STATES[state]
    return Words(label=gettext(label), tone=tone)


def mode_words(mode: str) -> str:
    """Return the mode's name (通办模式)."""
    return gettext(_MODES[mode])


def day_words(on: date) -> str:
    """Return a day within a sentence: 2026年3月9日, 9 March 2026."""
    return date_format(on, "j F Y" if is_english() else "Y年n月j日")


def moment_words(at: datetime) -> str:
    """Return a moment within a sentence: 2026年3月9日 14:03, 9 March 2026, 14:03."""
    local = localtime(at)
    return date_format(local, "j F Y, H:i" if is_english() else "Y年n月j日 H:i")


def limit_words(limit: Limit) -> str:
    """Return a limit with its unit: 5 个工作日."""
    value = limit.value
    words = {
        Unit.WORKING_DAYS: ngettext("{value} 个工作日", "{value} 个工作日", value),
        Unit.CALENDAR_DAYS: ngettext("{value} 日", "{value} 日", value),
        Unit.HOURS: ngettext("{value} 小时", "{value} 小时", value),
        Unit.MONTHS: ngettext("{value} 个月", "{value} 个月", value),
    }
    return words[limit.unit].format(value=value)
