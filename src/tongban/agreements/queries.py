"""Reads of agreements, each with its number of statements."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db.models import QuerySet
from django.utils.translation import gettext

from tongban.agreements.errors import ActNotGranted, AgreementEnded, NoAgreement
from tongban.agreements.models import Agreement, AgreementParty, Opening, Signature
from tongban.agreements.rules import ACT_NAMES, Act, AgreementState, Purpose, SilenceFrom
from tongban.places import api as places
from tongban.work import api as work


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningView:
    """What an agreement opens. ``receiving_place_id`` None: from anywhere.

    ``ends_on`` is the last day, None if the agreement names none. ``sample`` if the agreement or
    the opening is one.
    """

    id: str
    agreement_id: str
    agreement_title: str
    agreement_title_en: str
    matter_code: str
    deciding_place_id: str
    receiving_place_id: str | None
    mode: str
    acts: frozenset[Act]
    silence_from: SilenceFrom
    ends_on: date | None
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementView:
    """An agreement and the places that signed it, by id."""

    id: str
    title: str
    title_en: str
    number: str
    party_ids: tuple[str, ...]
    starts_on: date
    ends_on: date | None
    state: AgreementState
    source: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """What a node signed: that the agreement begins, or that it ends with a last day.

    ``refused`` names the nodes that did not take it, with their code.
    """

    node: str
    purpose: Purpose
    ends_on: date | None
    signed_at: datetime
    text: str
    refused: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedView:
    """An agreement of two nodes: the text that they sign, and who has."""

    agreement: AgreementView
    terms: str
    signatures: tuple[SignatureView, ...]


def shared(agreement_id: str) -> SharedView:
    """Return an agreement with what was signed of it; NoAgreement. Four statements."""
    view = agreement(agreement_id)
    rows = Signature.objects.filter(agreement_id=agreement_id).order_by("signed_at", "id")
    return SharedView(
        agreement=view,
        terms=Agreement.objects.values_list("terms", flat=True).get(pk=agreement_id),
        signatures=tuple(
            SignatureView(
                node=row.node,
                purpose=Purpose(row.purpose),
                ends_on=row.ends_on,
                signed_at=row.signed_at,
                text=row.text,
                refused=dict(row.refused),
            )
            for row in rows
        ),
    )


def agreement_ids() -> tuple[str, ...]:
    """Return the ids of all agreements, sorted. One statement."""
    return tuple(Agreement.objects.order_by("id").values_list("id", flat=True))


def agreement(agreement_id: str) -> AgreementView:
    """Return an agreement in any state; NoAgreement. Two statements."""
    row = Agreement.objects.filter(id=agreement_id).first()
    if row is None:
        raise NoAgreement
    parties = AgreementParty.objects.filter(agreement_id=agreement_id)
    return AgreementView(
        id=row.id,
        title=row.title,
        title_en=row.title_en,
        number=row.number,
        party_ids=tuple(sorted(parties.values_list("place_id", flat=True))),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        state=AgreementState(row.state),
        source=row.source,
        sample=row.sample,
    )


def opening(
    *,
    matter_code: str,
    deciding_place_id: str,
    receiving_place_id: str | None,
    mode: str,
    on: date,
    begun: bool = False,
) -> OpeningView:
    """Return what opens a matter of the deciding place, on a day. One statement.

    ``begun``: for a case that was taken in on that day, also under an agreement ended since.

    The receiving place may stand below the one that the agreement names, or belong to it as a
    zone. Of several, the one that names the nearest place holds, then the youngest agreement.
    AgreementEnded if one did open it and has ended, NoAgreement otherwise.
    """
    named = _FROM_ANYWHERE if receiving_place_id is None else _FROM_PLACES
    rows = named.instances(matter_code, deciding_place_id, mode)
    reach = [row for row in rows if _reaches(row, receiving_place_id)]
    held = [row for row in reach if _holds(row, on, begun=begun)]
    if not held:
        _refuse(reach, on)
    return _view(
        max(held, key=lambda row: (_depth(row.receiving_place_id), row.agreement.starts_on))
    )


def require_act(opening: OpeningView, act: Act) -> None:
    """Refuse an act that the agreement does not grant (ActNotGranted). No statement."""
    if act not in opening.acts:
        raise ActNotGranted(agreement_title=opening.agreement_title, act=gettext(ACT_NAMES[act]))


def openings_from(*, receiving_place_id: str, on: date) -> list[OpeningView]:
    """Return what a window in a place may receive for others, on a day. Two statements.

    By matter and deciding place; where several agreements open the same, each stands there.
    """
    named = (
        Opening.objects.filter(receiving_place__isnull=False)
        .values_list("receiving_place_id", flat=True)
        .distinct()
    )
    above = [each for each in named if each and places.within(receiving_place_id, each)]
    rows = _rows(Opening.objects.filter(receiving_place_id__in=above, mode="received"))
    return [_view(row) for row in rows if _holds(row, on)]


def openings_online(*, on: date, deciding_place_id: str | None = None) -> list[OpeningView]:
    """Return what can be applied for online, of one deciding place or of all. One statement."""
    rows = Opening.objects.filter(mode="online", receiving_place__isnull=True)
    if deciding_place_id is not None:
        rows = rows.filter(deciding_place_id=deciding_place_id)
    return [_view(row) for row in _rows(rows) if _holds(row, on)]


def _rows(rows: QuerySet[Opening]) -> QuerySet[Opening]:
    signed = rows.exclude(agreement__state=AgreementState.DRAFT)
    return signed.select_related("agreement").order_by("matter_id", "deciding_place_id", "id")


def _named(
    matter_code: str, deciding_place_id: str, mode: str, *, from_anywhere: bool
) -> QuerySet[Opening]:
    return _rows(
        Opening.objects.filter(
            matter_id=matter_code,
            deciding_place_id=deciding_place_id,
            mode=mode,
            receiving_place__isnull=from_anywhere,
        )
    )


_FROM_ANYWHERE = work.Read(Opening, 3, partial(_named, from_anywhere=True), shared=True)
_FROM_PLACES = work.Read(Opening, 3, partial(_named, from_anywhere=False), shared=True)


def _holds(row: Opening, on: date, *, begun: bool = False) -> bool:
    """Tell whether it is open on a day; ``begun``: for a case that was taken in on that day.

    An agreement that has been terminated since still lets such a case be finished, and so does one
    that waits for two nodes' signatures and was in force until a day.
    """
    agreement = row.agreement
    lapsed_on = agreement.lapsed_on
    in_force = agreement.state == AgreementState.IN_FORCE or (
        begun
        and (agreement.state == AgreementState.ENDED or (lapsed_on is not None and on <= lapsed_on))
    )
    withdrawn_on = row.withdrawn_on
    return (
        in_force
        and agreement.starts_on <= on
        and (agreement.ends_on is None or on <= agreement.ends_on)
        and (withdrawn_on is None or on < withdrawn_on or (begun and on == withdrawn_on))
    )


def _view(row: Opening) -> OpeningView:
    return OpeningView(
        id=row.id,
        agreement_id=row.agreement_id,
        agreement_title=row.agreement.title,
        agreement_title_en=row.agreement.title_en,
        matter_code=row.matter_id,
        deciding_place_id=row.deciding_place_id,
        receiving_place_id=row.receiving_place_id,
        mode=row.mode,
        acts=frozenset(Act(act) for act in row.acts),
        silence_from=SilenceFrom(row.silence_from),
        ends_on=row.agreement.ends_on,
        sample=row.sample or row.agreement.sample,
    )


def _reaches(row: Opening, receiving_place_id: str | None) -> bool:
    if row.receiving_place_id is None or receiving_place_id is None:
        return row.receiving_place_id == receiving_place_id
    return places.within(receiving_place_id, row.receiving_place_id)


def _depth(place_id: str | None) -> int:
    return 0 if place_id is None else len(places.chain(place_id))


def _refuse(rows: list[Opening], on: date) -> None:
    """Raise AgreementEnded naming the last that ended, NoAgreement if none ever opened it."""
    ended = [
        (_ended_on(row), row.agreement.title)
        for row in rows
        if row.agreement.starts_on <= on and row.agreement.state != AgreementState.WAITING
    ]
    if ended:
        day, title = max(ended)
        raise AgreementEnded(agreement_title=title, ended_on=day.isoformat())
    raise NoAgreement


def _ended_on(row: Opening) -> date:
    days = [day for day in (row.agreement.ends_on, row.withdrawn_on) if day is not None]
    return min(days)
