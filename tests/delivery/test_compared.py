"""A move that brings two nodes' records together: what it may claim, and what it never takes."""

from typing import Any

import pytest
from django.db import transaction

from cases.another_node import DECIDER, TAKER, Line, at_the_taker, handed, line
from support.contents import refused
from support.scene import Walk
from tongban.cases import api as cases
from tongban.cases import errors
from tongban.cases.crossing import handing, telling
from tongban.cases.models import CaseAbroad
from tongban.delivery import api as delivery
from tongban.delivery.errors import MoveUnfit
from tongban.delivery.rules import compared_seq

__all__ = ["line"]

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

OFFICE = "office-fuzhongxin-centre"
AGENCY = "agency-dachang-xzsp"


def taken(line: Line) -> Walk:
    walk = handed(line)
    handing.take_handed(line.message())
    return walk


def claimed(line: Line, walk: Walk, **changes: Any) -> Any:  # noqa: ANN401 - a message
    """Return Tongzhou's word that the paper is at its window, after comparing."""
    [paper] = line.sent[0]["data"]["papers"]
    move = paper["moves"][-1] | {
        "id": f"{TAKER}-{'e' * 32}",
        "seq": 100,
        "verb": "found",
        "state": "held",
        "to_kind": "office",
        "to_id": OFFICE,
        "asked_kind": None,
        "asked_id": None,
    }
    told = paper | {"moves": [move | changes]}
    data: dict[str, Any] = {
        "case_id": walk.done.case_id,
        "header": None,
        "events": [],
        "records": [],
    }
    sent = {"kind": "case.told", "lane": walk.done.case_id, "data": data | {"papers": [told]}}
    line.sent.append(sent)
    return line.message()


def item_of(walk: Walk) -> delivery.ItemView:
    [item] = delivery.items_of(("case", walk.done.case_id))
    return item


def signed_for_here(line: Line, walk: Walk) -> None:
    """Have the paper come to Dachang's agency and be signed for there."""
    [paper] = line.sent[0]["data"]["papers"]
    sent = paper["moves"][-1] | {
        "id": f"{TAKER}-{'d' * 32}",
        "seq": 3,
        "verb": "send",
        "state": "in_transit",
        "to_kind": "carrier",
        "to_id": "EMS",
        "asked_kind": None,
        "asked_id": None,
        "carrier": "EMS",
        "waybill": "EB123456789CN",
    }
    told = paper | {"moves": [sent], "expected_by": "2026-12-31"}
    data: dict[str, Any] = {
        "case_id": walk.done.case_id,
        "header": None,
        "events": [],
        "records": [],
    }
    line.sent.append(
        {"kind": "case.told", "lane": walk.done.case_id, "data": data | {"papers": [told]}}
    )
    telling.take_told(line.message())
    item = item_of(walk)
    cases.sign_for(acting=walk.officer, case_id=walk.done.case_id, item_id=item.id, seq=item.seq)


def test_what_another_end_found_is_taken_over_where_the_paper_is_not_ours(line: Line) -> None:
    walk = taken(line)
    telling.take_told(claimed(line, walk))
    item = item_of(walk)
    assert (item.state, item.holder.id, item.seq) == (delivery.ItemState.HELD, OFFICE, 100)
    assert list(delivery.check_custody()) == []


def test_what_rests_in_our_hands_leaves_them_by_our_own_word_alone(line: Line) -> None:
    walk = taken(line)
    signed_for_here(line, walk)
    assert item_of(walk).holder.id == AGENCY
    message = claimed(line, walk)
    with refused(MoveUnfit), transaction.atomic():
        telling.take_told(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 3},  # no number that both have room for
        {"to_kind": "agency", "to_id": AGENCY},  # in our hands, by their word
        {"to_kind": "person", "to_id": "somebody"},
        {"state": "handed_over"},
        {"verb": "missing"},  # with a state that is another verb's
        {"id": f"{DECIDER}-{'e' * 32}"},
    ],
)
def test_a_node_that_lies_brings_nothing_together(line: Line, changes: dict[str, Any]) -> None:
    walk = taken(line)
    message = claimed(line, walk, **changes)
    with refused(MoveUnfit), transaction.atomic():
        telling.take_told(message)


