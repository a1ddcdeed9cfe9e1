"""People of a node of Beijing's for logins between nodes, and their browsers."""

from datetime import date

from django.http import HttpResponse
from django.test import Client, RequestFactory

from tongban.channels import sessions
from tongban.evidence import api as evidence
from tongban.identity import api as identity
from tongban.identity.api import NumberKind, PostRow, StaffRow
from tongban.kernel.acting import OPERATOR, Assurance, Channel

MA, NUMBER = "马清荷", "13102819920308998X"
WANG_NUMBER = "110112199806179992"


def a_person(
    name: str = MA, number: str = NUMBER, assurance: Assurance = Assurance.HIGH, phone: str = ""
) -> str:
    """Register somebody in Chaoyang, where nobody is yet: this home has keys of its own."""
    return identity.register_person(
        acting=OPERATOR,
        place_id="110105",
        name=name,
        number_kind=NumberKind.RESIDENT,
        number=number,
        phone=phone,
        assurance=assurance,
    ).id


def browser() -> Client:
    """Return a browser in which nobody has logged in."""
    return Client(headers={"Host": "localhost"})


def browser_of(person_id: str, assurance: Assurance = Assurance.HIGH, home: str = "") -> Client:
    """Return a browser in which a person has logged in."""
    response = HttpResponse()
    sessions.open_person(
        RequestFactory().get("/"), response, person_id=person_id, assurance=assurance, home=home
    )
    client = browser()
    client.cookies.update(response.cookies)
    return client


def browser_of_staff() -> Client:
    """Return a browser in which a clerk has logged in on a post of the region."""
    identity.put_staff([StaffRow(id="staff-x", login="x", name="王敏")], apply=True)
    post = PostRow(
        id="post-x",
        staff_id="staff-x",
        place_id="110112",
        agency_id=None,
        office_id="office-fuzhongxin-centre",
        title="综合窗口",
        powers=("receive",),
        starts_on=date(2020, 1, 1),
    )
    identity.put_posts([post], apply=True)
    response = HttpResponse()
    sessions.open_staff(
        RequestFactory().get("/"), response, post_id="post-x", channel=Channel.WINDOW
    )
    client = browser()
    client.cookies.update(response.cookies)
    return client


def entries(person_id: str) -> list[tuple[str, dict[str, object]]]:
    """Return kind and facts of the entries about a person after the registration."""
    found = evidence.open_entries(subject=("person", person_id), without=["person.registered"])
    return [(one.kind, one.body["facts"]) for one in found]
