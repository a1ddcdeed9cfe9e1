"""A person is erased 清除 (个人信息保护法 art. 47), and again after a database was restored.

Two stores hold what an erasure changes, and no transaction spans both: the main database (the
person's row, the evidence) and the key store (the keys, the list of erasures). The list and the
keys go first, inside the transaction of the rest. Should that fail, the list stands and
``replay_erasures`` ends the work; each store repairs the other when one was restored.
"""

from dataclasses import dataclass

from django.db import transaction

from tongban.evidence import api as evidence
from tongban.identity.access import may_erase
from tongban.identity.actions.codes import end_codes_of
from tongban.identity.actions.links import end_links_of
from tongban.identity.actions.locks import lock_person
from tongban.identity.actions.mandates import end_mandates_of
from tongban.identity.errors import ErasureNotYours
from tongban.identity.models import Person, PersonState
from tongban.identity.queries.erasure import back_again, unlisted
from tongban.identity.rules import ErasureGround
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Acting
from tongban.vault import api as vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay found undone and did: people erased again, keys destroyed again."""

    people: int
    keys: int


def erase_person(*, acting: Acting, person_id: str, ground: ErasureGround) -> int:
    """Destroy a person's keys and leave a tombstone of their row; return how many keys.

    Sign-ins, mandates and the number's blind index end with it, so that the number may register
    anew. Again on one who is erased changes nothing and returns 0; where an erasure broke off, it
    is ended as it was begun: its moment, its ground, its keys. The caller has made sure that
    no case, paper or retention keeps the person: ``cases.erase_person`` does. ErasureNotYours,
    PersonMissing.
    """
    if not may_erase(acting):
        raise ErasureNotYours
    with transaction.atomic():
        row = lock_person(person_id)
        if row.state == PersonState.ERASED:
            return 0
        end_mandates_of(row.id, acting)
        listed = vault.erase_keys(
            person_id=row.id, at=clock.now(), ground=ground.value, acting=acting.as_json()
        )
        _bury(row, listed)
        _record(row, acting, listed.keys)
    return listed.keys


def replay_erasures() -> Replayed:
    """Do every erasure again that a restored database has lost; doing it twice is harmless.

    A restored main database has the row back, a restored key store the keys: the list of the one
    and the tombstones of the other tell. A handful of statements where nothing is back.
    """
    listed = {one.person_id: one for one in vault.erasures()}
    for row in unlisted(listed):
        vault.erase_keys(
            person_id=row.id,
            at=row.erased_at or clock.now(),
            ground=row.erased_ground,
            acting=row.erased_by or {},
            lost=row.erased_keys,
        )
    keys = vault.destroy_again()
    people = 0
    for person_id in back_again(listed):
        was = listed[person_id]
        with transaction.atomic():
            row = lock_person(person_id)
            if row.state == PersonState.ERASED:
                continue  # another replay was faster
            end_mandates_of(row.id, OPERATOR)
            _bury(row, was)
            _record(row, OPERATOR, was.keys)
            people += 1
    return Replayed(people=people, keys=keys)


def _bury(row: Person, listed: vault.Erasure) -> None:
    end_codes_of(row.id)
    end_links_of(row.id)
    row.name = row.number = row.phone = b""
    row.number_index = None
    row.epoch += 1
    row.state = PersonState.ERASED.value
    row.erased_at, row.erased_ground, row.erased_by = listed.at, listed.ground, listed.acting
    row.erased_keys = vault.destroyed_keys_of(person_id=row.id)
    row.save(force_update=True)


def _record(row: Person, acting: Acting, keys: int) -> None:
    evidence.record(
        kind="erasure.done",
        at=clock.now(),
        place_id=row.place_id,
        acting=acting,
        subject=("person", row.id),
        facts={"person_id": row.id, "ground": row.erased_ground, "keys": keys},
        key=None,
    )
