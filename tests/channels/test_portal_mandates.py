"""Giving, seeing and ending a mandate on the portal."""

from datetime import timedelta

import pytest

from channels.portal_people import hidden, person, text
from support import scene
from support.contents import everything
from support.scene import PEOPLE
from tongban.identity import api as identity
from tongban.kernel.clock import now

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

URL = "/mandates/"


def answers(**changed: str) -> dict[str, str]:
    """Return a filled-in form: Li may act for the sender in anything for a month."""
    today = now().date()
    usual = {
        "name": "李知行",
        "number_kind": "resident",
        "number": PEOPLE["li"],
        "matter": "any",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=30)).isoformat(),
    }
    return usual | changed


def given_by(who: str) -> list[identity.MandateView]:
    return identity.mandates_of(scene.person_id(who))


def test_both_sides_see_it_and_the_principal_ends_it() -> None:
    client = person("ma")
    response = client.post(URL, hidden(text(client.get(URL))) | answers())
    assert (response.status_code, response["Location"]) == (302, "/mandates/?done=granted")
    (mandate,) = given_by("ma")
    assert mandate.agent_id == scene.person_id("li")
    assert "李**" in text(client.get(URL))
    assert "马**" in text(person("li").get(URL))

    url = f"/mandates/{mandate.id}/withdraw/"
    question = text(client.get(url))
    assert "撤销这项委托？" in question
    ended = client.post(url, hidden(question))
    assert ended["Location"] == "/mandates/?done=withdrawn"
    (mandate,) = given_by("ma")
    assert mandate.withdrawn_at is not None
    assert url not in text(client.get(URL))


def test_for_one_matter_only() -> None:
    client = person("ma")
    client.post(URL, hidden(text(client.get(URL))) | answers(matter=scene.MATTER))
    (mandate,) = given_by("ma")
    assert (mandate.scope.kind.value, mandate.scope.id) == ("matter", scene.MATTER)
    assert "个体工商户设立登记" in text(person("li").get(URL))


def test_sending_twice_gives_one() -> None:
    client = person("ma")
    sent = hidden(text(client.get(URL))) | answers()
    client.post(URL, sent)
    before = everything()
    again = client.post(URL, sent)
    assert again["Location"] == "/mandates/?done=granted"
    assert everything() == before
    assert len(given_by("ma")) == 1


@pytest.mark.parametrize(
    ("changed", "target"),
    [
        ({"name": "李不对"}, "f-number"),
        ({"number": "110101199003075517"}, "f-number"),
        ({"number": "123"}, "f-number"),
        ({"name": ""}, "f-name"),
        ({"name": "马清荷", "number": PEOPLE["ma"]}, "f-number"),
        ({"ends_on": "2020-01-01"}, "f-ends_on"),
        ({"ends_on": "明天"}, "f-ends_on"),
        ({"starts_on": ""}, "f-starts_on"),
        ({"matter": "no-such-matter"}, "f-matter-1"),
        ({"number_kind": "library_card"}, "f-number_kind"),
    ],
)
def test_what_is_wrong_stands_at_its_question(changed: dict[str, str], target: str) -> None:
    client = person("ma")
    sent = hidden(text(client.get(URL))) | answers(**changed)
    before = everything()
    response = client.post(URL, sent)
    assert response.status_code == 400
    assert f'href="#{target}"' in text(response)
    assert everything() == before


def test_a_wrong_name_and_an_unknown_number_are_not_told_apart() -> None:
    client = person("ma")
    page = text(client.get(URL))
    wrong_name = text(client.post(URL, hidden(page) | answers(name="李不对")))
    unknown = text(client.post(URL, hidden(page) | answers(number="110101199003075517")))
    told = "没有找到姓名和证件号码都相符的实名用户。"
    assert told in wrong_name
    assert told in unknown


def test_someone_elses_mandate_is_not_there() -> None:
    client = person("ma")
    client.post(URL, hidden(text(client.get(URL))) | answers())
    (mandate,) = given_by("ma")
    url = f"/mandates/{mandate.id}/withdraw/"
    before = everything()
    stranger = person("wang")
    assert stranger.get(url).status_code == 404
    assert stranger.post(url, {}).status_code == 404
    assert everything() == before
