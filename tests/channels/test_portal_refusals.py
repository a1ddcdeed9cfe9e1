"""What the portal refuses, how it says so, and that nothing has changed then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from channels.portal_people import (
    filled,
    hand_in,
    hidden,
    mandate,
    nobody,
    pdf,
    person,
    staff,
    text,
)
from support import scene
from support.contents import everything
from support.scene import DECIDERS, TONGZHOU, Walk, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.kernel.acting import Assurance
from tongban.kernel.clock import held_at

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def refused(client: Client, url: str, sent: dict[str, Any]) -> Any:  # noqa: ANN401 - a response
    """Post and return the answer, having seen that no row anywhere has changed."""
    before = everything()
    response = client.post(url, sent)
    assert everything() == before
    return response


def edit_of(walk: Walk) -> tuple[Client, str, dict[str, str]]:
    """Return the applicant's browser, the edit page and what its form would send."""
    client, url = person("ma"), f"/cases/{walk.done.case_id}/edit/"
    return client, url, hidden(text(client.get(url))) | filled(scene.form(TONGZHOU))


def check_of(walk: Walk) -> tuple[Client, str, dict[str, str]]:
    """Return the applicant's browser, the page that checks, and what its form would send."""
    client, url = person("ma"), f"/cases/{walk.done.case_id}/check/"
    return client, url, hidden(text(client.get(url))) | {"consent": "true"}


def test_pages_of_a_person_send_nobody_to_the_login() -> None:
    for path in ("/mine/", "/mandates/", "/cases/x/", "/cases/x/edit/", "/records/x"):
        response = nobody().get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/login/?next=")


def test_staff_are_told_that_these_pages_are_for_persons() -> None:
    response = staff(DECIDERS[TONGZHOU]).get("/mine/")
    assert response.status_code == 403
    assert "channels.persons_only" in text(response)


@pytest.mark.parametrize("page", ["", "edit/", "check/", "withdraw/", "receipt/"])
def test_someone_elses_case_is_not_there(page: str) -> None:
    walk = walk_to(State.SUBMITTED)
    mine = person("wang").get(f"/cases/{walk.done.case_id}/{page}")
    unknown = person("wang").get(f"/cases/no-such-case/{page}")
    for response in (mine, unknown):
        assert response.status_code == 404
        assert "cases.not_found" in text(response)
    assert "马清荷" not in text(mine)


def test_someone_elses_case_can_not_be_changed() -> None:
    walk = walk_to(State.SUBMITTED)
    client, url = person("wang"), f"/cases/{walk.done.case_id}"
    sent = hidden(text(client.get("/mandates/"))) | {"seq": str(walk.done.seq), "do": "save"}
    for verb in ("edit", "check", "withdraw", "receipt", "papers/x"):
        assert refused(client, f"{url}/{verb}/", sent).status_code == 404


def test_a_stale_page_conflicts() -> None:
    walk = walk_to(State.SUBMITTED)
    client, url = person("ma"), f"/cases/{walk.done.case_id}/withdraw/"
    sent = hidden(text(client.get(url)))
    walk.accept()
    response = refused(client, url, sent)
    assert response.status_code == 409
    assert "cases.stale" in text(response)


@pytest.mark.parametrize("button", ["save", "upload:premises", "check"])
def test_a_stale_edit_page_conflicts(button: str) -> None:
    walk = walk_to(State.DRAFT)
    client, url, sent = edit_of(walk)
    walk.hand_in()
    response = refused(client, url, sent | {"do": button, "file.premises": pdf()})
    assert response.status_code == 409
    assert "cases.stale" in text(response)


def test_submitting_twice_counts_once() -> None:
    walk = walk_to(State.DRAFT)
    client, url, sent = check_of(walk)
    first = client.post(url, sent)
    again = refused(client, url, sent)
    assert (first.status_code, again.status_code) == (302, 302)
    assert again["Location"] == first["Location"] == f"/cases/{walk.done.case_id}/?done=submitted"


def test_applying_twice_begins_one_case() -> None:
    client, url = person("ma"), f"/matters/{scene.edition_id(TONGZHOU)}/"
    sent = hidden(text(client.get(url)))
    first = client.post(f"{url}apply/", sent)
    again = refused(client, f"{url}apply/", sent)
    assert again["Location"] == first["Location"]


def test_confirming_twice_counts_once() -> None:
    walk = walk_to(State.CLOSED)
    client, url = person("ma"), f"/cases/{walk.done.case_id}/receipt/"
    sent = hidden(text(client.get(url)))
    first = client.post(url, sent)
    assert refused(client, url, sent)["Location"] == first["Location"]


