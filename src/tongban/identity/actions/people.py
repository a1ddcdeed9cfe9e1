"""Verbs about people."""

from django.conf import settings
from django.db import transaction
from django.db.models import F

from tongban.evidence import api as evidence
from tongban.identity.errors import NameDiffers, PersonBlocked, PersonMissing
from tongban.identity.models import Person, PersonState
from tongban.identity.queries.days import today
from tongban.identity.queries.people import TABLE, number_index, unsealed
from tongban.identity.queries.views import PersonRef
from tongban.identity.rules import NumberKind, same_name, tidy_name, tidy_number, tidy_phone
from tongban.kernel import clock
from tongban.kernel.acting import Acting, Assurance
from tongban.kernel.ids import new_id
from tongban.places import api as places
from tongban.vault import api as vault


def register_person(
    *,
    acting: Acting,
    place_id: str,
    name: str,
    number_kind: NumberKind,
    number: str,
    phone: str,
    assurance: Assurance,
    known_as: str | None = None,
) -> PersonRef:
    """Register a person, or return the one who has this number already.

    ``known_as`` is the id that a person had whom a restored database has lost.

    Of a person who is there nothing changes. NameRefused, NumberRefused, PhoneRefused,
    PlaceMissing; NameDiffers if the number stands under another name; PersonBlocked. A first
    registration writes an evidence entry.
    """
    name = tidy_name(name)
    number = tidy_number(number_kind, number, today=today())
    phone = tidy_phone(phone)
    index = number_index(number_kind, number)
    place_id = places.place(place_id).id
    with transaction.atomic():
        held = _by_number(number_kind, index)
        if held is not None:
            return _same_person(held, name)
        person_id = known_as or new_id(settings.NODE)
        key = vault.make_key(place_id=place_id, person_id=person_id)
        row = Person(
            id=person_id,
            place_id=place_id,
            number_kind=number_kind.value,
            number_index=index,
            assurance=int(assurance),
            created_at=clock.now(),
            **_sealed(key, person_id, {"name": name, "number": number, "phone": phone}),
        )
        # Two who register one number at once: the second insert does nothing, and both get the
        # person whom the first one made.
        Person.objects.bulk_create([row], ignore_conflicts=True)
        first = Person.objects.get(number_kind=number_kind.value, number_index=index)
        if first.id != person_id:
            vault.destroy_keys(person_id=person_id)
            return _same_person(first, name)
        evidence.record(
            kind="person.registered",
            at=row.created_at,
            place_id=place_id,
            acting=acting,
            subject=("person", person_id),
            key=key,
            facts={"number_kind": number_kind.value, "assurance": int(assurance)},
            personal={"name": name, "number": number},
        )
    return PersonRef(id=person_id)


def _sealed(key: vault.DataKey, person_id: str, columns: dict[str, str]) -> dict[str, bytes]:
    return {
        column: vault.seal_text(key=key, table=TABLE, row=person_id, column=column, clear=clear)
        for column, clear in columns.items()
    }


def _by_number(kind: NumberKind, index: bytes) -> Person | None:
    return Person.objects.filter(number_kind=kind.value, number_index=index).first()


def _same_person(held: Person, name: str) -> PersonRef:
    key = vault.key_of(place_id=held.place_id, person_id=held.id)
    if not same_name(unsealed(key, held.id, "name", held.name), name):
        raise NameDiffers
    if held.state != PersonState.ACTIVE:
        raise PersonBlocked
    return PersonRef(id=held.id)


def bump_epoch(person_id: str) -> int:
    """End all sign-ins of a person; return the new epoch; PersonMissing."""
    with transaction.atomic():
        if not Person.objects.filter(id=person_id).update(epoch=F("epoch") + 1):
            raise PersonMissing
        return Person.objects.values_list("epoch", flat=True).get(id=person_id)


def raise_assurance(person_id: str, assurance: Assurance) -> Assurance:
    """Raise a person's assurance, never lower it; return what holds now; PersonMissing.

    Whoever calls has made sure: a face compared, a document seen at the counter.
    """
    with transaction.atomic():
        rows = Person.objects.filter(id=person_id)
        rows.filter(assurance__lt=int(assurance)).update(assurance=int(assurance))
        now = rows.values_list("assurance", flat=True).first()
    if now is None:
        raise PersonMissing
    return Assurance(now)
