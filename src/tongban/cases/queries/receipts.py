"""What a person keeps of a case: its entries in the log, each with its proof."""

from dataclasses import dataclass
from datetime import datetime

from tongban.cases import access
from tongban.cases.queries.head import case_of
from tongban.evidence import api as evidence
from tongban.evidence.errors import ContentErased
from tongban.kernel.acting import Acting
from tongban.kernel.errors import mark
from tongban.vault import api as vault

_LEFT_OUT = frozenset({"case.reviewed", evidence.LOOK})
"""The officer's opinion is inner work of the agency; looks have receipts of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """An entry of a case: its kind, its moment, and whether a receipt can hold it now.

    ``erased`` where its content is gone with the person's keys: no receipt can ever hold it.
    """

    kind: str
    at: datetime
    provable: bool
    erased: bool


def entry_lines(*, acting: Acting, case_id: str) -> tuple[EntryLine, ...]:
    """Return the entries that a receipt of the case is made of, oldest first.

    Nothing personal, so no look. CaseNotFound if the case is not for these eyes. Four statements
    for the applicant.
    """
    case = case_of(case_id)
    access.side_of(access.viewer(acting), case)
    rows = evidence.entries_of(subject=("case", case.id), without=_LEFT_OUT)
    proved = evidence.provable(entry_ids=[row.id for row in rows])
    keys = vault.keys_by_id({row.key_id for row in rows})
    return tuple(
        EntryLine(
            kind=row.kind,
            at=row.at,
            provable=row.id in proved and row.key_id in keys,
            erased=row.key_id not in keys,
        )
        for row in rows
    )


def receipt(*, acting: Acting, case_id: str, personal: bool = True) -> evidence.Issued:
    """Return the receipt of a case and record the look unless the applicant takes it.

    Without ``personal`` every personal field is kept back, and there is nothing to look at.
    CaseNotFound if it is not for these eyes; evidence's NotSealedYet if no entry is sealed,
    ContentErased if the person was erased, and then nothing was seen.
    """
    case = case_of(case_id)
    access.side_of(access.viewer(acting), case)
    entries = evidence.open_entries(subject=("case", case.id), without=_LEFT_OUT)
    if not entries:
        raise ContentErased
    issued = evidence.issue(entries, personal=personal)
    if personal:
        access.note_look(acting, case, ("evidence",), mark("出具存证凭证"))
    return issued
