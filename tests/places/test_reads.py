"""Reads: right answers, no statements, and right again after a load elsewhere."""

import threading
from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tongban.kernel.workdays import LightRule
from tongban.places import api, errors
from tongban.places.models import Place, ReferenceVersion
from tongban.places.queries import snapshot

R = TypeVar("R")
DB = pytest.mark.django_db

BEIJING = api.PlaceRow(
    id="110000", code="110000", name="北京市", name_en="Beijing", level="province"
)
ROWS = [
    BEIJING,
    api.PlaceRow(
        id="110100",
        code="110100",
        name="市辖区",
        level="city",
        parent_id="110000",
        statistical_only=True,
    ),
    api.PlaceRow(
        id="110112",
        code="110112",
        name="通州区",
        name_en="Tongzhou District",
        level="county",
        parent_id="110100",
        source="民政部",
    ),
    api.PlaceRow(id="130000", code="130000", name="河北省", name_en="Hebei", level="province"),
    api.PlaceRow(
        id="131000",
        code="131000",
        name="廊坊市",
        name_en="Langfang",
        level="city",
        parent_id="130000",
    ),
    api.PlaceRow(
        id="131028",
        code="131028",
        name="大厂回族自治县",
        name_en="Dachang Hui Autonomous County",
        level="county",
        parent_id="131000",
    ),
    api.PlaceRow(
        id="131028100",
        code="131028100",
        name="大厂镇",
        level="town",
        parent_id="131028",
        sample=True,
    ),
    api.PlaceRow(
        id="zone-beisanxian",
        name="廊坊北三县",
        level="zone",
        parent_id="131000",
        members=("131028",),
    ),
]


@pytest.fixture
def loaded(db: None) -> None:
    api.put_places(ROWS, apply=True)
    api.put_agencies(
        [
            api.AgencyRow(
                id="agency-dachang",
                place_id="131028",
                name="大厂回族自治县行政审批局",
                nature_code="1",
                can_license=True,
            ),
            api.AgencyRow(id="agency-bj", place_id="110000", name="甲局", nature_code="1"),
        ],
        apply=True,
    )
    api.put_offices(
        [
            api.OfficeRow(
                id="office-town",
                place_id="131028100",
                name="大厂镇便民服务中心",
                kind="station",
                run_by=("agency-bj", "agency-dachang"),
            )
        ],
        apply=True,
    )


@pytest.mark.usefixtures("loaded")
def test_a_place_with_its_full_names() -> None:
    assert api.place("110112") == api.PlaceView(
        id="110112",
        code="110112",
        name="通州区",
        name_en="Tongzhou District",
        level="county",
        parent_id="110100",
        full_name="北京市通州区",
        full_name_en="Tongzhou District, Beijing",
        statistical_only=False,
        source="民政部",
        sample=False,
    )
    assert api.place("131028100").full_name == "河北省廊坊市大厂回族自治县大厂镇"
    assert api.place("zone-beisanxian").code is None


@DB
def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(errors.PlaceMissing) as refused:
        api.place("999999")
    assert refused.value.fields == {"place_id": "999999"}
    for read, refusal in (
        (api.agency, errors.AgencyMissing),
        (api.office, errors.OfficeMissing),
        (api.chain, errors.PlaceMissing),
        (api.calendar_of, errors.PlaceMissing),
        (api.offices_in, None),
    ):
        if refusal is None:
            assert read("x") == []
        else:
            with pytest.raises(refusal):
                read("x")


@pytest.mark.usefixtures("loaded")
def test_within_is_inclusive_and_follows_zones() -> None:
    inside = [
        ("131028", "131028"),
        ("131028", "130000"),
        ("131028100", "130000"),
        ("zone-beisanxian", "131000"),
        ("131028", "zone-beisanxian"),
        ("131028100", "zone-beisanxian"),
    ]
    outside = [
        ("130000", "131028"),
        ("131028", "110000"),
        ("131000", "zone-beisanxian"),
        ("110112", "zone-beisanxian"),
        ("131028", "1310"),
    ]
    assert [pair for pair in inside if not api.within(*pair)] == []
    assert [pair for pair in outside if api.within(*pair)] == []
    with pytest.raises(errors.PlaceMissing):
        api.within("x", "130000")


@pytest.mark.usefixtures("loaded")
def test_the_tree() -> None:
    assert [each.id for each in api.children(None)] == ["110000", "130000"]
    assert [each.id for each in api.children("131000")] == ["131028", "zone-beisanxian"]
    assert api.children("110112") == []
    assert api.chain("110112") == ("110000", "110100", "110112")


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("大厂", ["131028", "131028100"]),
        ("大厂镇", ["131028100"]),
        ("河北 大厂", ["131028", "131028100"]),
        ("131028", ["131028", "131028100"]),
        ("dachang", ["131028", "131028100"]),
        ("HEBEI", ["130000", "131000", "131028", "131028100", "zone-beisanxian"]),
        ("北三县", ["zone-beisanxian"]),
        ("", []),
        ("  ", []),
        ("拉萨", []),
    ],
)
def test_places_are_found_by_name_and_code(text: str, ids: list[str]) -> None:
    assert [each.id for each in api.places_named(text, 10)] == ids
    assert [each.id for each in api.places_named(text, 1)] == ids[:1]


@pytest.mark.usefixtures("loaded")
def test_offices_are_found_from_the_places_above() -> None:
    for place_id in ("131028100", "131028", "131000", "130000", "zone-beisanxian"):
        assert [each.id for each in api.offices_in(place_id)] == ["office-town"]
    assert api.offices_in("110000") == []
    assert api.office("office-town").run_by == ("agency-bj", "agency-dachang")
    assert [each.id for each in api.agencies_in("131028")] == ["agency-dachang"]


