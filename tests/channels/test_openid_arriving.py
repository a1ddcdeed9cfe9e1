"""A person arrives with their account at another node: confirmed once, then straight on."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import HttpRequest
from django.test import Client
from pytest_django import Settings

from channels.openid_people import MA, NUMBER, WANG_NUMBER, a_person, browser, entries
from federation.conftest import NOW, beijing, hebei, home
from federation.openid_party import Home, at_home, challenge_of, claims, jwt, nested
from federation.other_node import Json, OtherNode, new_keys
from support.contents import everything
from tongban.channels import sessions
from tongban.channels.sessions import PERSON_COOKIE
from tongban.channels.visitor import Visitor
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.identity.api import ErasureGround, NumberKind
from tongban.identity.models import HomeLink, Person
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Assurance

__all__ = ["beijing", "hebei", "home"]
pytestmark = pytest.mark.django_db(databases=["default", "keys"])
ADDRESS = "https://beijing.example"
MOMENT = int(NOW.timestamp())


@pytest.fixture
def there(beijing: federation.Document) -> Iterator[Home]:
    """Trust Hebei's node, which answers token requests."""
    with at_home(OtherNode("hebei", ["130000"])) as found:
        yield found


def begin(client: Client, there: Home, onward: str = "/mine/") -> dict[str, str]:
    """Begin a login; return what the browser is sent home with."""
    response = client.get("/openid/start/hebei", {"next": onward})
    where = urlsplit(response["Location"])
    asked = dict(parse_qsl(where.query))
    there.nonce = asked["nonce"]
    assert (
        f"{where.scheme}://{where.netloc}{where.path}" == f"{there.node.address}/openid/authorize"
    )
    return asked


def bring(client: Client, there: Home, **changes: str | None) -> Any:  # noqa: ANN401 - a response
    """Begin a login and come back with a code."""
    asked = begin(client, there)
    return come(client, there, asked["state"], **changes)


def come(client: Client, there: Home, state: str, **changes: str | None) -> Any:  # noqa: ANN401
    query = {"code": "c" * 43, "state": state, "iss": there.node.address} | changes
    return client.get("/openid/callback", {k: v for k, v in query.items() if v is not None})


def confirm(client: Client) -> Any:  # noqa: ANN401 - a response
    return client.post("/openid/confirm/")


def visitor(client: Client) -> Visitor:
    request = HttpRequest()
    request.COOKIES = {name: one.value for name, one in client.cookies.items() if one.value}
    return sessions.read_visitor(request)


def code_of(response: Any) -> tuple[int, str]:  # noqa: ANN401 - a response
    """Return status and code of a refusal's page."""
    text = response.content.decode()
    return response.status_code, text.partition('<code class="reference">')[2].partition("<")[0]


def test_a_login_begins_with_secrets_of_its_own_and_goes_to_the_documented_address(
    there: Home,
) -> None:
    first, second = (begin(browser(), there) for _ in range(2))
    assert set(first) == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert (first["client_id"], first["redirect_uri"]) == ("beijing", f"{ADDRESS}/openid/callback")
    assert (first["scope"], first["code_challenge_method"]) == ("openid identity", "S256")
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


def test_whoever_is_known_by_number_is_asked_and_linked_when_they_say_so(there: Home) -> None:
    ma = a_person()
    client = browser()
    response = bring(client, there)
    assert (response.status_code, response["Location"]) == (302, "/openid/confirm/")
    assert visitor(client).is_nobody
    before = everything()
    page = client.get("/openid/confirm/")
    text = page.content.decode()
    assert page["Cache-Control"] == "no-store"
    for words in ("关联您在河北省的账户？", "马**", "131028********998X", "3 级"):
        assert words in text
    assert (NUMBER in text, MA in text) == (False, False)
    assert everything() == before
    done = confirm(client)
    assert (done.status_code, done["Location"]) == (302, "/mine/")
    found = visitor(client)
    assert (found.person_id, found.assurance, found.home) == (ma, Assurance.HIGH, "hebei")
    facts = {"peer": "hebei", "assurance": 3}
    assert entries(ma) == [("person.linked", facts), ("person.logged_in", facts)]


