import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from tongban.channels.idempotency import new_form_token
from tongban.channels.paths import address_of, local_path

pytestmark = [pytest.mark.urls("channels.entry_probe"), pytest.mark.django_db]

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "javascript:alert(1)",
    " //evil.example/",
    "evil.example",
    "",
    "/" + "a" * 2000,
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_another_site_is_no_place_to_go(target: str) -> None:
    assert local_path(target, default="/") == "/"


def test_a_path_here_is_kept_with_its_query() -> None:
    assert local_path("/window/?page=2&q=%E5%BC%A0", default="/") == "/window/?page=2&q=%E5%BC%A0"
    assert local_path(None, default="/x/") == "/x/"


@given(st.text(alphabet="/\\:@.?#\t\r\n ae%", max_size=12))
@example("//")
def test_whatever_is_kept_starts_a_path_on_this_site(text: str) -> None:
    kept = local_path(text, default="/")
    assert kept.startswith("/")
    assert not kept.startswith(("//", "/\\"))
    assert kept.isprintable()


@pytest.mark.parametrize("route", ["/language/", "/theme/"])
@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_switch_never_leads_to_another_site(client: Client, route: str, target: str) -> None:
    response = client.post(route, {"language": "en", "theme": "dark", "next": target})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_the_language_switch_keeps_the_path_and_the_next_page_speaks_it(client: Client) -> None:
    assert client.get("/probe/plain/")["Content-Language"] == "zh-hans"
    response = client.post("/language/", {"language": "en", "next": "/probe/plain/?page=2"})
    assert (response.status_code, response["Location"]) == (302, "/probe/plain/?page=2")
    cookie = response.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("en", True, "Lax")
    assert client.get("/probe/plain/")["Content-Language"] == "en"


def test_chinese_comes_first_whatever_the_browser_says(client: Client) -> None:
    response = client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert response["Content-Language"] == "zh-hans"
    assert '<html lang="zh-Hans"' in response.content.decode()


def test_a_language_cookie_that_names_no_language_is_passed_over(client: Client) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "../../en"
    assert client.get("/probe/plain/")["Content-Language"] == "zh-hans"


def test_the_theme_switch_keeps_the_path_and_is_remembered(client: Client) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": "/probe/plain/"})
    assert response["Location"] == "/probe/plain/"
    assert response.cookies["tongban_theme"].value == "dark"
    assert client.get("/").context["theme"] == "dark"


def test_a_theme_cookie_that_names_no_theme_is_passed_over(client: Client) -> None:
    client.cookies["tongban_theme"] = '"><script>'
    response = client.get("/")
    assert response.context["theme"] == "auto"
    assert '<script>"' not in response.content.decode()


@pytest.mark.parametrize(
    ("route", "form"),
    [("/language/", {"language": "xx"}), ("/language/", {}), ("/theme/", {"theme": "pink"})],
)
def test_a_choice_that_is_not_offered_is_refused_and_no_cookie_is_set(
    client: Client, route: str, form: dict[str, str]
) -> None:
    response = client.post(route, form)
    assert response.status_code == 400
    assert "channels.bad_request" in response.content.decode()
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies
    assert "tongban_theme" not in response.cookies


@pytest.mark.parametrize("route", ["/language/", "/theme/", "/logout/"])
def test_what_changes_something_takes_post_only(client: Client, route: str) -> None:
    assert client.get(route).status_code == 405


def test_a_form_shown_again_comes_back_to_the_page_it_was_sent_from(client: Client) -> None:
    sent = {"Referer": "http://testserver/probe/plain/?a=1", "Host": "testserver"}
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        here = client.post("/probe/refuse/rule/", headers=sent).context["here"]
        from_elsewhere = client.post(
            "/probe/refuse/rule/", headers={**sent, "Referer": "http://evil.example/x"}
        ).context["here"]
    assert (here, from_elsewhere) == ("/probe/plain/?a=1", "/")


def test_a_form_token_is_fresh_each_time_and_comes_back_as_the_key(client: Client) -> None:
    token = new_form_token()
    assert token != new_form_token()
    assert client.post("/probe/keyed/", {"form_token": token}).content.decode() == token


@pytest.mark.parametrize("token", [None, "", "short", "a" * 65, "a" * 21 + "!", "a" * 22 + "\n"])
def test_a_form_without_a_good_token_is_refused(client: Client, token: str | None) -> None:
    response = client.post("/probe/keyed/", {} if token is None else {"form_token": token})
    assert response.status_code == 400
    assert "channels.form_token_missing" in response.content.decode()


@pytest.mark.django_db(databases=["default", "keys"])
def test_healthz_answers_200_with_yes(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"ready": True})


@pytest.mark.parametrize("case_id", ["local-0192f3c57c007a3e8b2f5a1d9c4e7b60", "a b", "the-id"])
def test_an_address_put_together_is_the_routes(case_id: str) -> None:
    for _ in range(2):
        assert address_of("portal:case", case_id) == reverse("portal:case", args=[case_id])
