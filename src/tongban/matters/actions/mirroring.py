"""Mirrors what another node publishes for the places that it hosts."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.matters.actions.editions import put_rows
from tongban.matters.actions.matters import put_matters
from tongban.matters.actions.rows import EditionFile, MatterRow
from tongban.matters.actions.telling import hosted_elsewhere
from tongban.matters.errors import EditionAltered, EditionForeign, MatterDiffers
from tongban.matters.messages import lane_of
from tongban.matters.models import Edition, Matter
from tongban.matters.queries import digest_of
from tongban.matters.rules import EditionState
from tongban.places import api as places

MIRRORED = "edition.mirrored"
_DEEPEST = 40
"""Lists and objects within one another, at most, in an edition."""


def take_published(message: federation.Message) -> None:
    """Take an edition that the node of its place published or withdrew, by the loader's own rules.

    EditionForeign, EditionAltered, MatterDiffers, or what a load refuses; nothing is written then.
    An edition that is here already, from files or from before, is recorded as theirs.
    """
    data = message.data
    matter_code, place_id = data["matter"]["code"], data["place_id"]
    places.place(place_id)
    if hosted_elsewhere(place_id) != message.sender:
        raise EditionForeign(place_id=place_id, node=message.sender)
    if message.lane != lane_of(matter_code, place_id):
        raise EditionAltered(why="lane")
    given = _file(data)
    standard = _standard(data["matter"])
    key = (matter_code, place_id, data["version"])
    rows = Edition.objects.filter(matter_id=key[0], place_id=key[1], version=key[2])
    if given.state is EditionState.WITHDRAWN and not rows.exists():
        return  # nothing was told here that could be withdrawn
    _, written = put_rows({key: given}, apply=True, standards={matter_code: standard})
    for row in written or list(rows):
        _record(row, message)


def _file(data: Mapping[str, Any]) -> EditionFile:
    try:
        day = date.fromisoformat(data["published_on"])
    except ValueError:
        raise EditionAltered(why="published_on") from None
    return EditionFile(
        matter_code=data["matter"]["code"],
        place_id=data["place_id"],
        agency_id=data["agency_id"],
        version=data["version"],
        content=_content(data["content"], data["digest"]),
        state=EditionState(data["state"]),
        handle_item_code=data["handle_item_code"],
        published_on=day,
        source=data["source"],
        sample=data["sample"],
    )


def _content(text: str, digest: str) -> dict[str, Any]:
    """Return the content whose one spelling this text is; EditionAltered for any other."""
    try:
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise EditionAltered(why="digest")
        content = json.loads(text)
        # Its depth before anything walks through it, and no text that PostgreSQL can't hold.
        if not isinstance(content, dict) or "\\u0000" in text or not _is_flat(content):
            raise EditionAltered(why="form")
        if digest_of(content) != digest:
            raise EditionAltered(why="spelling")
    except (ValueError, RecursionError):
        raise EditionAltered(why="JSON") from None
    return content


def _is_flat(value: object) -> bool:
    held = [value]
    for _ in range(_DEEPEST):
        held = [
            part
            for one in held
            if isinstance(one, dict | list)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    return not held


def _standard(told: Mapping[str, Any]) -> Matter:
    """Return the matter as the publisher has it, added here where it is unknown.

    Ours is never changed by another node; which law holds must be the same on both.
    """
    row = Matter.objects.filter(code=told["code"]).first()
    if row is None:
        put_matters([MatterRow(**{**told, "aliases": tuple(told["aliases"])})], apply=True)
        row = Matter.objects.get(code=told["code"])
    if row.task_type != told["task_type"]:
        raise MatterDiffers(matter_code=row.code, theirs=told["task_type"], ours=row.task_type)
    return Matter(
        code=row.code,
        title=told["title"],
        title_en=told["title_en"],
        task_type=row.task_type,
    )


def _record(row: Edition, message: federation.Message) -> None:
    """Write that it was mirrored: the message of the other node is kept as it was signed."""
    evidence.record(
        kind=MIRRORED,
        at=clock.now(),
        place_id=row.place_id,
        acting=Acting(actor_kind=ActorKind.NODE, actor_id=message.sender, channel=Channel.API),
        subject=("edition", row.id),
        facts={
            "matter": row.matter_id,
            "version": row.version,
            "state": row.state,
            "published_on": str(row.published_on),
            "content_sha256": digest_of(row.content),
            "node": message.sender,
            "message": message.id,
        },
        key=None,
    )
