"""The whole online job, through the pages alone."""

import re

import pytest

from channels.portal_people import filled, hand_in, hidden, nobody, pdf, person, text
from support import scene
from support.contents import everything
from support.scene import DACHANG, TONGZHOU, Walk, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def file_of(case_id: str, who: str = "ma") -> cases.CaseFile:
    return cases.case_file(acting=scene.as_person(who), case_id=case_id, purpose="test")


def begun(place: str = TONGZHOU) -> tuple[str, str]:
    """Begin an application by pressing the button; return its edit page and the case's id."""
    client = person("ma")
    guide = f"/matters/{scene.edition_id(place)}/"
    response = client.post(f"{guide}apply/", hidden(text(client.get(guide))))
    assert response.status_code == 302
    found = re.fullmatch(r"/cases/([^/]+)/edit/", response["Location"])
    assert found is not None
    return response["Location"], found[1]


def test_from_the_front_page_to_the_proof_of_delivery() -> None:
    client = person("ma")
    home = text(client.get("/"))
    guide_url = f"/matters/{scene.edition_id(TONGZHOU)}/"
    assert guide_url in home
    guide = text(client.get(guide_url))
    assert "北京市通州区市场监督管理局" in guide
    assert "大厂回族自治县政务服务中心" in guide  # a window near the applicant takes it in too

    edit_url, case_id = begun()
    page = text(client.get(edit_url))
    assert 'value="19900000001"' in page  # the phone is known
    assert "实名登记信息" in page

    fields = filled(scene.form(TONGZHOU))
    sent = hidden(page) | fields
    saved = client.post(edit_url, sent | {"do": "upload:premises", "file.premises": pdf()})
    assert (saved.status_code, saved["Location"]) == (302, f"{edit_url}?saved=1#m-premises")
    assert file_of(case_id).form == scene.form(TONGZHOU)

    page = text(client.get(edit_url))
    assert "房屋租赁合同.pdf" in page
    check = client.post(edit_url, hidden(page) | fields | {"do": "check"})
    assert (check.status_code, check["Location"]) == (302, f"/cases/{case_id}/check/")
    page = text(client.get(check["Location"]))
    for said in ("北京市通州区晴川花店", "餐饮服务；食品销售", "19900000001", "房屋租赁合同.pdf"):
        assert said in page
    assert all(clause in page for clause in cases.CONSENT_CLAUSES)
    done = hand_in(client, case_id)
    assert (done.status_code, done["Location"]) == (302, f"/cases/{case_id}/?done=submitted")
    file = file_of(case_id)
    assert (file.state, file.seq, [paper.name for paper in file.materials[0].papers]) == (
        State.SUBMITTED,
        2,
        ["房屋租赁合同.pdf"],
    )
    assert str(file.number) in text(client.get(done["Location"]))

    walk = Walk(place=TONGZHOU, mode="online")
    walk.done = cases.Done(case_id=case_id, number=file.number, state=file.state, seq=file.seq)
    walk.accept().review().decide().produce().issue().close()

    case_url = f"/cases/{case_id}/"
    assert "确认收到结果" in text(client.get(case_url))
    question = text(client.get(f"{case_url}receipt/"))
    assert "没有交到您手中" in question
    confirmed = client.post(f"{case_url}receipt/", hidden(question))
    assert confirmed["Location"] == f"{case_url}?done=delivered"
    assert file_of(case_id).state is State.DELIVERED
    assert case_url in text(client.get("/mine/?pile=ended"))


def test_the_edit_page_keeps_what_was_saved() -> None:
    edit_url, case_id = begun(DACHANG)
    client = person("ma")
    sent = hidden(text(client.get(edit_url))) | {"business_name": "未完", "do": "save"}
    response = client.post(edit_url, sent)
    assert response["Location"] == f"{edit_url}?saved=1"
    assert file_of(case_id).form == {"business_name": "未完"}
    page = text(client.get(edit_url))
    assert 'value="未完"' in page
    assert 'value="19900000001"' not in page  # what was emptied stays empty


def test_files_that_come_with_the_last_answers_count() -> None:
    edit_url, case_id = begun(TONGZHOU)
    client = person("ma")
    sent = hidden(text(client.get(edit_url))) | filled(scene.form(TONGZHOU))
    client.post(edit_url, sent | {"do": "check", "file.premises": pdf()})
    assert hand_in(client, case_id)["Location"] == f"/cases/{case_id}/?done=submitted"
    assert file_of(case_id).materials[0].came == "electronic"


def test_a_file_can_be_removed() -> None:
    walk = walk_to(State.DRAFT)
    client, edit_url = person("ma"), f"/cases/{walk.done.case_id}/edit/"
    page = text(client.get(edit_url))
    found = re.search(r'formaction="([^"]*\?remove=[^"]*)"', page)
    assert found is not None
    sent = hidden(page) | filled(scene.form(TONGZHOU))
    assert client.post(found[1], sent).status_code == 302
    assert file_of(walk.done.case_id).materials[0].papers == ()


