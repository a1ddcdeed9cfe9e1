"""A small country with two offices, and ways to act in it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from tongban.identity import api
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel, Presence
from tongban.places import api as places

MOMENT = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)  # 09:30 on the 2nd in Shanghai

Register = Callable[..., str]
ActAs = Callable[..., Acting]


@pytest.fixture(autouse=True)
def held_clock() -> Iterator[None]:
    with clock.held_at(MOMENT):
        yield


@pytest.fixture
def country() -> None:
    """Load two counties with an agency and an office each, two staff members and their posts."""
    places.put_places(
        [
            places.PlaceRow(id="110112", code="110112", name="通州区", level="county"),
            places.PlaceRow(id="131028", code="131028", name="大厂回族自治县", level="county"),
        ],
        apply=True,
    )
    places.put_agencies(
        [
            places.AgencyRow(
                id="agency-dachang",
                place_id="131028",
                name="大厂回族自治县行政审批局",
                nature_code="1",
                can_license=True,
            )
        ],
        apply=True,
    )
    places.put_offices(
        [
            places.OfficeRow(
                id="office-tongzhou",
                place_id="110112",
                name="通州区政务服务中心",
                kind="hall",
                run_by=("agency-dachang",),
            )
        ],
        apply=True,
    )
    api.put_staff(
        [
            api.StaffRow(id="staff-wang", login="wangmin", name="王敏"),
            api.StaffRow(id="staff-li", login="lilei", name="李雷"),
        ],
        apply=True,
    )
    api.put_posts(
        [
            api.PostRow(
                id="post-window",
                staff_id="staff-wang",
                place_id="110112",
                office_id="office-tongzhou",
                title="跨省通办窗口",
                powers=("receive", "deliver_result"),
                starts_on=date(2026, 1, 1),
            ),
            api.PostRow(
                id="post-decide",
                staff_id="staff-li",
                place_id="131028",
                agency_id="agency-dachang",
                title="首席代表",
                title_en="Chief representative",
                powers=("decide", "accept"),
                starts_on=date(2026, 1, 1),
                ends_on=date(2026, 12, 31),
            ),
        ],
        apply=True,
    )


@pytest.fixture
def clerk() -> ActAs:
    """Return a function that acts as the window's clerk for a person."""

    def act(on_behalf_of: str | None = None) -> Acting:
        return Acting(
            actor_kind=ActorKind.STAFF,
            actor_id="staff-wang",
            channel=Channel.WINDOW,
            post_id="post-window",
            on_behalf_of=on_behalf_of,
            presence=Presence.DOCUMENT_SEEN,
            assurance=Assurance.HIGH,
        )

    return act


@pytest.fixture
def citizen() -> ActAs:
    """Return a function that acts as a person, logged in."""

    def act(person_id: str, assurance: Assurance = Assurance.BASIC) -> Acting:
        return Acting(
            actor_kind=ActorKind.PERSON,
            actor_id=person_id,
            channel=Channel.PORTAL,
            presence=Presence.LOGIN,
            assurance=assurance,
        )

    return act


@pytest.fixture
def register(clerk: ActAs, country: None) -> Register:
    """Return a function that registers a person at the window and returns the id."""

    def make(
        name: str = "张三丰",
        number: str = "131028194912310023",
        *,
        number_kind: api.NumberKind = api.NumberKind.RESIDENT,
        phone: str = "13800138000",
        assurance: Assurance = Assurance.BASIC,
        place_id: str = "110112",
    ) -> str:
        return api.register_person(
            acting=clerk(),
            place_id=place_id,
            name=name,
            number_kind=number_kind,
            number=number,
            phone=phone,
            assurance=assurance,
        ).id

    return make
