"""What a window must not do, that it says why with a code, and that nothing changes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate

from channels.entry_people import person_client
from channels.window_walk import OWN_NUMBER, Walker, clerk, other_post, texts
from support.contents import everything
from support.scene import (
    DACHANG,
    DECIDERS,
    PDF,
    PEOPLE,
    TONGZHOU,
    Walk,
    edition_id,
    form,
    person_id,
    walk_to,
)
from tongban.agreements.models import Agreement, Opening
from tongban.cases.api import State
from tongban.cases.models import Case, CasePaper
from tongban.delivery import api as delivery
from tongban.identity.api import Power
from tongban.kernel import clock

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def refused(walker: Walker, act: Callable[[], object], status: int, code: str) -> None:
    before = everything()
    act()
    assert walker.status == status, walker.page[-2500:]
    assert code in walker.page
    assert everything() == before


def received() -> Walk:
    return walk_to(State.RECEIVED, place=TONGZHOU, mode="received")


def at_case(walk: Walk) -> Walker:
    return clerk().go(f"/window/cases/{walk.done.case_id}/")


# -- who and for what ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ({"name": ""}, 400, "identity.name_refused"),
        ({"name": "字" * 51}, 400, "identity.name_refused"),
        ({"name": "马\u202e清荷"}, 400, "identity.name_refused"),
        ({"number": ""}, 400, "identity.number_refused"),
        ({"number": OWN_NUMBER[:17]}, 400, "identity.number_refused"),
        ({"number": OWN_NUMBER[:17] + "5"}, 400, "identity.number_refused"),
        ({"number": OWN_NUMBER[:17] + "X"}, 400, "identity.number_refused"),
        ({"number": "X31028199305059984"}, 400, "identity.number_refused"),
        ({"number": "131028199302309985"}, 400, "identity.number_refused"),
        ({"number": "131028933030998"}, 400, "identity.number_refused"),
        ({"number": "131028 19930505 9984"}, 400, "identity.number_refused"),
        ({"phone": "1234"}, 400, "identity.phone_refused"),
        ({"number": PEOPLE["ma"]}, 409, "identity.name_differs"),
    ],
)
def test_a_card_that_cannot_be(answers: dict[str, str], status: int, code: str) -> None:
    walker = clerk().go("/window/new/")
    typed = {"name": "欧阳晴", "number": OWN_NUMBER, "phone": "19900000009", **answers}
    refused(walker, lambda: walker.press("/window/new/", typed), status, code)
    control = "number" if "number_refused" in code else next(iter(answers))
    if code == "identity.name_differs":
        control = "name"
        assert "马清荷" not in walker.page
    assert f'id="f-{control}-problem"' in walker.page
    form = walker.form("/window/new/")  # everything typed is still there
    assert {name: form.values[name] for name in typed} == {
        name: [value] for name, value in typed.items()
    }


def test_the_reason_for_a_wrong_number_is_said_in_words() -> None:
    walker = clerk().go("/window/new/")
    walker.press("/window/new/", {"name": "欧阳晴", "number": OWN_NUMBER[:17] + "5"})
    assert "末位校验不符" in walker.page
    assert "check_digit" not in walker.page


def test_no_agreement_no_draft_and_no_person() -> None:
    walker = clerk(post_id="post-sanhe-window").go("/window/new/")
    assert "本窗口没有可以代收的事项" in walker.page
    assert [form.action for form in walker.forms if form.action == "/window/new/"] == []
    sent = {
        "form_token": "a" * 22,
        "name": "欧阳晴",
        "number": OWN_NUMBER,
        "edition": edition_id(TONGZHOU),
    }
    refused(walker, lambda: walker.send("/window/new/", sent), 422, "agreements.none")


def test_an_agreement_that_ended() -> None:
    walker = clerk().go("/window/new/")
    path, sent = walker.filled("/window/new/", {"name": "欧阳晴", "number": OWN_NUMBER})
    Agreement.objects.update(ends_on=localdate(clock.now()) - timedelta(days=1))
    refused(walker, lambda: walker.send(path, sent), 422, "agreements.ended")


def test_a_matter_must_be_chosen() -> None:
    walker = clerk().go("/window/new/")
    path, sent = walker.filled("/window/new/", {"name": "欧阳晴", "number": OWN_NUMBER})
    del sent["edition"]
    refused(walker, lambda: walker.send(path, sent), 400, "window.matter_missing")


def test_a_place_of_its_own_is_not_received_for() -> None:
    walker = clerk(DACHANG).go("/window/new/")
    path, sent = walker.filled("/window/new/", {"name": "欧阳晴", "number": OWN_NUMBER})
    sent["edition"] = [edition_id(DACHANG)]
    refused(walker, lambda: walker.send(path, sent), 422, "agreements.none")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"agent_seen": ""}, 422, "cases.presence_missing"),
        ({"agent_letter": None}, 400, "window.letter_missing"),
        ({"agent_until": "someday"}, 400, "window.letter_missing"),
        ({"agent_until": "2020-01-01"}, 400, "identity.mandate_refused"),
        ({"agent_number": PEOPLE["ma"], "agent_name": "马清荷"}, 400, "identity.mandate_refused"),
        ({"agent_name": "李知"}, 409, "identity.name_differs"),
        ({"agent_letter": b"MZ"}, 415, "documents.disguised"),
    ],
)
def test_an_agent_without_what_it_takes(
    changed: dict[str, str | bytes | None], status: int, code: str
) -> None:
    walker = clerk().go("/window/new/")
    letter = changed.pop("agent_letter", PDF)
    answers: dict[str, str] = {
        "name": "马清荷",
        "number": PEOPLE["ma"],
        "agent_name": "李知行",
        "agent_number": PEOPLE["li"],
        "agent_until": "2099-12-31",
        "agent_seen": "true",
        **{name: str(value) for name, value in changed.items()},
    }
    files = {"agent_letter": letter} if isinstance(letter, bytes) else {}
    refused(walker, lambda: walker.press("/window/new/", answers, files=files), status, code)


# -- taking in -------------------------------------------------------------------------------


def drafted() -> Walker:
    walk = Walk(place=TONGZHOU, mode="received").begin()
    return clerk().go(f"/window/cases/{walk.done.case_id}/intake/")


@pytest.mark.parametrize(
    ("left_out", "status", "code"),
    [
        ("presence", 422, "cases.presence_missing"),
        ("consent", 400, "cases.consent_missing"),
        ("business_name", 400, "cases.incomplete"),
    ],
)
def test_nothing_is_received_without(left_out: str, status: int, code: str) -> None:
    walker = drafted()
    path, sent = walker.filled(
        "/intake/",
        {"originals.premises": "1", "presence": "document_seen", "consent": "true"},
        questions=texts(form(TONGZHOU)),
    )
    sent[left_out] = [""]
    refused(walker, lambda: walker.send(path, sent), status, code)
    kept = walker.form("/intake/").values
    assert kept["originals.premises"] == ["1"]
    assert kept["premises_address"] == ["玉桥街道运河西大街88号1层101"]


def test_everything_is_told_at_once() -> None:
    walker = drafted()
    path, sent = walker.filled("/intake/", questions=texts(form(TONGZHOU)))
    sent |= {"business_name": [""], "employee_count": ["多人"]}
    refused(walker, lambda: walker.send(path, sent), 422, "cases.presence_missing")
    for control in ("business_name", "employee_count", "presence"):
        assert f'id="f-{control}-problem"' in walker.page
    assert walker.form("/intake/").values["employee_count"] == ["多人"]


def test_a_face_can_not_be_said_to_be_compared_without_a_device() -> None:
    walker = drafted()
    path, sent = walker.filled("/intake/", {"consent": "true"}, questions=texts(form(TONGZHOU)))
    sent["presence"] = ["face_compared"]
    refused(walker, lambda: walker.send(path, sent), 422, "cases.presence_missing")


@pytest.mark.parametrize("copies", ["一份", "-1", "100", "1.5"])
def test_a_number_of_originals_that_is_none(copies: str) -> None:
    walker = drafted()
    refused(
        walker,
        lambda: walker.press(
            "/intake/",
            {"originals.premises": copies, "presence": "document_seen", "consent": "true"},
            questions=texts(form(TONGZHOU)),
        ),
        400,
        "window.copies_unclear",
    )
    assert 'id="f-originals-premises-problem"' in walker.page


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "documents.empty"),
        (b"MZ\x90\x00" * 20, 415, "documents.disguised"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40, 415, "documents.disguised"),
    ],
)
def test_a_file_that_is_not_taken_is_told_at_its_material(
    content: bytes, status: int, code: str
) -> None:
    walker = drafted()
    refused(
        walker,
        lambda: walker.press("/intake/", button="收件", files={"paper.photo": content}),
        status,
        code,
    )
    assert 'id="f-paper-photo-problem"' in walker.page
    assert CasePaper.objects.count() == 1


def test_an_original_without_the_act() -> None:
    walker = drafted()
    path, sent = walker.filled(
        "/intake/",
        {"originals.premises": "1", "presence": "document_seen", "consent": "true"},
        questions=texts(form(TONGZHOU)),
    )
    Opening.objects.filter(receiving_place_id=DACHANG).update(acts=["receive"])
    refused(walker, lambda: walker.send(path, sent), 403, "agreements.act_not_granted")


# -- acting on a case ------------------------------------------------------------------------


def test_another_office_s_clerk_finds_no_such_case() -> None:
    walk = received()
    stranger = clerk(post_id="post-sanhe-window")
    home = f"/window/cases/{walk.done.case_id}/"
    [item] = delivery.items_of(("case", walk.done.case_id))
    token = {"form_token": "a" * 22, "seq": str(walk.done.seq)}
    for tail in ("", "intake/", "correct/", "ask_correction/", "consent/"):
        refused(stranger, lambda: stranger.go(home + tail), 404, "cases.not_found")  # noqa: B023
    for tail in (
        "withdraw/",
        "void/",
        "deliver/",
        "ask_correction/",
        "intake/",
        "correct/",
        f"papers/{item.id}/dispatch/",
        f"papers/{item.id}/sign/",
        f"papers/{item.id}/send_back/",
        f"papers/{item.id}/lost/",
        f"papers/{item.id}/hand_over/",
        "files/some/remove/",
    ):
        refused(stranger, lambda: stranger.send(home + tail, token), 404, "cases.not_found")  # noqa: B023
    assert walk.done.number is not None
    assert walk.done.number not in stranger.go("/window/cases/").page
    assert walk.done.number not in stranger.go("/window/").page


def test_a_case_that_is_not_there_answers_alike() -> None:
    walker = clerk()
    refused(walker, lambda: walker.go("/window/cases/local-none/"), 404, "cases.not_found")


def test_who_is_no_clerk() -> None:
    assert Client(headers={"Host": "localhost"}).get("/window/").status_code == 302
    person = Walker(person_client(person_id("ma")))
    refused(person, lambda: person.go("/window/"), 403, "channels.staff_only")
    officer = clerk(post_id="post-tongzhou-officer")
    refused(officer, lambda: officer.go("/window/"), 403, "channels.power_missing")
    decider = clerk(post_id=DECIDERS[TONGZHOU])  # may void, but stands in no office
    for path in ("/window/", "/window/new/", "/window/cases/"):
        refused(decider, lambda: decider.go(path), 403, "channels.power_missing")  # noqa: B023


def test_an_act_that_the_agreement_did_not_grant_is_neither_offered_nor_done() -> None:
    walk = received()
    walker = at_case(walk).follow("填写补正告知书")
    path, sent = walker.filled(
        "/ask_correction/",
        {"want.paper.premises": "true", "text.paper.premises": "租赁合同缺少签字。"},
    )
    Opening.objects.filter(receiving_place_id=DACHANG).update(acts=["receive"])
    refused(walker, lambda: walker.send(path, sent), 403, "agreements.act_not_granted")
    assert "ask_correction" not in at_case(walk).page


def test_a_power_that_the_post_lacks_is_neither_offered_nor_used() -> None:
    walk = received()
    walker = other_post(Power.DELIVER_RESULT, office="office-dachang-centre", place=DACHANG)
    home = f"/window/cases/{walk.done.case_id}/"
    walker.go(home)
    assert [form.action for form in walker.forms if form.action.endswith("/withdraw/")] == []
    sent = {
        "form_token": "a" * 22,
        "seq": str(walk.done.seq),
        "withdraw.presence": "document_seen",
        "withdraw.confirm": "true",
        "void.reason": "重复录入，已另收一件。",
        "void.confirm": "true",
    }
    for verb in ("withdraw", "void"):
        refused(walker, lambda: walker.send(f"{home}{verb}/", sent), 403, "cases.not_yours")  # noqa: B023


@pytest.mark.parametrize(
    ("verb", "answers", "status", "code"),
    [
        ("withdraw", {"withdraw.confirm": "true"}, 422, "cases.presence_missing"),
        ("withdraw", {"withdraw.presence": "document_seen"}, 400, "window.not_confirmed"),
        ("void", {"void.reason": "重复录入，已另收一件。"}, 400, "window.not_confirmed"),
        ("void", {"void.reason": "错了", "void.confirm": "true"}, 400, "cases.reason_missing"),
    ],
)
def test_what_ends_a_case_is_asked_for_in_full(
    verb: str, answers: dict[str, str], status: int, code: str
) -> None:
    walker = at_case(received())
    refused(walker, lambda: walker.press(f"/{verb}/", answers), status, code)
    kept = walker.form(f"/{verb}/").values
    assert kept.get("void.reason", [""])[0] == answers.get("void.reason", "")


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ({"deliver.confirm": "true"}, 422, "cases.presence_missing"),
        ({"deliver.presence": "document_seen"}, 400, "window.not_confirmed"),
    ],
)
def test_a_result_is_not_delivered_without(answers: dict[str, str], status: int, code: str) -> None:
    walker = at_case(walk_to(State.CLOSED, place=TONGZHOU, mode="received"))
    refused(walker, lambda: walker.press("/deliver/", answers), status, code)


def test_delivery_is_all_or_nothing() -> None:
    """A paper that moved meanwhile takes the hand-over of the others and the proof with it."""
    walk = walk_to(State.CLOSED, place=TONGZHOU, mode="received")
    walker = at_case(walk)
    path, sent = walker.filled(
        "/deliver/", {"deliver.presence": "document_seen", "deliver.confirm": "true"}
    )
    [item] = sent["deliver.item"]
    item_id, seq = item.split()
    sent["deliver.item"] = [item, f"{item_id} {int(seq) + 5}"]
    refused(walker, lambda: walker.send(path, sent), 409, "delivery.stale")


def test_the_window_does_not_correct_for_nobody() -> None:
    walk = walk_to(State.CORRECTING, place=TONGZHOU, mode="received")
    walker = clerk().go(f"/window/cases/{walk.done.case_id}/correct/")
    refused(walker, lambda: walker.press("/correct/"), 422, "cases.presence_missing")


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, "cases.notice_empty"),
        ({"want.paper.premises": "true"}, "cases.reason_missing"),
        ({"text.paper.premises": "租赁合同缺少签字。"}, "cases.notice_empty"),
    ],
)
def test_a_notice_says_what_is_wanted(answers: dict[str, str], code: str) -> None:
    walker = at_case(received()).follow("填写补正告知书")
    refused(walker, lambda: walker.press("/ask_correction/", answers), 400, code)
    assert walker.form("/ask_correction/").values["text.paper.premises"] == [
        answers.get("text.paper.premises", "")
    ]


def test_a_second_notice_names_nothing_new() -> None:
    walk = walk_to(State.CORRECTING, place=TONGZHOU, mode="received").correct()
    walker = at_case(walk).follow("填写补正告知书")
    refused(
        walker,
        lambda: walker.press(
            "/ask_correction/",
            {"want.form.business_name": "true", "text.form.business_name": "字号重名请更换。"},
        ),
        422,
        "cases.notice_widened",
    )


def test_a_page_that_is_out_of_date_changes_nothing() -> None:
    walk = received()
    walker = at_case(walk)
    path, sent = walker.filled(
        "/withdraw/", {"withdraw.presence": "document_seen", "withdraw.confirm": "true"}
    )
    walk.accept()
    refused(walker, lambda: walker.send(path, sent), 409, "cases.stale")


def test_a_form_whose_step_is_over_says_so() -> None:
    walk = received()
    walker = at_case(walk)
    path, sent = walker.filled(
        "/void/", {"void.reason": "重复录入，已另收一件。", "void.confirm": "true"}
    )
    walk.accept()
    sent["seq"] = [str(walk.done.seq)]
    refused(walker, lambda: walker.send(path, sent), 409, "cases.not_now")


@pytest.mark.parametrize("seq", ["", "x", "-1", "٣", "9" * 30])
def test_a_step_that_is_no_number_is_stale(seq: str) -> None:
    walker = at_case(received())
    path, sent = walker.filled(
        "/withdraw/", {"withdraw.presence": "document_seen", "withdraw.confirm": "true"}
    )
    sent["seq"] = [seq]
    refused(walker, lambda: walker.send(path, sent), 409, "cases.stale")


def test_a_form_without_its_token() -> None:
    walker = at_case(received())
    path, sent = walker.filled(
        "/withdraw/", {"withdraw.presence": "document_seen", "withdraw.confirm": "true"}
    )
    del sent["form_token"]
    refused(walker, lambda: walker.send(path, sent), 400, "channels.form_token_missing")


def test_a_token_used_for_something_else() -> None:
    walker = clerk().go("/window/new/")
    path, sent = walker.filled("/window/new/", {"name": "欧阳晴", "number": OWN_NUMBER})
    walker.send(path, sent)
    sent["name"], sent["number"] = ["王若溪"], [PEOPLE["wang"]]
    refused(walker, lambda: walker.send(path, sent), 409, "work.key_reused")


MARKUP = "<script>alert(1)</script>'\"; DROP TABLE cases_case;--"


def test_markup_and_statements_in_every_field_are_only_text() -> None:
    walker = drafted()
    typed = dict.fromkeys(texts(form(TONGZHOU)), MARKUP)
    path, sent = walker.filled("/intake/", {"presence": "document_seen", "consent": "true"})
    sent |= {name: [value] for name, value in typed.items()}
    sent["originals.premises"] = [MARKUP]
    sent["do"] = ["save"]
    walker.send(path, sent)
    assert walker.status == 200
    assert "<script>alert" not in walker.page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in walker.page
    sent["do"] = ["finish"]
    refused(walker, lambda: walker.send(path, sent), 400, "window.copies_unclear")
    assert "<script>alert" not in walker.page
    for word in ("/window/cases/?number=", "/window/cases/?pile=", "/window/cases/?after="):
        walker.go(word + "%3Cscript%3Ealert(1)%3C/script%3E'%22;--")
        assert walker.status == 200
        assert "<script>alert" not in walker.page
    assert Case.objects.count() == 1


def test_markup_on_the_card_and_in_a_reason() -> None:
    walker = clerk().go("/window/new/")
    walker.press("/window/new/", {"name": MARKUP, "number": MARKUP, "phone": MARKUP})
    assert (walker.status, "<script>alert" in walker.page) == (400, False)
    walk = received()
    walker = at_case(walk)
    walker.press("/void/", {"void.reason": MARKUP, "void.confirm": "true"})
    assert "已作废" in walker.page
    assert "<script>alert" not in walker.page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in walker.page
