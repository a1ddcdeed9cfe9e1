"""Who really acted, for whom, what is recorded of it, and what staff may certify."""

from typing import Any

import pytest

from support.contents import refused
from support.scene import (
    DACHANG,
    OFFICERS,
    TONGZHOU,
    Walk,
    as_person,
    as_post,
    at_window,
    checked,
    form,
    key,
    person_id,
    walk_to,
)
from tongban.cases import api as cases
from tongban.cases import errors
from tongban.cases.actions import frame, intake
from tongban.cases.api import State, Verb
from tongban.cases.models import CaseEvent
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence
from tongban.kernel.acting import Acting, ActorKind, Channel, Presence
from tongban.vault import api as vault

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def test_what_was_sealed_before_the_lock_counts_only_if_the_verb_says_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[frame.Personal] = []

    def other(value: dict[str, Any], data_key: vault.DataKey) -> frame.Personal:
        made.append(frame.personal_of({"form": {"other": "x"}}, data_key))
        return made[0]

    monkeypatch.setattr(intake, "personal_of", other)
    walk = walk_to(State.SUBMITTED)
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="x")
    assert len(made) == 1
    assert file.events[-1].personal == {"form": form(TONGZHOU)}
    entry = evidence.open_entries(subject=("case", walk.done.case_id))[-1]
    assert (entry.kind, entry.personal) == ("case.submitted", {"form": form(TONGZHOU)})
    assert not CaseEvent.objects.filter(id=made[0].event_id).exists()


def test_a_window_acts_only_for_the_applicant_of_the_case() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    for acting in (at_window(DACHANG, "wang"), as_post("post-dachang-window")):
        with refused(errors.NotYours):
            cases.withdraw(
                acting=acting, case_id=walk.done.case_id, seq=walk.done.seq, reason="", key=key()
            )


def test_a_window_acts_only_for_someone_it_has_seen() -> None:
    walk = walk_to(State.CORRECTING, place=TONGZHOU, mode="received")
    with refused(errors.PresenceMissing):
        cases.correct(
            acting=at_window(DACHANG, "ma", Presence.NONE),
            case_id=walk.done.case_id,
            seq=walk.done.seq,
            form=form(TONGZHOU),
            key=key(),
        )


def test_a_system_stands_on_no_side() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    system = Acting(actor_kind=ActorKind.SYSTEM, actor_id="local.api", channel=Channel.API)
    with refused(errors.CaseNotFound):
        cases.case_file(acting=system, case_id=walk.done.case_id, purpose="x")
    with refused(errors.CaseNotFound):
        cases.accept(acting=system, case_id=walk.done.case_id, seq=walk.done.seq, key=key())


def test_an_applicant_cannot_hand_in_what_a_window_began() -> None:
    walk = Walk(place=TONGZHOU, mode="received").begin()
    with refused(errors.WrongMode):
        cases.submit(**checked(as_person("ma"), walk.done.case_id), consent=True, key=key())
    file = cases.case_file(acting=as_person("ma"), case_id=walk.done.case_id, purpose="x")
    assert file.verbs == {Verb.WITHDRAW}


def test_an_agency_cannot_void_what_a_citizen_handed_in() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    with refused(errors.NotYours):
        cases.void(
            acting=walk.decider,
            case_id=walk.done.case_id,
            seq=walk.done.seq,
            reason="录入错误，应予作废。",
            key=key(),
        )


def test_silence_binds_the_office_before_the_worker_has_noticed() -> None:
    from datetime import timedelta  # noqa: PLC0415

    from tongban.kernel import clock  # noqa: PLC0415

    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    with clock.held_at(clock.now() + timedelta(days=20)):
        with refused(errors.AcceptedBySilence):
            walk.ask()
        with refused(errors.AcceptedBySilence):
            walk.decline()
        walk.accept()
        file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="x")
    assert file.accepted_by_silence is True
    assert file.accepted_at == file.papers_at


