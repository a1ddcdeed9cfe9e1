"""The home of its people: a peer is told who they are once they agree, and nobody else is."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client

from channels.openid_people import a_person, browser, browser_of, browser_of_staff, entries
from federation.conftest import NOW, beijing, hebei, home
from federation.openid_party import (
    NONCE,
    STATE,
    VERIFIER,
    asked,
    assertion,
    challenge_of,
    form,
    told,
)
from federation.other_node import OtherNode, new_keys
from support import scene
from support.contents import everything
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.identity.api import ErasureGround
from tongban.identity.models import LoginCode
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Assurance
from tongban.kernel.wire import plain

__all__ = ["beijing", "hebei", "home"]
pytestmark = pytest.mark.django_db(databases=["default", "keys"])
FORM = "application/x-www-form-urlencoded"
ADDRESS, CALLBACK = "https://beijing.example", "http://127.0.0.1:9/openid/callback"


@pytest.fixture
def ma(hebei: OtherNode) -> str:
    return a_person(phone="13800138000")


def page(client: Client, query: dict[str, Any]) -> Any:  # noqa: ANN401 - a response
    return client.get("/openid/authorize", query)


def answer(client: Client, query: dict[str, Any], answer: str = "allow") -> Any:  # noqa: ANN401
    where = client.get("/openid/authorize", query).wsgi_request.get_full_path()
    return client.post(where, {"answer": answer})


def brought(response: Any) -> dict[str, str]:  # noqa: ANN401 - a response
    """Return what a browser is sent back with, having seen that it goes to the peer."""
    assert response.status_code == 302
    where = response["Location"]
    assert where.partition("?")[0] == CALLBACK
    return dict(parse_qsl(urlsplit(where).query, keep_blank_values=True))


def code_for(person_id: str, peer: OtherNode, **changes: str) -> str:
    return brought(answer(browser_of(person_id), asked(peer, **changes)))["code"]


def redeem(fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    response = browser().post("/openid/token", urlencode(fields), content_type=FORM)
    assert response["Cache-Control"] == "no-store"
    return response.status_code, json.loads(response.content)


def refused(fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Return what a token request is told, having seen that nothing has changed."""
    before = everything()
    found = redeem(fields)
    assert everything() == before
    return found


def test_the_page_says_who_asks_what_is_told_and_why_and_nothing_is_told_yet(
    ma: str, hebei: OtherNode
) -> None:
    before = everything()
    response = page(browser_of(ma), asked(hebei))
    text = response.content.decode()
    assert response.status_code == 200
    for words in ("让河北省知道您是谁？", "http://127.0.0.1:9", "马清荷", "131028********998X"):
        assert words in text
    assert "13102819920308998X" not in text
    assert "13800138000" not in text
    assert "form-action 'self' http://127.0.0.1:9;" in f"{response['Content-Security-Policy']};"
    assert response["Cache-Control"] == "no-store"
    assert everything() == before


def test_who_agrees_is_told_of_to_that_peer_alone_encrypted_and_recorded(
    ma: str, hebei: OtherNode
) -> None:
    back = brought(answer(browser_of(ma), asked(hebei)))
    assert back == {"code": back["code"], "state": STATE, "iss": ADDRESS}
    assert entries(ma) == []
    status, body = redeem(form(hebei, back["code"]))
    assert (status, sorted(body)) == (
        200,
        ["access_token", "expires_in", "id_token", "scope", "token_type"],
    )
    assert (body["token_type"], body["scope"]) == ("Bearer", "openid identity")
    outer, inner, claims = told(hebei, body["id_token"])
    assert (outer["alg"], outer["enc"], outer["cty"]) == ("ECDH-ES+A256KW", "A256GCM", "JWT")
    assert (inner["alg"], inner["typ"]) == ("Ed25519", "JWT")
    moment = int(NOW.timestamp())
    assert claims == {
        "iss": ADDRESS,
        "sub": claims["sub"],
        "aud": "hebei",
        "nonce": NONCE,
        "iat": moment,
        "exp": moment + 300,
        "auth_time": moment,
        "acr": "cn.tongban.assurance.3",
        "name": "马清荷",
        "number_kind": "resident",
        "number": "13102819920308998X",
    }
    assert entries(ma) == [("person.told", {"peer": "hebei", "assurance": 3})]
    evidence.drain_looks()
    [look] = evidence.looks_at(person_id=ma, limit=9)
    assert (look.viewer["actor_kind"], look.viewer["actor_id"]) == ("node", "hebei")
    assert (look.fields, look.case_id) == (("name", "number"), None)


