"""Reads about accounts at other nodes."""

from datetime import datetime

from tongban.identity.models import HomeLink
from tongban.vault import api as vault


def subject_index(peer: str, subject: str) -> bytes:
    """Return the blind index of what another node calls a person."""
    return vault.blind_index(purpose=f"identity.link.{peer}", value=subject)


def link_of(peer: str, subject: str) -> HomeLink | None:
    """Return who is linked to that account. One statement."""
    return HomeLink.objects.filter(peer=peer, subject_index=subject_index(peer, subject)).first()


def links_of(person_id: str) -> list[tuple[str, datetime]]:
    """Return with accounts of which nodes a person comes in here, and since when. One statement."""
    rows = HomeLink.objects.filter(person_id=person_id).order_by("linked_at", "id")
    return list(rows.values_list("peer", "linked_at"))
