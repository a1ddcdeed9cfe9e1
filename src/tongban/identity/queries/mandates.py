"""Reads about mandates, and the check before an agent acts."""

from datetime import date

from django.db.models import Q

from tongban.identity.errors import (
    MandateExpired,
    MandateMissing,
    MandateScope,
    MandateWithdrawn,
)
from tongban.identity.models import Mandate
from tongban.identity.queries.views import MandateView
from tongban.identity.rules import Ground, Scope, ScopeKind, covers


def mandate_view(row: Mandate) -> MandateView:
    """Return the row as it leaves the app."""
    return MandateView(
        id=row.id,
        place_id=row.place_id,
        principal_id=row.principal_id,
        agent_id=row.agent_id,
        scope=Scope(ScopeKind(row.scope_kind), row.scope_id),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        granted_at=row.granted_at,
        withdrawn_at=row.withdrawn_at,
        ground=Ground(row.ground),
        document_id=row.document_id,
    )


def mandate(mandate_id: str) -> MandateView:
    """Return a mandate in any state; MandateMissing. One statement."""
    row = Mandate.objects.filter(id=mandate_id).first()
    if row is None:
        raise MandateMissing
    return mandate_view(row)


def mandates_of(person_id: str) -> list[MandateView]:
    """Return the mandates that the person gave or holds, newest first. One statement."""
    rows = Mandate.objects.filter(Q(principal_id=person_id) | Q(agent_id=person_id))
    return [mandate_view(row) for row in rows.order_by("-granted_at", "-id")]


def check_mandate(
    *,
    mandate_id: str,
    agent_id: str,
    principal_id: str,
    matter_code: str,
    case_id: str | None,
    on: date,
) -> None:
    """Pass if the agent may act for the principal in this on that day. One statement.

    MandateMissing also when the mandate is between two others; then MandateWithdrawn,
    MandateExpired (also: not yet begun), MandateScope, in this order.
    """
    row = Mandate.objects.filter(
        id=mandate_id, agent_id=agent_id, principal_id=principal_id
    ).first()
    if row is None:
        raise MandateMissing
    if row.withdrawn_at is not None:
        raise MandateWithdrawn
    if not row.starts_on <= on <= row.ends_on:
        raise MandateExpired(starts_on=str(row.starts_on), ends_on=str(row.ends_on))
    scope = Scope(ScopeKind(row.scope_kind), row.scope_id)
    if not covers(scope, matter_code=matter_code, case_id=case_id):
        raise MandateScope
