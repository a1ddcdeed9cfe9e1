"""What a load hands in."""

from dataclasses import dataclass
from datetime import date

from tongban.agreements.rules import AgreementState, SilenceFrom


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRow:
    """One matter opened. ``mode`` online or received; ``acts`` values of Act.

    ``receiving_place_id`` is None online, where nobody receives. Acts are kept as text, so that
    one which no agreement can grant is refused with its article.
    """

    matter_code: str
    deciding_place_id: str
    receiving_place_id: str | None
    mode: str
    acts: tuple[str, ...] = ()
    silence_from: SilenceFrom = SilenceFrom.DECIDING
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """An agreement with all that it opens. ``id`` is given by the region, for good.

    An opening left out of a later load is closed from that day on.
    """

    id: str
    title: str
    title_en: str
    party_ids: tuple[str, ...]
    starts_on: date
    openings: tuple[OpeningRow, ...]
    ends_on: date | None = None
    number: str = ""
    state: AgreementState = AgreementState.IN_FORCE
    source: str = ""
    sample: bool = False
