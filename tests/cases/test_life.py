"""The main job, verb by verb, in both directions and both modes."""

import pytest

from support.scene import (
    DACHANG,
    OFFICERS,
    TONGZHOU,
    Walk,
    as_person,
    as_post,
    at_window,
    person_id,
    walk_to,
)
from tongban.cases import api as cases
from tongban.cases.api import Side, State, Verb
from tongban.delivery.api import ItemState

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


@pytest.mark.parametrize("place", [TONGZHOU, DACHANG])
@pytest.mark.parametrize("mode", ["online", "received"])
def test_from_draft_to_delivery(place: str, mode: str) -> None:
    walk = walk_to(State.DELIVERED, place=place, mode=mode)
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="本人查看")
    taken_in = Verb.SUBMIT if mode == "online" else Verb.RECEIVE
    assert [event.verb for event in file.events] == [
        Verb.DRAFT,
        taken_in,
        Verb.ACCEPT,
        Verb.REVIEW,
        Verb.DECIDE,
        Verb.PRODUCE,
        Verb.ISSUE,
        Verb.CLOSE,
        Verb.DELIVER,
    ]
    assert [event.seq for event in file.events] == list(range(1, 10))
    assert [record.kind for record in file.records] == [
        "consent",
        "slip",
        "acceptance",
        "decision",
        "delivery",
    ]
    assert file.outcome == "granted"
    assert file.side is Side.APPLICANT
    assert list(cases.check_cases()) == []


def test_a_clerk_who_acts_for_a_citizen_is_never_recorded_as_the_citizen() -> None:
    walk = walk_to(State.RECEIVED, mode="received")
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="本人查看")
    acting = file.events[-1].acting
    assert acting["actor_kind"] == "staff"
    assert acting["post_id"] == "post-dachang-window"
    assert acting["on_behalf_of"] == person_id("ma")
    assert acting["presence"] == "document_seen"


def test_originals_go_out_and_come_back_with_the_result() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    case_id = walk.done.case_id

    def items() -> dict[str, tuple[str, ItemState, int]]:
        file = cases.case_file(acting=walk.applicant, case_id=case_id, purpose="本人查看")
        return {one.kind.value: (one.id, one.state, one.seq) for one in file.custody}

    lease, state, seq = items()["original"]
    assert state is ItemState.TO_SEND
    cases.dispatch(
        acting=walk.window,
        case_id=case_id,
        item_id=lease,
        seq=seq,
        carrier="EMS",
        waybill="EA123456789CN",
    )
    assert items()["original"][1] is ItemState.IN_TRANSIT
    cases.sign_for(acting=walk.officer, case_id=case_id, item_id=lease, seq=items()["original"][2])
    walk.accept().review().decide().produce().issue()
    assert {kind: one[1] for kind, one in items().items()} == {
        "original": ItemState.TO_SEND,
        "result": ItemState.TO_SEND,
    }
    for kind in ("original", "result"):
        item, _, seq = items()[kind]
        cases.dispatch(
            acting=walk.officer,
            case_id=case_id,
            item_id=item,
            seq=seq,
            carrier="EMS",
            waybill="EB123456789CN",
        )
        cases.sign_for(acting=walk.window, case_id=case_id, item_id=item, seq=items()[kind][2])
        cases.hand_over(acting=walk.window, case_id=case_id, item_id=item, seq=items()[kind][2])
    walk.close().deliver()
    assert {one[1] for one in items().values()} == {ItemState.HANDED_OVER}


def test_one_notice_then_the_correction_restarts_the_answer_clock() -> None:
    walk = walk_to(State.CORRECTING, place=DACHANG)
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="本人查看")
    assert file.wanted == (
        {"path": "paper.premises", "title": "经营场所使用证明", "text": "租赁合同缺少出租方签字。"},
    )
    assert file.answer_due_on is None
    walk.correct()
    assert walk.done.state is State.SUBMITTED
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="本人查看")
    assert file.answer_due_on is not None
    assert file.wanted == ()


def test_a_refusal_names_reason_and_remedies() -> None:
    walk = walk_to(State.REFUSED, place=DACHANG)
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="本人查看")
    decision = next(record for record in file.records if record.kind == "decision")
    assert decision.content["granted"] is False
    assert decision.content["words"] == "不予行政许可"
    assert decision.content["reason"] == "字号与已登记的个体工商户相同。"
    assert decision.content["remedies"] == {
        "review_body": "河北省廊坊市大厂回族自治县人民政府",
        "review_days": 60,
        "lawsuit_months": 6,
    }


def test_the_lists_show_each_side_its_own_pile() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    mine = cases.cases(acting=as_person("ma"), pile=cases.Pile.WAITING)
    window = cases.cases(acting=at_window(DACHANG, "ma"), pile=cases.Pile.WAITING)
    desk = cases.cases(acting=as_post(OFFICERS[TONGZHOU]), pile=cases.Pile.TODO)
    for page in (mine, window, desk):
        assert [row.id for row in page.rows] == [walk.done.case_id]
        assert page.rows[0].applicant == "马**"
    for stranger in (as_person("wang"), at_window(TONGZHOU, "wang"), as_post(OFFICERS[DACHANG])):
        assert cases.cases(acting=stranger).rows == ()


def test_withdrawn_before_the_decision() -> None:
    walk = Walk(place=TONGZHOU, mode="online").begin().hand_in().accept()
    done = cases.withdraw(
        acting=walk.applicant, case_id=walk.done.case_id, seq=walk.done.seq, reason="", key="k" * 22
    )
    assert done.state is State.WITHDRAWN
