"""Reads about people."""

from collections.abc import Iterable

from tongban.identity.errors import PersonMissing
from tongban.identity.models import Person, PersonState
from tongban.identity.queries.days import today
from tongban.identity.queries.views import PersonCard, PersonSession
from tongban.identity.rules import NumberKind, tidy_number
from tongban.kernel.acting import Assurance
from tongban.kernel.checksums import mask_name, mask_number
from tongban.vault import api as vault
from tongban.work import api as work

TABLE = "identity_person"

_ONE = work.Read(Person, 1, lambda person_id: Person.objects.filter(id=person_id))
_NAME = work.Read(
    Person, 1, lambda person_id: Person.objects.filter(id=person_id).values_list("place_id", "name")
)
_SIGN_IN = work.Read(
    Person,
    1,
    lambda person_id: Person.objects.filter(id=person_id).values_list(
        "epoch", "assurance", "state"
    ),
)


def number_index(kind: NumberKind, tidied: str) -> bytes:
    """Return the blind index of a tidied number; one purpose for each kind."""
    return vault.blind_index(purpose=f"identity.number.{kind.value}", value=tidied)


def find_person(*, number_kind: NumberKind, number: str) -> str | None:
    """Return the id of the person with this number, or None; NumberRefused. One statement."""
    tidied = tidy_number(number_kind, number, today=today())
    found = Person.objects.filter(
        number_kind=number_kind.value, number_index=number_index(number_kind, tidied)
    )
    return found.values_list("id", flat=True).first()


def unsealed(key: vault.DataKey, person_id: str, column: str, sealed: bytes | memoryview) -> str:
    """Open one column of a person."""
    return vault.unseal_text(
        key=key, table=TABLE, row=person_id, column=column, sealed=bytes(sealed)
    )


def person_card(person_id: str) -> PersonCard:
    """Return the person in the clear; the caller records the look. Two statements.

    Of one who was erased an empty card, in one. PersonMissing, vault's KeyDestroyed.
    """
    row = _ONE.instance(person_id)
    if row is None:
        raise PersonMissing
    if row.state == PersonState.ERASED:
        return _empty(row)
    key = vault.key_of(place_id=row.place_id, person_id=row.id)
    name = unsealed(key, row.id, "name", row.name)
    number = unsealed(key, row.id, "number", row.number)
    return PersonCard(
        id=row.id,
        name=name,
        number_kind=NumberKind(row.number_kind),
        number=number,
        phone=unsealed(key, row.id, "phone", row.phone),
        assurance=Assurance(row.assurance),
        masked_name=mask_name(name),
        masked_number=mask_number(number),
    )


def _empty(row: Person) -> PersonCard:
    return PersonCard(
        id=row.id,
        name="",
        number_kind=NumberKind(row.number_kind),
        number="",
        phone="",
        assurance=Assurance(row.assurance),
        masked_name="",
        masked_number="",
        erased=True,
    )


def person_name(person_id: str, *, keyring: vault.Keyring | None = None) -> str:
    """Return the person's name alone; the caller records the look.

    One statement with the person's ``keyring``, two without. PersonMissing, vault's KeyDestroyed.
    """
    row = _NAME.row(person_id)
    if row is None:
        raise PersonMissing
    place_id, sealed = row
    key_of = vault.key_of if keyring is None else keyring.key_of
    return unsealed(key_of(place_id=place_id, person_id=person_id), person_id, "name", sealed)


def masked_names(person_ids: Iterable[str]) -> dict[str, str]:
    """Return 张** by person id; unknown and erased persons are absent.

    For a page of a list: at most a few hundred ids. One statement, and one for each place that
    registered them: a person may have keys at other places too, where their data was looked at.
    """
    wanted = set(person_ids)
    if not wanted:
        return {}
    people = Person.objects.filter(id__in=wanted).exclude(state=PersonState.ERASED)
    rows = list(people.values_list("id", "place_id", "name"))
    by_place: dict[str, list[str]] = {}
    for person_id, place_id, _ in rows:
        by_place.setdefault(place_id, []).append(person_id)
    keys: dict[str, vault.DataKey] = {}
    for place_id, there in by_place.items():
        keys |= vault.keys_of(person_ids=there, place_id=place_id)
    return {
        person_id: mask_name(unsealed(keys[person_id], person_id, "name", name))
        for person_id, _, name in rows
        if person_id in keys
    }


def person_session(person_id: str) -> PersonSession:
    """Return what a person's sign-in is held against; PersonMissing. One statement."""
    row = _SIGN_IN.row(person_id)
    if row is None:
        raise PersonMissing
    epoch, assurance, state = row
    return PersonSession(
        epoch=epoch, assurance=Assurance(assurance), active=state == PersonState.ACTIVE
    )
