from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.signing import Signer
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries, Settings

from channels.entry_people import a_person, a_post, person_client, put_demo, staff_client
from tongban.channels.errors import LoginRequired
from tongban.channels.sessions import PERSON_COOKIE, PROVED_COOKIE, STAFF_COOKIE
from tongban.channels.visitor import NOBODY, Visitor, VisitorKind
from tongban.identity import api as identity
from tongban.identity.api import Power
from tongban.kernel.acting import Assurance, Channel, Presence
from tongban.kernel.clock import held_at, now

pytestmark = [
    pytest.mark.urls("channels.entry_probe"),
    pytest.mark.django_db(databases=["default", "keys"]),
]

NOBODY_JSON = {"kind": "nobody", "person_id": None, "post": None, "assurance": 1}


def who(client: Client) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/probe/who/").json()
    return answer


def with_cookie(name: str, value: str) -> Client:
    client = Client()
    client.cookies[name] = value
    return client


def test_without_a_cookie_it_is_nobody_and_no_statement(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert who(client) == NOBODY_JSON


def test_a_person_is_known_by_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    person_id = a_person()
    client = person_client(person_id)
    with django_assert_num_queries(1):
        found = who(client)
    assert found == {"kind": "person", "person_id": person_id, "post": None, "assurance": 3}


def test_staff_are_known_by_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    post = a_post()
    client = staff_client(post)
    with django_assert_num_queries(1):
        found = who(client)
    assert found == {"kind": "staff", "person_id": None, "post": post.id, "assurance": 1}


def test_an_open_page_that_does_not_ask_who_costs_no_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = person_client(a_person())
    with django_assert_num_queries(0):
        assert client.get("/probe/plain/").content == b"plain"


def test_the_cookie_of_a_person_is_for_us_alone_and_eight_hours() -> None:
    cookie = person_client(a_person()).cookies[PERSON_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    assert (cookie["max-age"], cookie["path"], cookie["domain"]) == (28800, "/", "")


def test_over_https_the_cookie_is_secure_and_bound_to_this_host() -> None:
    client = person_client(a_person(), secure=True)
    cookie = client.cookies[f"__Host-{PERSON_COOKIE}"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert client.get("/probe/who/", secure=True).json()["kind"] == "person"
    planted = with_cookie(PERSON_COOKIE, cookie.value)
    assert planted.get("/probe/who/", secure=True).json() == NOBODY_JSON


def test_the_cookie_of_staff_holds_the_token_only() -> None:
    cookie = staff_client(a_post()).cookies[STAFF_COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    post = identity.staff_session(token=cookie.value)
    assert post is not None
    assert post.id not in cookie.value


def test_a_cookie_with_any_one_character_changed_opens_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    value = person_client(a_person()).cookies[PERSON_COOKIE].value
    with django_assert_num_queries(0):
        for place, letter in enumerate(value):
            other = "A" if letter != "A" else "B"
            changed = value[:place] + other + value[place + 1 :]
            assert who(with_cookie(PERSON_COOKIE, changed)) == NOBODY_JSON, place


@pytest.mark.parametrize("value", ["", ":", "a:b", "e30:x", "\x00", "x" * 4000])
def test_a_cookie_of_nonsense_opens_nothing(value: str) -> None:
    assert who(with_cookie(PERSON_COOKIE, value)) == NOBODY_JSON
    assert who(with_cookie(STAFF_COOKIE, value)) == NOBODY_JSON


def test_a_cookie_signed_for_another_purpose_or_with_another_secret_opens_nothing() -> None:
    person_id = a_person()
    content = [person_id, 0, 3, int(now().timestamp())]
    other_purpose = Signer(salt="tongban.channels.sessions." + PROVED_COOKIE)
    other_secret = Signer(key="x" * 50, salt="tongban.channels.sessions." + PERSON_COOKIE)
    for signer in (other_purpose, other_secret, Signer()):
        value = signer.sign_object(content)
        assert who(with_cookie(PERSON_COOKIE, value)) == NOBODY_JSON


def test_a_new_secret_keeps_old_cookies_only_as_long_as_the_old_one_is_listed() -> None:
    client = person_client(a_person())
    old = configured.SECRET_KEY
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[old]):
        assert who(client)["kind"] == "person"
    with override_settings(SECRET_KEY="n" * 60):
        assert who(client) == NOBODY_JSON


def test_a_person_is_out_after_eight_hours_to_the_second() -> None:
    start = now().replace(microsecond=0)
    with held_at(start):
        client = person_client(a_person())
    with held_at(start + timedelta(hours=8, seconds=-1)):
        assert who(client)["kind"] == "person"
    with held_at(start + timedelta(hours=8)):
        assert who(client) == NOBODY_JSON


def test_a_cookie_from_the_future_opens_nothing() -> None:
    start = now()
    with held_at(start + timedelta(hours=1)):
        client = person_client(a_person())
    with held_at(start):
        assert who(client) == NOBODY_JSON


def test_one_epoch_bump_signs_a_person_out_everywhere() -> None:
    person_id = a_person()
    phone, desk = person_client(person_id), person_client(person_id)
    identity.bump_epoch(person_id=person_id)
    assert (who(phone), who(desk)) == (NOBODY_JSON, NOBODY_JSON)
    assert who(person_client(person_id))["person_id"] == person_id


def test_logging_out_here_leaves_the_other_device_in() -> None:
    person_id = a_person()
    phone, desk = person_client(person_id), person_client(person_id)
    response = phone.post("/logout/")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert response.cookies[PERSON_COOKIE]["max-age"] == 0
    assert who(phone) == NOBODY_JSON
    assert who(desk)["person_id"] == person_id


def test_logging_out_everywhere_ends_the_other_device_too() -> None:
    person_id = a_person()
    phone, desk = person_client(person_id), person_client(person_id)
    phone.post("/logout/", {"everywhere": "1"})
    assert (who(phone), who(desk)) == (NOBODY_JSON, NOBODY_JSON)


def test_a_staff_session_that_was_closed_is_over_at_once_whoever_holds_the_token() -> None:
    client = staff_client(a_post())
    token = client.cookies[STAFF_COOKIE].value
    copy = with_cookie(STAFF_COOKIE, token)
    assert who(copy)["kind"] == "staff"
    identity.close_staff_session(token=token)
    assert (who(client), who(copy)) == (NOBODY_JSON, NOBODY_JSON)


def test_logging_out_closes_the_staff_session_itself() -> None:
    client = staff_client(a_post())
    copy = with_cookie(STAFF_COOKIE, client.cookies[STAFF_COOKIE].value)
    client.post("/logout/", {"everywhere": "1"})
    assert (who(client), who(copy)) == (NOBODY_JSON, NOBODY_JSON)


def test_an_old_staff_session_does_not_hold_for_ever() -> None:
    start = now()
    client = staff_client(a_post())
    with held_at(start + timedelta(days=2)):
        assert who(client) == NOBODY_JSON


def test_logging_in_as_the_other_kind_ends_the_first(
    demo: Callable[..., None],
) -> None:
    person_id, post = a_person(), a_post()
    client = staff_client(post)
    token = client.cookies[STAFF_COOKIE].value
    demo(person=person_id, login="wang.min")
    assert client.post("/login/demo/", {"key": "person"}).status_code == 302
    assert who(client)["kind"] == "person"
    assert identity.staff_session(token=token) is None
    assert client.post("/login/demo/", {"key": "staff"}).status_code == 302
    assert who(client)["kind"] == "staff"
    assert client.cookies[PERSON_COOKIE].value == ""


@pytest.fixture
def demo(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    settings.DEMO = True

    def put(**who: str) -> None:
        put_demo(monkeypatch, **who)

    return put


def test_logging_in_changes_the_anti_forgery_token(demo: Callable[..., None]) -> None:
    demo(person=a_person())
    client = Client(headers={"Host": "localhost"})
    client.get("/login/")
    before = client.cookies[configured.CSRF_COOKIE_NAME].value
    client.post("/login/demo/", {"key": "person"})
    assert client.cookies[configured.CSRF_COOKIE_NAME].value != before


def test_a_login_is_never_surer_than_the_register() -> None:
    person_id = a_person(assurance=Assurance.BASIC)
    client = person_client(person_id)
    assert who(client)["assurance"] == 2
    identity.raise_assurance(person_id=person_id, assurance=Assurance.HIGH)
    assert who(client)["assurance"] == 2, "the login itself was no surer"
    assert who(person_client(person_id))["assurance"] == 3


def test_a_cookie_of_a_person_who_is_not_there_opens_nothing() -> None:
    signer = Signer(salt="tongban.channels.sessions." + PERSON_COOKIE)
    value = signer.sign_object(["tz-" + "0" * 32, 0, 3, int(now().timestamp())])
    assert who(with_cookie(PERSON_COOKIE, value)) == NOBODY_JSON


def test_a_person_acts_as_logged_in_and_at_their_level() -> None:
    visitor = Visitor(kind=VisitorKind.PERSON, person_id="tz-1", assurance=Assurance.BASIC)
    acting = visitor.acting(Channel.PORTAL, on_behalf_of="tz-2", mandate_id="tz-3")
    assert acting.as_json() == {
        "actor_kind": "person",
        "actor_id": "tz-1",
        "channel": "portal",
        "post_id": None,
        "on_behalf_of": "tz-2",
        "mandate_id": "tz-3",
        "presence": "login",
        "assurance": 2,
    }


@pytest.mark.parametrize(
    ("presence", "level"),
    [
        (None, 1),
        (Presence.NONE, 1),
        (Presence.LOGIN, 1),
        (Presence.DOCUMENT_SEEN, 3),
        (Presence.FACE_COMPARED, 3),
    ],
)
def test_a_clerk_acts_as_the_clerk_and_is_as_sure_as_what_was_seen(
    presence: Presence | None, level: int
) -> None:
    post = a_post()
    visitor = Visitor(kind=VisitorKind.STAFF, post=post)
    acting = visitor.acting(Channel.WINDOW, on_behalf_of="tz-2", presence=presence)
    assert acting.as_json() == {
        "actor_kind": "staff",
        "actor_id": post.staff_id,
        "channel": "window",
        "post_id": post.id,
        "on_behalf_of": "tz-2",
        "mandate_id": None,
        "presence": "none" if presence is None else presence.value,
        "assurance": level,
    }


def test_nobody_can_not_act() -> None:
    with pytest.raises(LoginRequired):
        NOBODY.acting(Channel.PORTAL)


def test_powers_are_looked_for_one_of_several_and_never_in_a_person() -> None:
    clerk = Visitor(kind=VisitorKind.STAFF, post=a_post(powers=(Power.RECEIVE,)))
    assert clerk.holds()
    assert clerk.holds(Power.RECEIVE, Power.DECIDE)
    assert not clerk.holds(Power.DECIDE)
    assert not Visitor(kind=VisitorKind.PERSON, person_id="tz-1").holds()
