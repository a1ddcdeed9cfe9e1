"""Loads of reference data: counted, idempotent, refused as a whole."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tongban.kernel.changes import Changes
from tongban.kernel.errors import Refusal
from tongban.places import api, errors
from tongban.places.models import Agency, CalendarDay, Place, ReferenceVersion, ZoneMember

pytestmark = pytest.mark.django_db

HEBEI = api.PlaceRow(id="130000", code="130000", name="河北省", name_en="Hebei", level="province")
LANGFANG = api.PlaceRow(
    id="131000", code="131000", name="廊坊市", name_en="Langfang", level="city", parent_id="130000"
)
DACHANG = api.PlaceRow(
    id="131028",
    code="131028",
    name="大厂回族自治县",
    name_en="Dachang Hui Autonomous County",
    level="county",
    parent_id="131000",
)
SANHE = api.PlaceRow(id="131082", code="131082", name="三河市", level="county", parent_id="131000")
BEIJING = api.PlaceRow(id="110000", code="110000", name="北京市", level="province")
NORTH = api.PlaceRow(
    id="zone-beisanxian",
    name="廊坊北三县",
    level="zone",
    parent_id="131000",
    members=("131082", "131028"),
)
ALL = (NORTH, DACHANG, SANHE, LANGFANG, HEBEI, BEIJING)  # members and children before parents
BUREAU = api.AgencyRow(
    id="agency-dachang-spj",
    place_id="131028",
    name="大厂回族自治县行政审批局",
    nature_code="1",
    can_license=True,
)
HALL = api.OfficeRow(
    id="office-dachang-hall",
    place_id="131028",
    name="大厂回族自治县政务服务中心",
    kind="hall",
    run_by=("agency-dachang-spj",),
)


def test_places_load_in_any_order_and_again_change_nothing() -> None:
    assert api.put_places(ALL, apply=True) == Changes(
        6,
        0,
        0,
        [
            "+ place zone-beisanxian 廊坊北三县",
            "+ place 131028 大厂回族自治县",
            "+ place 131082 三河市",
            "+ place 131000 廊坊市",
            "+ place 130000 河北省",
            "+ place 110000 北京市",
        ],
    )
    token = ReferenceVersion.objects.get().token
    assert api.put_places(ALL, apply=True) == Changes(0, 0, 6, [])
    assert ReferenceVersion.objects.get().token == token
    assert dict(Place.objects.values_list("id", "path")) == {
        "110000": "/110000/",
        "130000": "/130000/",
        "131000": "/130000/131000/",
        "131028": "/130000/131000/131028/",
        "131082": "/130000/131000/131082/",
        "zone-beisanxian": "/130000/131000/zone-beisanxian/",
    }


def test_a_trial_writes_nothing_and_warns_of_what_is_not_there() -> None:
    told = api.put_places([DACHANG], apply=False)
    assert told == Changes(
        1,
        0,
        0,
        [
            "+ place 131028 大厂回族自治县",
            "! place 131028: parent_id 131000 is not loaded yet",
        ],
    )
    assert api.put_agencies([BUREAU], apply=False).added == 1
    assert api.put_offices([HALL], apply=False).added == 1
    assert (
        api.put_calendar(
            "cn", {date(2026, 10, 1): False}, published_years={2026}, source="x", apply=False
        ).added
        == 1
    )
    row = api.SettingRow(place_id="131028", key="transit_days", value=3)
    assert api.put_settings([row], apply=False).added == 1
    assert (Place.objects.count(), ReferenceVersion.objects.count()) == (0, 0)


def test_a_change_is_told_and_written_and_a_name_is_composed() -> None:
    api.put_places(ALL, apply=True)
    renamed = api.PlaceRow(
        id="131082", code="131082", name="Sanhe\u0301 ", level="county", parent_id="131000"
    )
    assert api.put_places([renamed], apply=True) == Changes(
        0, 1, 0, ["~ place 131082: name '三河市' → 'Sanhé'"]
    )
    assert api.place("131082").name == "Sanhé"


def test_a_place_that_moves_takes_those_below_along() -> None:
    api.put_places(ALL, apply=True)
    moved = api.PlaceRow(
        id="131000", code="131000", name="廊坊市", level="city", parent_id="110000"
    )
    assert api.put_places([moved], apply=True).changed == 1
    assert Place.objects.get(id="131028").path == "/110000/131000/131028/"
    assert api.chain("131028") == ("110000", "131000", "131028")
    assert api.place("131028").full_name == "北京市廊坊市大厂回族自治县"


def test_the_members_of_a_zone_change() -> None:
    api.put_places(ALL, apply=True)
    smaller = api.PlaceRow(
        id="zone-beisanxian",
        name="廊坊北三县",
        level="zone",
        parent_id="131000",
        members=("131082",),
    )
    assert api.put_places([smaller], apply=True).changed == 1
    assert list(ZoneMember.objects.values_list("place_id", flat=True)) == ["131082"]
    assert api.members("zone-beisanxian") == frozenset({"131082"})


def _place(**changed: object) -> api.PlaceRow:
    return api.PlaceRow(**{"id": "1", "code": "1", "name": "甲", "level": "city", **changed})  # type: ignore[arg-type]  # a row as a file may hold it


BAD: list[tuple[Callable[[], object], type[Refusal]]] = [
    (lambda: api.put_places([HEBEI, HEBEI], apply=True), errors.RowRepeated),
    (lambda: api.put_places([HEBEI, _place(code="130000")], apply=True), errors.RowRepeated),
    (lambda: api.put_places([HEBEI, _place(parent_id="9")], apply=True), errors.ReferenceUnknown),
    (
        lambda: api.put_places(
            [_place(id="2", code=None, level="zone", members=("8",))], apply=True
        ),
        errors.ReferenceUnknown,
    ),
    (
        lambda: api.put_places(
            [_place(parent_id="2"), _place(id="2", code="2", parent_id="1")], apply=True
        ),
        errors.PlaceLoop,
    ),
    (lambda: api.put_places([_place(parent_id="1")], apply=True), errors.PlaceLoop),
    (lambda: api.put_places([_place(level="village")], apply=True), errors.ValueRefused),
    (lambda: api.put_places([_place(code=None)], apply=True), errors.ValueRefused),
    (lambda: api.put_places([_place(level="zone")], apply=True), errors.ValueRefused),
    (lambda: api.put_places([_place(members=("2",))], apply=True), errors.ValueRefused),
    (lambda: api.put_places([_place(id="1/2")], apply=True), errors.ValueRefused),
    (lambda: api.put_places([_place(id="")], apply=True), errors.ValueRefused),
    (lambda: api.put_places([_place(name=" ")], apply=True), errors.ValueRefused),
    (lambda: api.put_agencies([BUREAU], apply=True), errors.ReferenceUnknown),
    (lambda: api.put_offices([HALL], apply=True), errors.ReferenceUnknown),
    (
        lambda: api.put_settings(
            [api.SettingRow(place_id="1", key="transit_days", value=3)], apply=True
        ),
        errors.ReferenceUnknown,
    ),
    (
        lambda: api.put_settings(
            [api.SettingRow(place_id="1", key="unheard_of", value=3)], apply=True
        ),
        errors.ValueRefused,
    ),
    (
        lambda: api.put_settings(
            [api.SettingRow(place_id="1", key="transit_days", value="x")], apply=True
        ),
        errors.ValueRefused,
    ),
    (
        lambda: api.put_calendar("", {}, published_years={2026}, source="", apply=True),
        errors.ValueRefused,
    ),
]


@pytest.mark.parametrize(("load", "refusal"), BAD)
def test_a_bad_row_stops_the_whole_load(load: Callable[[], object], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        load()
    assert (Place.objects.count(), ReferenceVersion.objects.count()) == (0, 0)


def test_an_entrusted_body_cannot_be_entered_as_deciding_licences() -> None:
    api.put_places(ALL, apply=True)
    centre = api.AgencyRow(
        id="agency-centre", place_id="131028", name="服务中心", nature_code="3", can_license=True
    )
    with pytest.raises(errors.MayNotLicense):
        api.put_agencies([centre], apply=True)
    assert Agency.objects.count() == 0
    with pytest.raises(IntegrityError), transaction.atomic():  # nor past the door
        Agency.objects.create(
            id="agency-x", place_id="131028", name="x", nature_code="3", can_license=True
        )


def test_a_credit_code_that_fails_its_check_is_told_and_kept() -> None:
    api.put_places(ALL, apply=True)
    row = api.AgencyRow(
        id="agency-a",
        place_id="131028",
        name="甲局",
        nature_code="1",
        credit_code="91350211m0000xuf46",
    )
    told = api.put_agencies([row], apply=True)
    assert told.lines[-1] == "! agency agency-a: credit_code 91350211m0000xuf46: check_digit"
    assert api.agency("agency-a").credit_code == "91350211M0000XUF46"
    assert api.put_agencies([row], apply=True).nothing


def test_offices_and_who_runs_them() -> None:
    api.put_places(ALL, apply=True)
    other = api.AgencyRow(
        id="agency-sanhe", place_id="131082", name="三河市审批局", nature_code="1"
    )
    assert api.put_agencies([BUREAU, other], apply=True).added == 2
    assert api.put_offices([HALL], apply=True).lines == [
        "+ office office-dachang-hall 大厂回族自治县政务服务中心"
    ]
    assert api.put_offices([HALL], apply=True) == Changes(0, 0, 1, [])
    shared = api.OfficeRow(
        id=HALL.id,
        place_id="131028",
        name=HALL.name,
        kind="hall",
        run_by=("agency-sanhe", "agency-dachang-spj"),
    )
    assert api.put_offices([shared], apply=True).changed == 1
    assert api.office(HALL.id).run_by == ("agency-dachang-spj", "agency-sanhe")
    with pytest.raises(errors.ValueRefused):
        api.put_offices(
            [api.OfficeRow(id="o", place_id="131028", name="无人", kind="hall", run_by=())],
            apply=True,
        )
    with pytest.raises(errors.ValueRefused):
        api.put_offices(
            [
                api.OfficeRow(
                    id="o", place_id="131028", name="厅", kind="x", run_by=("agency-sanhe",)
                )
            ],
            apply=True,
        )
    assert [each.id for each in api.offices_in("131028")] == [HALL.id]


def test_a_calendar_replaces_the_years_it_speaks_of_and_keeps_the_others() -> None:
    put = api.put_calendar
    first = put(
        "cn",
        {date(2025, 10, 1): False, date(2026, 10, 1): False, date(2026, 10, 10): True},
        published_years={2025, 2026},
        source="国办发明电",
        apply=True,
    )
    assert (first.added, first.changed) == (3, 1)
    api.put_places(ALL, apply=True)
    assert api.calendar_of("131028").version == 1
    again = put(
        "cn",
        {date(2026, 10, 1): False, date(2026, 10, 10): True},
        published_years={2026},
        source="国办发明电",
        apply=True,
    )
    assert again == Changes(0, 0, 2, [])
    amended = put(
        "cn",
        {date(2026, 10, 1): False, date(2026, 10, 11): True},
        published_years={2026},
        source="国办发明电",
        apply=True,
    )
    assert amended == Changes(1, 1, 1, ["+ day of cn 2026-10-11 True", "- day of cn 2026-10-10"])
    calendar = api.calendar_of("131028")
    assert calendar.version == 2
    assert calendar.days == {
        date(2025, 10, 1): False,
        date(2026, 10, 1): False,
        date(2026, 10, 11): True,
    }
    assert calendar.published_years == frozenset({2025, 2026})


def test_a_new_source_alone_does_not_raise_the_calendar_version() -> None:
    days = {date(2026, 10, 1): False}
    api.put_calendar("cn", days, published_years={2026}, source="a", apply=True)
    told = api.put_calendar("cn", days, published_years={2026}, source="b", apply=True)
    assert told.changed == 1
    assert CalendarDay.objects.get().source == "b"
    assert CalendarDay.objects.get().calendar.version == 1


def test_the_whole_country_loads_in_few_statements() -> None:
    rows = [HEBEI]
    rows += [
        api.PlaceRow(
            id=f"13{n:04}", code=f"13{n:04}", name=f"第{n}县", level="county", parent_id="130000"
        )
        for n in range(1, 3351)
    ]
    with CaptureQueriesContext(connection) as first:
        assert api.put_places(rows, apply=True).added == 3351
    with CaptureQueriesContext(connection) as again:
        assert api.put_places(rows, apply=True) == Changes(0, 0, 3351, [])
    assert len(first) <= 60  # SQLite takes 999 variables a statement
    assert len(again) <= 12
