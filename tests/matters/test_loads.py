"""Loads of the catalogue: shown first, idempotent, and never over what is published."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from matters.catalogue import (
    CARD,
    CENTRE,
    CONTENT,
    COUNTY,
    DISTRICT,
    NURSE,
    content,
    edition_file,
    put_places,
)
from tongban.evidence import api as evidence
from tongban.evidence.models import PendingEntry
from tongban.kernel import clock
from tongban.kernel.changes import Changes
from tongban.matters import api, errors
from tongban.matters.models import Edition, Matter
from tongban.places.errors import AgencyMissing, PlaceMissing
from tongban.vault import api as vault

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

# 15:59 UTC is still the 30th of June in Beijing, one minute later it is July.
HELD_AT = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _reference() -> None:
    put_places()


def put(*files: api.EditionFile, apply: bool = True) -> Changes:
    return api.put_editions(files, apply=apply)


def rows() -> list[tuple[str, int, str]]:
    found = Edition.objects.order_by("place_id", "matter_id", "version")
    return list(found.values_list("matter_id", "version", "state"))


def entries() -> list[tuple[str, int]]:
    """Return the kind and the edition's version of each entry, as they were recorded."""
    key = vault.node_key("evidence")
    found = PendingEntry.objects.order_by("position").values_list("entry_id", flat=True)
    opened = [evidence.open_entry(entry_id=entry_id, key=key) for entry_id in found]
    return [(entry.kind, entry.body["facts"]["version"]) for entry in opened]


def test_matters_load_and_load_again_without_change() -> None:
    assert api.put_matters([NURSE, CARD], apply=True) == Changes(
        2, 0, 0, ["+ matter nurse-register 护士执业注册", "+ matter insurance-proof 参保证明打印"]
    )
    assert api.put_matters([CARD, NURSE], apply=True) == Changes(0, 0, 2, [])
    assert api.matter("nurse-register") == api.MatterView(
        code="nurse-register",
        title="护士执业注册",
        title_en="Nurse registration",
        aliases=("护士证", "护士首次注册"),
        task_type="01",
        source="",
        sample=False,
    )


def test_a_trial_writes_nothing() -> None:
    assert api.put_matters([NURSE], apply=False).added == 1
    assert Matter.objects.count() == 0
    shown = put(edition_file(), apply=False)
    assert shown.added == 1
    assert shown.lines == [
        "+ edition nurse-register 131028 v1",
        "! edition nurse-register: the matter is not loaded yet",
    ]
    assert rows() == []


@pytest.mark.parametrize(
    "changes",
    [{"code": "a b"}, {"title": " "}, {"title_en": ""}, {"task_type": "99"}, {"code": "x" * 65}],
)
def test_a_wrong_matter_stops_the_load(changes: dict[str, str]) -> None:
    good: dict[str, Any] = {"code": "x", "title": "某事", "title_en": "It", "task_type": "20"}
    wrong = api.MatterRow(**(good | changes))
    with pytest.raises(errors.MatterInvalid):
        api.put_matters([NURSE, wrong], apply=True)
    assert Matter.objects.count() == 0


def test_a_matter_twice_stops_the_load() -> None:
    with pytest.raises(errors.MatterInvalid):
        api.put_matters([NURSE, NURSE], apply=True)
    assert Matter.objects.count() == 0


def test_an_edition_is_published_on_the_day_in_beijing_and_loads_once() -> None:
    api.put_matters([NURSE], apply=True)
    with clock.held_at(HELD_AT):
        assert put(edition_file()) == Changes(
            1, 0, 0, ["+ edition nurse-register 131028 v1 护士执业注册"]
        )
    assert Edition.objects.get().published_on == date(2026, 7, 1)
    assert put(edition_file()) == Changes(0, 0, 1, [])


def test_published_content_changes_only_under_a_higher_version() -> None:
    api.put_matters([NURSE], apply=True)
    put(edition_file())
    before = list(Edition.objects.values())
    changed = content(conditions="另一套条件")
    with pytest.raises(errors.PublishedEditionChanged) as refused:
        put(edition_file(content=changed))
    assert refused.value.fields["fields"] == "content"
    assert list(Edition.objects.values()) == before

    shown = put(edition_file(content=changed, version=2))
    assert (shown.added, shown.changed) == (1, 1)
    assert shown.lines == [
        "+ edition nurse-register 131028 v2 护士执业注册",
        "~ edition nurse-register 131028 v1: state 'published' → 'withdrawn'",
    ]
    assert rows() == [("nurse-register", 1, "withdrawn"), ("nurse-register", 2, "published")]
    assert Edition.objects.get(version=1).content == CONTENT
    assert put(edition_file(content=changed, version=2)) == Changes(0, 0, 1, [])


