"""What must not happen, and that nothing changes when it is tried."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest

from support.contents import everything, refused
from support.scene import (
    DACHANG,
    OFFICERS,
    OFFICES,
    PDF,
    SANHE,
    TONGZHOU,
    Walk,
    as_agent,
    as_person,
    as_post,
    at_post,
    at_window,
    checked,
    edition_id,
    form,
    key,
    person_id,
    walk_to,
)
from tongban.agreements import errors as agreements_errors
from tongban.agreements.models import Agreement, Opening
from tongban.cases import api as cases
from tongban.cases import errors
from tongban.cases.api import State
from tongban.cases.rules import day_of
from tongban.documents import errors as documents_errors
from tongban.identity import api as identity
from tongban.identity import errors as identity_errors
from tongban.kernel import clock
from tongban.kernel.acting import Assurance, Presence
from tongban.kernel.errors import Refusal
from tongban.work import errors as work_errors

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def _received_draft(place: str, office: str, acting: Any) -> None:  # noqa: ANN401 - Acting
    cases.draft(
        acting=acting,
        edition_id=edition_id(place),
        mode="received",
        applicant_id=person_id("ma"),
        receiving_office_id=office,
        form=form(place),
        key=key(),
    )


def test_no_agreement_no_intake() -> None:
    acting = at_post("post-sanhe-window", "ma")
    with refused(agreements_errors.NoAgreement):
        _received_draft(TONGZHOU, "office-sanhe-centre", acting)


def test_an_ended_agreement_takes_in_nothing_new_but_lets_begun_cases_finish() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    yesterday = day_of(clock.now()) - timedelta(days=1)
    Agreement.objects.update(ends_on=yesterday)
    with refused(agreements_errors.AgreementEnded):
        _received_draft(TONGZHOU, OFFICES[DACHANG], at_window(DACHANG, "ma"))
    Agreement.objects.update(ends_on=day_of(clock.now()), state="ended")
    walk.ask().correct().accept().review().decide().produce().issue().close()
    assert walk.carry_home().deliver().done.state is State.DELIVERED
    with refused(agreements_errors.AgreementEnded):
        _received_draft(TONGZHOU, OFFICES[DACHANG], at_window(DACHANG, "ma"))


def test_an_act_that_was_not_granted() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    Opening.objects.filter(receiving_place_id=DACHANG).update(acts=["receive"])
    with refused(agreements_errors.ActNotGranted):
        cases.ask_correction(
            acting=walk.window,
            case_id=walk.done.case_id,
            seq=walk.done.seq,
            wanted=[cases.Wanted(path="paper.premises", text="租赁合同缺少签字。")],
            key=key(),
        )


def test_an_original_is_not_taken_without_the_act() -> None:
    walk = Walk(place=TONGZHOU, mode="received").begin()
    Opening.objects.filter(receiving_place_id=DACHANG).update(acts=["receive"])
    with refused(agreements_errors.ActNotGranted):
        walk.hand_in()


def test_a_window_of_another_office_does_not_exist_for_this_case() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    for stranger in (at_window(TONGZHOU, "ma"), as_post("post-sanhe-window")):
        with refused(errors.CaseNotFound):
            cases.case_file(acting=stranger, case_id=walk.done.case_id, purpose="x")
        with refused(errors.CaseNotFound):
            cases.withdraw(
                acting=stranger,
                case_id=walk.done.case_id,
                seq=walk.done.seq,
                reason="",
                key=key(),
            )


def test_another_agencys_officer_sees_and_does_nothing() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    stranger = as_post(OFFICERS[DACHANG])
    with refused(errors.CaseNotFound):
        cases.accept(acting=stranger, case_id=walk.done.case_id, seq=walk.done.seq, key=key())


def test_somebody_elses_case_is_like_none() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    other = as_person("wang")
    for case_id in (walk.done.case_id, "local-" + "0" * 32):
        with refused(errors.CaseNotFound) as caught:
            cases.case_file(acting=other, case_id=case_id, purpose="x")
        assert caught.value.fields == {}


def test_the_agency_never_sees_a_draft() -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU)
    with refused(errors.CaseNotFound):
        cases.case_file(acting=walk.officer, case_id=walk.done.case_id, purpose="x")
    assert cases.cases(acting=walk.officer).rows == ()


def test_a_post_without_the_power() -> None:
    walk = walk_to(State.REVIEWED, place=TONGZHOU)
    with refused(errors.NotYours):
        cases.decide(
            acting=walk.officer,
            case_id=walk.done.case_id,
            seq=walk.done.seq,
            grant=True,
            reason="",
            key=key(),
        )


def test_an_applicant_cannot_accept_their_own_case() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    with refused(errors.NotYours):
        cases.accept(acting=walk.applicant, case_id=walk.done.case_id, seq=walk.done.seq, key=key())


def test_a_draft_for_somebody_without_a_mandate() -> None:
    with refused(errors.CaseNotFound):
        cases.draft(
            acting=as_person("li"),
            edition_id=edition_id(TONGZHOU),
            mode="online",
            applicant_id=person_id("ma"),
            form={},
            key=key(),
        )


def _mandate(days: int = 30) -> str:
    today = day_of(clock.now())
    return identity.grant_mandate(
        acting=as_person("ma"),
        principal_id=person_id("ma"),
        agent_id=person_id("li"),
        scope=identity.Scope(identity.ScopeKind.ANY),
        starts_on=today,
        ends_on=today + timedelta(days=days),
        ground=identity.Ground.ONLINE,
    ).id


def _by_agent(mandate_id: str) -> cases.Done:
    return cases.draft(
        acting=as_agent("li", "ma", mandate_id),
        edition_id=edition_id(TONGZHOU),
        mode="online",
        applicant_id=person_id("ma"),
        form=form(TONGZHOU),
        key=key(),
    )


def test_an_agent_acts_while_the_mandate_lasts_and_not_after() -> None:
    mandate_id = _mandate()
    done = _by_agent(mandate_id)
    agent = as_agent("li", "ma", mandate_id)
    file = cases.case_file(acting=agent, case_id=done.case_id, purpose="代理")
    assert file.events[0].acting["actor_id"] == person_id("li")
    assert file.events[0].acting["on_behalf_of"] == person_id("ma")
    assert [row.id for row in cases.cases(acting=agent).rows] == [done.case_id]
    with clock.held_at(clock.now() + timedelta(days=40)):
        with refused(identity_errors.MandateExpired):
            _by_agent(mandate_id)
        with refused(identity_errors.MandateExpired):
            cases.case_file(acting=agent, case_id=done.case_id, purpose="代理")
        assert cases.cases(acting=agent).rows == ()


def test_a_withdrawn_mandate_ends_at_once() -> None:
    mandate_id = _mandate()
    done = _by_agent(mandate_id)
    identity.withdraw_mandate(acting=as_person("ma"), mandate_id=mandate_id)
    agent = as_agent("li", "ma", mandate_id)
    with refused(identity_errors.MandateWithdrawn):
        cases.save_draft(acting=agent, case_id=done.case_id, form={})


def test_a_login_that_is_not_sure_enough() -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU)
    with refused(errors.AssuranceTooLow) as caught:
        cases.submit(
            **checked(as_person("ma", Assurance.BASIC), walk.done.case_id), consent=True, key=key()
        )
    assert caught.value.fields == {"needed": 3, "has": 2}


def test_a_window_that_has_not_seen_the_person() -> None:
    walk = Walk(place=TONGZHOU, mode="received").begin()
    with refused(errors.PresenceMissing):
        cases.receive(
            acting=at_window(DACHANG, "ma", Presence.NONE),
            case_id=walk.done.case_id,
            seq=1,
            form=form(TONGZHOU),
            originals=[],
            consent=True,
            key=key(),
        )


def test_no_act_without_consent() -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU)
    with refused(errors.ConsentMissing):
        cases.submit(**checked(walk.applicant, walk.done.case_id), consent=False, key=key())


def test_every_problem_is_told_at_once() -> None:
    done = cases.draft(
        acting=as_person("ma"),
        edition_id=edition_id(TONGZHOU),
        mode="online",
        applicant_id=person_id("ma"),
        form={},
        key=key(),
    )
    sent = form(TONGZHOU) | {"employee_count": 0, "operator_phone": "123"}
    del sent["business_name"]
    cases.save_draft(acting=as_person("ma"), case_id=done.case_id, form=sent)
    file = cases.case_file(acting=as_person("ma"), case_id=done.case_id, purpose="x")
    with refused(errors.Incomplete) as caught:
        cases.submit(**checked(as_person("ma"), done.case_id), consent=True, key=key())
    assert isinstance(caught.value, errors.Incomplete)
    assert caught.value.problems == cases.lacking(file)  # the page before says the same
    assert {problem.path for problem in caught.value.problems} == {
        "form.business_name",
        "form.employee_count",
        "form.operator_phone",
        "paper.premises",
    }


@pytest.mark.parametrize("read_again", [False, True], ids=["under way", "before"])
@pytest.mark.parametrize("change", ["form", "paper"])
def test_a_draft_that_changed_after_it_was_seen(change: str, *, read_again: bool) -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU)
    sent = checked(walk.applicant, walk.done.case_id)
    of_case: dict[str, Any] = {"acting": walk.applicant, "case_id": walk.done.case_id}
    if change == "form":
        cases.save_draft(**of_case, form=form(TONGZHOU))  # the same answers, kept anew
    else:
        cases.attach(**of_case, material_key="premises", stream=[PDF], filename="a.pdf")
    if read_again:
        sent["case"] = cases.case_head(**of_case)
    with refused(errors.DraftChanged):
        cases.submit(**sent, consent=True, key=key())


def test_a_stale_page() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    seen = walk.done.seq
    walk.accept()
    with refused(errors.Stale) as caught:
        cases.decline(
            acting=walk.officer,
            case_id=walk.done.case_id,
            seq=seen,
            reason="不在本辖区内。",
            key=key(),
        )
    assert caught.value.fields == {"seq": seen + 1}


def test_a_double_submit_is_one_submission() -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU)
    sent = checked(walk.applicant, walk.done.case_id) | {"consent": True, "key": key()}
    first = cases.submit(**sent)
    before = everything()
    assert cases.submit(**sent) == first
    assert everything() == before


def test_the_same_draft_twice_is_one_case() -> None:
    sent: dict[str, Any] = {
        "acting": as_person("ma"),
        "edition_id": edition_id(TONGZHOU),
        "mode": "online",
        "applicant_id": person_id("ma"),
        "form": {},
        "key": key(),
    }
    assert cases.draft(**sent) == cases.draft(**sent)
    assert len(cases.cases(acting=as_person("ma")).rows) == 1


def test_a_key_used_for_another_request() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    again = key()
    cases.accept(acting=walk.officer, case_id=walk.done.case_id, seq=2, key=again)
    other = walk_to(State.SUBMITTED, place=TONGZHOU)
    with refused(work_errors.KeyReused):
        cases.accept(acting=walk.officer, case_id=other.done.case_id, seq=2, key=again)


@pytest.mark.parametrize(
    ("filename", "content", "expected"),
    [
        ("合同.pdf", b"MZ\x90\x00" + b"\0" * 100, Refusal),
        ("合同.pdf", b"", Refusal),
        ("合同.exe", PDF, Refusal),
        ("照片.jpg", PDF, documents_errors.Disguised),
        ("合同.pdf", PDF + b"\0" * (20 * 1024 * 1024), documents_errors.TooLarge),
    ],
)
def test_a_file_that_is_not_what_it_says(
    filename: str, content: bytes, expected: type[Refusal]
) -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU)
    with refused(expected):
        cases.attach(
            acting=walk.applicant,
            case_id=walk.done.case_id,
            material_key="premises",
            stream=[content],
            filename=filename,
        )


def test_no_file_after_it_was_handed_in() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    with refused(errors.NotNow):
        cases.attach(
            acting=walk.applicant,
            case_id=walk.done.case_id,
            material_key="premises",
            stream=[PDF],
            filename="b.pdf",
        )


def test_a_material_that_the_matter_does_not_ask_for() -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU)
    with refused(errors.PaperUnknown):
        cases.attach(
            acting=walk.applicant,
            case_id=walk.done.case_id,
            material_key="'; DROP TABLE cases_case; --",
            stream=[PDF],
            filename="b.pdf",
        )


def test_a_second_notice_names_nothing_new() -> None:
    walk = walk_to(State.CORRECTING, place=TONGZHOU).correct()
    with refused(errors.NoticeWidened) as caught:
        cases.ask_correction(
            acting=walk.officer,
            case_id=walk.done.case_id,
            seq=walk.done.seq,
            wanted=[cases.Wanted(path="form.business_name", text="名称不符合规定。")],
            key=key(),
        )
    assert caught.value.fields == {"path": "form.business_name"}


@pytest.mark.parametrize("reason", ["", "    ", "不行"])
def test_a_refusal_without_a_reason(reason: str) -> None:
    walk = walk_to(State.REVIEWED, place=TONGZHOU)
    with refused(errors.ReasonMissing):
        cases.decide(
            acting=walk.decider,
            case_id=walk.done.case_id,
            seq=walk.done.seq,
            grant=False,
            reason=reason,
            key=key(),
        )


def test_an_empty_notice() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    with refused(errors.NoticeEmpty):
        cases.ask_correction(
            acting=walk.officer, case_id=walk.done.case_id, seq=2, wanted=[], key=key()
        )


HOSTILE = "'; DROP TABLE cases_case; --<script>alert(1)</script>\u202e"


def test_sql_and_html_in_every_text_field_are_kept_as_text_or_refused() -> None:
    done = cases.draft(
        acting=as_person("ma"),
        edition_id=edition_id(TONGZHOU),
        mode="online",
        applicant_id=person_id("ma"),
        form={},
        key=key(),
    )
    sent = {
        name: HOSTILE if isinstance(value, str) else value for name, value in form(TONGZHOU).items()
    }
    cases.save_draft(acting=as_person("ma"), case_id=done.case_id, form=sent)
    file = cases.case_file(acting=as_person("ma"), case_id=done.case_id, purpose="x")
    assert file.form == sent
    with refused(errors.Incomplete):
        cases.submit(**checked(as_person("ma"), done.case_id), consent=True, key=key())


def test_an_event_cannot_be_changed_or_deleted_even_with_sql() -> None:
    from django.db import DatabaseError, connection, transaction  # noqa: PLC0415

    walk_to(State.SUBMITTED, place=TONGZHOU)
    for statement in ("UPDATE cases_caseevent SET verb = 'void'", "DELETE FROM cases_caseevent"):
        with (
            refused_by_database(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@contextmanager
def refused_by_database(expected: type[Exception]) -> Iterator[None]:
    before = everything()
    with pytest.raises(expected, match="final"):
        yield
    assert everything() == before


def test_a_case_of_the_wrong_mode() -> None:
    with refused(errors.WrongMode):
        cases.draft(
            acting=as_person("ma"),
            edition_id=edition_id(TONGZHOU),
            mode="received",
            applicant_id=person_id("ma"),
            receiving_office_id=OFFICES[DACHANG],
            form={},
            key=key(),
        )


def _silently(days: int) -> Callable[[], Any]:
    return lambda: clock.held_at(clock.now() + timedelta(days=days))


def test_silence_accepts_a_licensing_matter_from_the_day_the_papers_came() -> None:
    from tongban.cases.actions.silence import accept_by_silence, queue_silent  # noqa: PLC0415

    walk = walk_to(State.SUBMITTED, place=TONGZHOU)
    case_id = walk.done.case_id
    before = everything()
    assert queue_silent() == 0
    assert accept_by_silence(case_id=case_id) is False
    assert everything() == before
    with _silently(20)():
        assert queue_silent() == 1
        assert accept_by_silence(case_id=case_id) is True
        assert accept_by_silence(case_id=case_id) is False
    file = cases.case_file(acting=walk.applicant, case_id=case_id, purpose="本人查看")
    assert file.state is State.ACCEPTED
    assert file.accepted_by_silence is True
    assert file.accepted_at == file.papers_at
    assert file.events[-1].at == file.papers_at
    assert file.events[-1].recorded_at > file.events[-1].at
    assert file.events[-1].acting["actor_kind"] == "system"


def test_the_unpublished_year_marks_the_due_date_provisional() -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    with clock.held_at(datetime(2031, 12, 29, 2, 0, tzinfo=UTC)):
        Agreement.objects.update(ends_on=None)
        walk = walk_to(State.ACCEPTED, place=TONGZHOU)
        file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="x")
    assert file.due_provisional is True
    assert file.statutory_due_on == date(2032, 1, 1)


def test_sanhe_has_no_window_in_any_agreement() -> None:
    assert SANHE not in set(Opening.objects.values_list("receiving_place_id", flat=True))
