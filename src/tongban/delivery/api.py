"""The door of delivery: custody of originals and results, and every move of them."""

from tongban.delivery import splitting
from tongban.delivery.actions import (
    adopt,
    compare,
    hand_over,
    prepare,
    report_lost,
    send,
    send_back,
    sign,
    take_in,
)
from tongban.delivery.checks import Damage, check_custody
from tongban.delivery.forms import PAPER_FORM
from tongban.delivery.packing import packed
from tongban.delivery.queries import (
    ItemView,
    MoveView,
    count_held,
    item,
    items_expected,
    items_held,
    items_of,
    moves_of,
    overdue,
)
from tongban.delivery.rules import (
    STATE_NAMES,
    Holder,
    HolderKind,
    ItemKind,
    ItemState,
    Verb,
)

__all__ = [
    "PAPER_FORM",
    "STATE_NAMES",
    "Damage",
    "Holder",
    "HolderKind",
    "ItemKind",
    "ItemState",
    "ItemView",
    "MoveView",
    "Verb",
    "adopt",
    "check_custody",
    "compare",
    "count_held",
    "hand_over",
    "item",
    "items_expected",
    "items_held",
    "items_of",
    "moves_of",
    "overdue",
    "packed",
    "prepare",
    "report_lost",
    "send",
    "send_back",
    "sign",
    "splitting",
    "take_in",
]
