"""A failure after each statement of the verbs of custody and of identity."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from faults.injection import fail_after_each_statement
from support.contents import everything
from support.scene import DACHANG, OFFICES, TONGZHOU, Walk, as_person, person_id, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.cases.rules import day_of
from tongban.delivery import api as delivery
from tongban.delivery.models import CustodyMove
from tongban.evidence.models import PendingEntry
from tongban.identity import api as identity
from tongban.identity.models import Mandate, Person
from tongban.kernel import clock
from tongban.kernel.acting import Assurance
from tongban.vault import api as vault

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(databases=["default", "keys"], transaction=True),
    pytest.mark.usefixtures("region"),
]

Call = Callable[[], Any]


class Lease:
    """The original that the window of Dachang took in for a case of Tongzhou."""

    def __init__(self) -> None:
        self.walk: Walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
        self.case = ("case", self.walk.done.case_id)
        self.key = vault.key_of(
            place_id=TONGZHOU, person_id=person_id("ma"), case_id=self.walk.done.case_id
        )

    @property
    def now(self) -> delivery.ItemView:
        return delivery.items_of(self.case)[0]

    @property
    def seen(self) -> dict[str, Any]:
        return {"item_id": self.now.id, "seq": self.now.seq, "key": self.key}

    def sent(self) -> "Lease":
        delivery.send(acting=self.walk.window, carrier="EMS", waybill="EA123456789CN", **self.seen)
        return self


def take_in() -> Call:
    lease = Lease()
    return partial(
        delivery.take_in,
        acting=lease.walk.window,
        place_id=TONGZHOU,
        subject=lease.case,
        label="房屋产权证",
        kind=delivery.ItemKind.ORIGINAL,
        copies=1,
        holder=delivery.Holder(delivery.HolderKind.OFFICE, OFFICES[DACHANG]),
        key=lease.key,
    )


def prepare() -> Call:
    lease = Lease()
    to = delivery.Holder(delivery.HolderKind.PERSON, person_id("ma"))
    return partial(delivery.prepare, acting=lease.walk.window, to=to, **lease.seen)


def send() -> Call:
    lease = Lease()
    return partial(
        delivery.send,
        acting=lease.walk.window,
        carrier="EMS",
        waybill="EA123456789CN",
        **lease.seen,
    )


def sign() -> Call:
    lease = Lease().sent()
    return partial(delivery.sign, acting=lease.walk.officer, **lease.seen)


def send_back() -> Call:
    lease = Lease().sent()
    return partial(
        delivery.send_back, acting=lease.walk.window, note="无人签收，退回。", **lease.seen
    )


def report_lost() -> Call:
    lease = Lease().sent()
    return partial(
        delivery.report_lost, acting=lease.walk.window, note="邮政告知遗失。", **lease.seen
    )


def hand_over() -> Call:
    lease = Lease()
    return partial(
        delivery.hand_over, acting=lease.walk.window, person_id=person_id("ma"), **lease.seen
    )


def found() -> Call:
    lease = Lease().sent()
    return partial(
        delivery.compare, acting=lease.walk.officer, found=True, note="在本机关。", **lease.seen
    )


def missing() -> Call:
    lease = Lease().sent()
    return partial(
        delivery.compare, acting=lease.walk.officer, found=False, note="都没有。", **lease.seen
    )


MOVES: dict[delivery.Verb, Callable[[], Call]] = {
    delivery.Verb.TAKE_IN: take_in,
    delivery.Verb.PREPARE: prepare,
    delivery.Verb.SEND: send,
    delivery.Verb.SIGN: sign,
    delivery.Verb.SEND_BACK: send_back,
    delivery.Verb.REPORT_LOST: report_lost,
    delivery.Verb.HAND_OVER: hand_over,
    delivery.Verb.FOUND: found,
    delivery.Verb.MISSING: missing,
}


def test_every_move_is_tried() -> None:
    assert {*MOVES} == {*delivery.Verb}


@pytest.mark.parametrize("verb", MOVES)
def test_a_move_that_fails_anywhere_changes_nothing_and_then_happens_once(
    verb: delivery.Verb,
) -> None:
    call = MOVES[verb]()
    moves, entries = CustodyMove.objects.count(), PendingEntry.objects.count()
    moved, failures = fail_after_each_statement(call)
    assert isinstance(moved, delivery.ItemView)
    assert failures >= 5
    assert CustodyMove.objects.get(item_id=moved.id, seq=moved.seq).verb == verb
    assert CustodyMove.objects.count() == moves + 1
    assert PendingEntry.objects.count() == entries + 1
    after = everything()
    assert call() == moved  # its answer was lost: the same request comes again
    assert everything() == after


def test_dispatching_makes_two_moves_or_none() -> None:
    walk = walk_to(State.ISSUED, place=TONGZHOU, mode="received")
    item = next(
        one
        for one in delivery.items_of(("case", walk.done.case_id))
        if one.kind is delivery.ItemKind.RESULT
    )
    agency = delivery.Holder(delivery.HolderKind.AGENCY, item.holder.id)
    elsewhere = delivery.Holder(delivery.HolderKind.PERSON, person_id("ma"))
    key = vault.key_of(place_id=TONGZHOU, person_id=person_id("ma"), case_id=walk.done.case_id)
    item = delivery.prepare(
        acting=walk.officer, item_id=item.id, seq=item.seq, to=elsewhere, key=key
    )
    assert item.holder == agency
    call = partial(
        cases.dispatch,
        acting=walk.officer,
        case_id=walk.done.case_id,
        item_id=item.id,
        seq=item.seq,
        carrier="EMS",
        waybill="EB123456789CN",
    )
    _, failures = fail_after_each_statement(call)
    assert failures >= 12
    now = delivery.item(item.id)
    assert (now.seq, now.state) == (item.seq + 2, delivery.ItemState.IN_TRANSIT)
    assert now.addressee == delivery.Holder(delivery.HolderKind.OFFICE, OFFICES[DACHANG])


def test_registering_a_person() -> None:
    walk = Walk(place=TONGZHOU, mode="received")
    call = partial(
        identity.register_person,
        acting=walk.window,
        place_id=DACHANG,
        name="张三丰",
        number_kind=identity.NumberKind.RESIDENT,
        number="131028194912310023",
        phone="19900000009",
        assurance=Assurance.HIGH,
    )
    before = Person.objects.count()
    person, failures = fail_after_each_statement(call)
    assert failures >= 6
    assert Person.objects.count() == before + 1
    assert PendingEntry.objects.filter(kind="person.registered").count() == before + 1
    after = everything()
    assert call() == person
    assert everything() == after


def grant() -> Call:
    today = day_of(clock.now())
    return partial(
        identity.grant_mandate,
        acting=as_person("ma"),
        principal_id=person_id("ma"),
        agent_id=person_id("wang"),
        scope=identity.Scope(identity.ScopeKind.ANY),
        starts_on=today,
        ends_on=today + timedelta(days=30),
        ground=identity.Ground.ONLINE,
    )


def test_granting_a_mandate() -> None:
    mandate, failures = fail_after_each_statement(grant())
    assert failures >= 4
    assert [row.id for row in Mandate.objects.all()] == [getattr(mandate, "id", None)]
    assert PendingEntry.objects.filter(kind="mandate.granted").count() == 1


def test_withdrawing_a_mandate() -> None:
    mandate = grant()()
    call = partial(identity.withdraw_mandate, acting=as_person("ma"), mandate_id=mandate.id)
    withdrawn, failures = fail_after_each_statement(call)
    assert failures >= 4
    assert PendingEntry.objects.filter(kind="mandate.withdrawn").count() == 1
    after = everything()
    assert call() == withdrawn
    assert everything() == after
