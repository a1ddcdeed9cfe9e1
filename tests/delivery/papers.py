"""Made-up offices, posts and a paper for the tests of this room."""

from datetime import date
from typing import Any

from tongban.delivery import api
from tongban.identity import api as identity
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.places import api as places
from tongban.vault import api as vault

CENTRE = api.Holder(api.HolderKind.OFFICE, "office-hall")
BUREAU = api.Holder(api.HolderKind.AGENCY, "agency-bureau")
PERSON = api.Holder(api.HolderKind.PERSON, "local-00000000000000000000000000000001")
CASE = ("case", "local-00000000000000000000000000000002")

RECEIVER, DECIDER, STRANGER, LOOKER = "receiver", "decider", "stranger", "looker"


def acting(who: str) -> Acting:
    """Return a staff member acting from their post."""
    return Acting(
        actor_kind=ActorKind.STAFF,
        actor_id=f"staff-{who}",
        channel=Channel.WINDOW,
        post_id=f"post-{who}",
    )


def as_person(person_id: str = PERSON.id) -> Acting:
    """Return a person acting for themselves."""
    return Acting(actor_kind=ActorKind.PERSON, actor_id=person_id, channel=Channel.PORTAL)


def key() -> vault.DataKey:
    """Return the key of the person in the case."""
    return vault.make_key(place_id="131028", person_id=PERSON.id, case_id=CASE[1])


def put_people() -> None:
    """Load a hall, a bureau, another hall, and a post in each; one post may only look."""
    places.put_calendar("cn", {}, published_years=[2026], source="Monday to Friday", apply=True)
    places.put_places(
        [
            places.PlaceRow(id="130000", code="130000", name="河北省", level="province"),
            places.PlaceRow(
                id="131028", code="131028", name="大厂", level="county", parent_id="130000"
            ),
        ],
        apply=True,
    )
    places.put_agencies(
        [places.AgencyRow(id=BUREAU.id, place_id="131028", name="行政审批局", nature_code="1")],
        apply=True,
    )
    places.put_offices(
        [
            places.OfficeRow(
                id=each, place_id="131028", name="大厅", kind="hall", run_by=(BUREAU.id,)
            )
            for each in (CENTRE.id, "office-other")
        ],
        apply=True,
    )
    posts: dict[str, dict[str, Any]] = {
        RECEIVER: {"office_id": CENTRE.id, "powers": ("receive",)},
        DECIDER: {"agency_id": BUREAU.id, "powers": ("accept", "issue", "deliver_result")},
        STRANGER: {"office_id": "office-other", "powers": ("receive", "deliver_result")},
        LOOKER: {"office_id": CENTRE.id, "powers": ("read_only", "supervise")},
    }
    identity.put_staff(
        [identity.StaffRow(id=f"staff-{who}", login=who, name="某人") for who in posts], apply=True
    )
    identity.put_posts(
        [
            identity.PostRow(
                id=f"post-{who}",
                staff_id=f"staff-{who}",
                place_id="131028",
                title="窗口",
                starts_on=date(2026, 1, 1),
                **fields,
            )
            for who, fields in posts.items()
        ],
        apply=True,
    )


def take_in(**changes: Any) -> api.ItemView:  # noqa: ANN401 - any argument of take_in
    """Take a diploma in at the hall, with some arguments replaced."""
    usual: dict[str, Any] = {
        "acting": acting(RECEIVER),
        "place_id": "131028",
        "subject": CASE,
        "label": "毕业证书",
        "kind": api.ItemKind.ORIGINAL,
        "copies": 1,
        "holder": CENTRE,
        "key": key(),
    }
    return api.take_in(**(usual | changes))
