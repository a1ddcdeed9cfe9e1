"""Loads editions. What has been published is never written again but for its state."""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from tongban.evidence import api as evidence
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Acting
from tongban.kernel.changes import Changes, compare_rows
from tongban.kernel.ids import new_id
from tongban.matters.actions.rows import EditionFile
from tongban.matters.actions.telling import hosted_elsewhere, tell_peers
from tongban.matters.errors import (
    EditionInvalid,
    EditionUnlawful,
    MatterUnknown,
    PublishedEditionChanged,
    StateGoesBack,
    VersionNotRaised,
)
from tongban.matters.models import Edition, Matter
from tongban.matters.queries import digest_of, view_of
from tongban.matters.rules import ContentProblem, EditionState, content_problems, unlawful
from tongban.places import api as places
from tongban.places.errors import AgencyMissing

_FIXED = ("agency_id", "task_type", "handle_item_code", "content", "source", "sample")
_SHOWN = 5
"""Problems that a refusal names."""

_BATCH = 100

Key = tuple[str, str, int]
"""Matter code, place id, version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    """What a load starts from; ``published`` is the highest version to be open, by pair."""

    given: Mapping[Key, EditionFile]
    matters: Mapping[str, Matter]
    present: Mapping[Key, Edition]
    published: Mapping[tuple[str, str], int]
    today: date
    apply: bool
    warnings: list[str] = field(default_factory=list)


def put_editions(rows: Iterable[EditionFile], *, apply: bool, acting: Acting = OPERATOR) -> Changes:
    """Add editions, change drafts, publish and withdraw; those not named stay.

    Publishing a version withdraws the one published before it; each of the two leaves an evidence
    entry, and the nodes that are trusted are told. What another node hosts is not ours to publish:
    its mirror stays, and a difference is told as a warning. With ``apply=False`` nothing is
    written, and a matter or agency not loaded yet is told as a warning. The whole load stops at
    EditionInvalid, EditionUnlawful, PublishedEditionChanged (raise the version instead),
    VersionNotRaised, StateGoesBack, MatterUnknown, or places' AgencyMissing and PlaceMissing.
    """
    own, foreign = _apart(_keyed(rows))
    with transaction.atomic():
        changes, written = put_rows(own, apply=apply)
        for row in written:
            _record(row, acting)
        if written:
            tell_peers()
        return changes + _kept(foreign)


def put_rows(
    given: Mapping[Key, EditionFile],
    *,
    apply: bool,
    standards: Mapping[str, Matter] | None = None,
) -> tuple[Changes, list[Edition]]:
    """Compare and write within the caller's transaction; return what was written too.

    ``standards`` are matters as the one who publishes copied them, in place of ours.
    """
    load = _begin(given, apply=apply, standards=standards or {})
    wanted = {key: _wanted(row, load) for key, row in given.items()}
    wanted |= _replaced(load)
    compared = compare_rows(
        "edition",
        {_name(key): _shown(row) for key, row in wanted.items()},
        {_name(key): _shown(row) for key, row in load.present.items()},
        label="title",
    )
    by_name = {_name(key): row for key, row in wanted.items()}
    written = [by_name[name] for name in compared.to_write] if apply else []
    if apply:
        _write(
            new=[by_name[name] for name in compared.added],
            changed=[by_name[name] for name in compared.changed],
        )
    return compared.changes + Changes(lines=load.warnings), written


def _apart(
    given: Mapping[Key, EditionFile],
) -> tuple[dict[Key, EditionFile], dict[Key, EditionFile]]:
    """Part what is ours to publish from what a trusted node hosts."""
    foreign = {key: row for key, row in given.items() if hosted_elsewhere(row.place_id)}
    return {key: row for key, row in given.items() if key not in foreign}, foreign


def _kept(foreign: Mapping[Key, EditionFile]) -> Changes:
    """Return what files say of other nodes' places: equal to the mirror, or a warning."""
    if not foreign:
        return Changes()
    rows = Edition.objects.filter(matter_id__in={key[0] for key in foreign})
    present = {(row.matter_id, row.place_id, row.version): row for row in rows}
    same, lines = 0, []
    for key, row in foreign.items():
        differing = _differing(row, present.get(key))
        if differing:
            lines.append(
                f"! edition {_name(key)}: {hosted_elsewhere(row.place_id)} publishes it; "
                f"the file is not loaded, differs in {differing}"
            )
        else:
            same += 1
    return Changes(unchanged=same, lines=lines)


