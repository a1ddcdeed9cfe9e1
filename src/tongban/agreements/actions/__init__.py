"""The load of agreements, and what two nodes sign."""

from tongban.agreements.actions.load import put_agreements
from tongban.agreements.actions.rows import AgreementRow, OpeningRow
from tongban.agreements.actions.signing import end, propose, sign
from tongban.agreements.actions.waiting import await_signatures

__all__ = [
    "AgreementRow",
    "OpeningRow",
    "await_signatures",
    "end",
    "propose",
    "put_agreements",
    "sign",
]
