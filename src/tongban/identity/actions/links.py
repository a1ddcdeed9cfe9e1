"""A person comes in with their account at another node: by a link, or confirmed a first time.

Whose statement it is, the caller has made sure of. Found by their verified number alone.
"""

from django.conf import settings
from django.db import transaction

from tongban.evidence import api as evidence
from tongban.identity.actions.locks import lock_active
from tongban.identity.actions.people import register_person
from tongban.identity.errors import (
    AssuranceTooLow,
    LinkNumberDiffers,
    LinkUnverified,
    PersonMissing,
)
from tongban.identity.models import HomeLink, Person
from tongban.identity.queries.days import today
from tongban.identity.queries.links import link_of, subject_index
from tongban.identity.queries.people import number_index, person_session
from tongban.identity.queries.views import Entered, HomeStatement
from tongban.identity.rules import ASSURANCE_ELSEWHERE, tidy_number
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel, Presence
from tongban.kernel.ids import new_id
from tongban.vault import api as vault


def enter_by_link(*, peer: str, told: HomeStatement, most: Assurance) -> Entered | None:
    """Let in whoever is linked already; None where nobody is: then they are asked to confirm.

    ``most`` is what this node believes of that one's logins. LinkNumberDiffers where the number is
    no longer the linked person's; AssuranceTooLow, PersonMissing, PersonBlocked.
    """
    level = _level(told, most)
    with transaction.atomic():
        linked = link_of(peer, told.subject)
        if linked is None:
            return None
        place_id = lock_active([linked.person_id])[linked.person_id]
        if not _has_number(linked.person_id, told):
            raise LinkNumberDiffers
        return _enter(peer, linked.person_id, place_id, level)


def link_home(*, peer: str, told: HomeStatement, most: Assurance, place_id: str) -> Entered:
    """Link the account at another node, as its holder has confirmed here, and let them in.

    Whoever has the number here is linked; nobody: they are registered at ``place_id``, as sure as
    this login. Once more changes nothing but lets in again. LinkNumberDiffers, LinkUnverified,
    NameDiffers, AssuranceTooLow, PersonBlocked and what ``register_person`` refuses.
    """
    level = _level(told, most)
    with transaction.atomic():
        before = link_of(peer, told.subject)
        if before is not None and not _has_number(before.person_id, told):
            raise LinkNumberDiffers
        person_id = register_person(
            acting=_node(peer, level),
            place_id=place_id,
            name=told.name,
            number_kind=told.number_kind,
            number=told.number,
            phone="",
            assurance=level,
        ).id
        home = lock_active([person_id])[person_id]
        # Who typed in somebody's number first must not be given that person's login.
        if person_session(person_id).assurance < ASSURANCE_ELSEWHERE:
            raise LinkUnverified
        if link_of(peer, told.subject) is None:  # nor since the person is held
            _link(peer, told.subject, person_id, home, level)
        return _enter(peer, person_id, home, level)


def unlink_home(*, acting: Acting, peer: str) -> None:
    """End the actor's link to their account at a node; where there is none, nothing happens.

    Only for themself. Who comes again with that account is asked anew.
    """
    person_id = acting.actor_id
    if acting.actor_kind is not ActorKind.PERSON or acting.on_behalf_of is not None:
        raise PersonMissing
    with transaction.atomic():
        place_id = lock_active([person_id])[person_id]
        ended, _ = HomeLink.objects.filter(peer=peer, person_id=person_id).delete()
        if ended:
            _record("person.unlinked", peer, person_id, place_id, acting.assurance)


def _level(told: HomeStatement, most: Assurance) -> Assurance:
    level = Assurance(min(told.assurance, most))
    if level < ASSURANCE_ELSEWHERE:
        raise AssuranceTooLow(needed=int(ASSURANCE_ELSEWHERE), given=int(level))
    return level


def _has_number(person_id: str, told: HomeStatement) -> bool:
    tidied = tidy_number(told.number_kind, told.number, today=today())
    return Person.objects.filter(
        id=person_id,
        number_kind=told.number_kind.value,
        number_index=number_index(told.number_kind, tidied),
    ).exists()


def _link(peer: str, subject: str, person_id: str, place_id: str, level: Assurance) -> None:
    """Write the link; one to an account that the person had there before ends with it."""
    HomeLink.objects.filter(peer=peer, person_id=person_id).delete()
    HomeLink.objects.create(
        id=new_id(settings.NODE),
        peer=peer,
        subject_index=subject_index(peer, subject),
        person_id=person_id,
        place_id=place_id,
        linked_at=clock.now(),
        linked_entry=_record("person.linked", peer, person_id, place_id, level),
    )


def _enter(peer: str, person_id: str, place_id: str, level: Assurance) -> Entered:
    held = person_session(person_id)
    if not held.active:
        raise PersonMissing
    sure = Assurance(min(level, held.assurance))
    _record("person.logged_in", peer, person_id, place_id, sure)
    return Entered(person_id=person_id, assurance=sure)


def _record(kind: str, peer: str, person_id: str, place_id: str, level: Assurance) -> str:
    return evidence.record(
        kind=kind,
        at=clock.now(),
        place_id=place_id,
        acting=Acting(
            actor_kind=ActorKind.PERSON,
            actor_id=person_id,
            channel=Channel.PORTAL,
            presence=Presence.LOGIN,
            assurance=level,
        ),
        subject=("person", person_id),
        facts={"peer": peer, "assurance": int(level)},
        key=vault.key_of(place_id=place_id, person_id=person_id),
    )


def _node(peer: str, level: Assurance) -> Acting:
    return Acting(
        actor_kind=ActorKind.NODE,
        actor_id=peer,
        channel=Channel.PORTAL,
        presence=Presence.LOGIN,
        assurance=level,
    )


def end_links_of(person_id: str) -> None:
    """Remove the links of a person who is being erased, in the same transaction."""
    HomeLink.objects.filter(person_id=person_id).delete()
