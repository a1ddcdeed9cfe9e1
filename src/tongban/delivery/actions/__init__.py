"""Verbs of custody: each in one transaction, with its evidence."""

from tongban.delivery.actions.intake import take_in
from tongban.delivery.actions.verbs import (
    hand_over,
    prepare,
    report_lost,
    send,
    send_back,
    sign,
)

__all__ = ["hand_over", "prepare", "report_lost", "send", "send_back", "sign", "take_in"]
