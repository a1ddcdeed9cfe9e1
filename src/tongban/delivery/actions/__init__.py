"""Verbs of custody: each in one transaction, with its evidence."""

from tongban.delivery.actions.adopting import adopt
from tongban.delivery.actions.comparing import compare
from tongban.delivery.actions.intake import take_in
from tongban.delivery.actions.verbs import (
    hand_over,
    prepare,
    report_lost,
    send,
    send_back,
    sign,
)

__all__ = [
    "adopt",
    "compare",
    "hand_over",
    "prepare",
    "report_lost",
    "send",
    "send_back",
    "sign",
    "take_in",
]
