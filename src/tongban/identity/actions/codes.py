"""A person lets another node know who they are: a code is made for it, and redeemed once.

Which node asks, and that it is the one, the caller has made sure of: federation does.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from tongban.evidence import api as evidence
from tongban.identity.actions.locks import lock_active
from tongban.identity.errors import (
    AssertionReused,
    AssuranceTooLow,
    LoginCodeRefused,
    PersonBlocked,
    PersonMissing,
)
from tongban.identity.models import LoginCode, Person
from tongban.identity.queries.people import person_card
from tongban.identity.queries.staff import token_digest
from tongban.identity.queries.views import HomeStatement
from tongban.identity.rules import ASSURANCE_ELSEWHERE, code_challenge
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel
from tongban.kernel.errors import mark
from tongban.vault import api as vault

CODE_LIFE = timedelta(seconds=60)
"""The person's browser carries it to the other node, which redeems it at once."""

_KEPT = timedelta(days=1)
_PURPOSE = mark("经本人同意，用于在其他地区登录")


def allow_login(
    *,
    acting: Acting,
    peer: str,
    redirect_uri: str,
    challenge: str,
    nonce: str,
    logged_in_at: datetime,
) -> str:
    """Let a node know who the actor is, as they have agreed; return the code, kept nowhere else.

    Only for themself: no agent, no staff. AssuranceTooLow for one who isn't verified here;
    PersonMissing, PersonBlocked.
    """
    if acting.actor_kind is not ActorKind.PERSON or acting.on_behalf_of is not None:
        raise PersonMissing
    if acting.assurance < ASSURANCE_ELSEWHERE:
        raise AssuranceTooLow(needed=int(ASSURANCE_ELSEWHERE), given=int(acting.assurance))
    code, now = secrets.token_urlsafe(32), clock.now()
    with transaction.atomic():
        lock_active([acting.actor_id])
        LoginCode.objects.filter(created_at__lt=now - _KEPT).delete()
        LoginCode.objects.create(
            code_digest=token_digest(code),
            peer=peer,
            person_id=acting.actor_id,
            redirect_uri=redirect_uri,
            challenge=challenge,
            nonce=nonce,
            assurance=int(acting.assurance),
            epoch=Person.objects.values_list("epoch", flat=True).get(id=acting.actor_id),
            logged_in_at=logged_in_at,
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
    return code


def redeem_login(
    *, peer: str, code: str, redirect_uri: str, verifier: str, assertion_id: str
) -> tuple[HomeStatement, str]:
    """Tell a node who agreed to be known to it; return that and the nonce. Good once.

    What is told leaves an entry in the same transaction, and a look that the person sees. A second
    use revokes the code and leaves an entry; LoginCodeRefused for that and for all that doesn't
    fit, which changes nothing. AssertionReused.
    """
    with transaction.atomic():
        row, place_id = _locked(peer, code)
        if row.used_at is None:
            _check(row, redirect_uri=redirect_uri, verifier=verifier)
            return _told(row, place_id, assertion_id), row.nonce
        _revoke(row, place_id)
    raise LoginCodeRefused


def _locked(peer: str, code: str) -> tuple[LoginCode, str]:
    """Hold the person, then the code, in the order of an erasure; LoginCodeRefused."""
    rows = LoginCode.objects.filter(code_digest=token_digest(code), peer=peer)
    person_id = rows.values_list("person_id", flat=True).first()
    try:
        place_id = lock_active([person_id])[person_id] if person_id is not None else ""
    except (PersonMissing, PersonBlocked):
        raise LoginCodeRefused from None
    row = rows.select_for_update().first()
    if row is None:
        raise LoginCodeRefused
    return row, place_id


def _check(row: LoginCode, *, redirect_uri: str, verifier: str) -> None:
    proved = hmac.compare_digest(row.challenge, code_challenge(verifier))
    if not proved or row.redirect_uri != redirect_uri or clock.now() >= row.expires_at:
        raise LoginCodeRefused
    # Signed out everywhere in the meantime: they have changed their mind.
    if not Person.objects.filter(id=row.person_id, epoch=row.epoch).exists():
        raise LoginCodeRefused


def _told(row: LoginCode, place_id: str, assertion_id: str) -> HomeStatement:
    if LoginCode.objects.filter(peer=row.peer, assertion_id=assertion_id).exists():
        raise AssertionReused
    row.used_at, row.assertion_id = clock.now(), assertion_id
    row.save(update_fields=["used_at", "assertion_id"])
    card = person_card(row.person_id)
    _record("person.told", row, place_id, {"assurance": row.assurance})
    evidence.look(
        acting=_node(row),
        place_id=place_id,
        person_id=row.person_id,
        case_id=None,
        fields=["name", "number"],
        purpose=_PURPOSE,
    )
    return HomeStatement(
        subject=subject_for(row.peer, row.person_id),
        name=card.name,
        number_kind=card.number_kind,
        number=card.number,
        assurance=Assurance(row.assurance),
        logged_in_at=row.logged_in_at,
    )


def subject_for(peer: str, person_id: str) -> str:
    """Return what this node calls a person towards another: the same each time, there alone."""
    return vault.blind_index(purpose=f"identity.subject.{peer}", value=person_id).hex()


def _revoke(row: LoginCode, place_id: str) -> None:
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        row.save(update_fields=["revoked_at"])
        _record("person.code_reused", row, place_id, {})


def _record(kind: str, row: LoginCode, place_id: str, facts: dict[str, int]) -> None:
    evidence.record(
        kind=kind,
        at=clock.now(),
        place_id=place_id,
        acting=_node(row),
        subject=("person", row.person_id),
        facts={"peer": row.peer, **facts},
        key=vault.key_of(place_id=place_id, person_id=row.person_id),
    )


def _node(row: LoginCode) -> Acting:
    return Acting(
        actor_kind=ActorKind.NODE,
        actor_id=row.peer,
        on_behalf_of=row.person_id,
        channel=Channel.API,
    )


def end_codes_of(person_id: str) -> None:
    """Remove the codes of a person who is being erased, in the same transaction."""
    LoginCode.objects.filter(person_id=person_id).delete()