def test_a_correction_is_answered_on_the_same_page() -> None:
    walk = walk_to(State.CORRECTING)
    client, case_id = person("ma"), walk.done.case_id
    tracking = text(client.get(f"/cases/{case_id}/"))
    assert "租赁合同缺少出租方签字。" in tracking
    edit_url = f"/cases/{case_id}/edit/"
    page = text(client.get(edit_url))
    assert "经营场所使用证明：租赁合同缺少出租方签字。" in page
    assert "《服务同意书》" not in page
    fields = filled(scene.form(TONGZHOU) | {"employee_count": 3})
    uploaded = client.post(
        edit_url,
        hidden(page) | fields | {"do": "upload:premises", "file.premises": pdf("补签.pdf")},
    )
    assert uploaded.status_code == 200  # there is no draft of a correction: the page keeps it
    assert 'value="3"' in text(uploaded)
    assert "补签.pdf" in text(uploaded)
    done = client.post(edit_url, hidden(text(uploaded)) | fields | {"do": "correct"})
    assert done["Location"] == f"/cases/{case_id}/?done=corrected"
    file = file_of(case_id)
    assert (file.state, file.form["employee_count"]) == (State.SUBMITTED, 3)
    assert [paper.name for paper in file.materials[0].papers] == ["房屋租赁合同.pdf", "补签.pdf"]


def test_withdrawing_asks_once_more() -> None:
    walk = walk_to(State.ACCEPTED)
    client, url = person("ma"), f"/cases/{walk.done.case_id}/withdraw/"
    question = text(client.get(url))
    assert "撤回这份申请？" in question
    assert file_of(walk.done.case_id).state is State.ACCEPTED
    response = client.post(url, hidden(question) | {"reason": "改在别处经营"})
    assert response["Location"] == f"/cases/{walk.done.case_id}/?done=withdrawn"
    file = file_of(walk.done.case_id)
    assert (file.state, file.events[-1].personal) == (State.WITHDRAWN, {"reason": "改在别处经营"})
    assert "理由：改在别处经营" in text(client.get(response["Location"]))


def test_a_parcel_is_confirmed_by_its_addressee() -> None:
    walk = walk_to(State.ISSUED)
    case_id = walk.done.case_id
    (item,) = delivery.items_of(("case", case_id))
    cases.dispatch(
        acting=walk.officer,
        case_id=case_id,
        item_id=item.id,
        seq=item.seq,
        carrier="中国邮政速递",
        waybill="EM123456789CN",
    )
    client = person("ma")
    page = text(client.get(f"/cases/{case_id}/"))
    assert "EM123456789CN" in page
    response = client.post(f"/cases/{case_id}/papers/{item.id}/", hidden(page))
    assert response["Location"] == f"/cases/{case_id}/?done=received"
    before = everything()
    again = client.post(f"/cases/{case_id}/papers/{item.id}/", hidden(page))
    assert again["Location"] == response["Location"]
    assert everything() == before
    assert delivery.item(item.id).state is delivery.ItemState.HANDED_OVER
    assert "我已收到" not in text(client.get(response["Location"]))


def test_the_search_finds_by_word_and_place() -> None:
    client = nobody()
    assert text(client.get("/")).count("card--link") == 2
    assert text(client.get(f"/?place={DACHANG}")).count("card--link") == 1
    assert "大厂回族自治县行政审批局" in text(client.get(f"/?place={DACHANG}"))
    assert text(client.get("/?q=个体")).count("card--link") == 2
    nothing = text(client.get("/?q=护照"))
    assert nothing.count("card--link") == 0
    assert "没有找到符合条件的事项" in nothing


@pytest.mark.parametrize(
    "state", [one for one in State if one not in {State.WITHDRAWN, State.VOIDED}]
)
def test_every_state_has_its_page_in_both_languages(state: State) -> None:
    mode = "received" if state is State.RECEIVED else "online"
    walk = walk_to(state, mode=mode)
    url = f"/cases/{walk.done.case_id}/"
    chinese, english = text(person("ma").get(url)), text(person("ma", language="en").get(url))
    assert "个体工商户设立登记" in chinese
    assert "Registration of an individual business" in english
    assert "Tongzhou District Administration for Market Regulation" in english


def test_the_applicant_sees_who_looked() -> None:
    walk = walk_to(State.SUBMITTED)
    cases.case_file(acting=walk.officer, case_id=walk.done.case_id, purpose="审查申请材料")
    evidence.drain_looks()
    page = text(person("ma").get(f"/cases/{walk.done.case_id}/"))
    assert "登记注册承办人 孙晓雨" in page
    assert "用途：审查申请材料" in page
    assert "当日共" not in page


def test_looks_that_are_alike_stand_in_one_row_with_their_number() -> None:
    walk = walk_to(State.SUBMITTED)
    for purpose in ("审查申请材料", "核对证件", "审查申请材料", "审查申请材料"):
        cases.case_file(acting=walk.officer, case_id=walk.done.case_id, purpose=purpose)
    evidence.drain_looks()
    page = text(person("ma").get(f"/cases/{walk.done.case_id}/"))
    assert page.count("用途：审查申请材料") == page.count("当日共 3 次") == 1
    assert page.count("用途：核对证件") == 1


def test_the_clerk_stands_as_clerk_and_the_applicant_as_applicant() -> None:
    walk = walk_to(State.RECEIVED, mode="received")
    page = text(person("ma").get(f"/cases/{walk.done.case_id}/"))
    assert (
        "窗口代收：大厂回族自治县政务服务中心 综合窗口工作人员 杨静；申请人：马清荷；核验：出示证件"
        in page
    )
