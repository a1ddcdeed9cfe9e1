"""What another node shows a person of their cases here: only once they said so, and no more."""

import json
from typing import Any

import pytest

from cases.another_node import DECIDER, TAKER, Line, handed, line
from support.contents import refused
from support.scene import DACHANG, PEOPLE, Walk, as_agent, as_person, as_post, person_id, walk_to
from tongban.cases import api as cases
from tongban.cases import errors
from tongban.cases.api import State
from tongban.cases.crossing import handing, packing, pointing
from tongban.cases.models import Pointer
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.kernel import clock

__all__ = ["line"]

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

THEIRS = f"{TAKER}-{'a' * 32}"


def pushed(line: Line) -> list[dict[str, Any]]:
    return [one["data"] for one in line.sent if one["kind"] == "case.pointed"]


def known(line: Line) -> str:
    """Be Dachang's node, where Ma is known to be at Tongzhou's too."""
    line.play(DECIDER)
    me = person_id("ma")
    cases.known_abroad(person_id=me, node=TAKER, theirs=THEIRS)
    return me


def test_nothing_is_pushed_before_the_person_said_so(line: Line) -> None:
    me = known(line)
    walk = walk_to(State.ACCEPTED, place=DACHANG)
    assert pushed(line) == []
    assert [(one.node, one.agreed_at) for one in cases.showings(acting=walk.applicant)] == [
        (TAKER, None)
    ]
    cases.show_abroad(acting=walk.applicant, node=TAKER)
    cases.show_abroad(acting=walk.applicant, node=TAKER)
    [first] = pushed(line)
    assert (first["person"], first["number"], first["state"]) == (
        THEIRS,
        walk.done.number,
        "accepted",
    )
    kinds = [row.kind for row in evidence.entries_of(subject=("person", me))]
    assert kinds[-1] == "person.shown_abroad"


def test_each_step_pushes_one_line_in_the_lane_of_the_person_and_nothing_of_theirs(
    line: Line,
) -> None:
    known(line)
    cases.show_abroad(acting=as_person("ma"), node=TAKER)
    walk = walk_to(State.CORRECTING, place=DACHANG)
    assert [(one["state"], one["asked"]) for one in pushed(line)] == [
        ("submitted", False),
        ("correcting", True),
    ]
    assert {one["lane"] for one in line.sent} == {THEIRS}
    whole = json.dumps(pushed(line), ensure_ascii=False)
    for secret in (PEOPLE["ma"], "马清荷", walk.applicant.actor_id, "大厂回族自治县清荷小吃店"):
        assert secret not in whole
    assert all(set(one) == set(packing.POINTED["required"]) for one in pushed(line))


def test_the_person_takes_it_back_and_all_is_forgotten(line: Line) -> None:
    known(line)
    cases.show_abroad(acting=as_person("ma"), node=TAKER)
    cases.hide_abroad(acting=as_person("ma"), node=TAKER)
    cases.hide_abroad(acting=as_person("ma"), node=TAKER)
    assert [(one["kind"], one["lane"], one["data"]) for one in line.sent] == [
        ("case.unpointed", THEIRS, {"person": THEIRS})
    ]
    walk_to(State.SUBMITTED, place=DACHANG)
    assert pushed(line) == []


def test_only_the_person_says_so_and_only_of_a_node_that_knows_them(line: Line) -> None:
    known(line)
    for acting, node in (
        (as_person("wang"), TAKER),
        (as_person("ma"), "hebei"),
        (as_post("post-dachang-officer"), TAKER),
        (as_agent("ma", "wang", "mandate"), TAKER),
    ):
        with refused(errors.NotYours):
            cases.show_abroad(acting=acting, node=node)


def test_a_hand_over_makes_it_possible_and_pushes_nothing(line: Line) -> None:
    line.play(DECIDER)
    walk_to(State.SUBMITTED, place=DACHANG)
    walk = handed(line)
    handing.take_handed(line.message())
    assert [one.agreed_at for one in cases.showings(acting=walk.applicant)] == [None]
    assert pushed(line) == []
    cases.show_abroad(acting=walk.applicant, node=TAKER)
    assert [one["case_id"] for one in pushed(line)] != []
    assert walk.done.case_id not in {one["case_id"] for one in pushed(line)}  # it has a copy


def test_who_is_not_known_there_any_more_is_pushed_no_more(line: Line) -> None:
    known(line)
    cases.show_abroad(acting=as_person("ma"), node=TAKER)
    pointing.answered(
        federation.Answer(
            message_id=f"{DECIDER}-{1:032x}",
            to=TAKER,
            kind="case.pointed",
            lane=THEIRS,
            taken=False,
            code=errors.PointedWrong.code,
            at=clock.now(),
        )
    )
    walk_to(State.SUBMITTED, place=DACHANG)
    assert pushed(line) == []


def pointed(**changes: Any) -> federation.Message:  # noqa: ANN401 - JSON
    """Return Dachang's line about a case of Ma's, as Tongzhou's node gets it."""
    me = person_id("ma")
    data = {
        "case_id": f"{DECIDER}-{'c' * 32}",
        "person": me,
        "number": "131028-2026-000007",
        "title": "个体工商户设立登记",
        "title_en": "Registration of a sole trader",
        "place_id": DACHANG,
        "state": "correcting",
        "outcome": "",
        "asked": True,
        "changed_at": "2026-11-26T03:00:00.000000Z",
    }
    sender = changes.pop("sender", DECIDER)
    return federation.Message(
        id=f"{DECIDER}-{1:032x}",
        sender=sender,
        kind="case.pointed",
        lane=changes.pop("lane", me),
        seq=1,
        at=clock.now(),
        data=data | changes,
        files=(),
    )


def test_a_line_is_kept_and_what_is_newer_takes_its_place(line: Line) -> None:
    line.play(TAKER)
    pointing.take_pointed(pointed())
    pointing.take_pointed(pointed(state="accepted", asked=False))
    [row] = Pointer.objects.all()
    assert (row.number, row.state, row.asked, row.node) == (
        "131028-2026-000007",
        "accepted",
        False,
        DECIDER,
    )
    pointing.take_unpointed(pointed(sender="hebei"))
    assert Pointer.objects.count() == 1
    pointing.take_unpointed(pointed())
    assert Pointer.objects.count() == 0


def test_a_node_that_lies_shows_nothing(line: Line) -> None:
    line.play(TAKER)
    for changes, error in (
        ({"place_id": "110112"}, errors.PointedWrong),  # ours
        ({"sender": "hebei"}, errors.PointedWrong),
        ({"lane": "somebody-else"}, errors.PointedWrong),
        ({"person": f"{TAKER}-{'0' * 32}", "lane": f"{TAKER}-{'0' * 32}"}, errors.PointedWrong),
    ):
        message = pointed(**changes)
        with refused(error):
            pointing.take_pointed(message)


def test_a_case_that_is_here_itself_needs_no_line(line: Line) -> None:
    walk = Walk(place=DACHANG, mode="received").begin().hand_in()
    line.play(TAKER)
    pointing.take_pointed(pointed(case_id=walk.done.case_id))
    assert Pointer.objects.count() == 0
