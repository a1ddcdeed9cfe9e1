"""The whole received job from the window's side, walked page by page, in both directions."""

import pytest

from channels.window_walk import OWN_NUMBER, Walker, clerk, texts
from support.scene import (
    DACHANG,
    OFFICERS,
    PDF,
    PEOPLE,
    TONGZHOU,
    Walk,
    as_post,
    at_window,
    form,
    person_id,
    walk_to,
)
from tongban.cases import api as cases
from tongban.cases.api import Done, Side, State
from tongban.cases.models import Case, CaseEvent, DocumentOfRecord
from tongban.delivery import api as delivery
from tongban.delivery.api import ItemKind, ItemState
from tongban.identity import api as identity
from tongban.identity.models import Mandate, Person

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

DIRECTIONS = [
    pytest.param(DACHANG, TONGZHOU, id="from-dachang-to-tongzhou"),
    pytest.param(TONGZHOU, DACHANG, id="from-tongzhou-to-dachang"),
]


def the_case() -> Case:
    return Case.objects.get()


def officer_of(case: Case, deciding: str) -> Walk:
    """Return the case in the hands of its agency."""
    walk = Walk(place=deciding, mode="received")
    walk.done = Done(case_id=case.id, number=case.number, state=State(case.state), seq=case.seq)
    return walk


def parcel(case: Case, kind: ItemKind) -> delivery.ItemView:
    [item] = [one for one in delivery.items_of(("case", case.id)) if one.kind is kind]
    return item


def start(walker: Walker, number: str = PEOPLE["ma"], name: str = "马清荷") -> Walker:
    walker.go("/window/").follow("新收件")
    return walker.press("/window/new/", {"name": name, "number": number})


def take_in(walker: Walker, deciding: str) -> Walker:
    return walker.press(
        "/intake/",
        {"originals.premises": "1", "presence": "document_seen", "consent": "true"},
        questions=texts(form(deciding)),
        files={"paper.premises": PDF},
    )


@pytest.mark.parametrize(("receiving", "deciding"), DIRECTIONS)
def test_a_walk_in_is_taken_in_within_six_presses(receiving: str, deciding: str) -> None:
    walker = start(clerk(receiving))
    assert (walker.status, walker.at) == (200, f"/window/cases/{the_case().id}/intake/")
    assert walker.clicks == 2  # 新收件, 开始收件
    take_in(walker, deciding)
    assert walker.clicks == 5  # and the document seen, the consent, 收件
    case = the_case()
    slip = DocumentOfRecord.objects.get(case=case, kind="slip")
    assert (walker.status, walker.at) == (200, f"/records/{slip.id}")
    assert slip.number in walker.page
    assert (case.state, case.place_id, case.receiving_place_id) == ("received", deciding, receiving)
    event = CaseEvent.objects.get(case=case, verb="receive")
    assert event.acting["on_behalf_of"] == person_id("ma")
    assert (event.acting["actor_kind"], event.acting["channel"]) == ("staff", "window")
    assert (event.acting["presence"], event.acting["assurance"]) == ("document_seen", 3)
    assert event.payload["materials"]["premises"] == "original"