@pytest.mark.usefixtures("loaded")
def test_a_setting_comes_from_the_nearest_place_above() -> None:
    assert api.setting_view("131028100", "transit_days") == api.SettingView(
        key="transit_days", value=7, place_id=None, source="", sample=False
    )
    api.put_settings(
        [
            api.SettingRow(
                place_id="130000", key="transit_days", value=5, source="省", sample=True
            ),
            api.SettingRow(place_id="131028", key="document_prefix", value="大厂"),
        ],
        apply=True,
    )
    assert api.setting_view("131028100", "transit_days") == api.SettingView(
        key="transit_days", value=5, place_id="130000", source="省", sample=True
    )
    assert api.setting("131028100", "document_prefix") == "大厂"
    assert api.setting_number("131000", "document_prefix") is None
    assert api.setting("110000", "transit_days") == 7
    assert api.setting_text("110000", "calendar") == "cn"
    with pytest.raises(KeyError):
        api.setting("110000", "unheard_of")
    with pytest.raises(TypeError):
        api.setting_text("110000", "transit_days")
    with pytest.raises(TypeError):
        api.setting_number("110000", "calendar")
    row = api.SettingRow(place_id="131028", key="document_prefix", value=None)
    assert api.put_settings([row], apply=True).lines == [
        "~ setting 131028 document_prefix: value '大厂' → None"
    ]
    assert api.put_settings([row], apply=True).nothing


@pytest.mark.usefixtures("loaded")
def test_the_lights_and_the_calendar_are_settings() -> None:
    assert api.light_rule_of("131028") == LightRule(warning=5, yellow=1, red=0)
    with pytest.raises(errors.CalendarMissing) as refused:
        api.calendar_of("131028")
    assert refused.value.fields == {"name": "cn"}
    api.put_calendar(
        "hebei", {date(2026, 5, 1): False}, published_years={2026}, source="x", apply=True
    )
    api.put_settings(
        [
            api.SettingRow(place_id="130000", key="calendar", value="hebei"),
            api.SettingRow(
                place_id="130000", key="light_rule", value={"warning": 3, "yellow": 2, "red": 1}
            ),
        ],
        apply=True,
    )
    assert api.light_rule_of("131028") == LightRule(warning=3, yellow=2, red=1)
    calendar = api.calendar_of("131028")
    assert (calendar.name, calendar.version) == ("hebei", 1)
    assert not calendar.is_working(date(2026, 5, 1))
    assert calendar.is_published(2026)


@pytest.mark.usefixtures("loaded")
def test_a_read_costs_no_statement_once_the_snapshot_is_there() -> None:
    api.place("131028")
    with CaptureQueriesContext(connection) as statements:
        api.place("110112")
        api.places_named("大厂")
        api.offices_in("131028")
        api.setting("131028", "transit_days")
        api.agency("agency-bj")
    assert len(statements) == 0


@DB
def test_a_load_inside_a_transaction_is_seen_there() -> None:
    api.put_places([BEIJING], apply=True)
    assert api.place("110000").name == "北京市"
    # The test's own transaction rolls back; the next test shows that nothing is left.


@DB
def test_the_load_of_the_test_before_has_left_nothing() -> None:
    with pytest.raises(errors.PlaceMissing):
        api.place("110000")


def _in_thread(read: Callable[[], R]) -> R:
    got: list[R] = []

    def run() -> None:
        try:
            got.append(read())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return got[0]


def _top() -> list[str]:
    return [each.name for each in api.children(None)]


@pytest.mark.django_db(transaction=True)
def test_others_see_a_load_when_it_commits_and_not_before() -> None:
    api.forget()
    assert _top() == []
    with transaction.atomic():
        api.put_places([BEIJING], apply=True)
        assert _top() == ["北京市"]
        assert _in_thread(_top) == []
    assert _top() == ["北京市"]
    assert _in_thread(_top) == ["北京市"]


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_forgotten() -> None:
    api.forget()
    with transaction.atomic():
        api.put_places([BEIJING], apply=True)
        assert _top() == ["北京市"]
        transaction.set_rollback(True)
    assert _top() == []


@pytest.mark.django_db(transaction=True)
def test_a_load_in_another_process_is_seen_when_the_snapshot_is_of_age() -> None:
    api.forget()
    api.put_places([BEIJING], apply=True)
    assert _top() == ["北京市"]
    # What another process would have committed: the row and a new token.
    Place.objects.filter(id="110000").update(name="甲市")
    ReferenceVersion.objects.update(token="another")
    with CaptureQueriesContext(connection) as statements:
        assert _top() == ["北京市"]
    assert len(statements) == 0
    snapshot._shared.checked -= snapshot.MAX_AGE_S
    assert _top() == ["甲市"]
    snapshot._shared.checked -= snapshot.MAX_AGE_S
    with CaptureQueriesContext(connection) as statements:
        assert _top() == ["甲市"]
    assert len(statements) == 1  # the token alone


@pytest.mark.django_db(transaction=True)
def test_two_loads_at_once_both_end() -> None:
    api.put_places([BEIJING], apply=True)
    names = [f"第{n}市" for n in range(6)]

    def load(name: str) -> Callable[[], None]:
        def run() -> None:
            row = api.PlaceRow(id="1", code="1", name=name, level="city", parent_id="110000")
            try:
                api.put_places([row], apply=True)
            finally:
                connection.close()

        return run

    threads = [threading.Thread(target=load(name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Place.objects.get(id="1").name in names
    assert Place.objects.count() == 2