def test_each_peer_knows_a_person_by_another_name_and_always_by_the_same(
    ma: str, hebei: OtherNode
) -> None:
    tianjin = OtherNode("tianjin", ["120000"]).trusted()
    subjects = [
        told(peer, redeem(form(peer, code_for(ma, peer)))[1]["id_token"])[2]["sub"]
        for peer in (hebei, hebei, tianjin)
    ]
    assert subjects[0] == subjects[1] != subjects[2]
    assert ma not in subjects
    assert {len(one) for one in subjects} == {64}


def test_who_does_not_agree_goes_back_and_nothing_is_told(ma: str, hebei: OtherNode) -> None:
    before = everything()
    back = brought(answer(browser_of(ma), asked(hebei), "deny"))
    assert back == {"error": "access_denied", "state": STATE, "iss": ADDRESS}
    assert answer(browser_of(ma), asked(hebei), "perhaps").status_code == 400
    assert everything() == before


NOWHERE: list[tuple[dict[str, Any], int, str]] = [
    ({"redirect_uri": CALLBACK + "/"}, 400, "federation.redirect_refused"),
    ({"redirect_uri": CALLBACK + "?x=1"}, 400, "federation.redirect_refused"),
    ({"redirect_uri": "https://evil.example/openid/callback"}, 400, "federation.redirect_refused"),
    ({"redirect_uri": None}, 400, "federation.redirect_refused"),
    ({"redirect_uri": [CALLBACK, CALLBACK]}, 400, "federation.redirect_refused"),
    ({"client_id": "nobody"}, 403, "federation.peer_unknown"),
    ({"client_id": "beijing"}, 403, "federation.peer_unknown"),
    ({"client_id": "../document"}, 403, "federation.peer_unknown"),
    ({"client_id": None}, 403, "federation.peer_unknown"),
]


@pytest.mark.parametrize(("changes", "status", "code"), NOWHERE)
def test_nobody_is_sent_to_an_address_that_no_trusted_document_names(
    ma: str, hebei: OtherNode, changes: dict[str, Any], status: int, code: str
) -> None:
    before = everything()
    client, query = browser_of(ma), asked(hebei, **changes)
    for response in (page(client, query), answer(client, query)):
        assert (response.status_code, code in response.content.decode()) == (status, True)
    assert everything() == before


SENT_BACK: list[tuple[dict[str, Any], str]] = [
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": "c" * 42}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
    ({"nonce": None}, "invalid_request"),
    ({"nonce": "short"}, "invalid_request"),
    ({"nonce": [NONCE, NONCE]}, "invalid_request"),
    ({"response_mode": "form_post"}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"scope": "openid"}, "invalid_scope"),
    ({"scope": "openid identity offline_access"}, "invalid_scope"),
    ({"prompt": "none"}, "interaction_required"),
    ({"request": "x.y.z"}, "request_not_supported"),
    ({"request_uri": "https://hebei.example/r"}, "request_uri_not_supported"),
]


@pytest.mark.parametrize(("changes", "error"), SENT_BACK)
def test_a_request_that_is_not_as_agreed_goes_back_with_an_error(
    ma: str, hebei: OtherNode, changes: dict[str, Any], error: str
) -> None:
    before = everything()
    back = brought(page(browser_of(ma), asked(hebei, **changes)))
    assert back == {"error": error, "state": STATE, "iss": ADDRESS}
    assert everything() == before


def test_a_request_without_a_state_goes_back_without_one(ma: str, hebei: OtherNode) -> None:
    back = brought(page(browser_of(ma), asked(hebei, state=None)))
    assert back == {"error": "invalid_request", "iss": ADDRESS}


def test_staff_are_nobody_to_another_node(hebei: OtherNode) -> None:
    client = browser_of_staff()
    before = everything()
    for response in (page(client, asked(hebei)), answer(client, asked(hebei))):
        assert response.status_code == 403
        assert "channels.persons_only" in response.content.decode()
    assert everything() == before


def test_who_is_not_logged_in_logs_in_here_first_and_is_offered_no_third_node(
    hebei: OtherNode,
) -> None:
    response = page(browser(), asked(hebei))
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=%2Fopenid%2Fauthorize%3F")
    assert "/openid/start/" not in browser().get(response["Location"]).content.decode()
    assert "/openid/start/hebei" in browser().get("/login/").content.decode()


