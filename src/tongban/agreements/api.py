"""The door of agreements: what opens a matter between places, their load, and what nodes sign."""

from tongban.agreements.actions import (
    AgreementRow,
    OpeningRow,
    await_signatures,
    end,
    propose,
    put_agreements,
    sign,
)
from tongban.agreements.queries import (
    AgreementView,
    OpeningView,
    SharedView,
    SignatureView,
    agreement,
    agreement_ids,
    opening,
    openings_from,
    openings_online,
    require_act,
    shared,
)
from tongban.agreements.rules import ACT_NAMES, Act, AgreementState, Purpose, SilenceFrom

__all__ = [
    "ACT_NAMES",
    "Act",
    "AgreementRow",
    "AgreementState",
    "AgreementView",
    "OpeningRow",
    "OpeningView",
    "Purpose",
    "SharedView",
    "SignatureView",
    "SilenceFrom",
    "agreement",
    "agreement_ids",
    "await_signatures",
    "end",
    "opening",
    "openings_from",
    "openings_online",
    "propose",
    "put_agreements",
    "require_act",
    "shared",
    "sign",
]
