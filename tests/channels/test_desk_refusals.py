"""What the desk refuses: each time the officer is told by a code, and nothing has changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from channels.desk_forms import answered, decider, form_of, forms, officer, url
from channels.portal_people import nobody, person, staff, text
from support.contents import everything
from support.scene import DACHANG, WINDOWS, Walk, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.delivery import api as delivery

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = _but_sessions()
    yield
    assert _but_sessions() == before


def _but_sessions() -> dict[str, Any]:
    """Return all rows but the logins: a browser of these tests logs in when it is asked for."""
    found = everything()
    del found["identity.StaffSession"], found["evidence.Waiting"]  # a login's entry waits too
    entries = found.pop("evidence.PendingEntry")
    return {**found, "entries": [row for row in entries if "staff.logged_in" not in row]}


def refused(response: Any, status: int, code: str) -> str:  # noqa: ANN401 - test response
    """Check status and code; return the page."""
    page = text(response)
    assert response.status_code == status
    assert f'<code class="reference">{code}</code>' in page
    return page


def test_another_agencys_officer_finds_no_such_case() -> None:
    walk = walk_to(State.SUBMITTED)
    form = form_of(officer(), walk.done.case_id, "accept")
    other = officer(DACHANG)
    with nothing_changes():
        refused(other.get(url(walk.done.case_id)), 404, "cases.not_found")
        refused(other.post(url(walk.done.case_id, "accept"), form), 404, "cases.not_found")
        refused(other.get(url("no-such-case")), 404, "cases.not_found")
    assert other.get("/desk/").context["page"].rows == ()


def test_a_draft_is_not_for_the_agencys_eyes() -> None:
    walk = walk_to(State.DRAFT)
    with nothing_changes():
        refused(officer().get(url(walk.done.case_id)), 404, "cases.not_found")


def test_a_window_a_person_and_nobody_have_no_desk() -> None:
    walk = walk_to(State.RECEIVED, mode="received")
    form = form_of(officer(), walk.done.case_id, "accept")
    clerk, accept = staff(WINDOWS[DACHANG]), url(walk.done.case_id, "accept")
    with nothing_changes():
        for address in ("/desk/", url(walk.done.case_id)):
            refused(clerk.get(address), 403, "channels.power_missing")
            refused(person("ma").get(address), 403, "channels.staff_only")
            assert nobody().get(address)["Location"].startswith("/login/?next=")
        refused(clerk.post(accept, form), 403, "channels.power_missing")
        refused(person("ma").post(accept, form), 403, "channels.staff_only")
        refused(nobody().post(accept, form), 401, "channels.login_required")


def test_a_post_without_the_power_may_not() -> None:
    walk = walk_to(State.SUBMITTED)
    form = form_of(officer(), walk.done.case_id, "accept")
    with nothing_changes():
        refused(decider().post(url(walk.done.case_id, "accept"), form), 403, "cases.not_yours")


def test_the_second_of_two_deciders_is_told() -> None:
    walk = walk_to(State.REVIEWED)
    case_id = walk.done.case_id
    first, second = decider(), decider()
    both = [form_of(client, case_id, "decide") for client in (first, second)]
    yes = answered("decide", {"grant": "yes", "confirm": "true"})
    assert first.post(url(case_id, "decide"), both[0] | yes).status_code == 302
    no = answered("decide", {"grant": "no", "confirm": "true", "reason": "材料与事实不符。"})
    with nothing_changes():
        page = refused(second.post(url(case_id, "decide"), both[1] | no), 409, "cases.stale")
    assert "材料与事实不符。" in page  # what was typed is not lost
    assert "作出决定：准予" in page  # and the page shows what the first one did
    assert url(case_id, "decide") not in forms(page)


def test_a_stale_page_says_so_whatever_else_is_wrong_with_it() -> None:
    walk = walk_to(State.SUBMITTED)
    form = form_of(officer(), walk.done.case_id, "decline")
    walk.ask().correct()
    with nothing_changes():
        answer = officer().post(url(walk.done.case_id, "decline"), form)
        refused(answer, 409, "cases.stale")


def test_the_same_form_with_other_words_is_not_the_same_form() -> None:
    walk = walk_to(State.ACCEPTED)
    works, address = officer(), url(walk.done.case_id, "review")
    form = form_of(works, walk.done.case_id, "review")
    given = answered("review", {"grant": "yes", "reason": "材料齐全，符合法定形式。"})
    assert works.post(address, form | given).status_code == 302
    with nothing_changes():
        other = works.post(address, form | given | {"review-grant": "no"})
        refused(other, 409, "work.key_reused")


def _officer_refused(
    state: State, slug: str, answers: dict[str, object], status: int, code: str
) -> tuple[Walk, str]:
    walk = walk_to(state)
    works = decider() if slug == "decide" else officer()
    form = form_of(works, walk.done.case_id, slug) | answered(slug, answers)
    with nothing_changes():
        page = refused(works.post(url(walk.done.case_id, slug), form), status, code)
    return walk, page


@pytest.mark.parametrize(
    ("state", "slug", "answers", "code"),
    [
        (State.SUBMITTED, "decline", {"confirm": "true"}, "cases.reason_missing"),
        (State.SUBMITTED, "decline", {"reason": "不在辖区内。"}, "channels.unconfirmed"),
        (State.SUBMITTED, "decline", {"confirm": "true", "reason": "错"}, "cases.reason_missing"),
        (State.SUBMITTED, "ask-correction", {"confirm": "true"}, "cases.notice_empty"),
        (State.SUBMITTED, "ask-correction", {"wanted": "paper.photo"}, "channels.unconfirmed"),
        (State.ACCEPTED, "review", {"grant": "yes"}, "cases.reason_missing"),
        (State.ACCEPTED, "review", {"reason": "材料齐全。"}, "channels.answer_missing"),
        (
            State.ACCEPTED,
            "review",
            {"grant": "yes", "reason": "字" * 2001},
            "cases.text_refused",
        ),
        (State.REVIEWED, "decide", {"confirm": "true"}, "channels.answer_missing"),
        (State.REVIEWED, "decide", {"grant": "yes"}, "channels.unconfirmed"),
        (State.REVIEWED, "decide", {"grant": "no", "confirm": "true"}, "cases.reason_missing"),
        (State.GRANTED, "produce", {"number": " "}, "cases.text_refused"),
        (State.GRANTED, "produce", {"number": "9" * 65}, "cases.text_refused"),
        (State.CLOSED, "deliver", {}, "channels.unconfirmed"),
    ],
)
def test_a_form_that_is_not_complete(
    state: State, slug: str, answers: dict[str, object], code: str
) -> None:
    walk, page = _officer_refused(state, slug, answers, 400, code)
    kept = forms(page)[url(walk.done.case_id, slug)]
    assert f"{slug}-confirm" not in kept  # is to be confirmed anew
    for name, value in answered(slug, answers).items():
        if name == f"{slug}-confirm":
            continue
        assert [text.strip() for text in kept[name]] == [str(value).strip()]
    assert kept["seq"] == [str(walk.done.seq)]
    assert 'class="act card card--tight act--shown' in page


def test_delivery_is_not_certified_before_the_result_is_handed_over() -> None:
    _officer_refused(State.CLOSED, "deliver", {"confirm": "true"}, 409, "cases.result_not_handed")


def test_a_line_of_a_notice_without_words_is_named() -> None:
    walk = walk_to(State.SUBMITTED)
    works, address = officer(), url(walk.done.case_id, "ask-correction")
    answers = {
        "wanted": ["form.business_name", "paper.premises"],
        "text:form.business_name": "字号不规范，请更换。",
        "ask-correction-confirm": "true",
    }
    form = form_of(works, walk.done.case_id, "ask-correction") | answers
    with nothing_changes():
        page = refused(works.post(address, form), 400, "cases.reason_missing")
    assert 'id="w-paper-premises-problem"' in page
    assert 'id="w-form-business_name-problem"' not in page
    kept = forms(page)[address]
    assert kept["wanted"] == ["form.business_name", "paper.premises"]
    assert kept["text:form.business_name"] == ["字号不规范，请更换。"]


def test_a_second_notice_may_not_name_anything_new() -> None:
    walk = walk_to(State.CORRECTING).correct()
    works, address = officer(), url(walk.done.case_id, "ask-correction")
    widened = {
        "wanted": ["paper.premises", "paper.photo"],
        "text:paper.premises": "仍然缺少出租方签字。",
        "text:paper.photo": "照片不清晰，请重新提交。",
        "ask-correction-confirm": "true",
    }
    form = form_of(works, walk.done.case_id, "ask-correction") | widened
    with nothing_changes():
        refused(works.post(address, form), 422, "cases.notice_widened")


def test_a_form_without_its_token_or_with_no_step_is_refused() -> None:
    walk = walk_to(State.SUBMITTED)
    works, address = officer(), url(walk.done.case_id, "accept")
    form = form_of(works, walk.done.case_id, "accept")
    with nothing_changes():
        without = {name: value for name, value in form.items() if name != "form_token"}
        refused(works.post(address, without), 400, "channels.form_token_missing")
        refused(works.post(address, form | {"seq": "二"}), 400, "channels.bad_request")
        refused(works.get(address), 405, "channels.method_not_allowed")


def _in_transit() -> tuple[Walk, delivery.ItemView]:
    walk = walk_to(State.RECEIVED, mode="received")
    item = delivery.items_of(("case", walk.done.case_id))[0]
    cases.dispatch(
        acting=walk.window,
        case_id=walk.done.case_id,
        item_id=item.id,
        seq=item.seq,
        carrier="邮政EMS",
        waybill="EM2026000003CN",
    )
    return walk, delivery.item(item.id)


def test_who_handles_no_papers_signs_for_none() -> None:
    walk, item = _in_transit()
    address = url(walk.done.case_id, f"custody/{item.id}/sign")
    assert address not in forms(text(decider().get(url(walk.done.case_id))))
    with nothing_changes():
        refused(decider().post(address, {"seq": item.seq}), 403, "delivery.not_holder")
        refused(officer(DACHANG).post(address, {"seq": item.seq}), 404, "cases.not_found")
        refused(officer().post(address, {"seq": item.seq - 1}), 409, "delivery.stale")
        unknown = url(walk.done.case_id, f"custody/{item.id}/burn")
        refused(officer().post(unknown, {"seq": item.seq}), 404, "channels.not_found")


def test_a_waybill_that_can_not_be_one_is_kept_for_correction() -> None:
    walk = walk_to(State.ISSUED)
    item = delivery.items_of(("case", walk.done.case_id))[0]
    address = url(walk.done.case_id, f"custody/{item.id}/dispatch")
    form = {"seq": item.seq, "carrier": "邮政EMS", "waybill": "一二三"}
    with nothing_changes():
        page = refused(officer().post(address, form), 400, "delivery.waybill_invalid")
    assert forms(page)[address]["waybill"] == ["一二三"]


def test_a_loss_is_reported_only_when_confirmed() -> None:
    walk = walk_to(State.ISSUED)
    item = delivery.items_of(("case", walk.done.case_id))[0]
    address = url(walk.done.case_id, f"custody/{item.id}/lost")
    with nothing_changes():
        page = refused(
            officer().post(address, {"seq": item.seq, "note": "找不到了。"}),
            400,
            "channels.unconfirmed",
        )
    assert forms(page)[address]["note"] == ["找不到了。"]


def test_papers_that_came_once_start_the_five_days_once() -> None:
    walk = walk_to(State.RECEIVED, mode="received")
    form = form_of(officer(), walk.done.case_id, "accept")
    with nothing_changes():
        answer = officer().post(url(walk.done.case_id, "arrive"), form)
        refused(answer, 409, "cases.not_now")


def test_the_post_of_an_office_that_no_agreement_names_has_no_desk() -> None:
    walk_to(State.SUBMITTED)
    with nothing_changes():
        answer = staff("post-sanhe-window").get("/desk/")
        refused(answer, 403, "channels.power_missing")
