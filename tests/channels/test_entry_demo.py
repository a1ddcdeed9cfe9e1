from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from channels.entry_people import a_person, a_post, put_demo
from tongban.channels.entry.demo import DemoPerson
from tongban.channels.sessions import PERSON_COOKIE, PROVED_COOKIE, STAFF_COOKIE
from tongban.evidence import api as evidence
from tongban.evidence.models import PendingEntry
from tongban.identity.api import Power
from tongban.identity.models import Staff
from tongban.kernel.clock import held_at, now
from tongban.vault import api as vault

pytestmark = [
    pytest.mark.urls("channels.entry_probe"),
    pytest.mark.django_db(databases=["default", "keys"]),
]

COOKIES = (PERSON_COOKIE, STAFF_COOKIE, PROVED_COOKIE)


@pytest.fixture
def demo(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    settings.DEMO = True
    settings.ALLOWED_HOSTS = ["*"]

    def put(**who: str) -> None:
        put_demo(monkeypatch, **who)

    return put


@pytest.mark.parametrize(
    ("remote", "host"),
    [
        ("127.0.0.1", "localhost"),
        ("127.0.0.1", "localhost:8000"),
        ("127.0.0.1", "127.0.0.1:8000"),
        ("127.8.8.8", "127.0.0.1"),
        ("::1", "[::1]:8000"),
    ],
)
def test_on_loopback_the_demo_people_are_there(
    demo: Callable[..., None], remote: str, host: str
) -> None:
    demo(person=a_person())
    client = Client(REMOTE_ADDR=remote, headers={"Host": host})
    page = client.get("/login/demo/")
    assert page.status_code == 200
    assert "李演示" in page.content.decode()
    assert client.post("/login/demo/", {"key": "person"}).status_code == 302
    assert PERSON_COOKIE in client.cookies


@pytest.mark.parametrize(
    ("remote", "headers"),
    [
        ("192.0.2.7", {"Host": "localhost"}),
        ("10.0.0.1", {"Host": "127.0.0.1"}),
        ("", {"Host": "localhost"}),
        ("unix:", {"Host": "localhost"}),
        ("127.0.0.1", {"Host": "tongban.example"}),
        ("127.0.0.1", {"Host": "localhost.example"}),
        ("127.0.0.1", {"Host": "192.0.2.7"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Proto": "https"}),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-Server": "proxy"}),
        ("127.0.0.1", {"Host": "localhost", "Via": "1.1 proxy"}),
        ("127.0.0.1", {"Host": "localhost", "Forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", {"Host": "localhost", "X-Real-Ip": "127.0.0.1"}),
    ],
)
def test_off_loopback_there_is_no_demo_login(
    demo: Callable[..., None], remote: str, headers: dict[str, str]
) -> None:
    demo(person=a_person(), login="wang.min")
    client = Client(REMOTE_ADDR=remote, headers=headers)
    for response in (
        client.get("/login/demo/"),
        client.post("/login/demo/", {"key": "person"}),
        client.post("/login/demo/", {"key": "staff"}),
    ):
        assert response.status_code == 404
        assert "channels.not_found" in response.content.decode()
        assert not any(name in response.cookies for name in COOKIES)
    assert "李演示" not in client.get("/login/").content.decode()


def test_where_a_proxy_ends_tls_there_is_no_demo_login(
    demo: Callable[..., None], settings: Settings
) -> None:
    demo(person=a_person())
    settings.HTTPS = True
    client = Client(headers={"Host": "localhost"})
    assert client.get("/login/demo/").status_code == 404
    response = client.post("/login/demo/", {"key": "person"})
    assert response.status_code == 404
    assert not any(name in response.cookies for name in COOKIES)


def test_outside_demo_mode_there_is_no_demo_login(
    demo: Callable[..., None], settings: Settings
) -> None:
    demo(person=a_person())
    settings.DEMO = False
    client = Client(headers={"Host": "localhost"})
    for response in (
        client.get("/login/demo/"),
        client.post("/login/demo/", {"key": "person"}),
    ):
        assert response.status_code == 404
        assert not any(name in response.cookies for name in COOKIES)
    assert "李演示" not in client.get("/login/").content.decode()


@pytest.mark.parametrize("key", ["", "nobody", "person "])
def test_only_who_is_on_the_list_can_be_chosen(demo: Callable[..., None], key: str) -> None:
    person_id = a_person()
    demo(person=person_id)
    client = Client(headers={"Host": "localhost"})
    for wanted in (key, person_id):
        response = client.post("/login/demo/", {"key": wanted})
        assert response.status_code == 403
        assert "channels.login_unavailable" in response.content.decode()
        assert not any(name in response.cookies for name in COOKIES)


def test_someone_who_is_listed_but_not_registered_is_refused(demo: Callable[..., None]) -> None:
    demo(person="tz-" + "0" * 32, login="no.such.login")
    client = Client(headers={"Host": "localhost"})
    for key in ("person", "staff"):
        response = client.post("/login/demo/", {"key": key})
        assert response.status_code == 403
        assert not any(name in response.cookies for name in COOKIES)


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/probe/person/?page=2", "/probe/person/?page=2"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
    ],
)
def test_after_login_one_goes_on_but_never_to_another_site(
    demo: Callable[..., None], target: str, location: str
) -> None:
    demo(person=a_person())
    client = Client(headers={"Host": "localhost"})
    response = client.post("/login/demo/", {"key": "person", "next": target})
    assert (response.status_code, response["Location"]) == (302, location)


