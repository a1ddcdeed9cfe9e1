"""Papers in custody: where each is, who may move it, and what is left of every move."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from delivery.papers import (
    BUREAU,
    CASE,
    CENTRE,
    DECIDER,
    LOOKER,
    PERSON,
    RECEIVER,
    STRANGER,
    acting,
    as_person,
    key,
    put_people,
    take_in,
)
from tongban.delivery import api, errors
from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.delivery.rules import ENDED, TABLE, is_waybill, powers_for
from tongban.evidence import api as evidence
from tongban.identity.api import Power
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

# 16:30 UTC on the 30th of June is the 1st of July in Beijing.
HELD_AT = datetime(2026, 6, 30, 16, 30, tzinfo=UTC)
TODAY = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _people() -> Any:  # noqa: ANN401 - a generator fixture
    put_people()
    with clock.held_at(HELD_AT):
        yield


def counts() -> tuple[int, int, int]:
    return (
        CustodyItem.objects.count(),
        CustodyMove.objects.count(),
        len(evidence.entries_of(subject=CASE)),
    )


def sent() -> api.ItemView:
    """Return a paper on its way from the hall to the bureau, seq 3."""
    item = take_in()
    item = api.prepare(acting=acting(RECEIVER), item_id=item.id, seq=1, to=BUREAU, key=key())
    return api.send(
        acting=acting(RECEIVER),
        item_id=item.id,
        seq=2,
        carrier="邮政",
        waybill="ems-100200300",
        key=key(),
    )


def test_taking_in_puts_a_paper_in_the_hands_of_the_window() -> None:
    item = take_in()
    assert item == api.ItemView(
        id=item.id,
        place_id="131028",
        subject=CASE,
        label="毕业证书",
        kind=api.ItemKind.ORIGINAL,
        copies=1,
        created_at=HELD_AT,
        seq=1,
        state=api.ItemState.HELD,
        holder=CENTRE,
        sender=None,
        addressee=None,
        carrier=None,
        waybill=None,
        expected_by=None,
    )
    assert counts() == (1, 1, 1)


def test_taking_in_again_is_one_paper() -> None:
    item = take_in()
    assert take_in() == item
    assert counts() == (1, 1, 1)


@pytest.mark.parametrize(
    "changes", [{"copies": 2}, {"holder": BUREAU}, {"acting": acting(DECIDER)}]
)
def test_another_paper_of_the_same_name_is_refused(changes: dict[str, Any]) -> None:
    take_in()
    with pytest.raises(errors.ItemExists):
        take_in(**changes)
    assert counts() == (1, 1, 1)


def test_a_paper_that_was_handed_back_may_be_taken_in_again() -> None:
    item = take_in()
    api.hand_over(acting=acting(RECEIVER), item_id=item.id, seq=1, person_id=PERSON.id, key=key())
    again = take_in()
    assert (again.id != item.id, again.state) == (True, api.ItemState.HELD)


@pytest.mark.parametrize(
    "changes", [{"label": "  "}, {"label": "x" * 201}, {"copies": 0}, {"copies": 100}]
)
def test_a_paper_without_name_or_number_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(errors.ItemInvalid):
        take_in(**changes)
    assert counts() == (0, 0, 0)


SYSTEM = Acting(actor_kind=ActorKind.SYSTEM, actor_id="cron", channel=Channel.WORKER)
IMPOSTOR = replace(acting(RECEIVER), actor_id="staff-other")
POSTLESS = replace(acting(RECEIVER), post_id=None)


@pytest.mark.parametrize(
    "who",
    [acting(STRANGER), acting(DECIDER), acting(LOOKER), as_person(), SYSTEM, IMPOSTOR, POSTLESS],
)
def test_only_a_post_that_holds_it_takes_it_in(who: Acting) -> None:
    with pytest.raises(errors.NotHolder):
        take_in(acting=who)
    assert counts() == (0, 0, 0)


def test_a_parcel_goes_to_the_bureau_and_has_an_owner_at_every_step() -> None:
    item = sent()
    assert (item.seq, item.state) == (3, api.ItemState.IN_TRANSIT)
    assert item.holder == api.Holder(api.HolderKind.CARRIER, "邮政")
    assert (item.sender, item.addressee) == (CENTRE, BUREAU)
    assert (item.carrier, item.waybill) == ("邮政", "EMS-100200300")
    assert item.expected_by == date(2026, 7, 10)  # seven working days
    assert api.items_expected(BUREAU) == [item]
    assert api.items_held(CENTRE) == []

    item = api.sign(acting=acting(DECIDER), item_id=item.id, seq=3, key=key())
    assert (item.state, item.holder) == (api.ItemState.SIGNED, BUREAU)
    assert (item.sender, item.addressee, item.expected_by, item.waybill) == (None,) * 4
    assert api.items_held(BUREAU) == [item]
    assert api.items_expected(BUREAU) == []
    assert [(move.verb.value, move.state.value) for move in api.moves_of(item.id)] == [
        ("take_in", "held"),
        ("prepare", "to_send"),
        ("send", "in_transit"),
        ("sign", "signed"),
    ]


def test_a_move_costs_seven_statements_or_fewer() -> None:
    item = take_in()
    with CaptureQueriesContext(connection) as asked:
        api.prepare(acting=acting(RECEIVER), item_id=item.id, seq=1, to=BUREAU, key=key())
    written = [query["sql"].split()[0] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert written == ["SELECT", "SELECT", "SELECT", "UPDATE", "INSERT", "INSERT"]


def test_every_move_leaves_evidence_without_a_personal_word_in_the_clear() -> None:
    item = sent()
    rows = evidence.entries_of(subject=CASE)
    assert [row.kind for row in rows] == ["custody.moved"] * 3
    entry = evidence.open_entry(entry_id=rows[-1].id, key=key())
    facts = entry.body["facts"]
    assert (facts["item"], facts["verb"], facts["seq"]) == (item.id, "send", 3)
    assert facts["to"] == {"kind": "carrier", "id": "邮政"}
    assert facts["addressee"] == {"kind": "agency", "id": BUREAU.id}
    assert facts["expected_by"] == "2026-07-10"
    assert b"EMS-100200300" not in entry.body_bytes
    assert entry.personal == {"waybill": "EMS-100200300"}


def test_a_note_is_sealed_and_opens_with_the_key_of_the_case() -> None:
    item = take_in(note="封面有折痕")
    stored = CustodyMove.objects.get().note
    assert stored is not None
    assert "封面".encode() not in bytes(stored)
    assert [move.note for move in api.moves_of(item.id)] == [None]
    assert [move.note for move in api.moves_of(item.id, key=key())] == ["封面有折痕"]


def test_the_same_request_again_is_one_move() -> None:
    item = take_in()
    asked: dict[str, Any] = {
        "acting": acting(RECEIVER),
        "item_id": item.id,
        "seq": 1,
        "to": BUREAU,
        "key": key(),
    }
    first = api.prepare(**asked)
    assert api.prepare(**asked) == first
    assert counts() == (1, 2, 2)
    with pytest.raises(errors.Stale):
        api.prepare(**asked | {"to": PERSON})
    with pytest.raises(errors.Stale):
        api.prepare(**asked | {"acting": acting(DECIDER)})
    with pytest.raises(errors.Stale):
        api.report_lost(acting=acting(RECEIVER), item_id=item.id, seq=1, key=key())
    with pytest.raises(errors.Stale):
        api.prepare(**asked | {"seq": 7})
    assert api.item(item.id) == first
    assert counts() == (1, 2, 2)


def test_a_wrong_address_is_corrected_before_sending() -> None:
    item = take_in()
    api.prepare(acting=acting(RECEIVER), item_id=item.id, seq=1, to=PERSON, key=key())
    item = api.prepare(acting=acting(RECEIVER), item_id=item.id, seq=2, to=BUREAU, key=key())
    assert (item.state, item.addressee) == (api.ItemState.TO_SEND, BUREAU)
    assert [move.addressee for move in api.moves_of(item.id)] == [None, PERSON, BUREAU]


@pytest.mark.parametrize(
    "to",
    [
        CENTRE,
        api.Holder(api.HolderKind.CARRIER, "邮政"),
        api.Holder(api.HolderKind.AGENCY, ""),
    ],
)
def test_nothing_is_sent_to_its_holder_or_a_carrier(to: api.Holder) -> None:
    item = take_in()
    with pytest.raises(errors.AddresseeWrong):
        api.prepare(acting=acting(RECEIVER), item_id=item.id, seq=1, to=to, key=key())
    assert api.item(item.id) == item
    assert counts() == (1, 1, 1)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"waybill": "12"}, errors.WaybillInvalid),
        ({"waybill": "张三 13800000000"}, errors.WaybillInvalid),
        ({"carrier": " "}, errors.WaybillInvalid),
        ({"expected_by": TODAY - timedelta(days=1)}, errors.ExpectedByPast),
    ],
)
def test_a_parcel_without_a_trace_is_refused(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    item = take_in()
    item = api.prepare(acting=acting(RECEIVER), item_id=item.id, seq=1, to=BUREAU, key=key())
    asked: dict[str, Any] = {
        "acting": acting(RECEIVER),
        "item_id": item.id,
        "seq": 2,
        "carrier": "邮政",
        "waybill": "EMS100200",
        "key": key(),
    }
    with pytest.raises(refusal):
        api.send(**asked | changes)
    assert api.item(item.id) == item
    assert api.send(**asked | {"expected_by": TODAY}).expected_by == TODAY


@pytest.mark.parametrize("who", [RECEIVER, STRANGER, LOOKER])
def test_only_the_addressee_signs(who: str) -> None:
    item = sent()
    with pytest.raises(errors.NotHolder):
        api.sign(acting=acting(who), item_id=item.id, seq=3, key=key())
    assert api.item(item.id) == item


def test_a_refused_parcel_comes_back_to_its_sender_and_may_go_again() -> None:
    item = sent()
    with pytest.raises(errors.NotHolder):
        api.send_back(acting=acting(DECIDER), item_id=item.id, seq=3, key=key())
    item = api.send_back(acting=acting(RECEIVER), item_id=item.id, seq=3, key=key())
    assert (item.state, item.holder) == (api.ItemState.RETURNED, CENTRE)
    item = api.prepare(acting=acting(RECEIVER), item_id=item.id, seq=4, to=BUREAU, key=key())
    assert item.state is api.ItemState.TO_SEND


def test_a_lost_parcel_names_both_ends_and_may_be_found() -> None:
    item = sent()
    item = api.report_lost(acting=acting(DECIDER), item_id=item.id, seq=3, key=key())
    assert (item.state, item.sender, item.addressee) == (api.ItemState.LOST, CENTRE, BUREAU)
    assert api.overdue(date(2030, 1, 1)) == []
    item = api.sign(acting=acting(DECIDER), item_id=item.id, seq=4, key=key())
    assert (item.state, item.holder) == (api.ItemState.SIGNED, BUREAU)


def test_what_is_lost_at_rest_is_found_by_its_holder() -> None:
    item = take_in()
    item = api.report_lost(acting=acting(RECEIVER), item_id=item.id, seq=1, key=key())
    assert (item.state, item.holder) == (api.ItemState.LOST, CENTRE)
    item = api.send_back(acting=acting(RECEIVER), item_id=item.id, seq=2, key=key())
    assert (item.state, item.holder) == (api.ItemState.RETURNED, CENTRE)


def test_a_lost_paper_does_not_come_back_beside_its_replacement() -> None:
    item = take_in()
    lost = api.report_lost(acting=acting(RECEIVER), item_id=item.id, seq=1, key=key())
    take_in()
    with pytest.raises(errors.ItemExists):
        api.send_back(acting=acting(RECEIVER), item_id=item.id, seq=2, key=key())
    assert api.item(item.id) == lost


def result_sent_to_person() -> api.ItemView:
    item = take_in(acting=acting(DECIDER), holder=BUREAU, kind=api.ItemKind.RESULT, label="执业证")
    api.prepare(acting=acting(DECIDER), item_id=item.id, seq=1, to=PERSON, key=key())
    return api.send(
        acting=acting(DECIDER),
        item_id=item.id,
        seq=2,
        carrier="邮政",
        waybill="EMS900800",
        key=key(),
    )


@pytest.mark.parametrize("who", [as_person(), acting(DECIDER)])
def test_a_result_sent_home_is_confirmed_by_the_person_or_proved_by_the_sender(
    who: Acting,
) -> None:
    item = result_sent_to_person()
    item = api.hand_over(acting=who, item_id=item.id, seq=3, person_id=PERSON.id, key=key())
    assert (item.state, item.holder) == (api.ItemState.HANDED_OVER, PERSON)
    assert [move.acting["actor_id"] for move in api.moves_of(item.id)][-1] == who.actor_id


def test_nobody_else_confirms_a_parcel_and_it_ends_with_nobody_else() -> None:
    item = result_sent_to_person()
    with pytest.raises(errors.NotHolder):
        api.hand_over(
            acting=as_person("local-someone"),
            item_id=item.id,
            seq=3,
            person_id="local-someone",
            key=key(),
        )
    with pytest.raises(errors.AddresseeWrong):
        api.hand_over(
            acting=acting(DECIDER), item_id=item.id, seq=3, person_id="local-x", key=key()
        )
    with pytest.raises(errors.NotHolder):
        api.sign(acting=as_person(), item_id=item.id, seq=3, key=key())
    assert api.item(item.id) == item


def test_a_result_at_the_counter_needs_the_power_to_deliver() -> None:
    item = take_in(kind=api.ItemKind.RESULT)  # RECEIVER may receive, not deliver results
    with pytest.raises(errors.NotHolder):
        api.hand_over(
            acting=acting(RECEIVER), item_id=item.id, seq=1, person_id=PERSON.id, key=key()
        )
    assert api.item(item.id) == item
    assert powers_for(api.Verb.HAND_OVER, api.ItemKind.RESULT) == {Power.DELIVER_RESULT}


def test_what_was_handed_over_moves_no_more() -> None:
    item = take_in()
    item = api.hand_over(
        acting=acting(RECEIVER), item_id=item.id, seq=1, person_id=PERSON.id, key=key()
    )
    with pytest.raises(errors.NotNow):
        api.prepare(acting=acting(RECEIVER), item_id=item.id, seq=2, to=BUREAU, key=key())
    assert api.item(item.id) == item


def test_an_unknown_paper_is_refused() -> None:
    with pytest.raises(errors.ItemUnknown):
        api.item("none")
    with pytest.raises(errors.ItemUnknown):
        api.sign(acting=acting(DECIDER), item_id="none", seq=1, key=key())


def test_overdue_parcels_come_latest_first_with_their_owners() -> None:
    item = sent()
    due = item.expected_by
    assert due is not None
    assert api.overdue(due) == []
    for owner in (None, CENTRE, BUREAU):
        assert api.overdue(due + timedelta(days=1), owner=owner) == [item]
    assert api.overdue(due + timedelta(days=1), owner=PERSON) == []


def test_lists_page_by_id() -> None:
    first, second = take_in(label="甲"), take_in(label="乙")
    assert api.items_of(CASE) == [first, second]
    assert api.items_held(CENTRE, limit=1) == [first]
    assert api.items_held(CENTRE, after=first.id) == [second]
    assert api.items_of(("case", "other")) == []


def test_the_table_leads_everywhere_and_out_of_the_end_nowhere() -> None:
    reached = {api.ItemState.HELD} | {row.target for row in TABLE.values()}
    assert reached == set(api.ItemState)
    assert {state for state, _ in TABLE} & ENDED == {api.ItemState.LOST}
    assert all(row.sides for row in TABLE.values())
    assert set(api.STATE_NAMES) == set(api.ItemState)


def test_a_waybill_is_no_free_text() -> None:
    assert is_waybill("SF1234567890")
    assert not any(map(is_waybill, ["", "ABC", "sf1234567890", "SF 123456", "A" * 41]))


def test_the_database_itself_refuses() -> None:
    item = sent()
    with pytest.raises(IntegrityError), transaction.atomic():
        CustodyItem.objects.filter(id=item.id).update(expected_by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        CustodyItem.objects.filter(id=item.id).update(state="gone")
    with pytest.raises(IntegrityError), transaction.atomic():
        CustodyMove.objects.filter(seq=1).update(note=None)
    move = CustodyMove.objects.filter(seq=1).values().get()
    with pytest.raises(IntegrityError), transaction.atomic():
        CustodyMove.objects.create(**move | {"id": "x-1"})
    assert api.item(item.id) == item
