"""What agreements may open and grant: plain Python, no Django."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from tongban.kernel.errors import mark


class Act(StrEnum):
    """What a receiving place may do for the deciding place.

    The four powers that both sides of a real agreement grant each other's windows (襄城–卧龙):
    none of them is a decision. 国办发〔2020〕35号: receiving (收件) is split from accepting (受理),
    and the powers over a matter do not move (不改变原有办理事权).
    """

    RECEIVE = "receive"  # 收件
    NOTIFY_ONCE = "notify_once"  # 一次性告知
    VERIFY_ORIGINALS = "verify_originals"  # 原件核验
    DELIVER_RESULT = "deliver_result"  # 结果送达


ACT_NAMES = {
    Act.RECEIVE: mark("收件"),
    Act.NOTIFY_ONCE: mark("一次性告知"),
    Act.VERIFY_ORIGINALS: mark("原件核验"),
    Act.DELIVER_RESULT: mark("结果送达"),
}


class AgreementState(StrEnum):
    """Where an agreement stands; ended = terminated, whatever its last day was.

    Waiting: between places of two nodes, and not signed by both yet. Nothing is open.
    """

    DRAFT = "draft"
    WAITING = "waiting"
    IN_FORCE = "in_force"
    ENDED = "ended"


class Purpose(StrEnum):
    """What a node signs of an agreement: that it begins, or that it ends."""

    START = "start"
    END = "end"


class SilenceFrom(StrEnum):
    """Whose receipt of the papers starts the five days of 行政许可法 art. 32(4)."""

    RECEIVING = "receiving"
    DECIDING = "deciding"


def undecided_only(acts: Collection[str]) -> bool:
    """Tell whether acts stay short of accepting and deciding.

    行政许可法 art. 24: implementing a licence may be entrusted (委托) only to another
    administrative organ, in the entrusting body's name, made public, and not passed on. An
    agreement about windows is no such entrustment, so it can grant the four acts and no other.
    """
    return set(acts) <= {act.value for act in Act}


def acts_fit(mode: str, acts: Collection[str]) -> bool:
    """Tell whether acts make sense in a mode.

    Where a place receives for another (received) it must at least be granted receiving, since
    telling what is missing and checking originals follow from it. Online nobody receives; a
    window may still hand down a result.
    """
    if mode == "received":
        return Act.RECEIVE in acts
    return set(acts) <= {Act.DELIVER_RESULT.value}


def places_fit(mode: str, receiving_place_id: str | None) -> bool:
    """Tell whether a receiving place stands where the mode needs one, and only there.

    Received names the place whose windows receive; online is open from anywhere (one login,
    nationwide: 国办发〔2020〕35号, 全程网办), so that it names none.
    """
    return (mode == "received") == (receiving_place_id is not None)


def last_day(noticed: date, signed_on: Collection[date], ends_on: date | None) -> date:
    """Return the last day of an agreement whose end all have signed: never one that had passed.

    Every node reckons it from the same signatures, so that it is the same on each.

    >>> last_day(date(2026, 6, 1), [date(2026, 5, 1), date(2026, 6, 3)], None)
    datetime.date(2026, 6, 3)
    """
    day = max(noticed, *signed_on)
    return day if ends_on is None else min(day, ends_on)