def test_who_came_from_another_node_is_not_vouched_for(ma: str, hebei: OtherNode) -> None:
    tianjin = OtherNode("tianjin", ["120000"]).trusted()
    client = browser_of(ma, home="tianjin")
    before = everything()
    for response in (page(client, asked(hebei)), answer(client, asked(hebei))):
        assert response.status_code == 403
        assert "channels.not_at_home" in response.content.decode()
    assert everything() == before
    assert tianjin.name in federation.trusted()


def test_who_is_not_verified_here_is_not_vouched_for(ma: str, hebei: OtherNode) -> None:
    client = browser_of(ma, Assurance.ANONYMOUS)
    before = everything()
    response = answer(client, asked(hebei))
    assert response.status_code == 401
    assert "identity.assurance_too_low" in response.content.decode()
    assert everything() == before


Change = Callable[[OtherNode], dict[str, str]]
CLIENTS: dict[str, tuple[Change, str]] = {
    "another key": (
        lambda peer: {"client_assertion": assertion(peer, by=new_keys()[0])},
        "signed by a key that is not in force",
    ),
    "another key under the same id": (
        lambda peer: {
            "client_assertion": assertion(peer, by=new_keys()[0] | {"kid": peer.held[0]["kid"]})
        },
        "its signature doesn't hold",
    ),
    "another audience": (
        lambda peer: {"client_assertion": assertion(peer, aud="https://tianjin.example")},
        "another aud",
    ),
    "several audiences": (
        lambda peer: {"client_assertion": assertion(peer, aud=["https://beijing.example", "x"])},
        "another aud",
    ),
    "another issuer": (
        lambda peer: {"client_assertion": assertion(peer, iss="tianjin")},
        "another iss",
    ),
    "an old one": (
        lambda peer: {
            "client_assertion": assertion(
                peer, iat=int(NOW.timestamp()) - 600, exp=int(NOW.timestamp()) - 600
            )
        },
        "no longer valid",
    ),
    "one that holds for hours": (
        lambda peer: {"client_assertion": assertion(peer, exp=int(NOW.timestamp()) + 7200)},
        "no longer valid",
    ),
    "one of the future": (
        lambda peer: {
            "client_assertion": assertion(
                peer, iat=int(NOW.timestamp()) + 700, exp=int(NOW.timestamp()) + 760
            )
        },
        "issued in the future: compare the clocks",
    ),
    "an ID token": (
        lambda peer: {"client_assertion": assertion(peer, typ="JWT")},
        "of another type",
    ),
    "no id": (lambda peer: {"client_assertion": assertion(peer, jti="1")}, "no id"),
    "none": (lambda _: {"client_assertion": ""}, "not readable (DecodeError)"),
    "a secret": (lambda _: {"client_assertion_type": "", "client_secret": "x"}, "no assertion"),
}


@pytest.mark.parametrize(("change", "why"), CLIENTS.values(), ids=CLIENTS)
def test_nobody_redeems_a_code_without_the_peers_key(
    ma: str, hebei: OtherNode, change: Change, why: str
) -> None:
    fields = form(hebei, code_for(ma, hebei))
    error = {"error": "invalid_client", "error_description": f"federation.login_unsure: {why}"}
    assert refused(fields | change(hebei)) == (401, error)
    assert redeem(fields)[0] == 200


GRANTS: dict[str, tuple[Change, dict[str, str]]] = {
    "another verifier": (
        lambda _: {"code_verifier": "w" * 43},
        {"error": "invalid_grant", "error_description": "identity.login_code_refused"},
    ),
    "the challenge as verifier": (
        lambda _: {"code_verifier": challenge_of(VERIFIER)},
        {"error": "invalid_grant", "error_description": "identity.login_code_refused"},
    ),
    "no verifier": (lambda _: {"code_verifier": ""}, {"error": "invalid_request"}),
    "another code": (
        lambda _: {"code": "c" * 43},
        {"error": "invalid_grant", "error_description": "identity.login_code_refused"},
    ),
    "another redirect": (
        lambda _: {"redirect_uri": CALLBACK + "/"},
        {"error": "invalid_grant", "error_description": "identity.login_code_refused"},
    ),
    "another grant": (
        lambda _: {"grant_type": "refresh_token"},
        {"error": "unsupported_grant_type"},
    ),
}