@pytest.mark.parametrize(("receiving", "deciding"), DIRECTIONS)
def test_the_whole_job(receiving: str, deciding: str) -> None:
    walker = take_in(start(clerk(receiving)), deciding)
    walker.follow("返回")
    assert walker.at == f"/window/cases/{the_case().id}/"

    original = parcel(the_case(), ItemKind.ORIGINAL)
    prefix = f"{original.id}.dispatch"
    walker.press("/dispatch/", {f"{prefix}.carrier": "中国邮政", f"{prefix}.waybill": "ems00001"})
    assert "已登记寄出" in walker.page
    original = parcel(the_case(), ItemKind.ORIGINAL)
    assert (original.state, original.waybill) == (ItemState.IN_TRANSIT, "EMS00001")
    assert "本窗口寄出" in walker.go("/window/").page

    officer = as_post(OFFICERS[deciding])
    case_id = the_case().id
    cases.sign_for(acting=officer, case_id=case_id, item_id=original.id, seq=original.seq)
    officer_of(the_case(), deciding).accept().review().decide().produce().issue().close()
    for item in delivery.items_of(("case", case_id)):
        cases.dispatch(
            acting=officer,
            case_id=case_id,
            item_id=item.id,
            seq=item.seq,
            carrier="中国邮政",
            waybill="EMS00002",
        )
    assert "待签收" in walker.go("/window/").page
    walker.go(f"/window/cases/{case_id}/")
    for kind in ItemKind:
        walker.press(f"/papers/{parcel(the_case(), kind).id}/sign/")
        assert "已签收" in walker.page
    assert "可以送达" in walker.go("/window/").page

    walker.go(f"/window/cases/{case_id}/")
    walker.press("/deliver/", {"deliver.presence": "document_seen", "deliver.confirm": "true"})
    assert "已送达" in walker.page
    assert the_case().state == "delivered"
    assert {one.state for one in delivery.items_of(("case", case_id))} == {ItemState.HANDED_OVER}
    assert DocumentOfRecord.objects.filter(case_id=case_id, kind="delivery").count() == 1
    assert list(cases.check_cases()) == []


def test_who_was_never_here_is_registered_with_the_draft() -> None:
    walker = clerk().go("/window/new/")
    walker.press("/window/new/", {"name": "欧阳晴", "number": OWN_NUMBER, "phone": "199 0000-0009"})
    card = identity.person_card(the_case().applicant_id)
    assert (card.name, card.number, card.phone) == ("欧阳晴", OWN_NUMBER, "19900000009")
    assert 'value="19900000009"' in walker.page  # filled into the form, as typed
    assert identity.masked_names([card.id]) == {card.id: "欧**"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("131028930505998", OWN_NUMBER),  # an old card of 15 digits
        ("13102819880101991x", "13102819880101991X"),
        (" 13102819880101991X ", "13102819880101991X"),
    ],
)
def test_ways_to_write_a_number(typed: str, kept: str) -> None:
    clerk().go("/window/new/").press("/window/new/", {"name": "欧阳晴", "number": typed})
    assert identity.person_card(the_case().applicant_id).number == kept


@pytest.mark.parametrize("name", ["𬭚䶮", "买买提·吐尔逊", "字" * 50, "A" * 50])
def test_names_that_people_bear(name: str) -> None:
    walker = clerk().go("/window/new/").press("/window/new/", {"name": name, "number": OWN_NUMBER})
    assert identity.person_card(the_case().applicant_id).name == name
    assert f"<strong>{name}</strong>" in walker.page


def test_another_form_of_document() -> None:
    walker = clerk().go("/window/new/")
    walker.press(
        "/window/new/", {"name": "Anna Müller", "number_kind": "passport", "number": "c01x-000 47"}
    )
    card = identity.person_card(the_case().applicant_id)
    assert (card.number_kind.value, card.number) == ("passport", "C01X00047")


def test_what_was_typed_is_kept_with_the_draft_and_a_file_can_be_taken_off() -> None:
    walker = start(clerk())
    walker.press("/intake/", button="存草稿", questions={"business_name": "北京市通州区晴川花店"})
    assert 'value="北京市通州区晴川花店"' in walker.page
    walker.press("/intake/", button="存草稿", files={"paper.premises": PDF})
    assert "材料.pdf" in walker.page
    assert 'value="北京市通州区晴川花店"' in walker.page
    remove = next(
        one["formaction"] for one in walker.form("/intake/").buttons if "formaction" in one
    )
    path, sent = walker.filled("/intake/", questions={"business_name": "北京市通州区花店"})
    assert path.endswith("/intake/")
    walker.send(remove, sent)
    assert walker.at.endswith("/intake/#m-premises")
    assert "材料.pdf" not in walker.page
    assert 'value="北京市通州区花店"' in walker.page


