from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from channels.entry_people import a_person, a_post, person_client, staff_client
from tongban.channels.access import Guarded, RuleKind, for_person, open_to_all
from tongban.identity.api import Power

pytestmark = [
    pytest.mark.urls("channels.entry_probe"),
    pytest.mark.django_db(databases=["default", "keys"]),
]

OK, LOGIN, PERSONS_ONLY, STAFF_ONLY, POWER = (
    (200, None),
    (302, None),
    (403, "channels.persons_only"),
    (403, "channels.staff_only"),
    (403, "channels.power_missing"),
)

MATRIX = [
    # path, nobody, person, clerk who receives, officer who decides
    ("/probe/plain/", OK, OK, OK, OK),
    ("/probe/person/", LOGIN, OK, PERSONS_ONLY, PERSONS_ONLY),
    ("/probe/clerk/", LOGIN, STAFF_ONLY, OK, POWER),
    ("/probe/any-staff/", LOGIN, STAFF_ONLY, OK, OK),
    ("/probe/known/", LOGIN, OK, OK, OK),
]


def answer(client: Client, path: str) -> tuple[int, str | None]:
    response = client.get(path)
    page = response.content.decode()
    codes = [code for _, code in (PERSONS_ONLY, STAFF_ONLY, POWER) if code in page]
    return response.status_code, codes[0] if codes else None


def test_each_rule_opens_to_its_visitors_and_to_no_other() -> None:
    visitors = (
        Client(),
        person_client(a_person()),
        staff_client(a_post(post_id="post-a", powers=(Power.RECEIVE,))),
        staff_client(a_post(post_id="post-b", powers=(Power.REVIEW,))),
    )
    found = [(path, *(answer(one, path) for one in visitors)) for path, *_ in MATRIX]
    assert found == MATRIX


def test_a_reader_is_sent_to_login_and_comes_back(client: Client) -> None:
    response = client.get("/probe/person/?page=2")
    assert response["Location"] == "/login/?next=%2Fprobe%2Fperson%2F%3Fpage%3D2"


def test_a_writer_is_told_that_the_login_ran_out(client: Client) -> None:
    response = client.post("/probe/person/", {"text": "typed"})
    assert response.status_code == 401
    assert "channels.login_required" in response.content.decode()


def test_login_is_offered_to_nobody_and_not_to_who_is_logged_in_already(client: Client) -> None:
    assert client.get("/probe/refuse/login/").context["login_offered"] is True
    known = person_client(a_person()).get("/probe/refuse/login/")
    assert (known.status_code, known.context["login_offered"]) == (401, False)


@pytest.mark.parametrize(
    ("page", "location"),
    [
        ("http://testserver/probe/plain/?a=1", "/login/?next=%2Fprobe%2Fplain%2F%3Fa%3D1"),
        ("http://evil.example/probe/", "/login/"),
        ("", "/login/"),
    ],
)
def test_an_htmx_request_takes_the_whole_page_to_login(
    client: Client, page: str, location: str
) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": page, "Host": "testserver"}
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        response = client.get("/probe/person/", headers=headers)
    assert (response.status_code, response["HX-Redirect"]) == (200, location)
    assert b"actor_id" not in response.content


def test_the_method_is_asked_before_the_visitor(client: Client) -> None:
    assert client.put("/probe/person/").status_code == 405


def test_an_open_page_says_why() -> None:
    with pytest.raises(ValueError, match="says why"):
        open_to_all(reason=" ")


@pytest.mark.parametrize("methods", [(), ("PUT",), ("GET", "DELETE"), ("get",)])
def test_a_page_takes_get_and_post_only(methods: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="GET and POST"):
        for_person(methods=methods)(lambda _: None)  # type: ignore[arg-type,return-value] # never run


def routes(patterns: list[URLPattern | URLResolver], above: str = "") -> Iterator[URLPattern]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, above + str(one.pattern))
        else:
            yield one


@pytest.mark.urls("tongban.channels.urls")
def test_every_route_of_the_screens_has_a_rule_and_methods() -> None:
    walked = list(routes(get_resolver().url_patterns))
    assert len(walked) >= 8
    for route in walked:
        view = route.callback
        assert isinstance(view, Guarded), route.pattern
        assert set(view.methods) <= {"GET", "POST"}, route.pattern
        if view.access.kind is RuleKind.OPEN:
            assert view.access.reason.strip(), route.pattern
