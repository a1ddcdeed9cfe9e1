"""A case that crosses: handed over whole, refused whole, moved on by its own node alone."""

from typing import Any

import pytest
from django.db import transaction

from cases.another_node import DECIDER, TAKER, Line, handed, line
from support.contents import refused
from support.scene import DACHANG, Walk, key, walk_to
from tongban.agreements.errors import NoAgreement
from tongban.cases import api as cases
from tongban.cases import errors
from tongban.cases.api import State
from tongban.cases.crossing import handing, hearing, telling
from tongban.cases.models import Case, CaseAbroad
from tongban.cases.rules import day_of
from tongban.delivery import api as delivery
from tongban.delivery.errors import MoveUnfit
from tongban.evidence import api as evidence
from tongban.identity.models import Person
from tongban.kernel.errors import Refusal
from tongban.kernel.wire import moment

__all__ = ["line"]

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def test_it_arrives_whole_and_its_new_node_goes_on(line: Line) -> None:
    walk = handed(line)
    [sent] = line.sent
    assert (sent["to"], sent["kind"], sent["lane"]) == (DECIDER, "case.handed", walk.done.case_id)
    handing.take_handed(line.message())
    file = cases.case_file(acting=walk.officer, case_id=walk.done.case_id, purpose="test")
    assert (file.number, file.state, file.seq) == ("131028-2026-110112-000001", State.RECEIVED, 2)
    assert file.form["business_name"] == "大厂回族自治县清荷小吃店"
    assert [record.kind for record in file.records] == ["consent", "slip"]
    [paper] = [one for view in file.materials for one in view.papers]
    assert (paper.name, paper.media_type) == ("房屋租赁合同.pdf", "application/pdf")
    [item] = file.custody
    assert (item.state, item.seq) == (delivery.ItemState.TO_SEND, 2)
    assert file.abroad is not None
    assert (file.abroad.node, file.abroad.ordered_here) == (TAKER, True)
    kinds = [row.kind for row in evidence.entries_of(subject=("case", file.id))]
    assert kinds == ["case.received", "custody.moved", "custody.moved", "case.handed_over"]
    assert list(cases.check_cases()) == []
    assert list(delivery.check_custody()) == []


@pytest.mark.parametrize(
    ("sender", "change", "error"),
    [
        ("hebei", {}, errors.HandedWrong),  # it hosts no end of the case
        (TAKER, {"edition": {"version": 1, "digest": "0" * 64}}, errors.EditionDiffers),
        (TAKER, {"events": []}, errors.HandedWrong),
    ],
)
def test_what_is_not_theirs_to_hand_or_ours_to_take_is_refused(
    line: Line, sender: str, change: dict[str, Any], error: type[Refusal]
) -> None:
    handed(line)
    message = line.message(sender=sender, **change)
    with refused(error):
        handing.take_handed(message)


def test_without_an_agreement_nothing_is_taken(line: Line) -> None:
    handed(line)
    data = line.sent[0]["data"]
    long_ago = "2020-01-02T03:00:00.000000Z"
    events = [one | {"at": long_ago} for one in data["events"]]
    header = data["header"] | {"created_at": long_ago}
    with refused(NoAgreement):
        handing.take_handed(line.message(header=header, events=events))