def test_a_material_that_is_missing_stands_on_the_slip() -> None:
    walker = start(clerk())
    walker.press(
        "/intake/",
        {"presence": "document_seen", "consent": "true"},
        questions=texts(form(TONGZHOU)),
    )
    assert "缺，待补" in walker.page
    event = CaseEvent.objects.get(verb="receive")
    assert event.payload["materials"]["premises"] == "missing"
    assert delivery.items_of(("case", the_case().id)) == []


def test_an_agent_with_a_letter_of_authority() -> None:
    walker = clerk().go("/window/new/")
    walker.press(
        "/window/new/",
        {
            "name": "马清荷",
            "number": PEOPLE["ma"],
            "agent_name": "李知行",
            "agent_number": PEOPLE["li"],
            "agent_until": "2099-12-31",
            "agent_seen": "true",
        },
        files={"agent_letter": PDF},
    )
    mandate = Mandate.objects.get()
    assert (mandate.principal_id, mandate.agent_id) == (person_id("ma"), person_id("li"))
    assert (mandate.ground, mandate.scope_kind, mandate.scope_id) == (
        "paper",
        "matter",
        "getihu-sheli",
    )
    assert mandate.document_id is not None
    take_in(walker, TONGZHOU)
    event = CaseEvent.objects.get(verb="receive")
    assert event.acting["mandate_id"] == mandate.id
    walker.go(f"/window/cases/{the_case().id}/")
    assert "李知行" in walker.page
    assert "凭授权委托书办理" in walker.page


def test_the_window_corrects_for_the_applicant() -> None:
    walk = walk_to(State.CORRECTING, place=TONGZHOU, mode="received")
    walker = clerk().go("/window/").follow("个体工商户设立登记").follow("打开补正表")
    assert "租赁合同缺少出租方签字。" in walker.page
    walker.press("/correct/", {"presence": "document_seen"}, files={"paper.premises": PDF})
    assert "已代为补正" in walker.page
    event = CaseEvent.objects.get(verb="correct")
    assert (event.state, event.acting["presence"]) == ("received", "document_seen")
    assert event.acting["on_behalf_of"] == person_id("ma")
    assert len(event.documents) == 2
    assert the_case().seq == walk.done.seq + 1


def test_the_window_tells_once_what_is_missing() -> None:
    walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    walker = clerk().go(f"/window/cases/{the_case().id}/").follow("填写补正告知书")
    walker.press(
        "/ask_correction/",
        {
            "want.paper.premises": "true",
            "text.paper.premises": "租赁合同缺少出租方签字。",
            "want.form.business_name": "true",
            "text.form.business_name": "字号中含有不得使用的文字。",
        },
    )
    assert "已一次性告知" in walker.page
    event = CaseEvent.objects.get(verb="ask_correction")
    assert event.payload["wanted"] == ["paper.premises", "form.business_name"]
    assert event.acting["on_behalf_of"] is None
    assert "等待补正" in walker.go("/window/").page


def test_the_window_withdraws_for_the_applicant_and_gives_the_original_back() -> None:
    walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    case_id = the_case().id
    walker = clerk().go(f"/window/cases/{case_id}/")
    walker.press(
        "/withdraw/",
        {
            "withdraw.presence": "document_seen",
            "withdraw.reason": "改在通州直接办理",
            "withdraw.confirm": "true",
        },
    )
    assert "已撤回" in walker.page
    assert the_case().state == "withdrawn"
    item = parcel(the_case(), ItemKind.ORIGINAL)
    name = f"{item.id}.hand_over.presence"
    walker.press(f"/papers/{item.id}/hand_over/", {name: "document_seen"})
    assert "已登记交还" in walker.page
    item = parcel(the_case(), ItemKind.ORIGINAL)
    assert (item.state, item.holder.id) == (ItemState.HANDED_OVER, person_id("ma"))


