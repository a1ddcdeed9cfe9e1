"""Who acts for whom."""

import json
from dataclasses import FrozenInstanceError

import pytest

from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel, Presence

CLERK = Acting(
    actor_kind=ActorKind.STAFF,
    actor_id="tz-staff",
    channel=Channel.WINDOW,
    post_id="tz-post",
    on_behalf_of="tz-person",
    presence=Presence.DOCUMENT_SEEN,
    assurance=Assurance.HIGH,
)


def test_a_clerk_who_acts_for_a_citizen_stays_the_actor() -> None:
    assert CLERK.as_json() == {
        "actor_kind": "staff",
        "actor_id": "tz-staff",
        "channel": "window",
        "post_id": "tz-post",
        "on_behalf_of": "tz-person",
        "mandate_id": None,
        "presence": "document_seen",
        "assurance": 3,
    }
    assert CLERK.person_id == "tz-person"


def test_a_person_acts_for_himself_unless_he_names_another() -> None:
    own = Acting(actor_kind=ActorKind.PERSON, actor_id="tz-a", channel=Channel.PORTAL)
    other = Acting(
        actor_kind=ActorKind.PERSON,
        actor_id="tz-a",
        channel=Channel.PORTAL,
        on_behalf_of="tz-b",
        mandate_id="tz-m",
    )
    assert own.person_id == "tz-a"
    assert other.person_id == "tz-b"


@pytest.mark.parametrize("kind", [ActorKind.STAFF, ActorKind.SYSTEM, ActorKind.NODE])
def test_staff_systems_and_nodes_are_nobody_s_person(kind: ActorKind) -> None:
    assert Acting(actor_kind=kind, actor_id="x", channel=Channel.WORKER).person_id is None


def test_nothing_is_assumed_about_presence_or_assurance() -> None:
    bare = Acting(actor_kind=ActorKind.PERSON, actor_id="x", channel=Channel.API)
    assert bare.presence is Presence.NONE
    assert bare.assurance is Assurance.ANONYMOUS


def test_as_json_is_plain_json() -> None:
    assert json.loads(json.dumps(CLERK.as_json())) == CLERK.as_json()
    assert all(type(value) in {str, int, type(None)} for value in CLERK.as_json().values())


def test_acting_can_t_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        CLERK.actor_id = "tz-other"  # type: ignore[misc]  # what the test is about


def test_assurance_levels_can_be_compared() -> None:
    assert Assurance.ANONYMOUS < Assurance.BASIC < Assurance.HIGH