def spoilt(line: Line, what: str) -> dict[str, Any]:
    """Return what a node that lies would hand over."""
    data = line.sent[0]["data"]
    header, (draft, receive) = data["header"], data["events"]
    decided = [
        receive | {"id": f"{TAKER}-{number:032x}", "seq": number, "verb": verb, "state": state}
        for number, verb, state in ((3, "accept", "accepted"), (4, "review", "reviewed"))
    ]
    record = data["records"][0]
    paper = data["papers"][0]
    ours = {"actor_id": "staff-dachang-officer", "post_id": "post-dachang-officer"}
    return {
        "our office": {"header": header | {"receiving_office_id": "office-dachang-centre"}},
        "our number": {"header": header | {"number": "131028-2026-000001"}},
        "our document's number": {"records": [record | {"number": "大厂同意〔2026〕1号"}]},
        "decided": {"events": [draft, receive, *decided]},
        "no form": {"events": [draft, receive | {"personal": {"form": "nonsense"}}]},
        "our event": {"events": [draft, receive | {"id": f"{DECIDER}-{'0' * 32}"}]},
        "our staff": {"events": [draft, receive | {"acting": receive["acting"] | ours}]},
        "our move": {
            "papers": [paper | {"moves": [{**paper["moves"][0], "id": f"{DECIDER}-{'f' * 32}"}]}]
        },
        "a stranger": {
            "events": [draft, receive | {"acting": receive["acting"] | {"on_behalf_of": "x"}}]
        },
    }[what]


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("our office", errors.HandedWrong),
        ("our number", errors.HandedWrong),
        ("our document's number", errors.HandedWrong),
        ("decided", errors.HandedWrong),
        ("no form", errors.HandedWrong),
        ("our event", errors.ToldOutOfStep),
        ("our staff", errors.ActingForeign),
        ("our move", MoveUnfit),
        ("a stranger", errors.ActingForeign),
    ],
)
def test_a_node_that_lies_hands_nothing_over(line: Line, what: str, error: type[Refusal]) -> None:
    handed(line)
    message = line.message(**spoilt(line, what))
    with refused(error), transaction.atomic():
        handing.take_handed(message)


def test_dates_follow_from_events_and_our_calendar_whatever_the_header_says(line: Line) -> None:
    walk = handed(line)
    header = line.sent[0]["data"]["header"] | {"silence_on": "2026-01-05", "outcome": "granted"}
    handing.take_handed(line.message(header=header))
    case = Case.objects.get(pk=walk.done.case_id)
    received = line.sent[0]["data"]["events"][1]
    assert case.papers_at == moment(received["at"])
    assert case.silence_on is not None
    assert case.silence_on > day_of(case.papers_at)
    assert case.outcome == ""
    assert Person.objects.get(pk=case.applicant_id).assurance == 3  # known here before


def test_it_is_taken_once(line: Line) -> None:
    handed(line)
    handing.take_handed(line.message())
    with refused(errors.HandedWrong):
        handing.take_handed(line.message())


def taken(line: Line) -> Walk:
    walk = handed(line)
    handing.take_handed(line.message())
    return walk


def proposal(line: Line, walk: Walk, **changes: Any) -> Any:  # noqa: ANN401 - a message
    acting = walk.window.as_json()
    data = {
        "case_id": walk.done.case_id,
        "verb": "withdraw",
        "seq": 2,
        "acting": acting,
        "applicant": acting["on_behalf_of"],
        "request": {"reason": "不办了"},
        "key": key(),
        "files": [],
    }
    line.sent.append({"kind": "case.proposed", "lane": walk.done.case_id, "data": data})
    return line.message(**changes)


def test_the_window_asks_and_the_deciding_node_does_it_and_tells(line: Line) -> None:
    walk = taken(line)
    hearing.take_proposed(proposal(line, walk))
    case = Case.objects.get(pk=walk.done.case_id)
    assert (case.state, case.seq) == ("withdrawn", 3)
    told = line.sent[-1]
    assert (told["to"], told["kind"]) == (TAKER, "case.told")
    [event] = told["data"]["events"]
    assert (event["verb"], event["seq"], event["personal"]) == ("withdraw", 3, {"reason": "不办了"})
    assert told["data"]["header"]["outcome"] == "withdrawn"
    assert list(cases.check_cases()) == []


def test_a_person_is_believed_only_so_far(line: Line) -> None:
    walk = taken(line)
    acting = walk.applicant.as_json()
    for changes in (
        {"verb": "void", "request": {"reason": "录入有误，应当作废。"}},
        {"acting": acting | {"presence": "none"}},
    ):
        message = proposal(line, walk, **{"acting": acting, **changes})
        with refused(errors.NotProposable):
            hearing.take_proposed(message)
    message = proposal(line, walk, acting=acting | {"actor_id": f"{TAKER}-{'a' * 32}"})
    with refused(errors.ActingForeign):
        hearing.take_proposed(message)
    hearing.take_proposed(proposal(line, walk, acting=acting))
    assert Case.objects.get(pk=walk.done.case_id).state == "withdrawn"