@pytest.mark.parametrize(
    ("verb", "answers", "state"),
    [
        ("withdraw", {"withdraw.presence": "document_seen"}, "withdrawn"),
        ("void", {"void.reason": "申请人未办完即离开。"}, "voided"),
    ],
)
def test_a_draft_ends_by_who_stands_there_or_by_the_office(
    verb: str, answers: dict[str, str], state: str
) -> None:
    Walk(place=TONGZHOU, mode="received").begin()
    walker = clerk().go(f"/window/cases/{the_case().id}/")
    walker.press(f"/{verb}/", {**answers, f"{verb}.confirm": "true"})
    assert the_case().state == state


def test_a_case_entered_by_mistake_is_voided_with_its_reason() -> None:
    walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    walker = clerk().go(f"/window/cases/{the_case().id}/")
    walker.press("/void/", {"void.reason": "重复录入，已另收一件。", "void.confirm": "true"})
    assert "已作废" in walker.page
    assert the_case().state == "voided"
    assert "重复录入，已另收一件。" in walker.page


def test_the_file_offers_exactly_the_verbs_that_the_case_allows() -> None:
    routes = {"receive": "intake", "correct": "correct", "ask_correction": "ask_correction"}
    shown = {}
    for state in (State.DRAFT, State.RECEIVED, State.CORRECTING, State.ACCEPTED, State.CLOSED):
        walk = walk_to(state, place=TONGZHOU, mode="received")
        file = cases.case_file(
            acting=at_window(DACHANG, "ma"), case_id=walk.done.case_id, purpose="窗口查看办件"
        )
        assert file.side is Side.WINDOW
        address = f"/window/cases/{walk.done.case_id}/"
        walker = clerk().go(address)
        ways = {form.action for form in walker.forms} | {href for _, href in walker.links}
        offered = {
            verb
            for verb in ("receive", "correct", "ask_correction", "withdraw", "void", "deliver")
            if f"{address}{routes.get(verb, verb)}/" in ways
        }
        assert offered == {verb.value for verb in file.verbs}
        shown[state.value] = offered
    assert shown == {
        "draft": {"receive", "withdraw", "void"},
        "received": {"ask_correction", "withdraw", "void"},
        "correcting": {"correct", "withdraw", "void"},
        "accepted": {"withdraw"},
        "closed": {"deliver"},
    }


def test_a_form_sent_twice_counts_once() -> None:
    walker = clerk().go("/window/new/")
    path, sent = walker.filled("/window/new/", {"name": "欧阳晴", "number": OWN_NUMBER})
    first = walker.send(path, sent).at
    assert walker.send(path, sent).at == first
    assert (Case.objects.count(), Person.objects.filter(id=the_case().applicant_id).count()) == (
        1,
        1,
    )
    path, sent = walker.filled(
        "/intake/",
        {"presence": "document_seen", "consent": "true"},
        questions=texts(form(TONGZHOU)),
    )
    slip = walker.send(path, sent).at
    assert slip.startswith("/records/")
    assert walker.send(path, sent).at == slip
    assert CaseEvent.objects.filter(verb="receive").count() == 1


def test_a_mandate_is_noted_once_though_the_form_comes_twice() -> None:
    walker = clerk().go("/window/new/")
    path, sent = walker.filled(
        "/window/new/",
        {
            "name": "马清荷",
            "number": PEOPLE["ma"],
            "agent_name": "李知行",
            "agent_number": PEOPLE["li"],
            "agent_until": "2099-12-31",
            "agent_seen": "true",
        },
        files={"agent_letter": PDF},
    )
    for _ in range(2):
        sent["agent_letter"].seek(0)
        walker.send(path, sent)
        assert walker.status == 200
    assert (Mandate.objects.count(), Case.objects.count()) == (1, 1)
