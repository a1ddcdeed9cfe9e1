"""Verbs about mandates."""

from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from tongban.documents import api as documents
from tongban.evidence import api as evidence
from tongban.identity.access import may_grant, may_stand_there, may_withdraw
from tongban.identity.actions.locks import lock_active
from tongban.identity.errors import (
    AssuranceTooLow,
    MandateMissing,
    MandateNotYours,
    MandateRefused,
)
from tongban.identity.models import Mandate
from tongban.identity.queries.days import today
from tongban.identity.queries.mandates import mandate_view
from tongban.identity.queries.views import MandateView
from tongban.identity.rules import (
    Ground,
    MandateFault,
    Scope,
    mandate_fault,
)
from tongban.kernel import clock
from tongban.kernel.acting import Acting, Assurance
from tongban.kernel.ids import new_id
from tongban.vault import api as vault
from tongban.vault.errors import KeyDestroyed

ASSURANCE_TO_GRANT = Assurance.BASIC


def grant_mandate(
    *,
    acting: Acting,
    principal_id: str,
    agent_id: str,
    scope: Scope,
    starts_on: date,
    ends_on: date,
    ground: Ground,
    document_id: str | None = None,
) -> MandateView:
    """Let the agent act for the principal; with its evidence entry, under the principal's key.

    ``document_id``: the scanned letter of authority of a paper mandate, taken in with the owner
    ``("person", principal_id)``. MandateNotYours, AssuranceTooLow, MandateRefused (reason:
    MandateFault), PersonMissing, PersonBlocked, the documents' DocumentNotFound. Not idempotent:
    the caller holds an idempotency key.
    """
    if not (
        may_grant(acting, principal_id=principal_id, ground=ground) and may_stand_there(acting)
    ):
        raise MandateNotYours
    if acting.assurance < ASSURANCE_TO_GRANT:
        raise AssuranceTooLow(needed=int(ASSURANCE_TO_GRANT), given=int(acting.assurance))
    fault = mandate_fault(
        principal_id=principal_id,
        agent_id=agent_id,
        scope=scope,
        starts_on=starts_on,
        ends_on=ends_on,
        ground=ground,
        document_id=document_id,
        today=today(),
    )
    if fault is not None:
        raise MandateRefused(reason=fault.value)
    with transaction.atomic():
        place_id = lock_active([principal_id, agent_id])[principal_id]
        papers = _papers(document_id, principal_id)
        row = Mandate(
            id=new_id(settings.NODE),
            place_id=place_id,
            principal_id=principal_id,
            agent_id=agent_id,
            scope_kind=scope.kind.value,
            scope_id=scope.id,
            starts_on=starts_on,
            ends_on=ends_on,
            granted_at=clock.now(),
            ground=ground.value,
            document_id=document_id,
        )
        row.granted_entry = _record_grant(acting, row, papers)
        row.save(force_insert=True)
    return mandate_view(row)


def _record_grant(acting: Acting, row: Mandate, papers: list[dict[str, str]]) -> str:
    """Write the evidence of a mandate that is about to be saved; return the entry's id."""
    return evidence.record(
        kind="mandate.granted",
        at=row.granted_at,
        place_id=row.place_id,
        acting=acting,
        subject=("mandate", row.id),
        key=vault.key_of(place_id=row.place_id, person_id=row.principal_id),
        facts={
            "principal_id": row.principal_id,
            "agent_id": row.agent_id,
            "scope_kind": row.scope_kind,
            "scope_id": row.scope_id,
            "starts_on": str(row.starts_on),
            "ends_on": str(row.ends_on),
            "ground": row.ground,
        },
        documents=papers,
    )


def _papers(document_id: str | None, principal_id: str) -> list[dict[str, str]]:
    """Return the scan's digest for the evidence; it must have been taken in as the principal's."""
    if document_id is None:
        return []
    if documents.owner_of(document_id=document_id) != ("person", principal_id):
        raise MandateRefused(reason=MandateFault.PAPER.value)
    return documents.digests(document_ids=[document_id])


def withdraw_mandate(*, acting: Acting, mandate_id: str) -> MandateView:
    """End a mandate at once; again on one already withdrawn changes nothing.

    MandateMissing, also to those whom it does not concern.
    """
    with transaction.atomic():
        row = Mandate.objects.select_for_update().filter(id=mandate_id).first()
        if row is None or not (
            may_withdraw(acting, principal_id=row.principal_id, agent_id=row.agent_id)
            and may_stand_there(acting)
        ):
            raise MandateMissing
        if row.withdrawn_at is None:
            key = vault.key_of(place_id=row.place_id, person_id=row.principal_id)
            _withdraw(row, acting, key)
    return mandate_view(row)


def end_mandates_of(person_id: str, acting: Acting) -> None:
    """End what an erased person gave or held, in the transaction that erases them.

    Of what they gave, the entry is sealed under the node's key: theirs goes with them. So it is
    where the other one's is gone already, as when a restored database brought both back.
    """
    theirs = Q(principal_id=person_id) | Q(agent_id=person_id)
    standing = Mandate.objects.select_for_update().filter(theirs, withdrawn_at=None)
    for row in standing.filter(ends_on__gte=today()).order_by("id"):
        given = row.principal_id == person_id
        _withdraw(row, acting, None if given else _key_of_principal(row))


def _key_of_principal(row: Mandate) -> vault.DataKey | None:
    try:
        return vault.key_of(place_id=row.place_id, person_id=row.principal_id)
    except KeyDestroyed:
        return None


def _withdraw(row: Mandate, acting: Acting, key: vault.DataKey | None) -> None:
    row.withdrawn_at = clock.now()
    row.save(update_fields=["withdrawn_at"])
    evidence.record(
        kind="mandate.withdrawn",
        at=row.withdrawn_at,
        place_id=row.place_id,
        acting=acting,
        subject=("mandate", row.id),
        key=key,
        facts={"principal_id": row.principal_id, "agent_id": row.agent_id},
        refs=[row.granted_entry],
    )
