"""A case on its way to the agency's node, and one that was sent back: what can be done with it."""

import pytest

from cases.another_node import TAKER, Line, answer, line, on_its_way, sent_back
from support.contents import refused
from support.scene import Walk, as_post
from tongban.cases import api as cases
from tongban.cases import errors
from tongban.cases.api import State, Verb
from tongban.cases.crossing import handing, telling
from tongban.cases.models import Case, CaseAbroad
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.kernel import clock

__all__ = ["line"]

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def file_of(walk: Walk) -> cases.CaseFile:
    return cases.case_file(acting=walk.window, case_id=walk.done.case_id, purpose="test")


def dispatch(walk: Walk) -> None:
    [item] = delivery.items_of(("case", walk.done.case_id))
    cases.dispatch(
        acting=walk.window,
        case_id=walk.done.case_id,
        item_id=item.id,
        seq=item.seq,
        carrier="EMS",
        waybill="EB123456789CN",
    )


def kinds(walk: Walk) -> list[str]:
    return [row.kind for row in evidence.entries_of(subject=("case", walk.done.case_id))]


@pytest.mark.usefixtures("line")
def test_on_its_way_no_step_is_offered_and_no_original_leaves() -> None:
    walk = on_its_way()
    file = file_of(walk)
    assert file.verbs == frozenset()
    assert file.abroad is not None
    assert (file.abroad.is_underway, file.abroad.is_refused) == (True, False)
    person = cases.case_head(acting=walk.applicant, case_id=walk.done.case_id)
    assert person.verbs == frozenset()
    with refused(errors.HandingOver):
        dispatch(walk)
    answer(walk)
    assert {Verb.WITHDRAW, Verb.VOID} <= file_of(walk).verbs
    dispatch(walk)
    [item] = delivery.items_of(("case", walk.done.case_id))
    assert item.state is delivery.ItemState.IN_TRANSIT


@pytest.mark.usefixtures("line")
def test_while_a_step_is_asked_for_none_is_offered() -> None:
    walk = on_its_way()
    answer(walk)
    cases.withdraw(acting=walk.window, reason="不办了", **walk._at())
    assert file_of(walk).verbs == frozenset()


@pytest.mark.usefixtures("line")
def test_what_was_sent_back_is_told_recorded_and_keeps_its_original_here() -> None:
    walk = sent_back()
    file = file_of(walk)
    assert file.abroad is not None
    assert (file.abroad.is_refused, file.abroad.refused) == (True, "cases.edition_differs")
    assert {Verb.WITHDRAW, Verb.VOID} <= file.verbs
    assert kinds(walk)[-1] == "case.hand_refused"
    with refused(errors.HandRefused):
        dispatch(walk)


def test_it_is_handed_over_again_whole_and_taken(line: Line) -> None:
    walk = sent_back()
    [item] = delivery.items_of(("case", walk.done.case_id))
    cases.hand_again(acting=walk.window, case_id=walk.done.case_id)
    assert file_of(walk).verbs == frozenset()
    cases.hand_again(acting=walk.window, case_id=walk.done.case_id)  # pressed twice
    assert [one for one in kinds(walk) if one == "case.handed_again"] == ["case.handed_again"]
    handing.hand_over({"case_id": walk.done.case_id})
    handing.hand_over({"case_id": walk.done.case_id})
    assert [one["kind"] for one in line.sent] == ["case.handed", "case.handed"]
    first, again = (one["data"] for one in line.sent)
    assert again == first
    answer(walk)
    abroad = CaseAbroad.objects.get(pk=walk.done.case_id)
    assert (abroad.refused, abroad.told_papers) == ("", {item.id: item.seq})
    assert kinds(walk)[-1] == "case.handed_over"


@pytest.mark.usefixtures("line")
def test_only_the_office_that_took_it_in_hands_it_over_again() -> None:
    walk = sent_back()
    case_id = walk.done.case_id
    for acting, error in (
        (walk.applicant, errors.NotYours),
        (as_post("post-dachang-window"), errors.NotYours),
        (walk.officer, errors.NotYours),
    ):
        with refused(error):
            cases.hand_again(acting=acting, case_id=case_id)
    answered = on_its_way()
    answer(answered)
    with refused(errors.NotNow):
        cases.hand_again(acting=answered.window, case_id=answered.done.case_id)


def test_it_can_be_ended_where_it_was_taken_in_and_then_goes_nowhere(line: Line) -> None:
    walk = sent_back()
    done = cases.withdraw(acting=walk.window, reason="不办了", **walk._at())
    assert (done.state, done.seq) == (State.WITHDRAWN, 3)
    with refused(errors.NotNow):
        cases.hand_again(acting=walk.window, case_id=done.case_id)
    handing.hand_over({"case_id": done.case_id})
    assert len(line.sent) == 1
    [item] = delivery.items_of(("case", done.case_id))
    cases.hand_over(acting=walk.window, case_id=done.case_id, item_id=item.id, seq=item.seq)
    assert delivery.item(item.id).state is delivery.ItemState.HANDED_OVER
    assert list(cases.check_cases()) == []


@pytest.mark.usefixtures("line")
def test_one_entered_by_mistake_is_voided_where_it_was_taken_in() -> None:
    walk = sent_back()
    done = cases.void(acting=walk.window, reason="事项选错，应由本地办理。", **walk._at())
    assert Case.objects.get(pk=done.case_id).state == "voided"


def test_no_move_is_passed_over_whatever_the_clocks_of_the_machines_say(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = on_its_way()
    answer(walk)
    [item] = delivery.items_of(("case", walk.done.case_id))
    early = f"{TAKER}-{'0' * 31}1"  # made by a machine whose clock is far behind
    monkeypatch.setattr("tongban.delivery.actions.moving.new_id", lambda _: early)
    dispatch(walk)
    told = line.sent[-1]["data"]["papers"]
    assert [(move["id"], move["seq"]) for paper in told for move in paper["moves"]] == [
        (early, item.seq + 1)
    ]
    assert CaseAbroad.objects.get(pk=walk.done.case_id).told_papers == {item.id: item.seq + 1}


@pytest.mark.usefixtures("line")
def test_what_was_told_of_a_case_that_was_not_taken_is_no_difference() -> None:
    walk = sent_back()
    telling.answered(
        federation.Answer(
            message_id=f"{TAKER}-{2:032x}",
            to="dachang",
            kind="case.told",
            lane=walk.done.case_id,
            taken=False,
            code=errors.CaseNotFound.code,
            at=clock.now(),
        )
    )
    abroad = file_of(walk).abroad
    assert abroad is not None
    assert (abroad.trouble, abroad.is_refused) == ("", True)
