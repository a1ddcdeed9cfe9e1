"""Who walks the tour: demo people of 京津冀, whom the node must offer for one-click login."""

from dataclasses import dataclass

from tongban.site.tour.browser import Browser
from tongban.site.tour.unmet import Unmet

_NO_DEMO = "demo people to log in as (demo mode: TONGBAN_DEMO=1, asked from the same machine)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One who can be logged in as. ``number`` and ``phone`` are what an applicant's card says.

    ``place`` is the code of the place whose node they log in to; an applicant's depends on the way.
    """

    key: str
    name: str
    where: str
    place: str = ""
    number: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A deciding place: its people, and the window elsewhere that takes in for it."""

    code: str
    name: str
    applicant: Person
    clerk: Person
    officer: Person
    decider: Person


DACHANG = Place(
    code="131028",
    name="Dachang",
    applicant=Person(
        key="ma.qinghe",
        name="马清荷",
        where="portal",
        number="13102819920308998X",
        phone="19900000001",
    ),
    clerk=Person(key="tongzhou.window", name="赵宁", where="window, Tongzhou", place="110112"),
    officer=Person(key="dachang.officer", name="白云飞", where="desk, Dachang", place="131028"),
    decider=Person(key="dachang.decider", name="何立群", where="desk, Dachang", place="131028"),
)
"""Decided in Dachang; the applicant lives in Tongzhou."""

TONGZHOU = Place(
    code="110112",
    name="Tongzhou",
    applicant=Person(
        key="wang.ruoxi",
        name="王若溪",
        where="portal",
        number="110112199806179992",
        phone="19900000002",
    ),
    clerk=Person(key="dachang.window", name="杨静", where="window, Dachang", place="131028"),
    officer=Person(key="tongzhou.officer", name="孙晓雨", where="desk, Tongzhou", place="110112"),
    decider=Person(key="tongzhou.decider", name="周怀远", where="desk, Tongzhou", place="110112"),
)
"""Decided in Tongzhou; the applicant works in Dachang."""


def log_in(browser: Browser, person: Person) -> None:
    """Press the person's button on the login page; Unmet if the node is not in demo mode."""
    page = browser.open("/login/")
    keys = [button.value for form in page.forms for button in form.buttons if button.name == "key"]
    if not keys:
        raise Unmet(expected=_NO_DEMO, seen=f"{page.url} offers none")
    for form in page.forms:
        if any(one.name == "key" and one.value == person.key for one in form.buttons):
            browser.send(form, person.key)
            return
    raise Unmet(expected=f"the demo person {person.key} (region 京津冀)", seen=", ".join(keys))
