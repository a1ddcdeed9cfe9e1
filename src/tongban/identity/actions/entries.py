"""Evidence of who was given which powers, where and for how long."""

from collections.abc import Collection, Mapping
from typing import Any

from tongban.evidence import api as evidence
from tongban.identity.models import Post
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.kernel.changes import Comparison, Row

_FACTS = ("staff_id", "agency_id", "office_id", "powers", "starts_on", "ends_on")


def record_posts(
    compared: Comparison,
    *,
    wanted: Mapping[str, Row],
    present: Mapping[str, Row],
    acting: Acting,
) -> None:
    """Write the entry of each post that a load adds, changes or gives a last day."""
    for key in compared.added:
        _record("post.granted", key, wanted[key], acting)
    for key in compared.changed:
        row = wanted[key]
        ends = row["ends_on"] is not None and row["ends_on"] != present[key]["ends_on"]
        _record("post.ended" if ends else "post.changed", key, row, acting)


def record_staff(staff_ids: Collection[str], acting: Acting) -> None:
    """Write the entries of the posts of staff who have left or come back. One read."""
    posts = Post.objects.filter(staff_id__in=staff_ids).order_by("id")
    for row in posts.values("id", "place_id", "staff__active", *_FACTS):
        kind = "post.changed" if row["staff__active"] else "post.ended"
        _record(kind, row["id"], row, acting, active=row["staff__active"])


def _record(kind: str, post_id: str, row: Row, acting: Acting, **more: Any) -> None:  # noqa: ANN401 - JSON
    facts = {name: row[name] for name in _FACTS}
    days = {name: None if facts[name] is None else str(facts[name]) for name in _FACTS[-2:]}
    evidence.record(
        kind=kind,
        at=clock.now(),
        place_id=str(row["place_id"]),
        acting=acting,
        subject=("post", post_id),
        facts=facts | days | more,
        key=None,
    )
