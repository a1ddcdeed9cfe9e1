"""A receipt of this node's own entries, as far as they are sealed."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from tongban.evidence import errors
from tongban.evidence.core.faults import Malformed
from tongban.evidence.queries import Entry, open_looks
from tongban.evidence.receipts.container import Piece, write
from tongban.evidence.rules import Opening
from tongban.evidence.sealing import Sealed, proofs_of

_log = structlog.get_logger("tongban.evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A receipt: the ZIP, how many entries it holds, and how many aren't sealed yet.

    ``shown`` is how many personal fields it discloses.
    """

    data: bytes
    sealed: int
    waiting: int
    shown: int


def issue(entries: Sequence[Entry], *, personal: bool = True) -> Issued:
    """Return the receipt of those entries that a checkpoint with its quorum covers.

    Without ``personal`` every disclosure is kept back; the rest is proved all the same. One
    statement. Raises ``errors.NotSealedYet`` where there is none.
    """
    proofs = _proved([entry.id for entry in entries])
    ready = [entry for entry in entries if entry.id in proofs]
    if not ready:
        raise errors.NotSealedYet
    pieces = [
        _piece(number, entry, proofs[entry.id].proof, entry.disclosures if personal else ())
        for number, entry in enumerate(ready, 1)
    ]
    policies = {sealed.origin: sealed.policy for sealed in proofs.values()}
    waiting = len(entries) - len(ready)
    data = write(pieces, [policies[origin] for origin in sorted(policies)], waiting=waiting)
    shown = sum(len(piece.opening.disclosures) for piece in pieces)
    return Issued(data=data, sealed=len(ready), waiting=waiting, shown=shown)


def issue_looks(*, person_id: str, look_ids: Sequence[str]) -> Issued:
    """Return the receipt of looks at this person, whoever asks for other ids.

    Four statements. Raises ``errors.EntryMissing`` if none of the looks is at this person, and
    as ``issue``.
    """
    entries = open_looks(person_id=person_id, look_ids=look_ids)
    if not entries:
        raise errors.EntryMissing
    return issue(entries)


def provable(*, entry_ids: Sequence[str]) -> frozenset[str]:
    """Return those entries that a receipt can hold now. One statement."""
    return frozenset(_proved(entry_ids))


def _proved(entry_ids: Sequence[str]) -> dict[str, Sealed]:
    """Return the proofs that satisfy their policy; a cosignature that lacks will come."""
    try:
        found = proofs_of(entry_ids=entry_ids)
    except (Malformed, LookupError) as error:  # the operator's policy or tiles, not the reader's
        _log.error("receipt_not_proved", error=type(error).__name__)
        return {}
    return {entry_id: sealed for entry_id, sealed in found.items() if sealed.quorum_reached}


def _piece(number: int, entry: Entry, proof: bytes, disclosures: tuple[str, ...]) -> Piece:
    opening = Opening(salt=entry.salt, body=entry.body_bytes, disclosures=disclosures)
    return Piece(name=f"{number:04}-{entry.kind}", opening=opening, leaf=entry.leaf, proof=proof)
