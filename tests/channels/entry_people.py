"""People, posts and logged-in clients for the tests of the entrance; everything is made up."""

from datetime import date

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from tongban.channels import sessions
from tongban.channels.entry import demo
from tongban.channels.entry.demo import DemoPerson
from tongban.identity import api as identity
from tongban.identity.api import NumberKind, PostRow, PostView, Power, StaffRow
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel
from tongban.kernel.clock import now
from tongban.places import api as places
from tongban.places.api import AgencyRow, OfficeRow, PlaceRow

PLACE = "131028"
AGENCY = "agency-dachang-approval"
NUMBER = "131028199001010014"


def a_place() -> str:
    """Load one county with one agency; loading it again changes nothing."""
    places.put_places(
        [PlaceRow(id=PLACE, code=PLACE, name="大厂回族自治县", level="county")], apply=True
    )
    places.put_agencies(
        [AgencyRow(id=AGENCY, place_id=PLACE, name="大厂县行政审批局", nature_code="1")],
        apply=True,
    )
    return PLACE


def a_person(*, assurance: Assurance = Assurance.HIGH) -> str:
    """Register a person (the same one each time) and return the id."""
    return identity.register_person(
        acting=Acting(actor_kind=ActorKind.SYSTEM, actor_id="test", channel=Channel.WORKER),
        place_id=a_place(),
        name="李演示",
        number_kind=NumberKind.RESIDENT,
        number=NUMBER,
        phone="",
        assurance=assurance,
    ).id


def a_post(
    *,
    post_id: str = "post-a",
    login: str = "wang.min",
    powers: tuple[Power, ...] = (Power.RECEIVE,),
    at_window: bool = False,
) -> PostView:
    """Load a post of a staff member, at the agency or a window, and return it as held today."""
    place_id = a_place()
    office = OfficeRow(
        id="office-a", place_id=place_id, name="政务服务中心", kind="hall", run_by=(AGENCY,)
    )
    places.put_offices([office], apply=True)
    identity.put_staff([StaffRow(id=f"staff-{login}", login=login, name="王敏")], apply=True)
    identity.put_posts(
        [
            PostRow(
                id=post_id,
                staff_id=f"staff-{login}",
                place_id=place_id,
                agency_id=None if at_window else AGENCY,
                office_id=office.id if at_window else None,
                title="综合窗口",
                powers=powers,
                starts_on=date(2020, 1, 1),
            )
        ],
        apply=True,
    )
    return identity.post(post_id, now().date())


def person_client(person_id: str, *, secure: bool = False) -> Client:
    """Return a browser in which the person has logged in as surely as they are registered."""
    request = RequestFactory().get("/", secure=secure)
    response = HttpResponse()
    sessions.open_person(request, response, person_id=person_id, assurance=Assurance.HIGH)
    client = Client(headers={"Host": "localhost"})
    client.cookies.update(response.cookies)
    return client


def staff_client(post: PostView) -> Client:
    """Return a browser in which the holder of the post has logged in."""
    request = RequestFactory().get("/")
    response = HttpResponse()
    sessions.open_staff(request, response, post_id=post.id, channel=Channel.WINDOW)
    client = Client(headers={"Host": "localhost"})
    client.cookies.update(response.cookies)
    return client


def put_demo(
    monkeypatch: pytest.MonkeyPatch, *, person: str | None = None, login: str | None = None
) -> None:
    """Make these the demo people: key ``person`` and key ``staff``."""
    listed = []
    if person is not None:
        listed.append(_demo_person(key="person", name="李演示", person_id=person))
    if login is not None:
        listed.append(_demo_person(key="staff", name="王敏", login=login))
    monkeypatch.setattr(demo, "_sources", [lambda: listed])


def _demo_person(
    *, key: str, name: str, person_id: str | None = None, login: str | None = None
) -> DemoPerson:
    return DemoPerson(
        key=key,
        name=name,
        name_en="Li Yanshi",
        about="申请人",
        about_en="An applicant",
        place_name="大厂回族自治县",
        place_name_en="Dachang",
        person_id=person_id,
        login=login,
    )
