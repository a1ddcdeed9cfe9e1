"""Which agreements two nodes must sign, and those in force that wait for it from now on."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from tongban.agreements.actions.entries import record_standing
from tongban.agreements.actions.rows import AgreementRow, OpeningRow
from tongban.agreements.messages import terms_of, text_of
from tongban.agreements.models import Agreement, AgreementParty, Opening
from tongban.agreements.rules import AgreementState, SilenceFrom
from tongban.federation import api as federation
from tongban.federation.errors import NodeUnknown
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Acting
from tongban.places.errors import PlaceMissing


def signers(party_ids: Iterable[str]) -> frozenset[str]:
    """Return the nodes that must sign: of all parties, if they are several and this is one.

    None where this node hosts all parties or none, or where nobody is known to host one.
    """
    if federation.own() is None:
        return frozenset()
    try:
        nodes = {federation.node_hosting(each) or settings.NODE for each in party_ids}
    except (NodeUnknown, PlaceMissing):
        return frozenset()
    return frozenset(nodes) if len(nodes) > 1 and settings.NODE in nodes else frozenset()


def parties_of(agreement_id: str) -> list[str]:
    """Return the parties of an agreement, by id. One statement."""
    rows = AgreementParty.objects.filter(agreement_id=agreement_id).order_by("place_id")
    return list(rows.values_list("place_id", flat=True))


def await_signatures(*, acting: Acting = OPERATOR) -> tuple[str, ...]:
    """Let what was loaded before two nodes shared it wait until both have signed; return the ids.

    New cases are not taken in under it; those that were are finished. Each leaves an entry.
    """
    if federation.own() is None:
        return ()
    today, found = localdate(clock.now()), []
    with transaction.atomic():
        rows = Agreement.objects.select_for_update().filter(state=AgreementState.IN_FORCE, terms="")
        for row in rows.order_by("id"):
            parties = parties_of(row.id)
            if signers(parties) and (row.ends_on is None or row.ends_on >= today):
                row.terms = text_of(terms_of(_row_of(row, parties)))
                row.state, row.lapsed_on = AgreementState.WAITING.value, today
                row.save(update_fields=["terms", "state", "lapsed_on"])
                record_standing(row, parties[0], acting, kind="agreement.proposed")
                found.append(row.id)
    return tuple(found)


def _row_of(row: Agreement, parties: list[str]) -> AgreementRow:
    """Return an agreement as it would be loaded; what was closed is no part of it."""
    openings = Opening.objects.filter(agreement_id=row.id, withdrawn_on=None).order_by("id")
    return AgreementRow(
        id=row.id,
        title=row.title,
        title_en=row.title_en,
        number=row.number,
        party_ids=tuple(parties),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        source=row.source,
        sample=row.sample,
        openings=tuple(
            OpeningRow(
                matter_code=one.matter_id,
                deciding_place_id=one.deciding_place_id,
                receiving_place_id=one.receiving_place_id,
                mode=one.mode,
                acts=tuple(one.acts),
                silence_from=SilenceFrom(one.silence_from),
                sample=one.sample,
            )
            for one in openings
        ),
    )
