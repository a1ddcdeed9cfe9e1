"""Tells the nodes that are trusted which editions are in force here: each state once."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tongban.federation import api as federation
from tongban.federation.errors import NodeUnknown
from tongban.matters.errors import EditionInvalid
from tongban.matters.messages import PUBLISHED, lane_of
from tongban.matters.models import Edition, EditionTold
from tongban.matters.queries import digest_of, text_of
from tongban.matters.rules import EditionState
from tongban.places.errors import PlaceMissing

_MOST = 900_000
"""Bytes of a content as text: it must go into a message."""


def hosted_elsewhere(place_id: str) -> str | None:
    """Return the trusted node that hosts a place, None where it is ours or nobody's."""
    try:
        return federation.node_hosting(place_id)
    except (NodeUnknown, PlaceMissing):
        return None


def tell_peers(*, again: bool = False) -> dict[str, int]:
    """Queue to each trusted node what it wasn't told yet; return how many messages by node.

    What is in force at places that this node hosts, and what was withdrawn without a successor
    since that node was told of it. ``again``: what was refused too. Nothing is read where this
    node trusts no other.
    """
    peers = () if federation.own() is None else tuple(federation.trusted())
    if not peers:
        return {}
    with transaction.atomic():
        wanted = _untold(peers, again=again, among=None)
        if wanted:
            # Whoever tells at once waits here, and finds it told.
            ids = {edition.id for edition, _ in wanted}
            list(Edition.objects.select_for_update().filter(id__in=ids).order_by("id"))
            wanted = _untold(peers, again=again, among=ids)
        for edition, node in wanted:
            _tell(edition, node)
    return dict(Counter(node for _, node in wanted))


def _untold(
    peers: Iterable[str], *, again: bool, among: set[str] | None
) -> list[tuple[Edition, str]]:
    """Return what to tell to whom, in the order of versions. Two statements."""
    rows = Edition.objects.exclude(state=EditionState.DRAFT).select_related("matter")
    editions = list(rows.defer("content").order_by("matter_id", "place_id", "version"))
    open_pairs = {
        (row.matter_id, row.place_id) for row in editions if row.state == EditionState.PUBLISHED
    }
    ours = {place: federation.hosts(place) for place in {row.place_id for row in editions}}
    told = {(row.edition_id, row.node): row for row in EditionTold.objects.all()}
    return [
        (row, node)
        for row in editions
        for node in peers
        if ours[row.place_id]
        and (among is None or row.id in among)
        and _is_due(
            row,
            told.get((row.id, node)),
            succeeded=(row.matter_id, row.place_id) in open_pairs,
            again=again,
        )
    ]


def _is_due(row: Edition, told: EditionTold | None, *, succeeded: bool, again: bool) -> bool:
    if row.state == EditionState.PUBLISHED:
        return told is None or (again and told.code != "")
    return told is not None and not succeeded and told.state == EditionState.PUBLISHED


def _tell(row: Edition, node: str) -> None:
    message_id = federation.send(
        to=node, kind=PUBLISHED, lane=lane_of(row.matter_id, row.place_id), data=_packed(row)
    )
    # A successor withdraws the one before it there as it did here.
    EditionTold.objects.filter(
        node=node, edition__matter_id=row.matter_id, edition__place_id=row.place_id
    ).update(state=EditionState.WITHDRAWN.value)
    EditionTold.objects.update_or_create(
        edition_id=row.id,
        node=node,
        defaults={"state": row.state, "message_id": message_id, "code": ""},
    )


def _packed(row: Edition) -> dict[str, Any]:
    content, matter = text_of(row.content), row.matter
    if len(content.encode()) > _MOST:
        raise EditionInvalid(
            matter_code=row.matter_id,
            place_id=row.place_id,
            version=row.version,
            problems="内容过大，无法发给其他节点",
        )
    return {
        "matter": {
            "code": row.matter_id,
            "title": row.title,
            "title_en": row.title_en,
            "aliases": list(matter.aliases),
            "task_type": row.task_type,
            "source": matter.source,
            "sample": matter.sample,
        },
        "place_id": row.place_id,
        "agency_id": row.agency_id,
        "version": row.version,
        "state": row.state,
        "handle_item_code": row.handle_item_code,
        "content": content,
        "digest": digest_of(row.content),
        "published_on": str(row.published_on),
        "source": row.source,
        "sample": row.sample,
    }


def answered(answer: federation.Answer) -> None:
    """Note what a node said of an edition that it was told of."""
    EditionTold.objects.filter(message_id=answer.message_id).update(
        code="" if answer.taken else answer.code
    )
