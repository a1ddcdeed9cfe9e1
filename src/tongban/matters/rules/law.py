"""What the law says about a matter, keyed by 事项类型 (GB/T 39046-2020 annex A).

行政许可法 is the Administrative Licensing Law (2019 text).
"""

from tongban.kernel.workdays import Limit, Unit
from tongban.matters.rules.edition import DecisionKind, DecisionWords

LICENSING = "01"
"""事项类型 行政许可."""

TASK_TYPES = {
    "00": "行政权力事项",
    "01": "行政许可",
    "02": "行政处罚",
    "03": "行政强制",
    "04": "行政征收",
    "05": "行政给付",
    "06": "行政检查",
    "07": "行政确认",
    "08": "行政奖励",
    "09": "行政裁决",
    "10": "其他类别事项",
    "20": "公共服务事项",
}

_WORDS = {
    DecisionKind.LICENCE: DecisionWords(granted="准予行政许可", refused="不予行政许可"),
    DecisionKind.REGISTRATION: DecisionWords(granted="准予登记", refused="不予登记"),
    DecisionKind.CONFIRMATION: DecisionWords(granted="准予确认", refused="不予确认"),
    DecisionKind.PAYMENT: DecisionWords(granted="准予给付", refused="不予给付"),
    DecisionKind.REWARD: DecisionWords(granted="准予奖励", refused="不予奖励"),
    DecisionKind.FILING: DecisionWords(granted="准予备案", refused="不予备案"),
    DecisionKind.SERVICE: DecisionWords(granted="准予办理", refused="不予办理"),
}

_USUAL_KIND = {
    "01": DecisionKind.LICENCE,
    "05": DecisionKind.PAYMENT,
    "07": DecisionKind.CONFIRMATION,
    "08": DecisionKind.REWARD,
}

_BEGUN_BY_OFFICE = frozenset({"02", "03", "06"})

ANSWER_LIMIT = Limit(5, Unit.WORKING_DAYS)
"""Tell once what is missing: on the spot or within five days (行政许可法 art. 32(4))."""

DECISION_LIMIT = Limit(20, Unit.WORKING_DAYS)
"""Decide within twenty days of acceptance, unless another law says otherwise (art. 42)."""

EXTENSION_LIMIT = Limit(10, Unit.WORKING_DAYS)
"""Extended once by ten days, with the head's approval and notice of the reason (art. 42)."""

DELIVER_LIMIT = Limit(10, Unit.WORKING_DAYS)
"""Hand down the licence within ten days of the decision (art. 44)."""

_CATCH_ALL = ("其他材料", "其它材料", "有关材料", "相关材料", "其他有关", "其它有关", "等材料")

_LONGEST_REST = 10
"""Days off in a row, more than any published holiday has had; used to compare units safely."""


def usual_kind(task_type: str) -> DecisionKind:
    """Return the decision kind that a 事项类型 has where the edition names none."""
    return _USUAL_KIND.get(task_type, DecisionKind.SERVICE)


def kind_fits(task_type: str, kind: DecisionKind) -> bool:
    """Tell whether a decision of that kind may stand under a 事项类型.

    A licence is granted under 行政许可 and nowhere else (行政许可法 art. 2): its words carry the
    rights of that law.
    """
    return (task_type == LICENSING) == (kind is DecisionKind.LICENCE)


def decision_words(task_type: str, decision_kind: DecisionKind | None = None) -> DecisionWords:
    """Return how a decision is worded; for a licence 准予/不予行政许可 (行政许可法 art. 38).

    >>> decision_words("07", DecisionKind.REGISTRATION).refused
    '不予登记'
    """
    return _WORDS[usual_kind(task_type) if decision_kind is None else decision_kind]


def silence_accepts(task_type: str) -> bool:
    """Tell whether silence for the five days counts as acceptance.

    Only for 行政许可, and then from the day the papers came (行政许可法 art. 32(4)).
    """
    return task_type == LICENSING


def applied_for(task_type: str) -> bool:
    """Tell whether anyone applies for it: penalties, coercion and inspection start ex officio.

    行政处罚法 art. 54, 行政强制法 art. 18: the office begins them; there is no applicant.
    """
    return task_type in TASK_TYPES and task_type not in _BEGUN_BY_OFFICE


def may_decide(task_type: str, *, can_license: bool) -> bool:
    """Tell whether a body may decide: a licence needs the power to license.

    行政许可法 arts. 22-23: an organ with that power, or a body authorised by law or regulation.
    """
    return can_license or task_type != LICENSING


def no_longer(promised: Limit, statutory: Limit) -> bool:
    """Tell whether a promise surely keeps within the statutory limit (优化营商环境条例 art. 36).

    In one unit the numbers are compared. In different units the promise's longest span of
    calendar days must not pass the law's shortest; what cannot be told apart counts as longer.
    """
    if promised.unit == statutory.unit:
        return promised.value <= statutory.value
    return _most_days(promised) <= _least_days(statutory)


def _most_days(limit: Limit) -> float:
    match limit.unit:
        case Unit.HOURS:
            return limit.value / 24
        case Unit.CALENDAR_DAYS:
            return limit.value
        case Unit.WORKING_DAYS:
            return limit.value * 7 / 5 + _LONGEST_REST
        case Unit.MONTHS:
            return limit.value * 31


def _least_days(limit: Limit) -> float:
    match limit.unit:
        case Unit.HOURS:
            return limit.value / 24
        case Unit.CALENDAR_DAYS | Unit.WORKING_DAYS:
            return limit.value
        case Unit.MONTHS:
            return limit.value * 28


def needs_other_law(task_type: str, limit: Limit, allowed: Limit) -> bool:
    """Tell whether a licence's limit passes what 行政许可法 allows, so that it must cite a law.

    Arts. 42 and 44 hold unless a law or regulation says otherwise.
    """
    return task_type == LICENSING and not no_longer(limit, allowed)


def cites_other_law(basis: str) -> bool:
    """Tell whether a basis names a law or regulation besides 行政许可法 itself (art. 42).

    A coarse reading of the name: 法, 条例, 规定 or 决定. Whether it says so is for a lawyer.
    """
    rest = basis.replace("行政许可法", "")
    return any(word in rest for word in ("法", "条例", "规定", "决定"))


def is_catch_all(title: str) -> bool:
    """Tell whether a material's title asks for "other" or "relevant" papers.

    The whole list of materials must be made public (行政许可法 art. 30); 北京市优化营商环境条例
    forbids 其他 and 有关 in so many words.
    """
    bare = "".join(title.split())
    return any(phrase in bare for phrase in _CATCH_ALL)


def asks_what_is_held(*, held: bool, exempt: bool) -> bool:
    """Tell whether an edition asks for what government can get by sharing.

    国务院令第716号 art. 7: what data sharing yields must not be asked of the applicant.
    """
    return held and not exempt


def fee_needs_law(task_type: str, *, charged: bool, basis: str) -> bool:
    """Tell whether a licence is charged for without naming the law that allows it.

    行政许可法 art. 58: no fee, unless a law or administrative regulation provides for it.
    """
    return task_type == LICENSING and charged and not basis.strip()