def test_no_staff_of_ours_is_named_by_the_window_node(line: Line) -> None:
    walk = taken(line)
    message = proposal(line, walk)
    message.data["acting"] |= walk.officer.as_json() | {"on_behalf_of": None}
    with refused(errors.ActingForeign):
        hearing.take_proposed(message)


def test_a_paper_gets_into_our_hands_only_by_our_signature(line: Line) -> None:
    walk = taken(line)
    [paper] = line.sent[0]["data"]["papers"]
    prepare = paper["moves"][1]
    forged = prepare | {
        "id": f"{TAKER}-{'e' * 32}",
        "seq": 3,
        "to_kind": "agency",
        "to_id": "agency-dachang-approval",
    }
    told = paper | {"seq": 3, "holder_kind": "agency", "moves": [forged]}
    data: dict[str, Any] = {
        "case_id": walk.done.case_id,
        "header": None,
        "events": [],
        "records": [],
    }
    line.sent.append(
        {"kind": "case.told", "lane": walk.done.case_id, "data": data | {"papers": [told]}}
    )
    with refused(MoveUnfit):
        telling.take_told(line.message())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"verb": "accept", "request": {}}, errors.NotProposable),
        ({"seq": 1}, errors.Stale),
        ({"sender": "hebei"}, errors.CaseNotFound),
        ({"case_id": "tongzhou-" + "0" * 32}, errors.CaseNotFound),
        ({"verb": "deliver", "request": {}}, errors.NotNow),
    ],
)
def test_what_the_window_may_not_ask_is_refused(
    line: Line, changes: dict[str, Any], error: type[Refusal]
) -> None:
    walk = taken(line)
    message = proposal(line, walk, **changes)
    with refused(error):
        hearing.take_proposed(message)


def test_who_was_not_seen_at_the_window_is_refused(line: Line) -> None:
    walk = taken(line)
    message = proposal(line, walk)
    message.data["acting"]["presence"] = "none"
    with refused(errors.PresenceMissing):
        hearing.take_proposed(message)


def test_the_window_node_tells_no_event_of_a_case_that_we_order(line: Line) -> None:
    walk = taken(line)
    event = line.sent[0]["data"]["events"][1] | {"seq": 3, "verb": "accept", "state": "accepted"}
    data = {"case_id": walk.done.case_id, "header": {}, "events": [event], "records": []}
    line.sent.append(
        {"kind": "case.told", "lane": walk.done.case_id, "data": data | {"papers": []}}
    )
    for sender, error in ((TAKER, errors.ToldOutOfStep), ("hebei", errors.CaseNotFound)):
        message = line.message(sender=sender)
        with refused(error):
            telling.take_told(message)


def test_a_copy_is_moved_by_its_window_only_as_a_proposal(line: Line) -> None:
    walk = Walk(place=DACHANG, mode="received").begin().hand_in()
    case_id = walk.done.case_id
    handing.hand_over({"case_id": case_id})
    with refused(errors.HandingOver):
        cases.withdraw(acting=walk.window, reason="", **walk._at())
    CaseAbroad.objects.filter(case_id=case_id).update(answered_at="2026-11-26T03:00:00Z")
    with refused(errors.NotYours):
        cases.accept(acting=walk.officer, **walk._at())
    done = cases.withdraw(acting=walk.window, reason="不办了", **walk._at())
    assert (done.state, done.seq) == (State.RECEIVED, 2)
    asked = line.sent[-1]
    assert (asked["kind"], asked["data"]["verb"]) == ("case.proposed", "withdraw")
    file = cases.case_file(acting=walk.window, case_id=case_id, purpose="test")
    assert file.abroad is not None
    assert file.abroad.asked is cases.Verb.WITHDRAW
    with refused(errors.AskedAlready):
        cases.withdraw(acting=walk.window, reason="", **walk._at())
    assert list(cases.check_cases()) == []


def test_alone_it_stays_as_it_was(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    walk = walk_to(State.RECEIVED, place=DACHANG, mode="received")
    file = cases.case_file(acting=walk.window, case_id=walk.done.case_id, purpose="test")
    assert file.abroad is None
    assert not CaseAbroad.objects.exists()
    assert line.sent == []