def test_the_login_page_hands_on_only_a_local_path(demo: Callable[..., None]) -> None:
    demo(person=a_person())
    client = Client(headers={"Host": "localhost"})
    assert client.get("/login/?next=/probe/plain/").context["next"] == "/probe/plain/"
    assert client.get("/login/?next=//evil.example/").context["next"] == ""


@pytest.mark.parametrize(
    ("power", "at_window", "location"),
    [
        (Power.RECEIVE, True, "/window/"),
        (Power.DELIVER_RESULT, True, "/window/"),
        (Power.DELIVER_RESULT, False, "/desk/"),
        (Power.REVIEW, False, "/desk/"),
    ],
)
def test_staff_with_one_post_go_straight_to_their_place(
    demo: Callable[..., None], power: Power, location: str, *, at_window: bool
) -> None:
    a_post(powers=(power,), at_window=at_window)
    demo(login="wang.min")
    client = Client(headers={"Host": "localhost"})
    response = client.post("/login/demo/", {"key": "staff"})
    assert (response.status_code, response["Location"]) == (302, location)
    assert client.get("/probe/who/").json()["kind"] == "staff"


def choosing(demo: Callable[..., None]) -> Client:
    a_post(post_id="post-a", powers=(Power.RECEIVE,))
    a_post(post_id="post-b", powers=(Power.REVIEW,))
    demo(login="wang.min")
    client = Client(headers={"Host": "localhost"})
    response = client.post("/login/demo/", {"key": "staff", "next": "/probe/plain/"})
    assert response["Location"] == "/login/post/?next=%2Fprobe%2Fplain%2F"
    return client


def test_staff_with_several_posts_choose_one(demo: Callable[..., None]) -> None:
    client = choosing(demo)
    assert client.get("/probe/who/").json()["kind"] == "nobody"
    page = client.get("/login/post/").content.decode()
    assert "post-a" in page
    assert "post-b" in page
    response = client.post("/login/post/", {"post": "post-b", "next": "/probe/plain/"})
    assert (response.status_code, response["Location"]) == (302, "/probe/plain/")
    assert client.get("/probe/who/").json()["post"] == "post-b"
    assert client.cookies[PROVED_COOKIE].value == ""


def test_a_post_of_somebody_else_can_not_be_chosen(demo: Callable[..., None]) -> None:
    client = choosing(demo)
    a_post(post_id="post-c", login="zhao.lei", powers=(Power.REVIEW,))
    response = client.post("/login/post/", {"post": "post-c"})
    assert response.status_code == 403
    assert "channels.login_unavailable" in response.content.decode()
    assert STAFF_COOKIE not in response.cookies
    assert refused_logins() == ["not_theirs"]


def test_who_has_left_is_not_let_in_and_the_refusal_is_in_evidence(
    demo: Callable[..., None],
) -> None:
    demo(login="wang.min")
    a_post(login="wang.min")
    Staff.objects.update(active=False)
    client = Client(headers={"Host": "localhost"})
    assert client.post("/login/demo/", {"key": "staff"}).status_code == 403
    assert refused_logins() == ["no_post"]


def refused_logins() -> list[str]:
    """Return the fault of each refused login in evidence."""
    key = vault.node_key("evidence")
    rows = PendingEntry.objects.filter(kind="staff.login_refused").order_by("position")
    opened = [evidence.open_entry(entry_id=row.entry_id, key=key) for row in rows]
    return [entry.body["facts"]["fault"] for entry in opened]


def test_the_choice_must_be_made_within_ten_minutes(demo: Callable[..., None]) -> None:
    start = now().replace(microsecond=0)
    with held_at(start):
        client = choosing(demo)
    with held_at(start + timedelta(minutes=10)):
        assert client.get("/login/post/")["Location"] == "/login/"
        response = client.post("/login/post/", {"post": "post-a"})
        assert response.status_code == 401
        assert STAFF_COOKIE not in response.cookies


def test_nobody_chooses_a_post_without_a_proved_login(client: Client) -> None:
    a_post()
    assert client.get("/login/post/")["Location"] == "/login/"
    client.cookies[PROVED_COOKIE] = "WyJ3YW5nLm1pbiIsMF0:forged"
    response = client.post("/login/post/", {"post": "post-a"})
    assert response.status_code == 401
    assert STAFF_COOKIE not in response.cookies


def test_a_demo_person_is_a_person_or_a_login() -> None:
    words = dict.fromkeys(
        ("key", "name", "name_en", "about", "about_en", "place_name", "place_name_en"), "x"
    )
    for ids in ({}, {"person_id": "tz-1", "login": "x"}):
        with pytest.raises(ValueError, match="either"):
            DemoPerson(**words, **ids)
