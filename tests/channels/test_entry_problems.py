import logging
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from channels.entry_probe import SECRET
from tongban.channels import problems
from tongban.kernel.errors import Kind

pytestmark = [pytest.mark.urls("channels.entry_probe"), pytest.mark.django_db]

STATUSES = {
    Kind.INVALID: 400,
    Kind.LOGIN: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.RULE: 422,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.UNAVAILABLE: 503,
}


def incidents(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    records = [record for record in caplog.records if record.name == "tongban.incidents"]
    return [record.msg for record in records if isinstance(record.msg, dict)]


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_its_status_and_shows_code_what_and_todo(client: Client, kind: Kind) -> None:
    response = client.get(f"/probe/refuse/{kind.value}/")
    page = response.content.decode()
    assert response.status_code == STATUSES[kind]
    assert f"probe.{kind.value}" in page
    assert "办件 A-1 被拒绝" in page
    assert "请联系 &lt;b&gt;窗口&lt;/b&gt;" in page
    assert "<html" in page


def test_every_kind_is_mapped_and_to_a_status_of_its_own() -> None:
    assert set(problems.STATUS) == set(Kind)
    assert len(set(problems.STATUS.values())) == len(Kind)


def test_a_login_refusal_carries_a_challenge_and_an_outage_a_delay(client: Client) -> None:
    assert client.get("/probe/refuse/login/")["WWW-Authenticate"] == 'Form realm="tongban"'
    assert client.get("/probe/refuse/unavailable/")["Retry-After"] == "60"
    assert "Retry-After" not in client.get("/probe/refuse/rule/")


def test_an_htmx_request_gets_a_fragment_with_the_same_status(client: Client) -> None:
    response = client.get("/probe/refuse/conflict/", headers={"HX-Request": "true"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "probe.conflict" in page
    assert "<html" not in page


def test_an_unknown_address_is_404_with_a_code(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "channels.not_found" in response.content.decode()


def test_permission_denied_is_403_with_a_code(client: Client) -> None:
    response = client.get("/probe/denied/")
    assert response.status_code == 403
    assert "channels.forbidden" in response.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_405_and_the_allowed_ones_are_named(client: Client, method: str) -> None:
    response = getattr(client, method)("/probe/plain/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert "channels.method_not_allowed" in response.content.decode()


def test_get_on_a_page_that_takes_post_only_is_405(client: Client) -> None:
    response = client.get("/probe/keyed/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert client.head("/probe/plain/").status_code == 200


def test_a_defect_is_500_with_an_incident_number_that_the_log_holds_too(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR, logger="tongban.incidents"):
        response = client.get("/probe/fail/?name=%E5%BC%A0")
    page = response.content.decode()
    assert response.status_code == 500
    assert "channels.broken" in page
    (event,) = incidents(caplog)
    assert event["incident"] in page
    assert event["errors"] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert event["frames"][-1].endswith(" fail")
    assert SECRET not in page
    assert SECRET not in str(event)
    assert "张" not in str(event)


def test_the_500_page_comes_even_when_no_template_can_be_shown(client: Client) -> None:
    client.raise_request_exception = False
    broken = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": False,
            "OPTIONS": {},
        }
    ]
    with override_settings(TEMPLATES=broken):
        response = client.get("/probe/fail/")
    assert response.status_code == 500
    assert "channels.broken" in response.content.decode()


def test_an_absent_database_is_503_with_an_incident_number(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="tongban.incidents"):
        response = client.get("/probe/no-database/")
    page = response.content.decode()
    assert response.status_code == 503
    assert "channels.unavailable" in page
    assert SECRET not in page
    (event,) = incidents(caplog)
    assert event["incident"] in page


def test_a_form_without_its_csrf_token_is_403_with_a_code() -> None:
    response = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "channels.form_expired" in response.content.decode()
    assert "tongban_theme" not in response.cookies


def test_a_request_declared_too_large_is_413_before_its_body_is_read(client: Client) -> None:
    response = client.post(
        "/probe/keyed/", {"form_token": "a" * 22}, CONTENT_LENGTH=str(24 * 2**20 + 1)
    )
    page = response.content.decode()
    assert response.status_code == 413
    assert "channels.too_large" in page
    assert "24 MB" in page


def test_a_form_with_too_much_text_is_413(client: Client) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        response = client.post(
            "/probe/keyed/",
            f"form_token={'a' * 200}",
            content_type="application/x-www-form-urlencoded",
        )
    assert response.status_code == 413
    assert "channels.too_large" in response.content.decode()


def test_an_uploaded_file_never_lies_on_the_disk_unencrypted(client: Client) -> None:
    file = SimpleUploadedFile("a.pdf", b"%PDF" + b"x" * (5 * 2**20))
    response = client.post("/probe/upload/", {"file": file})
    assert response.json() == {"kept": "InMemoryUploadedFile", "size": 5 * 2**20 + 4}


@pytest.mark.parametrize("length", ["-1", "x", "１"])
def test_a_nonsense_length_is_400(client: Client, length: str) -> None:
    response = client.get("/probe/plain/", CONTENT_LENGTH=length)
    assert response.status_code == 400
    assert "channels.bad_request" in response.content.decode()


def test_a_foreign_host_is_400(client: Client) -> None:
    response = client.get("/probe/plain/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "channels.bad_request" in response.content.decode()


def test_a_view_without_a_rule_does_not_run(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/probe/ruleless/")
    assert response.status_code == 500
    assert response.content != b"ran"


@pytest.mark.django_db(databases=["default", "keys"])
@pytest.mark.parametrize(
    "address", ["/cases/%00/", "/mine/?after=%00", "/node/files/%00", "/x?%00"]
)
def test_an_address_that_no_database_can_look_for_is_refused(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert "channels.bad_request" in answer.content.decode()