def _differing(row: EditionFile, held: Edition | None) -> str:
    if held is None:
        return "all: it has not come from there"
    wanted = {"state": row.state.value, "content": _content(row)}
    names = [name for name in (*_FIXED, "state") if name != "task_type"]  # that is the matter's
    return ", ".join(n for n in names if getattr(held, n) != wanted.get(n, getattr(row, n, None)))


def _keyed(rows: Iterable[EditionFile]) -> dict[Key, EditionFile]:
    given: dict[Key, EditionFile] = {}
    for row in rows:
        key = (row.matter_code, row.place_id, row.version)
        if key in given:
            raise EditionInvalid(**_names(row), problems="同一版本出现了两次")
        given[key] = row
    return given


def _begin(
    given: Mapping[Key, EditionFile], *, apply: bool, standards: Mapping[str, Matter]
) -> _Load:
    codes = {matter_code for matter_code, _, _ in given}
    # Loads of the same matters wait for one another here.
    locked = Matter.objects.select_for_update().filter(code__in=codes).order_by("code")
    matters = {matter.code: standards.get(matter.code, matter) for matter in locked}
    present = {
        (row.matter_id, row.place_id, row.version): row
        for row in Edition.objects.filter(matter_id__in=codes)
    }
    published: dict[tuple[str, str], int] = {}
    states = [(key, EditionState(row.state)) for key, row in present.items() if key not in given]
    states += [(key, row.state) for key, row in given.items()]
    for (matter_code, place_id, version), state in states:
        if state is EditionState.PUBLISHED:
            pair = (matter_code, place_id)
            published[pair] = max(version, published.get(pair, 0))
    return _Load(
        given=given,
        matters=matters,
        present=present,
        published=published,
        today=localdate(clock.now()),
        apply=apply,
    )


def _wanted(row: EditionFile, load: _Load) -> Edition:
    """Return the row as it is to stand, having refused what may not."""
    key = (row.matter_code, row.place_id, row.version)
    old = load.present.get(key)
    wanted = _row_of(row, old, load)
    if old is None:
        _require_raised(row, load)
    else:
        _require_forward(row, EditionState(old.state), EditionState(wanted.state))
        if old.state != EditionState.DRAFT:
            differing = [name for name in _FIXED if getattr(old, name) != getattr(wanted, name)]
            if differing:
                raise PublishedEditionChanged(**_names(row), fields=", ".join(differing))
            return wanted
    problems: Sequence[ContentProblem] = content_problems(wanted.content)
    if problems:
        raise EditionInvalid(**_names(row), problems=_told(problems))
    if wanted.state == EditionState.PUBLISHED:
        _require_lawful(row, wanted, load)
    return wanted


def _row_of(row: EditionFile, old: Edition | None, load: _Load) -> Edition:
    matter = load.matters.get(row.matter_code)
    if matter is None:
        if load.apply:
            raise MatterUnknown(matter_code=row.matter_code)
        load.warnings.append(f"! edition {row.matter_code}: the matter is not loaded yet")
    state = EditionState(row.state)
    if (
        state is EditionState.PUBLISHED
        and row.version < load.published[row.matter_code, row.place_id]
    ):
        state = EditionState.WITHDRAWN
    published_on = row.published_on or load.today
    wanted = Edition(
        id=new_id(settings.NODE) if old is None else old.id,
        matter_id=row.matter_code,
        place_id=row.place_id,
        agency_id=row.agency_id,
        version=row.version,
        state=state.value,
        title="" if matter is None else matter.title,
        title_en="" if matter is None else matter.title_en,
        task_type="" if matter is None else matter.task_type,
        handle_item_code=row.handle_item_code,
        content=_content(row),
        source=row.source,
        sample=row.sample,
        published_on=None if state is EditionState.DRAFT else published_on,
    )
    if old is not None and old.state != EditionState.DRAFT:
        wanted.title, wanted.title_en = old.title, old.title_en
        wanted.published_on = old.published_on
    return wanted