def test_publishing_and_withdrawing_leave_an_entry_each_and_a_draft_none() -> None:
    api.put_matters([NURSE], apply=True)
    put(edition_file(state=api.EditionState.DRAFT))
    assert entries() == []
    put(edition_file())
    put(edition_file())
    assert entries() == [("edition.published", 1)]
    put(edition_file(version=2), apply=False)
    put(edition_file(version=2))
    assert sorted(entries()) == [
        ("edition.published", 1),
        ("edition.published", 2),
        ("edition.withdrawn", 1),
    ]


def test_both_versions_in_one_load_end_with_the_higher_one_open() -> None:
    api.put_matters([NURSE], apply=True)
    files = (edition_file(version=2), edition_file(version=1))
    assert put(*files).added == 2
    assert rows() == [("nurse-register", 1, "withdrawn"), ("nurse-register", 2, "published")]
    assert put(*files) == Changes(0, 0, 2, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [("handle_item_code", "other"), ("source", "press"), ("sample", True)],
)
def test_every_fixed_field_of_a_published_edition_holds(name: str, value: object) -> None:
    api.put_matters([NURSE], apply=True)
    put(edition_file())
    with pytest.raises(errors.PublishedEditionChanged) as refused:
        put(edition_file(**{name: value}))
    assert refused.value.fields["fields"] == name
    assert rows() == [("nurse-register", 1, "published")]


def test_a_new_type_of_the_matter_needs_a_new_version_but_a_new_title_does_not() -> None:
    api.put_matters([NURSE], apply=True)
    put(edition_file())
    renamed = api.MatterRow(code=NURSE.code, title="新名称", title_en="New", task_type="01")
    api.put_matters([renamed], apply=True)
    assert put(edition_file()) == Changes(0, 0, 1, [])
    assert Edition.objects.get().title == "护士执业注册"
    retyped = api.MatterRow(code=NURSE.code, title="新名称", title_en="New", task_type="07")
    api.put_matters([retyped], apply=True)
    with pytest.raises(errors.PublishedEditionChanged):
        put(edition_file())


def test_a_draft_changes_freely_and_is_then_published() -> None:
    api.put_matters([NURSE], apply=True)
    draft = api.EditionState.DRAFT
    put(edition_file(state=draft))
    assert Edition.objects.get().published_on is None
    assert put(edition_file(state=draft, content=content(conditions="改"))).changed == 1
    assert put(edition_file(content=content(conditions="改"))).changed == 1
    assert rows() == [("nurse-register", 1, "published")]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (api.EditionState.PUBLISHED, api.EditionState.DRAFT),
        (api.EditionState.WITHDRAWN, api.EditionState.PUBLISHED),
        (api.EditionState.WITHDRAWN, api.EditionState.DRAFT),
    ],
)
def test_a_state_never_goes_back(first: api.EditionState, then: api.EditionState) -> None:
    api.put_matters([NURSE], apply=True)
    put(edition_file(state=first))
    with pytest.raises(errors.StateGoesBack):
        put(edition_file(state=then))
    assert rows() == [("nurse-register", 1, first.value)]


def test_a_new_version_must_be_the_highest() -> None:
    api.put_matters([NURSE], apply=True)
    put(edition_file(version=3))
    with pytest.raises(errors.VersionNotRaised):
        put(edition_file(version=2))
    assert rows() == [("nurse-register", 3, "published")]


