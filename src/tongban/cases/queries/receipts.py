"""What a person keeps of a case: its entries in the log, each with its proof."""

from dataclasses import dataclass
from datetime import datetime

from tongban.cases import access
from tongban.cases.queries.head import case_of
from tongban.evidence import api as evidence
from tongban.evidence.errors import ContentErased, KeyLost, NothingRecorded
from tongban.kernel.acting import Acting
from tongban.kernel.errors import Refusal, mark
from tongban.vault import api as vault

_LEFT_OUT = frozenset({"case.reviewed", evidence.LOOK})
"""The officer's opinion is inner work of the agency; looks have receipts of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """An entry of a case: its kind, its moment, and whether a receipt can hold it now.

    ``erased`` where its content is gone with the person's keys: no receipt can ever hold it.
    ``lost`` where the key is gone and nobody destroyed it: none can until it is back.
    """

    kind: str
    at: datetime
    provable: bool
    erased: bool
    lost: bool


def entry_lines(*, acting: Acting, case_id: str) -> tuple[EntryLine, ...]:
    """Return the entries that a receipt of the case is made of, oldest first.

    Nothing personal, so no look. CaseNotFound if the case is not for these eyes. Four statements
    for the applicant, five where a key is gone.
    """
    case = case_of(case_id)
    access.side_of(access.viewer(acting), case)
    rows = evidence.entries_of(subject=("case", case.id), without=_LEFT_OUT)
    proved = evidence.provable(entry_ids=[row.id for row in rows])
    named = {row.key_id for row in rows}
    keys = vault.keys_by_id(named)
    gone = named - keys.keys()
    lost = evidence.lost_among(gone)
    return tuple(
        EntryLine(
            kind=row.kind,
            at=row.at,
            provable=row.id in proved and row.key_id in keys,
            erased=row.key_id in gone - lost,
            lost=row.key_id in lost,
        )
        for row in rows
    )


def receipt(*, acting: Acting, case_id: str, personal: bool = True) -> evidence.Issued:
    """Return the receipt of a case and record the look unless the applicant takes it.

    Without ``personal`` every personal field is kept back, and there is nothing to look at; nor is
    there where no entry has one. CaseNotFound if it is not for these eyes; evidence's
    NothingRecorded, NotSealedYet if no entry is sealed, ContentErased if the person was erased,
    KeyLost if the keys are gone otherwise, and then nothing was seen.
    """
    case = case_of(case_id)
    access.side_of(access.viewer(acting), case)
    entries = evidence.open_entries(subject=("case", case.id), without=_LEFT_OUT)
    if not entries:
        raise _why_none(case.id)
    issued = evidence.issue(entries, personal=personal)
    if issued.shown:
        access.note_look(acting, case, ("evidence",), mark("出具存证凭证"), card=False)
    return issued


def _why_none(case_id: str) -> Refusal:
    """Return why no entry of a case can be opened."""
    rows = evidence.entries_of(subject=("case", case_id), without=_LEFT_OUT)
    named = {row.key_id for row in rows}
    if not named:
        return NothingRecorded()
    return ContentErased() if vault.destroyed_among(named) == named else KeyLost()
