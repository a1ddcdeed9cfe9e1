"""Reads of the catalogue, each with its number of statements."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext

from tongban.matters.errors import EditionNotOpen, EditionUnknown, MatterUnknown
from tongban.matters.models import Edition, EditionTold, Matter
from tongban.matters.rules import (
    EditionState,
    EditionView,
    FieldProblem,
    Mode,
    edition_from,
    form_faults,
    terms_of,
)
from tongban.matters.rules.form import MESSAGES
from tongban.work import api as work

_KEPT = 512
"""Editions that a process holds: a few MB."""

_OPEN = work.Read(
    Edition,
    1,
    lambda edition_id: Edition.objects.filter(
        id=edition_id, state=EditionState.PUBLISHED
    ).values_list("id"),
)
_VERSIONS = work.Read(
    Edition,
    2,
    lambda matter_code, place_id: Edition.objects.filter(
        matter_id=matter_code, place_id=place_id
    ).values_list("id", "version"),
)
_held: dict[str, EditionView] = {}
_digests: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterView:
    """A matter. ``task_type`` is its 事项类型 code."""

    code: str
    title: str
    title_en: str
    aliases: tuple[str, ...]
    task_type: str
    source: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRow:
    """A published edition as a list shows it."""

    id: str
    matter_code: str
    title: str
    title_en: str
    task_type: str
    place_id: str
    agency_id: str
    version: int
    modes: tuple[Mode, ...]
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRefused:
    """An edition of ours that another node was told of and refused, with the code."""

    node: str
    matter_code: str
    place_id: str
    version: int
    code: str


def refused_editions() -> tuple[EditionRefused, ...]:
    """Return what other nodes refused to mirror, by node. One statement."""
    rows = EditionTold.objects.exclude(code="").select_related("edition").order_by("node", "id")
    return tuple(
        EditionRefused(
            node=row.node,
            matter_code=row.edition.matter_id,
            place_id=row.edition.place_id,
            version=row.edition.version,
            code=row.code,
        )
        for row in rows
    )


def matter(matter_code: str) -> MatterView:
    """Return a matter; MatterUnknown. One statement."""
    row = Matter.objects.filter(code=matter_code).first()
    if row is None:
        raise MatterUnknown(matter_code=matter_code)
    return MatterView(
        code=row.code,
        title=row.title,
        title_en=row.title_en,
        aliases=tuple(row.aliases),
        task_type=row.task_type,
        source=row.source,
        sample=row.sample,
    )


def edition(edition_id: str) -> EditionView:
    """Return an edition in any state; EditionUnknown.

    One statement the first time, none after: what has been published never changes. A draft is
    read anew each time. Whether it takes new applications is asked of ``require_open``.
    """
    held = _held.get(edition_id)
    if held is not None:
        return held
    row = Edition.objects.filter(id=edition_id).first()
    if row is None:
        raise EditionUnknown
    view = view_of(row)
    if row.state != EditionState.DRAFT:
        if len(_held) >= _KEPT:
            _held.clear()
        _held[edition_id] = view
    return view


def view_of(row: Edition) -> EditionView:
    """Return a row, saved or not, as the edition that it describes."""
    return edition_from(
        edition_id=row.id,
        matter_code=row.matter_id,
        title=row.title,
        title_en=row.title_en,
        task_type=row.task_type,
        place_id=row.place_id,
        agency_id=row.agency_id,
        version=row.version,
        handle_item_code=row.handle_item_code,
        content=row.content,
        source=row.source,
        sample=row.sample,
    )


def open_edition(*, matter_code: str, place_id: str) -> EditionView:
    """Return the published edition of a matter in a place; EditionUnknown. At most 2 statements."""
    found = (
        Edition.objects.filter(
            place_id=place_id, matter_id=matter_code, state=EditionState.PUBLISHED
        )
        .values_list("id", flat=True)
        .first()
    )
    if found is None:
        raise EditionUnknown
    return edition(found)


def find_edition(*, matter_code: str, place_id: str, version: int) -> str:
    """Return the id here of a version of a place's edition; EditionUnknown. One statement."""
    for edition_id, number in _VERSIONS.rows(matter_code, place_id):
        if number == version:
            return str(edition_id)
    raise EditionUnknown


def content_digest(edition_id: str) -> str:
    """Return SHA-256 over an edition's content, in hexadecimal: equal on nodes with one text.

    EditionUnknown. One statement; none again for what has been published.
    """
    held = _digests.get(edition_id)
    if held is not None:
        return held
    row = Edition.objects.filter(id=edition_id).first()
    if row is None:
        raise EditionUnknown
    digest = digest_of(row.content)
    if row.state != EditionState.DRAFT:
        if len(_digests) >= _KEPT:
            _digests.clear()
        _digests[edition_id] = digest
    return digest


def digest_of(content: Mapping[str, Any]) -> str:
    """Return SHA-256 over the content of an edition's row, as entries have it."""
    return hashlib.sha256(text_of(content).encode()).hexdigest()


def text_of(content: Mapping[str, Any]) -> str:
    """Return a content as the one text that it is digested and sent as."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def require_open(edition_id: str) -> EditionView:
    """Return the edition if it takes new applications now; EditionNotOpen. At most 2 statements.

    A case that has been handed in keeps its edition and does not ask again.
    """
    view = edition(edition_id)
    if _OPEN.row(edition_id) is None:
        raise EditionNotOpen(title=view.title, version=view.version)
    return view


def editions_for(
    *, place_id: str | None = None, text: str = "", limit: int = 50
) -> list[EditionRow]:
    """Return published editions, of one place or of all. One statement.

    Each piece of ``text`` (split at white space, at most six) must stand in the matter's title,
    English title, an alias, its code or the 业务办理项 code; matters whose title holds the first
    piece come first, then by title and place.
    """
    rows = Edition.objects.filter(state=EditionState.PUBLISHED)
    if place_id is not None:
        rows = rows.filter(place_id=place_id)
    terms = terms_of(text)
    for term in terms:
        rows = rows.filter(
            Q(matter__search_text__contains=term) | Q(handle_item_code__icontains=term)
        )
    order = ["title", "place_id"]
    if terms:
        first = When(title__icontains=terms[0], then=Value(0))
        rows = rows.annotate(rank=Case(first, default=Value(1)))
        order = ["rank", *order]
    found = rows.order_by(*order).values(
        "id",
        "matter_id",
        "title",
        "title_en",
        "task_type",
        "place_id",
        "agency_id",
        "version",
        "content__modes",
        "sample",
    )
    return [
        EditionRow(
            id=row["id"],
            matter_code=row["matter_id"],
            title=row["title"],
            title_en=row["title_en"],
            task_type=row["task_type"],
            place_id=row["place_id"],
            agency_id=row["agency_id"],
            version=row["version"],
            modes=tuple(Mode(mode) for mode in row["content__modes"]),
            sample=row["sample"],
        )
        for row in found[:limit]
    ]


def check_form(edition: EditionView, data: Mapping[str, object]) -> tuple[FieldProblem, ...]:
    """Return what is wrong with a filled-in form, in the language in force; empty if nothing.

    ``data`` should have gone through ``normalised_form``. Unknown fields are refused. No
    statement.
    """
    return tuple(
        FieldProblem(
            path=fault.path,
            code=fault.code,
            message=gettext(MESSAGES[fault.code]).format(limit=fault.limit),
        )
        for fault in form_faults(edition.form_schema, data)
    )