def test_places_do_not_disturb_one_another() -> None:
    api.put_matters([CARD], apply=True)
    files = [
        edition_file(matter_code=CARD.code, place_id=place, agency_id=CENTRE, version=version)
        for place, version in ((COUNTY, 1), (DISTRICT, 4))
    ]
    put(*files)
    assert rows() == [(CARD.code, 4, "published"), (CARD.code, 1, "published")]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"content": {"modes": ["online"]}}, errors.EditionInvalid),
        ({"content": content(samples=[date(2026, 1, 1)])}, errors.EditionInvalid),
        ({"matter_code": "nobody"}, errors.MatterUnknown),
        ({"agency_id": "agency-none"}, AgencyMissing),
        ({"place_id": "999999"}, PlaceMissing),
        ({"agency_id": CENTRE}, errors.EditionUnlawful),
    ],
)
def test_a_wrong_edition_stops_the_whole_load(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    api.put_matters([NURSE, CARD], apply=True)
    good = edition_file(matter_code=CARD.code, agency_id=CENTRE)
    with pytest.raises(refusal):
        put(good, edition_file(**changes))
    assert rows() == []


def test_an_edition_twice_stops_the_load() -> None:
    api.put_matters([NURSE], apply=True)
    with pytest.raises(errors.EditionInvalid):
        put(edition_file(), edition_file())
    assert rows() == []


UNLAWFUL: list[tuple[dict[str, Any], str]] = [
    ({"promised": {"value": 21, "unit": "working_days"}}, "优化营商环境条例第三十六条"),
    (
        {"statutory": {"value": 30, "unit": "working_days", "basis": "行政许可法"}},
        "行政许可法第四十二条",
    ),
    ({"extension": {"value": 11, "unit": "working_days"}}, "行政许可法第四十二条"),
    (
        {"receive_answer_limit": {"value": 6, "unit": "working_days"}},
        "行政许可法第三十二条第一款第四项",
    ),
    ({"deliver_limit": {"value": 11, "unit": "working_days"}}, "行政许可法第四十四条"),
    ({"decision_kind": "registration"}, "行政许可法第二条"),
    (
        {"fee": {"charged": True, "text": "二十元", "text_en": "20 yuan"}},
        "行政许可法第五十八条",
    ),
    (
        {"materials": [{**CONTENT["materials"][0], "title": "其他材料"}]},
        "行政许可法第三十条",
    ),
    (
        {"materials": [{**CONTENT["materials"][1], "exempt": False}]},
        "国务院关于在线政务服务的若干规定第七条",
    ),
]


@pytest.mark.parametrize(("changes", "article"), UNLAWFUL)
def test_what_is_unlawful_is_not_published_but_may_be_drafted(
    changes: dict[str, Any], article: str
) -> None:
    api.put_matters([NURSE], apply=True)
    with pytest.raises(errors.EditionUnlawful) as refused:
        put(edition_file(content=content(**changes)))
    assert article in str(refused.value.fields["problems"])
    assert rows() == []
    draft = edition_file(content=content(**changes), state=api.EditionState.DRAFT)
    assert put(draft).added == 1


def test_a_longer_limit_with_its_law_is_published() -> None:
    api.put_matters([NURSE], apply=True)
    limit = {"value": 30, "unit": "working_days", "basis": "某某条例第三条"}
    assert put(edition_file(content=content(statutory=limit))).added == 1


def _twice_published(row: Edition) -> None:
    Edition.objects.create(**_fields(row) | {"id": "x-1", "version": 9})


def _same_version(row: Edition) -> None:
    Edition.objects.create(**_fields(row) | {"id": "x-1", "state": "withdrawn"})


def _no_such_state(row: Edition) -> None:
    Edition.objects.filter(id=row.id).update(state="open")


def _published_without_a_day(row: Edition) -> None:
    Edition.objects.filter(id=row.id).update(published_on=None)


def _fields(row: Edition) -> dict[str, Any]:
    return dict(Edition.objects.filter(id=row.id).values().get())


def _content_changed(row: Edition) -> None:
    Edition.objects.filter(id=row.id).update(content={})


def _title_changed(row: Edition) -> None:
    Edition.objects.filter(id=row.id).update(title="x")


@pytest.mark.parametrize(
    "spoil",
    [
        _twice_published,
        _same_version,
        _no_such_state,
        _published_without_a_day,
        _content_changed,
        _title_changed,
    ],
)
def test_the_database_itself_refuses(spoil: Callable[[Edition], None]) -> None:
    api.put_matters([NURSE], apply=True)
    put(edition_file())
    with pytest.raises(IntegrityError), transaction.atomic():
        spoil(Edition.objects.get())
    assert rows() == [("nurse-register", 1, "published")]
