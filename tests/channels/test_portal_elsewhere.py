"""My cases, where other governments' nodes deal with some of them: of when, and who is silent."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from channels import portal_people
from federation.other_node import OtherNode
from support.scene import DACHANG, TONGZHOU, Walk, as_person, person_id
from tongban.cases import api as cases
from tongban.cases.models import CaseAbroad, Pointer
from tongban.federation import api as federation
from tongban.federation.models import OutMessage
from tongban.kernel import clock

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("hebei"),
]


@pytest.fixture
def hebei(region: None, tmp_path: Path, settings: Settings) -> Iterator[OtherNode]:
    """Be Beijing's node, with the keys of the people of the region, and trust Hebei's."""
    shutil.copytree(Path(settings.HOME) / "keys", tmp_path / "keys")
    settings.HOME, settings.NODE = tmp_path, "beijing"
    with clock.held_at(NOW):
        federation.announce(address="https://beijing.example", hosted=["110000"])
        yield OtherNode("hebei", ["130000"], address="https://hebei.example").trusted()


def pointer(**changes: object) -> Pointer:
    values: dict[str, object] = {
        "id": f"hebei-{'c' * 32}",
        "node": "hebei",
        "person_id": person_id("ma"),
        "number": "131028-2026-000007",
        "title": "个体工商户设立登记",
        "title_en": "Registration of a sole trader",
        "place_id": DACHANG,
        "state": "correcting",
        "outcome": "",
        "asked": True,
        "changed_at": NOW,
        "told_at": NOW,
    }
    return Pointer.objects.create(**values | changes)


def mine(pile: str = "todo", language: str = "", who: str = "ma") -> str:
    page = portal_people.person(who, language=language).get(f"/mine/?pile={pile}")
    assert page.status_code == 200
    return page.content.decode()


def test_a_case_of_another_node_is_listed_with_its_age_and_leads_there() -> None:
    pointer()
    page = mine()
    assert "131028-2026-000007" in page
    assert f'href="https://hebei.example/cases/hebei-{"c" * 32}/"' in page
    assert "截至 2026年11月26日 11:00" in page
    assert "河北省的节点 hebei" in page
    assert "没有等您处理的办件" not in page
    assert "131028-2026-000007" not in mine("waiting")
    assert "131028-2026-000007" not in mine(who="wang")
    assert "as of 26 November 2026, 11:00" in mine(language="en")


def test_a_node_that_is_silent_is_named_since_when() -> None:
    pointer()
    assert "没有消息" not in mine()
    last = federation.heard_at("hebei")
    assert last is not None
    with clock.held_at(last + federation.SILENT_AFTER + timedelta(seconds=1)):
        assert "河北省的节点 hebei 自 " in mine()
        assert "此后的进展可能还没有显示" in mine()
        assert "没有消息" not in mine("ended")  # nothing there depends on it


def test_of_a_node_that_is_trusted_no_more_nothing_is_listed() -> None:
    pointer()
    federation.retire("hebei")
    assert "131028-2026-000007" not in mine()


def test_a_copy_says_of_when_it_is_and_that_its_node_is_silent() -> None:
    walk = Walk(place=DACHANG, mode="received").begin().hand_in()
    assert "移交中" in mine("waiting")
    CaseAbroad.objects.filter(case_id=walk.done.case_id).update(answered_at=NOW, heard_at=NOW)
    page = mine("waiting")
    assert "截至 2026年11月26日 11:00" in page
    assert "移交中" not in page
    clerk = portal_people.staff("post-tongzhou-window")
    assert "截至 2026年11月26日 11:00" in clerk.get("/window/cases/").content.decode()
    last = federation.heard_at("hebei")
    assert last is not None
    with clock.held_at(last + federation.SILENT_AFTER + timedelta(seconds=1)):
        for page in (
            mine("waiting"),
            portal_people.person("ma").get(f"/cases/{walk.done.case_id}/").content.decode(),
            portal_people.staff("post-tongzhou-window").get("/window/cases/").content.decode(),
        ):
            assert "没有消息" in page


def test_the_person_lets_a_node_show_their_cases_and_stops_it(hebei: OtherNode) -> None:
    walk = Walk(place=TONGZHOU, mode="online").begin().hand_in()
    theirs = f"hebei-{'a' * 32}"
    cases.known_abroad(person_id=person_id("ma"), node=hebei.name, theirs=theirs)
    browser = portal_people.person("ma")
    assert "允许显示" in browser.get("/mine/").content.decode()
    shown = browser.post("/mine/elsewhere/hebei/show/", follow=True).content.decode()
    assert "已允许该节点显示您在这里的办件。" in shown
    assert "自 2026年11月26日 11:00 起显示" in shown
    [sent] = OutMessage.objects.all()
    assert (sent.kind, sent.lane, sent.to) == ("case.pointed", theirs, "hebei")
    hidden = browser.post("/mine/elsewhere/hebei/hide/", follow=True).content.decode()
    assert "该节点不再显示您在这里的办件。" in hidden
    kinds = OutMessage.objects.order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["case.pointed", "case.unpointed"]
    assert browser.post("/mine/elsewhere/tianjin/show/").status_code == 403
    assert walk.done.number is not None
    assert cases.showings(acting=as_person("ma"))[0].agreed_at is None