def test_it_is_for_records_that_differ_alone_and_for_who_is_at_an_end(line: Line) -> None:
    walk = taken(line)
    item = item_of(walk)
    at: dict[str, Any] = {
        "case_id": walk.done.case_id,
        "item_id": item.id,
        "seq": item.seq,
        "found": True,
        "note": "在本机关",
    }
    with refused(errors.NothingDiffers):
        cases.compare_paper(acting=walk.officer, **at)
    with refused(errors.NothingDiffers):
        cases.settle(acting=walk.officer, case_id=walk.done.case_id, note="已核对")
    CaseAbroad.objects.update(trouble=MoveUnfit.code)
    with refused(errors.TextRefused):
        cases.compare_paper(acting=walk.officer, **at | {"note": ""})
    with refused(errors.NotYours):
        cases.settle(acting=walk.applicant, case_id=walk.done.case_id, note="已核对")
    cases.compare_paper(acting=walk.officer, **at)
    cases.compare_paper(acting=walk.officer, **at)  # pressed twice
    found = item_of(walk)
    assert (found.state, found.holder.id, found.seq) == (
        delivery.ItemState.HELD,
        AGENCY,
        compared_seq(item.seq),
    )
    told = [one["data"]["papers"] for one in line.sent if one["kind"] == "case.told"]
    assert [move["verb"] for papers in told for one in papers for move in one["moves"]] == ["found"]


def test_settling_tells_all_anew_and_the_other_end_passes_over_what_it_has(line: Line) -> None:
    walk = taken(line)
    cases.accept(acting=walk.officer, **walk._at() | {"seq": 2})
    CaseAbroad.objects.update(trouble=errors.ToldOutOfStep.code)
    line.sent.clear()
    cases.settle(acting=walk.officer, case_id=walk.done.case_id, note="电话核对，从第三步起重告。")
    abroad = CaseAbroad.objects.get()
    assert (abroad.trouble, abroad.trouble_at, abroad.told_seq) == ("", None, 3)
    bodies = [one["data"] for one in line.sent if one["kind"] == "case.told"]
    assert [[event["seq"] for event in one["events"]] for one in bodies] == [[3], []]
    assert bodies[-1]["compared"] is True
    with refused(errors.NothingDiffers):
        cases.settle(acting=walk.officer, case_id=walk.done.case_id, note="再次核对")


def test_the_copy_takes_what_it_lacks_and_no_event_twice(line: Line) -> None:
    with at_the_taker(line):
        walk = Walk(place="131028", mode="received").begin().hand_in()
        handing.hand_over({"case_id": walk.done.case_id})
        CaseAbroad.objects.update(answered_at="2026-11-26T03:00:00Z", trouble="x")
        event = line.sent[0]["data"]["events"][1]
        accepted = event | {
            "id": f"{DECIDER}-{'b' * 32}",
            "seq": 3,
            "verb": "accept",
            "state": "accepted",
            "acting": {"actor_kind": "node", "actor_id": DECIDER, "channel": "api"}
            | {
                name: value
                for name, value in event["acting"].items()
                if name not in {"actor_kind", "actor_id", "channel"}
            }
            | {"post_id": None, "on_behalf_of": None, "mandate_id": None},
            "personal": {},
            "documents": [],
            "payload": {},
        }
        data = {
            "case_id": walk.done.case_id,
            "header": line.sent[0]["data"]["header"],
            "events": [accepted],
            "records": [],
            "papers": [],
            "files": [],
            "compared": True,
        }
        message = {"kind": "case.told", "lane": walk.done.case_id, "data": data}
        line.sent.append(message)
        telling.take_told(line.message(sender=DECIDER))
        line.sent.append(message)
        telling.take_told(line.message(sender=DECIDER))
        file = cases.case_file(acting=walk.window, case_id=walk.done.case_id, purpose="test")
        assert (file.seq, file.state, len(file.events)) == (3, cases.State.ACCEPTED, 3)
        assert CaseAbroad.objects.get().trouble == ""