def test_a_result_leaves_the_office_only_once_issued_and_into_a_seen_hand() -> None:
    walk = walk_to(State.PRODUCED, place=TONGZHOU)
    item = delivery.items_of(("case", walk.done.case_id))[0]
    asked: dict[str, Any] = {"case_id": walk.done.case_id, "item_id": item.id, "seq": item.seq}
    with refused(errors.NotYours):
        cases.hand_over(acting=as_post(OFFICERS[TONGZHOU]), **asked)
    walk = walk_to(State.PRODUCED, place=TONGZHOU, mode="received")
    item = next(
        one
        for one in delivery.items_of(("case", walk.done.case_id))
        if one.kind is delivery.ItemKind.RESULT
    )
    asked = {"case_id": walk.done.case_id, "item_id": item.id, "seq": item.seq}
    with refused(errors.ResultNotIssued):
        cases.hand_over(acting=walk.window, **asked)


def test_delivery_is_not_certified_while_the_result_is_elsewhere() -> None:
    walk = walk_to(State.CLOSED, place=TONGZHOU, mode="received")
    with refused(errors.ResultNotHanded):
        walk.deliver()


def test_sending_the_same_paper_twice_sends_it_once() -> None:
    walk = walk_to(State.ISSUED, place=TONGZHOU, mode="received")
    item = next(
        one
        for one in delivery.items_of(("case", walk.done.case_id))
        if one.kind is delivery.ItemKind.RESULT
    )
    asked: dict[str, Any] = {
        "acting": walk.officer,
        "case_id": walk.done.case_id,
        "item_id": item.id,
        "seq": item.seq,
        "carrier": "EMS",
        "waybill": "EB123456789CN",
    }
    cases.dispatch(**asked)
    cases.dispatch(**asked)
    assert delivery.item(item.id).seq == item.seq + 1


def test_every_look_of_somebody_else_is_recorded_and_lists_still_open() -> None:
    walk = walk_to(State.ACCEPTED, place=TONGZHOU)
    case_id = walk.done.case_id
    file = cases.case_file(acting=walk.officer, case_id=case_id, purpose="审查")
    paper = next(one for view in file.materials for one in view.papers)
    cases.open_paper(acting=walk.officer, case_id=case_id, paper_id=paper.id)
    cases.record(acting=walk.officer, record_id=file.records[0].id)
    cases.case_file(acting=walk.applicant, case_id=case_id, purpose="本人查看")
    evidence.drain_looks()
    looks = [
        look for look in evidence.looks_at(person_id=person_id("ma")) if look.case_id == case_id
    ]
    assert sorted(look.fields for look in looks) == sorted(
        [("name", "number", "phone", "form", "papers"), ("papers",), ("name", "record")]
    )
    assert [row.applicant for row in cases.cases(acting=walk.officer).rows] == ["马**"]


def test_the_agency_sees_a_correction_only_once_it_is_handed_in() -> None:
    walk = walk_to(State.CORRECTING, place=TONGZHOU)
    case_id = walk.done.case_id
    mine = cases.case_file(acting=walk.applicant, case_id=case_id, purpose="x")
    paper = next(one for view in mine.materials for one in view.papers)
    cases.remove_paper(acting=walk.applicant, case_id=case_id, paper_id=paper.id)

    def seen(acting: Acting) -> list[str]:
        file = cases.case_file(acting=acting, case_id=case_id, purpose="x")
        return [one.id for view in file.materials for one in view.papers]

    assert seen(walk.applicant) == []
    assert seen(walk.officer) == [paper.id]


def test_a_replay_answers_what_it_answered_and_only_to_who_may_see() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    again = key()
    first = cases.accept(acting=walk.officer, case_id=walk.done.case_id, seq=2, key=again)
    walk.done = first
    walk.review()
    assert cases.accept(acting=walk.officer, case_id=walk.done.case_id, seq=2, key=again) == first


def test_a_licence_number_stands_in_no_plain_column() -> None:
    walk = walk_to(State.ISSUED, place=TONGZHOU)
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="x")
    assert file.licence_number == "92110112MA00000001"
    assert all("92110112MA00000001" not in str(event.payload) for event in file.events)