def test_a_form_without_its_token_counts_for_nothing() -> None:
    walk = walk_to(State.ACCEPTED)
    client, url = person("ma"), f"/cases/{walk.done.case_id}/withdraw/"
    response = refused(client, url, {"seq": str(walk.done.seq)})
    assert response.status_code == 400
    assert "channels.form_token_missing" in text(response)


@pytest.mark.parametrize("seq", ["", "x", "-1", "9" * 12, "１"])
def test_a_form_that_names_no_event_counts_for_nothing(seq: str) -> None:
    walk = walk_to(State.ACCEPTED)
    client, url = person("ma"), f"/cases/{walk.done.case_id}/withdraw/"
    response = refused(client, url, hidden(text(client.get(url))) | {"seq": seq})
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("name", "content", "status", "message"),
    [
        ("合同.pdf", PNG, 415, "文件内容与扩展名不符。"),
        ("合同.exe", b"MZ" + b"\0" * 64, 415, "不支持这种文件。"),
        ("合同.pdf", b"", 400, "文件是空的。"),
        ("合同.pdf", scene.PDF + b"/JavaScript" + scene.PDF, 415, "含有脚本"),
        ("合同.pdf", scene.PDF + b"0" * (20 * 2**20), 413, "文件超过 20 MB。"),
    ],
)
def test_a_refused_file_is_told_at_its_place_and_the_form_kept(
    name: str, content: bytes, status: int, message: str
) -> None:
    walk = walk_to(State.DRAFT)
    client, url, sent = edit_of(walk)
    client.post(url, sent | {"do": "save"})  # so that only the file could change anything
    sent = hidden(text(client.get(url))) | filled(scene.form(TONGZHOU))
    before = papers_and_form(walk)
    response = client.post(
        url, sent | {"do": "upload:premises", "file.premises": pdf(name, content)}
    )
    page = text(response)
    assert response.status_code == status
    assert message in page
    assert 'href="#f-file-premises"' in page
    assert "北京市通州区晴川花店" in page
    assert papers_and_form(walk) == before


def papers_and_form(walk: Walk) -> tuple[object, ...]:
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="test")
    return file.seq, file.form, [view.papers for view in file.materials]


def test_a_refused_file_holds_back_the_next_step() -> None:
    walk = walk_to(State.DRAFT)
    client, url, sent = edit_of(walk)
    before = papers_and_form(walk)
    response = client.post(url, sent | {"do": "check", "file.photo": pdf("照片.pdf", PNG)})
    assert response.status_code == 415
    assert papers_and_form(walk) == before


def test_uploading_nothing_is_told_at_its_place() -> None:
    client, url, sent = edit_of(walk_to(State.DRAFT))
    response = client.post(url, sent | {"do": "upload:premises"})
    assert response.status_code == 400
    assert "请先选择文件，再上传。" in text(response)


def test_a_file_for_no_material_is_refused() -> None:
    client, url, sent = edit_of(walk_to(State.CORRECTING))
    response = refused(client, url, sent | {"do": "upload:x", "file.x": pdf()})
    assert response.status_code == 404
    assert "cases.paper_unknown" in text(response)


def test_an_incomplete_application_names_everything_and_keeps_the_form() -> None:
    walk = walk_to(State.DRAFT)
    cases.remove_paper(
        acting=walk.applicant,
        case_id=walk.done.case_id,
        paper_id=cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="test")
        .materials[0]
        .papers[0]
        .id,
    )
    client, url, sent = edit_of(walk)
    sent |= {"do": "check", "operator_phone": "123", "employee_count": "二"}
    response = client.post(url, sent, follow=True)
    page = text(response)
    assert response.redirect_chain[-1] == (f"{url}?check=1", 302)
    assert "申请还没有提交，请先处理以下问题" in page
    for target in ("f-operator_phone", "f-employee_count", "f-file-premises"):
        assert f'href="#{target}"' in page
    assert 'value="二"' in page
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="test")
    assert (file.state, file.seq, file.form["employee_count"]) == (State.DRAFT, 1, "二")


def test_a_correction_that_is_incomplete_keeps_the_form() -> None:
    walk = walk_to(State.CORRECTING)
    client, url, sent = edit_of(walk)
    response = refused(client, url, sent | {"do": "correct", "operator_phone": "123"})
    assert response.status_code == 400
    assert 'href="#f-operator_phone"' in text(response)
    assert 'value="123"' in text(response)


def test_without_consent_nothing_is_handed_in() -> None:
    client, url, sent = check_of(walk_to(State.DRAFT))
    response = refused(client, url, sent | {"consent": ""})
    assert response.status_code == 400
    assert 'href="#f-consent"' in text(response)