@pytest.mark.parametrize(("change", "error"), GRANTS.values(), ids=GRANTS)
def test_a_code_is_bound_to_what_was_asked(
    ma: str, hebei: OtherNode, change: Change, error: dict[str, str]
) -> None:
    fields = form(hebei, code_for(ma, hebei))
    assert refused(fields | change(hebei)) == (400, error)
    assert redeem(fields | {"client_assertion": assertion(hebei)})[0] == 200


REFUSED = (400, {"error": "invalid_grant", "error_description": "identity.login_code_refused"})


def test_a_code_is_of_no_use_to_another_peer(ma: str, hebei: OtherNode) -> None:
    tianjin = OtherNode("tianjin", ["120000"]).trusted()
    code = code_for(ma, hebei)
    assert refused(form(tianjin, code)) == REFUSED
    assert redeem(form(hebei, code))[0] == 200


def test_a_code_holds_for_a_minute(ma: str, hebei: OtherNode) -> None:
    code = code_for(ma, hebei)
    with clock.held_at(NOW + timedelta(seconds=60)):
        assert refused(form(hebei, code)) == REFUSED
    with clock.held_at(NOW + timedelta(seconds=59)):
        assert redeem(form(hebei, code))[0] == 200


def test_a_code_that_comes_twice_is_revoked_and_recorded_once(ma: str, hebei: OtherNode) -> None:
    code = code_for(ma, hebei)
    assert redeem(form(hebei, code))[0] == 200
    assert redeem(form(hebei, code)) == REFUSED
    assert entries(ma)[1:] == [("person.code_reused", {"peer": "hebei"})]
    assert LoginCode.objects.get().revoked_at == NOW
    assert refused(form(hebei, code)) == REFUSED


def test_a_proof_of_the_client_is_used_once(ma: str, hebei: OtherNode) -> None:
    proof = assertion(hebei)
    first, second = code_for(ma, hebei), code_for(ma, hebei)
    assert redeem(form(hebei, first, client_assertion=proof))[0] == 200
    assert refused(form(hebei, second, client_assertion=proof)) == (
        401,
        {"error": "invalid_client", "error_description": "identity.assertion_reused"},
    )


def test_who_logs_out_everywhere_or_is_erased_takes_the_code_back(
    ma: str, hebei: OtherNode
) -> None:
    code = code_for(ma, hebei)
    identity.bump_epoch(person_id=ma)
    assert refused(form(hebei, code)) == REFUSED
    code = code_for(ma, hebei)
    identity.erase_person(acting=OPERATOR, person_id=ma, ground=ErasureGround.CONSENT_WITHDRAWN)
    assert LoginCode.objects.count() == 0
    assert refused(form(hebei, code)) == REFUSED


def test_a_peer_that_was_retired_is_told_nothing_more(ma: str, hebei: OtherNode) -> None:
    code = code_for(ma, hebei)
    federation.retire("hebei")
    error = {"error": "invalid_client", "error_description": "federation.peer_unknown"}
    assert refused(form(hebei, code)) == (401, error)
    response = page(browser_of(ma), asked(hebei))
    assert (response.status_code, "federation.peer_unknown" in response.content.decode()) == (
        403,
        True,
    )


def test_the_client_proves_itself_by_the_key_that_counts_at_that_moment(
    ma: str, hebei: OtherNode
) -> None:
    old, later = hebei.held[0], NOW + timedelta(hours=1)
    with clock.held_at(later):
        for jwk in hebei.held:
            jwk["until"] = plain(later)
        hebei.held = [*new_keys(), *hebei.held]
        hebei.state(by=old)
        federation.trust(hebei.text)
        assert redeem(form(hebei, code_for(ma, hebei)))[0] == 200
    with clock.held_at(later + timedelta(minutes=11)):
        fields = form(hebei, code_for(ma, hebei))
        why = "federation.login_unsure: signed by a key that is not in force"
        error = {"error": "invalid_client", "error_description": why}
        assert refused(fields | {"client_assertion": assertion(hebei, by=old)}) == (401, error)
        assert redeem(fields)[0] == 200


def test_a_node_that_is_alone_is_no_provider(region: None) -> None:
    for path in ("/.well-known/openid-configuration", "/openid/keys"):
        assert browser().get(path).status_code == 404
    assert browser().post("/openid/token", {}).status_code == 404
    assert browser_of(scene.person_id("ma")).get("/openid/authorize").status_code == 404