def _content(row: EditionFile) -> dict[str, Any]:
    """Return the content as it comes back from the database: JSON, in NFC."""
    try:
        text = json.dumps(row.content, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise EditionInvalid(**_names(row), problems=f"不是 JSON:{error}") from error
    content: dict[str, Any] = json.loads(unicodedata.normalize("NFC", text))
    return content


def _require_raised(row: EditionFile, load: _Load) -> None:
    latest = max(
        (
            version
            for matter_code, place_id, version in load.present
            if (matter_code, place_id) == (row.matter_code, row.place_id)
        ),
        default=0,
    )
    if row.version <= latest:
        raise VersionNotRaised(**_names(row), latest=latest)


def _require_forward(row: EditionFile, old: EditionState, new: EditionState) -> None:
    order = list(EditionState)
    if order.index(new) < order.index(old):
        raise StateGoesBack(**_names(row), old_state=old.value, new_state=new.value)


def _require_lawful(row: EditionFile, wanted: Edition, load: _Load) -> None:
    if wanted.task_type == "":
        return
    try:
        can_license = places.agency(row.agency_id).can_license
    except AgencyMissing:
        if load.apply:
            raise
        load.warnings.append(f"! edition {row.matter_code}: agency {row.agency_id} not loaded yet")
        return
    if load.apply:
        places.place(row.place_id)
    problems = unlawful(view_of(wanted), can_license=can_license)
    if problems:
        raise EditionUnlawful(**_names(row), problems=_told(problems))


def _replaced(load: _Load) -> dict[Key, Edition]:
    """Return the published editions that the load does not name and a higher version replaces."""
    found = {}
    for key, old in load.present.items():
        top = load.published.get(key[:2], 0)
        if key not in load.given and old.state == EditionState.PUBLISHED and key[2] < top:
            fields = {each.attname: getattr(old, each.attname) for each in Edition._meta.fields}  # noqa: SLF001 - Django's documented name
            found[key] = Edition(**{**fields, "state": EditionState.WITHDRAWN.value})
    return found


def _name(key: Key) -> str:
    matter_code, place_id, version = key
    return f"{matter_code} {place_id} v{version}"


def _shown(row: Edition) -> dict[str, object]:
    return {"title": row.title, "state": row.state, **{name: getattr(row, name) for name in _FIXED}}


def _names(row: EditionFile) -> dict[str, str | int]:
    return {
        "matter_code": row.matter_code[:64],
        "place_id": row.place_id[:49],
        "version": row.version,
    }


def _told(problems: Sequence[ContentProblem]) -> str:
    told = [
        f"{problem.path}:{problem.message}" + (f"({problem.article})" if problem.article else "")
        for problem in problems[:_SHOWN]
    ]
    more = len(problems) - _SHOWN
    return ";".join(told) + (f";另有 {more} 处" if more > 0 else "")


def _write(*, new: Sequence[Edition], changed: Sequence[Edition]) -> None:
    # Withdrawals first: a place has one published edition of a matter at any time.
    for row in sorted(changed, key=lambda each: each.state != EditionState.WITHDRAWN):
        row.save(force_update=True)
    Edition.objects.bulk_create(new, batch_size=_BATCH)


_ENTRIES = {
    EditionState.PUBLISHED: "edition.published",
    EditionState.WITHDRAWN: "edition.withdrawn",
}


def _record(row: Edition, acting: Acting) -> None:
    """Write the entry of an edition that was published or withdrawn; a draft binds nobody.

    What has been published changes in its state alone, so that each state comes here once.
    """
    kind = _ENTRIES.get(EditionState(row.state))
    if kind is None:
        return
    evidence.record(
        kind=kind,
        at=clock.now(),
        place_id=row.place_id,
        acting=acting,
        subject=("edition", row.id),
        facts={
            "matter": row.matter_id,
            "version": row.version,
            "agency_id": row.agency_id,
            "published_on": str(row.published_on),
            "content_sha256": digest_of(row.content),
        },
        key=None,
    )