def test_what_was_changed_after_the_check_is_shown_before_it_is_handed_in() -> None:
    walk = walk_to(State.DRAFT)
    client, url, sent = check_of(walk)
    changed = scene.form(TONGZHOU) | {"employee_count": 7}
    cases.save_draft(acting=walk.applicant, case_id=walk.done.case_id, form=changed)
    response = refused(client, url, sent)
    page = text(response)
    assert response.status_code == 409
    assert "核对之后，这份申请又有改动，所以没有提交。" in page
    done = client.post(url, hidden(page) | {"consent": "true"})
    assert done["Location"] == f"/cases/{walk.done.case_id}/?done=submitted"
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="test")
    assert file.form["employee_count"] == 7


def test_what_lacks_only_now_leads_back_to_its_place() -> None:
    walk = walk_to(State.DRAFT)
    client, url, sent = check_of(walk)
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="test")
    (paper,) = file.materials[0].papers
    cases.remove_paper(acting=walk.applicant, case_id=walk.done.case_id, paper_id=paper.id)
    before = everything()
    page = text(client.post(url, sent, follow=True))
    assert 'href="#f-file-premises"' in page
    assert everything() == before


@pytest.mark.parametrize("state", [State.SUBMITTED, State.CORRECTING])
def test_only_a_draft_is_checked(state: State) -> None:
    walk = walk_to(state)
    response = person("ma").get(f"/cases/{walk.done.case_id}/check/")
    assert response["Location"] == f"/cases/{walk.done.case_id}/"


def test_a_login_that_is_not_sure_enough_is_told_before_and_after() -> None:
    walk = walk_to(State.DRAFT)
    client, case_url = person("ma", Assurance.BASIC), f"/cases/{walk.done.case_id}/"
    told = "此事项要求实名等级 3 级，您目前为 2 级。"
    assert told in text(client.get(f"{case_url}edit/"))
    page = text(client.get(f"{case_url}check/"))
    assert told in page
    assert 'name="consent"' not in page
    response = refused(client, f"{case_url}check/", hidden(page) | {"consent": "true"})
    assert response.status_code == 403
    assert told in text(response)
    assert "北京市通州区晴川花店" in text(response)


def test_an_agent_acts_as_agent_until_the_mandate_ends() -> None:
    given = mandate(ends_in=10)
    client, url = person("li"), f"/matters/{scene.edition_id(TONGZHOU)}/"
    guide = text(client.get(url))
    assert "受 马** 委托办理" in guide
    begun = client.post(f"{url}apply/", hidden(guide) | {"mandate": given.id})
    edit_url = begun["Location"]
    page = text(client.get(edit_url))
    assert 'value="19900000001"' not in page  # what is known of the applicant is theirs
    fields = filled(scene.form(TONGZHOU))
    client.post(edit_url, hidden(page) | fields | {"do": "check", "file.premises": pdf()})
    done = hand_in(client, edit_url.split("/")[2])
    case_url = done["Location"].partition("?")[0]
    principal = text(person("ma").get(case_url))
    assert "代理人 李知行，代 马清荷 办理" in principal
    question = text(client.get(f"{case_url}withdraw/"))

    with held_at(datetime.now(UTC) + timedelta(days=12)):
        later = person("li")
        seen = later.get(case_url)
        assert seen.status_code == 422
        assert "identity.mandate_expired" in text(seen)
        response = refused(later, f"{case_url}withdraw/", hidden(question))
        assert response.status_code == 422
        assert case_url not in text(later.get("/mine/?pile=waiting"))


def test_a_mandate_of_others_begins_nothing() -> None:
    given = mandate()
    client, url = person("wang"), f"/matters/{scene.edition_id(TONGZHOU)}/"
    sent = hidden(text(client.get(url))) | {"mandate": given.id}
    response = refused(client, f"{url}apply/", sent)
    assert response.status_code == 404
    assert "identity.mandate_missing" in text(response)


def test_an_edition_that_is_not_there_has_no_guide() -> None:
    response = nobody().get("/matters/no-such-edition/")
    assert response.status_code == 404


def test_nobody_and_staff_are_not_offered_the_button() -> None:
    url = f"/matters/{scene.edition_id(TONGZHOU)}/"
    assert "登录后申请" in text(nobody().get(url))
    assert "开始申请" not in text(staff(DECIDERS[TONGZHOU]).get(url))


@pytest.mark.parametrize("button", ["save", "check"])
def test_a_number_that_no_store_can_hold_is_refused_on_the_page(button: str) -> None:
    walk = walk_to(State.DRAFT)
    client, url, sent = edit_of(walk)
    sent |= {"capital": "9" * 18, "do": button}
    response = refused(client, url, sent)
    assert response.status_code == 400
    assert "填写的内容为空、过长" in text(response)
    assert f'value="{"9" * 18}"' in text(response)
