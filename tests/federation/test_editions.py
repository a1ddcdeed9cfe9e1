"""The catalogue between nodes: what one publishes for its places, the other mirrors."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from federation.conftest import NOW
from federation.other_node import OtherNode, served
from support.contents import everything, refused
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.federation.models import InMessage, OutMessage
from tongban.kernel.errors import Refusal
from tongban.kernel.ids import new_id
from tongban.matters import api as matters
from tongban.matters import errors, handlers
from tongban.matters.actions.mirroring import take_published
from tongban.matters.messages import PUBLISHED, SCHEMA, lane_of
from tongban.matters.models import Edition, EditionTold
from tongban.places.errors import AgencyMissing, PlaceMissing

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

MATTER, DACHANG, TONGZHOU = "getihu-sheli", "131028", "110112"
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _wired(home: Path) -> None:
    handlers.register_handlers()


def held(place_id: str) -> Edition:
    return Edition.objects.get(matter_id=MATTER, place_id=place_id, state="published")


def file_of(row: Edition, **changes: Any) -> matters.EditionFile:  # noqa: ANN401 - a field
    told = {
        "matter_code": row.matter_id,
        "place_id": row.place_id,
        "agency_id": row.agency_id,
        "version": row.version,
        "content": row.content,
        "handle_item_code": row.handle_item_code,
        "source": row.source,
        "sample": row.sample,
    }
    return matters.EditionFile(**(told | changes))


def spelt(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def with_content(content: Json | str) -> Json:
    text = content if isinstance(content, str) else spelt(content)
    return {"content": text, "digest": hashlib.sha256(text.encode()).hexdigest()}


def told(place_id: str = DACHANG, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """Return what the node of a place says of its next version, or of another."""
    row = held(place_id)
    body = {
        "matter": {
            "code": MATTER,
            "title": row.title,
            "title_en": row.title_en,
            "aliases": [],
            "task_type": row.task_type,
            "source": "",
            "sample": True,
        },
        "place_id": place_id,
        "agency_id": row.agency_id,
        "version": row.version + 1,
        "state": "published",
        "handle_item_code": row.handle_item_code,
        "published_on": "2026-11-26",
        "source": row.source,
        "sample": True,
        **with_content(row.content),
    }
    return body | changes


def message(body: Json, *, sender: str = "hebei", lane: str = "") -> federation.Message:
    return federation.Message(
        id=new_id(sender),
        sender=sender,
        kind=PUBLISHED,
        lane=lane or lane_of(body["matter"]["code"], body["place_id"]),
        seq=1,
        at=NOW,
        data=body,
        files=(),
    )


def test_a_newly_trusted_node_is_told_what_is_in_force_here_and_nothing_twice(
    hebei: OtherNode,
) -> None:
    assert matters.tell_peers() == {"hebei": 1}
    assert matters.tell_peers(again=True) == {}
    row = OutMessage.objects.get()
    assert (row.to, row.kind) == ("hebei", "matters.edition_published")
    assert row.lane == "edition/110112/getihu-sheli"
    assert list(EditionTold.objects.values_list("edition_id", "node", "state", "code")) == [
        (held(TONGZHOU).id, "hebei", "published", "")
    ]


def test_alone_nobody_is_told(region: None, django_assert_num_queries: Callable[..., Any]) -> None:
    with django_assert_num_queries(0):
        assert matters.tell_peers() == {}


def test_a_successor_and_a_withdrawal_are_told_in_their_order(hebei: OtherNode) -> None:
    with served(hebei) as line:
        hebei.trusted()
        matters.tell_peers()
        second = file_of(held(TONGZHOU), version=2)
        matters.put_editions([second], apply=True)
        withdrawn = file_of(held(TONGZHOU), state=matters.EditionState.WITHDRAWN)
        matters.put_editions([withdrawn], apply=True)
        federation.deliver_once()
        came = line.taken()
    assert [(one["seq"], one["subject"]) for one in came] == [
        (seq, "edition/110112/getihu-sheli") for seq in (1, 2, 3)
    ]
    bodies = [one["data"]["body"] for one in came]
    assert [(one["version"], one["state"]) for one in bodies] == [
        (1, "published"),
        (2, "published"),
        (2, "withdrawn"),
    ]
    first = Edition.objects.get(matter_id=MATTER, place_id=TONGZHOU, version=1)
    assert bodies[0]["digest"] == matters.content_digest(first.id)
    assert json.loads(bodies[0]["content"]) == first.content
    assert [Draft202012Validator(SCHEMA).is_valid(one) for one in bodies] == [True] * 3
    assert not OutMessage.objects.filter(answered_at=None).exists()


def test_what_was_refused_is_named_and_told_again_when_asked(hebei: OtherNode) -> None:
    with served(hebei) as line:
        hebei.trusted()
        line.say = lambda one: hebei.answer(one, "refused", code="matters.matter_differs")
        matters.tell_peers()
        federation.deliver_once()
        [found] = matters.refused_editions()
        assert (found.node, found.place_id, found.code) == (
            "hebei",
            TONGZHOU,
            "matters.matter_differs",
        )
        assert matters.tell_peers() == {}
        line.say = hebei.answer
        assert matters.tell_peers(again=True) == {"hebei": 1}
        federation.deliver_once()
    assert matters.refused_editions() == ()


def test_what_another_node_publishes_is_in_force_here_in_place_of_the_one_before(
    hebei: OtherNode,
) -> None:
    before = held(DACHANG)
    take_published(message(told()))
    now = matters.open_edition(matter_code=MATTER, place_id=DACHANG)
    assert (now.version, now.place_id, now.title) == (2, DACHANG, before.title)
    assert matters.content_digest(now.id) == told(version=2)["digest"]
    before.refresh_from_db()
    assert before.state == "withdrawn"
    kinds = [e.kind for e in evidence.entries_of(subject=("edition", now.id))]
    assert kinds == ["edition.mirrored"]
    assert OutMessage.objects.count() == 0  # it isn't ours to tell
    withdrawn = told(version=2, state="withdrawn")
    take_published(message(withdrawn))
    with pytest.raises(errors.EditionUnknown):
        matters.open_edition(matter_code=MATTER, place_id=DACHANG)


def test_one_that_was_loaded_from_files_before_is_recorded_as_theirs(hebei: OtherNode) -> None:
    row = held(DACHANG)
    stood = list(Edition.objects.values())
    take_published(message(told(version=1)))
    assert list(Edition.objects.values()) == stood
    kinds = [e.kind for e in evidence.entries_of(subject=("edition", row.id))]
    assert kinds == ["edition.published", "edition.mirrored"]


def test_a_matter_that_nobody_knew_here_comes_with_its_edition(hebei: OtherNode) -> None:
    body = told(version=1)
    body["matter"] |= {"code": "new-matter", "title": "新事项", "title_en": "A new matter"}
    take_published(message(body))
    found = matters.editions_for(place_id=DACHANG, text="新事项")
    assert [(row.matter_code, row.version) for row in found] == [("new-matter", 1)]


def lie(what: str) -> tuple[Json, str, str]:
    """Return what a node that lies would say, its name and its lane."""
    body, row = told(), held(DACHANG)
    other = {**row.content, "modes": ["online"]}
    bodies: dict[str, Json] = {
        "a place of ours": told(TONGZHOU),
        "no such place": body | {"place_id": "999999"},
        "no such agency": body | {"agency_id": "agency-none"},
        "one byte changed": body | {"content": body["content"].replace("online", "onlinf", 1)},
        "another spelling": body | with_content(json.dumps(row.content)),
        "no JSON": body | with_content("{"),
        "too deep": body | with_content('{"a":' * 60 + "1" + "}" * 60),
        "half a pair": body | with_content('{"a":"\\ud800"}'),
        "no form": body | with_content({"modes": []}),
        "a version changed": body | {"version": 1} | with_content(other),
        "another law": body | {"matter": body["matter"] | {"task_type": "20"}},
        "no such day": body | {"published_on": "2026-02-30"},
    }
    lane = "edition/131028/another" if what == "another lane" else ""
    return bodies.get(what, body), "tianjin" if what == "a stranger" else "hebei", lane


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("a place of ours", errors.EditionForeign),
        ("a stranger", errors.EditionForeign),
        ("no such place", PlaceMissing),
        ("no such agency", AgencyMissing),
        ("one byte changed", errors.EditionAltered),
        ("another spelling", errors.EditionAltered),
        ("no JSON", errors.EditionAltered),
        ("too deep", errors.EditionAltered),
        ("half a pair", errors.EditionAltered),
        ("no such day", errors.EditionAltered),
        ("another lane", errors.EditionAltered),
        ("no form", errors.EditionInvalid),
        ("a version changed", errors.PublishedEditionChanged),
        ("another law", errors.MatterDiffers),
    ],
)
def test_a_node_that_lies_publishes_nothing_here(
    hebei: OtherNode, what: str, error: type[Refusal]
) -> None:
    body, sender, lane = lie(what)
    with refused(error):
        take_published(message(body, sender=sender, lane=lane))


def test_a_narrower_claim_takes_a_place_out_of_another_nodes_mouth(hebei: OtherNode) -> None:
    OtherNode("dachang", [DACHANG]).trusted()
    with refused(errors.EditionForeign):
        take_published(message(told()))
    take_published(message(told(), sender="dachang"))
    assert held(DACHANG).version == 2


def test_files_of_a_place_that_another_node_hosts_leave_the_mirror_and_tell(
    hebei: OtherNode,
) -> None:
    take_published(message(told()))
    stood = everything()
    own, theirs = file_of(held(TONGZHOU)), file_of(held(DACHANG), content={"modes": ["online"]})
    done = matters.put_editions([own, theirs, file_of(held(DACHANG), version=9)], apply=True)
    assert (done.added, done.changed, done.unchanged) == (0, 0, 1)
    assert done.lines == [
        f"! edition getihu-sheli 131028 {kept}, differs in {what}"
        for kept, what in (
            ("v2: hebei publishes it; the file is not loaded", "content"),
            (
                "v9: hebei publishes it; the file is not loaded",
                "all: it has not come from there",
            ),
        )
    ]
    assert everything() == stood


def test_it_comes_through_the_inbox_once_and_what_has_no_form_is_refused(
    hebei: OtherNode, client: Client
) -> None:
    def post(body: Json, seq: int) -> str:
        event = hebei.event(PUBLISHED, seq=seq, body=body, subject=lane_of(MATTER, DACHANG))
        line = f"{hebei.envelope(event)}\n".encode()
        for _ in range(2):
            headers = hebei.call("POST", "/node/inbox", line)
            client.post("/node/inbox", line, content_type="application/jose", headers=headers)
        return InMessage.objects.get(pk=event["id"]).code

    good = told()
    assert post({"matter": MATTER}, 1) == "federation.data_unfit"
    assert post(good, 2) == ""
    assert held(DACHANG).version == 2
    assert post(good | {"version": 2**31}, 3) == "federation.data_unfit"
