"""The door of agreements: what opens a matter between places, and the load of agreements."""

from tongban.agreements.actions import AgreementRow, OpeningRow, put_agreements
from tongban.agreements.queries import (
    AgreementView,
    OpeningView,
    agreement,
    opening,
    openings_from,
    openings_online,
    require_act,
)
from tongban.agreements.rules import ACT_NAMES, Act, AgreementState, SilenceFrom

__all__ = [
    "ACT_NAMES",
    "Act",
    "AgreementRow",
    "AgreementState",
    "AgreementView",
    "OpeningRow",
    "OpeningView",
    "SilenceFrom",
    "agreement",
    "opening",
    "openings_from",
    "openings_online",
    "put_agreements",
    "require_act",
]