def test_the_code_is_redeemed_with_the_secret_and_a_proof_at_the_documented_address(
    there: Home,
) -> None:
    client = browser()
    asked = begin(client, there)
    come(client, there, asked["state"])
    [form] = there.came
    proof = form.pop("client_assertion")
    assert challenge_of(form.pop("code_verifier")) == asked["code_challenge"]
    assert form == {
        "path": "/openid/token",
        "grant_type": "authorization_code",
        "code": "c" * 43,
        "redirect_uri": f"{ADDRESS}/openid/callback",
        "client_id": "beijing",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    assert proof.count(".") == 2


def test_whoever_is_linked_goes_straight_on(there: Home) -> None:
    ma = a_person()
    first = browser()
    bring(first, there)
    confirm(first)
    client = browser()
    response = bring(client, there)
    assert (response.status_code, response["Location"]) == (302, "/mine/")
    assert visitor(client).person_id == ma
    assert [kind for kind, _ in entries(ma)] == [
        "person.linked",
        "person.logged_in",
        "person.logged_in",
    ]
    assert HomeLink.objects.count() == 1


def test_whoever_is_unknown_is_registered_when_they_say_so(there: Home) -> None:
    client = browser()
    bring(client, there)
    text = client.get("/openid/confirm/").content.decode()
    assert "用河北省的账户在本站登记？" in text
    assert not Person.objects.filter(place_id="110000").exists()
    confirm(client)
    row = Person.objects.get(place_id="110000")
    card = identity.person_card(row.id)
    assert (card.name, card.number, card.phone, card.assurance) == (MA, NUMBER, "", Assurance.HIGH)
    assert visitor(client).person_id == row.id


def test_a_link_confirmed_twice_is_one(there: Home) -> None:
    clients = [browser(), browser()]
    for one in clients:
        bring(one, there)
    people = set()
    for one in clients:
        confirm(one)
        people.add(visitor(one).person_id)
    assert (len(people), HomeLink.objects.count()) == (1, 1)


def test_another_account_of_the_same_person_takes_the_place_of_the_first(there: Home) -> None:
    ma = a_person()
    for subject in ("ma-there", "ma-registered-anew"):
        there.changes = {"sub": subject}
        client = browser()
        bring(client, there)
        confirm(client)
    assert HomeLink.objects.count() == 1
    there.changes = {"sub": "ma-there"}
    assert bring(browser(), there)["Location"] == "/openid/confirm/"
    assert [kind for kind, _ in entries(ma)].count("person.linked") == 2


def refused(client: Client, there: Home, **changes: str | None) -> tuple[int, str]:
    """Come back with a code and return what is refused, having seen that nothing has changed."""
    before = everything()
    found = code_of(bring(client, there, **changes))
    assert everything() == before
    assert visitor(client).is_nobody
    return found


def test_who_has_another_number_than_the_linked_person_is_refused(there: Home) -> None:
    a_person()
    client = browser()
    bring(client, there)
    confirm(client)
    there.changes = {"number": WANG_NUMBER}
    assert refused(browser(), there) == (409, "identity.link_number_differs")


def confirmed(there: Home) -> tuple[int, str]:
    """Come back, press the button, and return what is refused without any change."""
    client = browser()
    bring(client, there)
    before = everything()
    found = code_of(confirm(client))
    assert everything() == before
    assert visitor(client).is_nobody
    return found


def test_who_is_called_otherwise_here_is_refused_and_not_told_how(there: Home) -> None:
    a_person(name="马清河")
    assert confirmed(there) == (409, "identity.name_differs")


def test_a_number_that_nobody_verified_here_is_no_link(there: Home) -> None:
    a_person(assurance=Assurance.ANONYMOUS)
    assert confirmed(there) == (422, "identity.link_unverified")


def test_who_is_blocked_here_does_not_come_in(there: Home) -> None:
    ma = a_person()
    client = browser()
    bring(client, there)
    confirm(client)
    Person.objects.filter(id=ma).update(state="blocked")
    assert visitor(client).is_nobody
    assert refused(browser(), there) == (403, "identity.person_blocked")


Spoil = Callable[[Home], Json]
UNSURE: dict[str, tuple[Json | Spoil, str]] = {
    "another audience": ({"changes": {"aud": "tianjin"}}, "another aud"),
    "several audiences": ({"changes": {"aud": ["beijing", "tianjin"]}}, "another aud"),
    "another issuer": ({"changes": {"iss": "https://tianjin.example"}}, "another iss"),
    "another nonce": ({"changes": {"nonce": "m" * 43}}, "another nonce"),
    "no nonce": ({"changes": {"nonce": None}}, "another nonce"),
    "expired": ({"changes": {"iat": MOMENT - 599, "exp": MOMENT - 600}}, "no longer valid"),
    "for hours": ({"changes": {"exp": MOMENT + 7200}}, "no longer valid"),
    "of the future": (
        {"changes": {"iat": MOMENT + 601, "exp": MOMENT + 700}},
        "issued in the future: compare the clocks",
    ),
    "no assurance": ({"changes": {"acr": "cn.tongban.assurance.1"}}, "not readable (KeyError)"),
    "no number": ({"changes": {"number": None}}, "not readable (KeyError)"),
    "no subject": ({"changes": {"sub": ""}}, "not readable (TypeError)"),
    "an assertion": ({"header": {"typ": "client-authentication+jwt"}}, "of another type"),
    "another key": (lambda _: {"by": new_keys()[0]}, "signed by a key that is not in force"),
    "another key under the same id": (
        lambda there: {"by": new_keys()[0] | {"kid": there.node.held[0]["kid"]}},
        "its signature doesn't hold",
    ),
    "for another node's eyes": (
        lambda there: {"to": there.node.held[1]},
        "encrypted to a key that this node hasn't",
    ),
    "not encrypted": (
        lambda there: {
            "token": jwt(claims(there.node, there.nonce), there.node.held[0]),
        },
        "not readable (ValueError)",
    ),
    "not signed": (lambda _: {"token": nested("{}")}, "not readable (DecodeError)"),
    "compressed": (lambda _: {"token": nested("x.y.z", header={"zip": "DEF"})}, "not readable"),
    "too long": ({"token": "x" * 9000}, "too long"),
    "nothing": ({"token": ""}, "not readable"),
    "an error": ({"status": 400}, "the other node answered HTTP 400"),
}


@pytest.mark.parametrize(("spoil", "why"), UNSURE.values(), ids=UNSURE)
def test_what_is_not_surely_the_homes_answer_to_this_login_lets_nobody_in(
    there: Home, spoil: Json | Spoil, why: str
) -> None:
    a_person()
    client = browser()
    asked = begin(client, there)
    for name, value in (spoil(there) if callable(spoil) else spoil).items():
        setattr(there, name, value)
    before = everything()
    response = come(client, there, asked["state"])
    assert code_of(response) == (403, "federation.login_unsure")
    assert f"（{why}" in response.content.decode().replace("&#x27;", "'")
    assert everything() == before
    assert visitor(client).is_nobody


@pytest.mark.parametrize("iss", [None, "https://tianjin.example", ADDRESS])
def test_an_answer_that_names_another_issuer_redeems_no_code(there: Home, iss: str | None) -> None:
    assert refused(browser(), there, iss=iss) == (403, "federation.login_unsure")
    assert there.came == []


def test_what_was_brought_back_once_is_not_taken_again(there: Home) -> None:
    client = browser()
    asked = begin(client, there)
    come(client, there, asked["state"])
    for _ in range(2):
        assert code_of(come(client, there, asked["state"])) == (403, "channels.login_lost")
    assert len(there.came) == 1
    there.status = 400
    asked = begin(client, there)
    come(client, there, asked["state"])
    assert code_of(come(client, there, asked["state"])) == (403, "channels.login_lost")
    assert len(there.came) == 2


def test_a_login_is_finished_only_in_the_browser_that_began_it_and_soon(there: Home) -> None:
    client = browser()
    asked = begin(client, there)
    lost = (403, "channels.login_lost")
    assert code_of(come(browser(), there, asked["state"])) == lost
    assert code_of(come(client, there, "t" * 43)) == lost
    assert code_of(client.get("/openid/callback")) == lost
    with clock.held_at(NOW + timedelta(minutes=10)):
        assert code_of(come(client, there, asked["state"])) == lost
    assert code_of(confirm(client)) == lost
    assert there.came == []
    come(client, there, asked["state"])
    with clock.held_at(NOW + timedelta(minutes=10)):
        assert code_of(confirm(client)) == lost


def test_what_a_home_said_in_one_login_confirms_no_other(there: Home) -> None:
    a_person()
    thief, victim = browser(), browser()
    bring(victim, there)
    bring(thief, there)
    thief.cookies["tongban_told"] = victim.cookies["tongban_told"].value
    assert code_of(confirm(thief)) == (403, "federation.login_unsure")


def test_who_did_not_agree_at_home_is_told_so_kindly(there: Home) -> None:
    before = everything()
    client = browser()
    response = bring(client, there, code=None, error="access_denied")
    assert code_of(response) == (403, "federation.login_denied")
    assert "本站没有得到您的任何信息" in response.content.decode()
    response = bring(client, there, code=None, error="invalid_request")
    assert code_of(response) == (403, "federation.login_unsure")
    assert (everything(), there.came) == (before, [])


def test_a_home_that_does_not_answer_is_named_and_nobody_waits_for_it(hebei: OtherNode) -> None:
    client = browser()
    asked = dict(parse_qsl(urlsplit(client.get("/openid/start/hebei")["Location"]).query))
    query = {"code": "c", "state": asked["state"], "iss": hebei.address}
    assert code_of(client.get("/openid/callback", query)) == (503, "federation.home_away")


def test_the_links_of_a_node_that_was_retired_let_nobody_in(there: Home) -> None:
    a_person()
    client, later = browser(), browser()
    bring(client, there)
    confirm(client)
    asked = begin(later, there)
    assert visitor(client).is_person
    federation.retire("hebei")
    assert visitor(client).is_nobody
    before = everything()
    assert code_of(come(later, there, asked["state"])) == (403, "federation.peer_unknown")
    assert code_of(browser().get("/openid/start/hebei")) == (403, "federation.peer_unknown")
    assert "/openid/start/" not in browser().get("/login/").content.decode()
    assert everything() == before


def test_a_login_is_no_surer_than_the_home_says_nor_than_this_node_believes(
    there: Home, settings: Settings
) -> None:
    ma = a_person()
    client = browser()
    there.changes = {"acr": "cn.tongban.assurance.2"}
    bring(client, there)
    confirm(client)
    assert visitor(client).assurance is Assurance.BASIC
    there.changes = {}
    bring(client, there)
    assert visitor(client).assurance is Assurance.HIGH
    settings.PEER_ASSURANCE = {"hebei": 2, "*": 3}
    assert visitor(client).assurance is Assurance.BASIC
    bring(client, there)
    assert visitor(client).assurance is Assurance.BASIC
    assert identity.person_session(person_id=ma).assurance is Assurance.HIGH
    settings.PEER_ASSURANCE = {"*": 1}
    assert visitor(client).is_nobody
    assert code_of(browser().get("/openid/start/hebei")) == (403, "federation.home_not_believed")
    assert "/openid/start/" not in browser().get("/login/").content.decode()


def test_a_login_is_no_surer_than_the_person_is_known_here(there: Home) -> None:
    a_person(assurance=Assurance.BASIC)
    client = browser()
    bring(client, there)
    confirm(client)
    assert visitor(client).assurance is Assurance.BASIC


def test_erasing_a_person_ends_their_links(there: Home) -> None:
    ma = a_person()
    client = browser()
    bring(client, there)
    confirm(client)
    identity.erase_person(acting=OPERATOR, person_id=ma, ground=ErasureGround.CONSENT_WITHDRAWN)
    assert HomeLink.objects.count() == 0
    assert visitor(client).is_nobody
    assert bring(client, there)["Location"] == "/openid/confirm/"
    assert identity.find_person(number_kind=NumberKind.RESIDENT, number=NUMBER) is None


def test_a_person_sees_their_links_and_ends_them(there: Home) -> None:
    ma = a_person()
    client = browser()
    bring(client, there)
    confirm(client)
    page = client.get("/elsewhere/").content.decode()
    for words in ("河北省", "关联异地账户", "用异地账户登录", 'name="peer" value="hebei"'):
        assert words in page
    client.post("/elsewhere/", {"peer": "hebei"})
    assert HomeLink.objects.count() == 0
    assert entries(ma)[-1] == ("person.unlinked", {"peer": "hebei", "assurance": 3})
    before = everything()
    client.post("/elsewhere/", {"peer": "hebei"})
    assert everything() == before
    assert bring(client, there)["Location"] == "/openid/confirm/"


def test_the_login_page_names_the_homes_and_searches_when_there_are_many(there: Home) -> None:
    page = browser().get("/login/", {"next": "/mine/"}).content.decode()
    assert f'href="{ADDRESS}/openid/start/hebei?next=%2Fmine%2F">河北省</a>' in page
    assert 'name="home"' not in page
    for number in range(9):
        OtherNode(f"county{number}", [f"1309{21 + number}"]).trusted()
    page = browser().get("/login/").content.decode()
    assert (page.count("/openid/start/"), 'name="home"' in page) == (8, True)
    page = browser().get("/login/", {"home": "河北省"}).content.decode()
    assert "/openid/start/hebei" in page
    page = browser().get("/login/", {"home": "没有这个地方"}).content.decode()
    assert ("/openid/start/" in page, "没有找到这个地区" in page) == (False, True)


def test_nobody_is_sent_on_to_another_site(there: Home) -> None:
    a_person()
    client = browser()
    asked = begin(client, there, "https://evil.example/")
    come(client, there, asked["state"])
    assert confirm(client)["Location"] == "/"


def test_the_cookies_are_short_and_hidden_from_scripts(there: Home) -> None:
    client = browser()
    bring(client, there)
    for name in ("tongban_openid", "tongban_told"):
        one = client.cookies[name]
        assert (one["max-age"], one["httponly"], one["samesite"]) == (600, True, "Lax")
    assert len(client.cookies["tongban_told"].value) < 3000
    confirm(client)
    assert {client.cookies[name].value for name in ("tongban_openid", "tongban_told")} == {""}
    assert client.cookies[PERSON_COOKIE].value


def test_a_form_from_elsewhere_does_not_confirm(there: Home) -> None:
    client = Client(headers={"Host": "localhost"}, enforce_csrf_checks=True)
    bring(client, there)
    before = everything()
    assert code_of(client.post("/openid/confirm/")) == (
        403,
        "channels.form_expired",
    )
    assert everything() == before
