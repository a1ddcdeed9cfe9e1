"""A client by others (Authlib) reads our configuration and logs a person in."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import parse_authorization_code_response
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata

from channels.openid_people import a_person, browser, browser_of
from federation.conftest import beijing, hebei, home
from federation.openid_party import NONCE, VERIFIER, key_of, now_s, told
from federation.other_node import OtherNode

__all__ = ["beijing", "hebei", "home"]
pytestmark = pytest.mark.django_db(databases=["default", "keys"])
ADDRESS = "https://beijing.example"


def configuration() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(browser().get("/.well-known/openid-configuration").content)
    return found


def local(url: str) -> str:
    """Return an address as the test's browser asks for it, having seen that it is the node's."""
    assert url.startswith(f"{ADDRESS}/")
    return url.removeprefix(ADDRESS)


def test_the_configuration_is_one_but_for_an_algorithm_that_nodes_do_not_have(
    hebei: OtherNode,
) -> None:
    said = configuration()
    with pytest.raises(ValueError, match='"RS256" MUST be included'):
        OpenIDProviderMetadata(said).validate()
    algorithms = [*said["id_token_signing_alg_values_supported"], "RS256"]
    OpenIDProviderMetadata(said | {"id_token_signing_alg_values_supported": algorithms}).validate()


def test_the_keys_are_those_of_the_document_without_their_secrets(hebei: OtherNode) -> None:
    response = browser().get(local(configuration()["jwks_uri"]))
    assert response["Content-Type"] == "application/jwk-set+json"
    keys = json.loads(response.content)["keys"]
    assert [(one["use"], one["alg"], one["crv"]) for one in keys] == [
        ("sig", "Ed25519", "Ed25519"),
        ("enc", "ECDH-ES+A256KW", "X25519"),
    ]
    assert {"alg", "crv", "kid", "kty", "use", "x"} == {name for one in keys for name in one}
    assert all(one["kid"] == key_of(one).thumbprint() for one in keys)


def test_a_client_by_others_logs_a_person_in(hebei: OtherNode) -> None:
    ma, said = a_person(), configuration()
    redirect = f"{hebei.address}/openid/callback"
    client = OAuth2Client(
        None,
        client_id="hebei",
        redirect_uri=redirect,
        scope="openid identity",
        code_challenge_method="S256",
    )
    url, state = client.create_authorization_url(
        said["authorization_endpoint"], code_verifier=VERIFIER, nonce=NONCE
    )
    person = browser_of(ma)
    back = person.post(local(url), {"answer": "allow"})["Location"]
    code = parse_authorization_code_response(back, state=state)["code"]
    assert parse_qs(urlsplit(back).query)["iss"] == [said["issuer"]]
    proof = PrivateKeyJWT(
        token_endpoint=said["issuer"],
        alg="Ed25519",
        claims={"iat": now_s(), "exp": now_s() + 60},
        headers={"kid": hebei.held[0]["kid"], "typ": "client-authentication+jwt"},
    )
    auth = ClientAuth("hebei", key_of(hebei.held[0]), auth_method=proof)
    fields = "&".join(
        (
            "grant_type=authorization_code",
            f"code={code}",
            f"code_verifier={VERIFIER}",
            f"redirect_uri={redirect}",
            "client_id=hebei",
        )
    )
    _, _, body = auth.prepare("POST", said["token_endpoint"], {}, fields)
    response = browser().post(
        local(said["token_endpoint"]), body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200, response.content
    token = client.parse_response_token(_Answer(response))
    _, header, claims = told(hebei, token["id_token"])
    params = {"nonce": NONCE, "client_id": "hebei", "access_token": token["access_token"]}
    options = {
        "iss": {"values": [said["issuer"]]},
        "aud": {"values": ["hebei"]},
        "acr": {"values": said["acr_values_supported"]},
        "auth_time": {"essential": True},
    }
    CodeIDToken(claims, header, options, params).validate(now=now_s())
    assert claims["name"] == "马清荷"


class _Answer:
    """A response as the client reads one."""

    def __init__(self, response: Any) -> None:  # noqa: ANN401 - the test client's
        self.status_code = response.status_code
        self.content = response.content

    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        assert self.status_code < 400
