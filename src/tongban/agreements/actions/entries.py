"""Evidence of what places opened to each other, and when that ended."""

import hashlib
import json
from collections.abc import Sequence

from tongban.agreements.actions.rows import AgreementRow
from tongban.agreements.models import Agreement, Opening, Signature
from tongban.agreements.rules import AgreementState
from tongban.evidence import api as evidence
from tongban.kernel import clock
from tongban.kernel.acting import Acting


def record(
    row: AgreementRow, old: Agreement | None, opened: Sequence[Opening], acting: Acting
) -> None:
    """Write the entry of an agreement that was added or changed, at the first of its parties.

    Its openings may be many, so that the entry holds their digest and how many stand.
    """
    evidence.record(
        kind=_kind(row, old),
        at=clock.now(),
        place_id=min(row.party_ids),
        acting=acting,
        subject=("agreement", row.id),
        facts={
            "number": row.number,
            "party_ids": sorted(set(row.party_ids)),
            "starts_on": str(row.starts_on),
            "ends_on": None if row.ends_on is None else str(row.ends_on),
            "openings": sum(opening.withdrawn_on is None for opening in opened),
            "openings_sha256": _digest(opened),
        },
        key=None,
    )


def record_signature(
    agreement: Agreement, place_id: str, signature: Signature, acting: Acting
) -> None:
    """Write that a node signed, here or there; the digest of its JWS holds the very signature."""
    _about(
        agreement,
        place_id,
        acting,
        kind="agreement.signed",
        facts={
            "node": signature.node,
            "purpose": signature.purpose,
            "last_day": None if signature.ends_on is None else str(signature.ends_on),
            "signature_sha256": hashlib.sha256(signature.text.encode()).hexdigest(),
        },
    )


def record_standing(agreement: Agreement, place_id: str, acting: Acting, *, kind: str) -> None:
    """Write that an agreement of two nodes waits, is in force, or ends."""
    _about(agreement, place_id, acting, kind=kind, facts={"state": str(agreement.state)})


def _about(
    agreement: Agreement, place_id: str, acting: Acting, *, kind: str, facts: dict[str, str | None]
) -> None:
    evidence.record(
        kind=kind,
        at=clock.now(),
        place_id=place_id,
        acting=acting,
        subject=("agreement", agreement.id),
        facts={
            "number": agreement.number,
            "starts_on": str(agreement.starts_on),
            "ends_on": None if agreement.ends_on is None else str(agreement.ends_on),
            "terms_sha256": hashlib.sha256(agreement.terms.encode()).hexdigest(),
            **facts,
        },
        key=None,
    )


def _kind(row: AgreementRow, old: Agreement | None) -> str:
    if row.state == AgreementState.WAITING:
        return "agreement.proposed"
    if row.state == AgreementState.ENDED and (old is None or old.state != row.state):
        return "agreement.ended"
    return "agreement.published" if old is None else "agreement.changed"


def _digest(opened: Sequence[Opening]) -> str:
    """Return the SHA-256 of the openings as JSON lines, sorted; nothing of it is personal."""
    lines = sorted(
        json.dumps(
            [
                *(opening.matter_id, opening.deciding_place_id, opening.receiving_place_id),
                *(opening.mode, opening.acts, opening.silence_from),
                None if opening.withdrawn_on is None else str(opening.withdrawn_on),
            ],
            separators=(",", ":"),
        )
        for opening in opened
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
