import pytest
from django.http import HttpResponse
from django.test import Client

from tongban.channels.headers import as_document
from tongban.channels.sessions import PERSON_COOKIE

pytestmark = [pytest.mark.urls("channels.entry_probe"), pytest.mark.django_db]


def directives(policy: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _, value in parts if name}


@pytest.mark.parametrize("path", ["/", "/probe/plain/", "/no/such/page/", "/probe/refuse/rule/"])
def test_every_page_and_every_problem_carries_the_headers(client: Client, path: str) -> None:
    response = client.get(path)
    policy = directives(response["Content-Security-Policy"])
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["form-action"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "geolocation=()" in response["Permissions-Policy"]


def test_a_host_that_is_refused_still_gets_the_headers(client: Client) -> None:
    response = client.get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "Content-Security-Policy" in response
    assert "Permissions-Policy" in response


def test_a_page_with_a_session_is_not_stored(client: Client) -> None:
    assert client.get("/probe/plain/")["Cache-Control"] == "private, no-cache"
    client.cookies[PERSON_COOKIE] = "whatever"
    assert client.get("/probe/plain/")["Cache-Control"] == "no-store"


def test_a_response_that_sets_a_cookie_is_not_stored(client: Client) -> None:
    assert client.post("/theme/", {"theme": "dark"})["Cache-Control"] == "no-store"


def test_an_uploaded_file_runs_no_script_and_stays_in_our_frame() -> None:
    response = as_document(HttpResponse(b"%PDF-1.7", content_type="application/pdf"))
    policy = directives(response["Content-Security-Policy"])
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert policy["frame-ancestors"] == "'self'"
    assert response["X-Content-Type-Options"] == "nosniff"
