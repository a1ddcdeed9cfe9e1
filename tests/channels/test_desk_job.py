"""The deciding agency's work, done by forms as a browser without scripts sends them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.html import escape

from channels.desk_forms import decider, form_of, forms, officer, panels, send, url
from channels.portal_people import person, staff, text
from support import scene
from support.scene import DACHANG, TONGZHOU, Walk, as_person, walk_to
from tongban.cases import api as cases
from tongban.cases.api import CaseFile, State, Verb
from tongban.channels.desk.filepage import PURPOSE
from tongban.delivery import api as delivery
from tongban.delivery.api import HolderKind, ItemState, ItemView
from tongban.evidence import api as evidence
from tongban.kernel import clock

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def seen(walk: Walk) -> CaseFile:
    """Return the file as its applicant sees it."""
    return cases.case_file(acting=as_person(walk.who), case_id=walk.done.case_id, purpose="test")


def verbs(walk: Walk) -> list[Verb]:
    return [event.verb for event in seen(walk).events]


def paper(walk: Walk, position: int = 0) -> ItemView:
    return delivery.items_of(("case", walk.done.case_id))[position]


def test_from_acceptance_to_closing() -> None:
    walk = walk_to(State.SUBMITTED)
    case_id = walk.done.case_id
    decides, works = decider(), officer()

    accepted = send(works, case_id, "accept")
    assert (accepted.status_code, accepted["Location"]) == (302, f"{url(case_id)}?done=accept")
    said = text(works.get(accepted["Location"]))
    assert "已受理，办理时限开始计算。" in said
    assert "受理通知书 通州受〔" in said

    send(works, case_id, "review", grant="yes", reason="材料齐全，符合法定形式。")
    shown = text(decides.get(url(case_id)))
    assert "建议准予" in shown
    assert "材料齐全，符合法定形式。" in shown
    send(decides, case_id, "decide", grant="yes", confirm="true")
    send(works, case_id, "produce", number="92110112MA00000001")
    send(works, case_id, "issue")
    closed = send(works, case_id, "close")
    assert closed.status_code == 302

    file = seen(walk)
    assert (file.state, file.outcome, file.licence_number) == (
        State.CLOSED,
        "granted",
        "92110112MA00000001",
    )
    assert verbs(walk)[2:] == [
        Verb.ACCEPT,
        Verb.REVIEW,
        Verb.DECIDE,
        Verb.PRODUCE,
        Verb.ISSUE,
        Verb.CLOSE,
    ]
    assert file.events[3].personal == {"opinion": "材料齐全，符合法定形式。"}
    assert [record.kind for record in file.records][-2:] == ["acceptance", "decision"]
    assert {event.acting["channel"] for event in file.events[2:]} == {"desk"}


def test_accepting_shows_both_limits_that_it_starts() -> None:
    walk = walk_to(State.SUBMITTED)
    shown = text(officer().get(url(walk.done.case_id)))
    limits = cases.clock_from(edition=seen(walk).edition, at=clock.now())
    for label, due in (("承诺时限", limits.due.on), ("法定时限", limits.statutory.on)):
        assert label in shown
        assert f"最迟 {due.year}年{due.month}月{due.day}日" in shown
    send(officer(), walk.done.case_id, "accept")
    file = seen(walk)
    assert (file.due_on, file.statutory_due_on) == (limits.due.on, limits.statutory.on)


def test_one_notice_of_everything() -> None:
    walk = walk_to(State.SUBMITTED)
    case_id = walk.done.case_id
    works = officer()
    response = send(
        works,
        case_id,
        "ask-correction",
        confirm="true",
        wanted=["form.business_name", "paper.premises"],
        **{
            "text:form.business_name": "字号与已登记的名称相同，请更换。",
            "phrase:paper.premises": ["缺页，请提交全部页面。"],
            "standard:paper.premises": [
                "写明的地址与填报的经营场所一致",
                "租赁合同有双方签字或盖章，租期未满",
            ],
            "text:paper.premises": "合同第三页没有签字。",
            "text:paper.photo": "没有勾选的不算。",
        },
    )
    assert response.status_code == 302
    file = seen(walk)
    assert file.state is State.CORRECTING
    assert [line["path"] for line in file.wanted] == ["form.business_name", "paper.premises"]
    assert file.wanted[0]["text"] == "字号与已登记的名称相同，请更换。"
    assert file.wanted[1]["text"] == (
        "缺页，请提交全部页面。不符合受理标准：写明的地址与填报的经营场所一致；"
        "租赁合同有双方签字或盖章，租期未满。合同第三页没有签字。"
    )
    assert "没有勾选的不算" not in str(file.records[-1].content)


def test_the_standard_phrases_come_from_the_acceptance_standard() -> None:
    walk = walk_to(State.SUBMITTED)
    shown = text(officer().get(url(walk.done.case_id)))
    assert 'name="standard:paper.premises" value="租赁合同有双方签字或盖章，租期未满"' in shown
    for name in seen(walk).edition.form_schema["properties"]:
        assert f'name="wanted" value="form.{name}"' in shown
    for material in seen(walk).edition.materials:
        assert f'name="wanted" value="paper.{material.key}"' in shown


def test_a_second_notice_offers_only_the_lines_of_the_first() -> None:
    walk = walk_to(State.CORRECTING).correct()
    case_id = walk.done.case_id
    shown = text(officer().get(url(case_id)))
    assert shown.count('name="wanted"') == 1
    assert 'name="wanted" value="paper.premises"' in shown
    assert "首次告知：租赁合同缺少出租方签字。" in shown
    again = {"text:paper.premises": "合同仍然没有出租方签字。"}
    send(officer(), case_id, "ask-correction", confirm="true", wanted=["paper.premises"], **again)
    assert seen(walk).state is State.CORRECTING


def test_declining_names_reason_and_remedies() -> None:
    walk = walk_to(State.SUBMITTED)
    reason = "经营场所不在本辖区内，本机关无权登记。"
    send(officer(), walk.done.case_id, "decline", reason=reason, confirm="true")
    file = seen(walk)
    assert file.state is State.DECLINED
    assert file.records[-1].content["reason"] == reason
    assert file.records[-1].content["remedies"]["review_body"] == "北京市通州区人民政府"


def test_a_refusal_carries_the_remedies_that_were_shown() -> None:
    walk = walk_to(State.REVIEWED)
    words = seen(walk).edition.decision_words
    shown = text(decider().get(url(walk.done.case_id)))
    assert words.granted in shown
    assert words.refused in shown
    assert "自收到决定书之日起 60 日内，可以向北京市通州区人民政府申请行政复议。" in shown
    assert "自收到决定书之日起 6 个月内，可以依法提起行政诉讼。" in shown
    reason = "字号与已登记的个体工商户相同。"
    send(decider(), walk.done.case_id, "decide", grant="no", reason=reason, confirm="true")
    content = seen(walk).records[-1].content
    assert (content["words"], content["reason"]) == (words.refused, reason)
    assert content["remedies"] == {
        "review_body": "北京市通州区人民政府",
        "review_days": 60,
        "lawsuit_months": 6,
    }


def test_delivering_across_the_agencys_own_counter() -> None:
    walk = walk_to(State.CLOSED)
    _move(walk, 0, "handed", confirm="true")
    assert paper(walk).state is ItemState.HANDED_OVER
    send(officer(), walk.done.case_id, "deliver", confirm="true")
    file = seen(walk)
    assert file.state is State.DELIVERED
    assert file.events[-1].acting["presence"] == "document_seen"


def test_a_result_sent_to_the_applicant_is_proved_by_the_carrier() -> None:
    walk = walk_to(State.CLOSED)
    _move(walk, 0, "dispatch", carrier="邮政EMS", waybill="EM2026000009CN")
    _move(walk, 0, "proved", confirm="true")
    assert paper(walk).state is ItemState.HANDED_OVER
    assert paper(walk).holder.id == scene.person_id(walk.who)


def test_a_result_that_is_not_issued_can_not_leave() -> None:
    walk = walk_to(State.PRODUCED)
    shown = officer().get(url(walk.done.case_id)).context["parcels"]
    assert [[move.slug for move in parcel.moves] for parcel in shown] == [["lost"]]


def test_after_silence_there_is_only_the_acceptance_that_the_law_has_made() -> None:
    with clock.held_at(clock.now() - timedelta(days=21)):
        walk = walk_to(State.SUBMITTED)
    works = officer()
    assert panels(works, walk.done.case_id) == ["accept"]
    papers_at = seen(walk).papers_at
    assert papers_at is not None
    limits = cases.clock_from(edition=seen(walk).edition, at=papers_at)
    shown = text(works.get(url(walk.done.case_id)))
    assert "依法自收到申请材料之日起即为受理" in shown
    assert f"{limits.due.on.month}月{limits.due.on.day}日（1 个工作日）" in shown
    send(works, walk.done.case_id, "accept")
    file = seen(walk)
    assert (file.accepted_by_silence, file.due_on) == (True, limits.due.on)


def _sent_by_window(state: State = State.RECEIVED) -> Walk:
    walk = walk_to(State.RECEIVED, mode="received")
    item = paper(walk)
    cases.dispatch(
        acting=walk.window,
        case_id=walk.done.case_id,
        item_id=item.id,
        seq=item.seq,
        carrier="邮政EMS",
        waybill="EM2026000001CN",
    )
    if state is not State.RECEIVED:
        walk.accept().review().decide().produce().issue()
    return walk


def test_an_original_is_signed_for_from_the_queue() -> None:
    walk = _sent_by_window()
    works = officer()
    queue = text(works.get("/desk/"))
    assert "EM2026000001CN" in queue
    address = url(walk.done.case_id, f"custody/{paper(walk).id}/sign")
    signed = works.post(address, forms(queue)[address])
    assert (signed.status_code, signed["Location"]) == (302, "/desk/#parcels")
    assert paper(walk).state is ItemState.SIGNED
    assert paper(walk).holder.kind is HolderKind.AGENCY
    assert "EM2026000001CN" not in text(works.get("/desk/"))


def test_result_and_original_go_back_to_the_receiving_office() -> None:
    walk = _sent_by_window()
    works = officer()
    _move(walk, 0, "sign")
    walk.accept().review().decide().produce().issue()
    queue = works.get("/desk/")
    assert [one.label for one in queue.context["traffic"].to_send] == [
        "经营场所使用证明",
        "营业执照",
    ]
    for position in (0, 1):
        sent = _move(
            walk, position, "dispatch", carrier="机要交换", waybill=f"jy20260001{position}"
        )
        assert (sent.status_code, sent["Location"]) == (302, f"{url(walk.done.case_id)}#custody")
        item = paper(walk, position)
        assert (item.state, item.waybill) == (ItemState.IN_TRANSIT, f"JY20260001{position}")
        assert item.addressee is not None
        assert item.addressee.id == scene.OFFICES[DACHANG]
    assert works.get("/desk/").context["traffic"].to_send == ()


def _move(walk: Walk, position: int, slug: str, **answers: str) -> Any:  # noqa: ANN401 - test response
    works = officer()
    address = url(walk.done.case_id, f"custody/{paper(walk, position).id}/{slug}")
    form = forms(text(works.get(url(walk.done.case_id))))[address]
    return works.post(address, form | answers)


def test_a_parcel_that_came_back_and_a_paper_that_was_lost() -> None:
    walk = walk_to(State.ISSUED)
    _move(walk, 0, "dispatch", carrier="邮政EMS", waybill="EM2026000002CN")
    _move(walk, 0, "returned", note="地址不详，邮件退回。")
    assert paper(walk).state is ItemState.RETURNED
    _move(walk, 0, "lost", note="库房进水。", confirm="true")
    assert paper(walk).state is ItemState.LOST


def test_opening_a_file_is_a_look_that_the_applicant_sees() -> None:
    walk = walk_to(State.SUBMITTED, place=DACHANG)
    evidence.drain_looks()
    opened = officer(DACHANG).get(url(walk.done.case_id))
    assert opened.status_code == 200
    assert evidence.drain_looks() == 1
    look = evidence.looks_at(person_id=scene.person_id(walk.who), limit=1)[0]
    assert (look.case_id, look.purpose, look.viewer["post_id"]) == (
        walk.done.case_id,
        PURPOSE,
        scene.OFFICERS[DACHANG],
    )
    page = text(person(walk.who).get(f"/cases/{walk.done.case_id}/"))
    assert "白云飞" in page
    assert escape(PURPOSE) in page


def test_the_queue_opens_after_a_look_at_another_place_than_the_persons() -> None:
    walk = walk_to(State.SUBMITTED, place=TONGZHOU)  # of somebody registered in Dachang
    officer().get(url(walk.done.case_id))
    evidence.drain_looks()
    assert "马**" in text(officer().get("/desk/"))


def test_a_double_submission_counts_once() -> None:
    walk = walk_to(State.SUBMITTED)
    works, case_id = officer(), walk.done.case_id
    form = form_of(works, case_id, "accept")
    answers = [works.post(url(case_id, "accept"), form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert verbs(walk).count(Verb.ACCEPT) == 1


def test_the_chosen_file_stands_in_a_frame_of_the_same_origin() -> None:
    walk = walk_to(State.SUBMITTED)
    file = cases.case_file(acting=walk.officer, case_id=walk.done.case_id, purpose="test")
    chosen = next(one for one in file.materials if one.papers).papers[0]
    works = officer()
    shown = text(works.get(f"{url(walk.done.case_id)}?paper={chosen.id}"))
    address = f"/cases/{walk.done.case_id}/files/{chosen.id}"
    assert f'<iframe class="viewer__frame" name="document" src="{address}#' in shown
    assert f'href="{address}#navpanes=0&amp;view=FitH" target="document"' in shown
    framed = works.get(address)
    assert framed["Content-Type"] == "application/pdf"
    assert framed["X-Frame-Options"] == "SAMEORIGIN"


def test_a_file_in_english_speaks_english_where_the_data_does() -> None:
    walk = walk_to(State.SUBMITTED)
    shown = text(staff(scene.OFFICERS[TONGZHOU], language="en").get(url(walk.done.case_id)))
    assert '<html lang="en"' in shown
    assert escape(seen(walk).edition.title_en) in shown
    assert "Proof of the right to use the premises" in shown
