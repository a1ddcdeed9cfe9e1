"""The load of agreements: it shows its changes, and writes them if told to."""

from tongban.agreements.actions.load import put_agreements
from tongban.agreements.actions.rows import AgreementRow, OpeningRow

__all__ = ["AgreementRow", "OpeningRow", "put_agreements"]
