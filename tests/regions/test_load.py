"""Loading: what is told, that the same files change nothing, that a refusal writes nothing."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connections, transaction
from pytest_django import Settings

from tongban.agreements import api as agreements
from tongban.evidence import api as evidence
from tongban.evidence.models import PendingEntry
from tongban.identity import api as identity
from tongban.identity.models import Person, Post, Staff
from tongban.kernel import clock
from tongban.kernel.errors import Refusal
from tongban.matters import api as matters
from tongban.matters.errors import EditionUnlawful
from tongban.matters.models import Edition, Matter
from tongban.places import api as places
from tongban.places.models import Agency, Calendar, CalendarDay, Office, Place, PlaceSetting
from tongban.regions import api
from tongban.regions.errors import RegionInvalid
from tongban.vault import api as vault
from tongban.vault.models import DataKey

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

TABLES = (
    *(Place, Agency, Office, Calendar, CalendarDay, PlaceSetting),
    *(Matter, Edition, Staff, Post, Person, DataKey),
)


@pytest.fixture(autouse=True)
def _summer_2026() -> Iterator[None]:
    with clock.held_at(datetime(2026, 6, 15, 2, 0, tzinfo=UTC)):
        yield


@pytest.fixture(autouse=True)
def _fresh_reads(_django_db_helper: None) -> Iterator[None]:
    """Let no test read places as another test had loaded them."""
    places.forget()
    yield
    places.forget()


@pytest.fixture(autouse=True)
def _no_demo(settings: Settings) -> None:
    settings.DEMO = False


def rows() -> dict[str, int]:
    return {table.__name__: table.objects.count() for table in TABLES}


def entries() -> list[tuple[str, str, str]]:
    """Return kind, place and subject of every entry, in the order they were recorded."""
    rows = PendingEntry.objects.order_by("position")
    return list(rows.values_list("kind", "place_id", "subject_kind"))


def quiet(_line: str) -> None:
    pass


def test_first_load_adds_everything(root: Path, told: list[str]) -> None:
    changes = api.load(region="river", apply=True, report=told.append, root=root)
    assert told == changes.lines
    assert {line for line in told if not line.startswith(("+ day", "- day"))} == {
        "+ place 990000 虚构省",
        "+ place 990100 市辖区",
        "+ place 990101 东河县",
        "+ place 990102 西河县",
        "~ calendar cn: published years [2026]",
        "+ place zone-two-rivers 两河新区",
        "+ agency agency-donghe 东河县行政审批局",
        "+ agency agency-xihe 西河县行政审批局",
        "+ office office-donghe 东河县政务服务中心",
        "+ office office-donghe-xihe 西河县驻东河县窗口",
        "+ setting 990101 transit_days 4",
        "+ matter bridge-toll 过桥许可",
        "+ edition bridge-toll 990101 v1 过桥许可",
        "+ agreement agreement-east-west 两河通办协议（样例）",
        "+ opening agreement-east-west bridge-toll 990101 ← 990102 received",
    }
    assert rows()["Person"] == rows()["Staff"] == 0


def test_second_load_changes_nothing(root: Path, told: list[str]) -> None:
    first = api.load(region="river", apply=True, report=quiet, root=root)
    before = rows()
    edition_ids = set(Edition.objects.values_list("id", flat=True))
    version = places.calendar_of("990101").version
    second = api.load(region="river", apply=True, report=told.append, root=root)
    assert (second.added, second.changed, told) == (0, 0, [])
    assert second.unchanged == first.added
    assert rows() == before
    assert set(Edition.objects.values_list("id", flat=True)) == edition_ids
    assert places.calendar_of("990101").version == version


def test_what_a_load_truly_changes_leaves_one_entry_each(root: Path) -> None:
    api.load(region="river", apply=False, report=quiet, root=root)
    assert entries() == []
    api.load(region="river", apply=True, report=quiet, root=root)
    first = [
        ("setting.changed", "990101", "place"),
        ("edition.published", "990101", "edition"),
        ("agreement.published", "990101", "agreement"),
    ]
    assert entries() == first
    api.load(region="river", apply=True, report=quiet, root=root)
    assert entries() == first
    path = root / "river/settings.yaml"
    path.write_text(path.read_text("utf-8").replace("value: 4", "value: 6"), encoding="utf-8")
    api.load(region="river", apply=True, report=quiet, root=root)
    assert entries() == [*first, ("setting.changed", "990101", "place")]
    last = PendingEntry.objects.order_by("-position")[0]
    entry = evidence.open_entry(entry_id=last.entry_id, key=vault.node_key("evidence"))
    assert entry.body["facts"] == {"key": "transit_days", "value": 6}
    assert entry.body["acting"]["actor_id"] == "operator"
    assert list(evidence.check_entries(keys=vault.keys_by_id)) == []


def test_a_trial_tells_what_a_load_does_and_writes_nothing(root: Path, told: list[str]) -> None:
    before = rows()
    trial = api.load(region="river", apply=False, report=told.append, root=root)
    assert rows() == before
    assert before["Place"] == 0
    assert trial == api.load(region="river", apply=True, report=quiet, root=root)
    assert told == trial.lines


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_trial_leaves_nothing_behind_in_the_process(root: Path) -> None:
    api.load(region="river", apply=False, report=quiet, root=root)
    with pytest.raises(Refusal, match=r"places\.place_missing"):
        places.place("990101")


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_load_belongs_to_no_other_transaction(root: Path) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        api.load(region="river", apply=True, report=quiet, root=root)
    assert set(rows().values()) == {0}


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_two_at_once_load_it_once(root: Path, settings: Settings) -> None:
    settings.DEMO = True
    gate = threading.Barrier(2)

    def run() -> tuple[int, int]:
        try:
            gate.wait(timeout=20)
            changes = api.load(region="river", apply=True, report=quiet, root=root)
            return changes.added, changes.unchanged
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(f.result() for f in [pool.submit(run), pool.submit(run)])
    assert first == (0, second[0])
    assert second[1] == 0
    assert rows()["Person"] == rows()["DataKey"] == rows()["Edition"] == 1


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_change_is_told_old_and_new(root: Path, told: list[str]) -> None:
    api.load(region="river", apply=True, report=quiet, root=root)
    path = root / "river/settings.yaml"
    path.write_text(path.read_text("utf-8").replace("value: 4", "value: 6"), encoding="utf-8")
    api.load(region="river", apply=False, report=told.append, root=root)
    assert told == ["~ setting 990101 transit_days: value 4 → 6"]
    assert places.setting("990101", "transit_days") == 4
    api.load(region="river", apply=True, report=quiet, root=root)
    assert places.setting("990101", "transit_days") == 6


def test_a_place_belongs_to_its_zone(root: Path) -> None:
    api.load(region="river", apply=True, report=quiet, root=root)
    assert places.within("990102", "zone-two-rivers")
    assert places.place("990101").full_name == "虚构省东河县"
    assert places.place("990101").source == "为测试编写"


def test_an_office_stands_here_and_is_run_from_there(root: Path) -> None:
    api.load(region="river", apply=True, report=quiet, root=root)
    desk = places.office("office-donghe-xihe")
    assert (desk.place_id, desk.run_by, desk.sample) == ("990101", ("agency-xihe",), True)
    assert places.agency("agency-xihe").place_id == "990102"


def test_the_calendar_has_the_library_s_days_and_its_own(root: Path) -> None:
    api.load(region="river", apply=True, report=quiet, root=root)
    calendar = places.calendar_of("990101")
    assert calendar.published_years == frozenset({2026})
    assert not calendar.is_working(date(2026, 10, 1))  # 国庆节
    assert calendar.is_working(date(2026, 10, 10))  # a Saturday worked for it
    assert not calendar.is_working(date(2026, 3, 9))  # the fixture's own Monday off
    assert calendar.is_working(date(2026, 3, 10))


def test_editions_and_openings_stand(root: Path) -> None:
    api.load(region="river", apply=True, report=quiet, root=root)
    (row,) = matters.editions_for(place_id="990101")
    edition = matters.edition(row.id)
    assert (edition.matter_code, edition.agency_id, edition.version) == (
        "bridge-toll",
        "agency-donghe",
        1,
    )
    assert edition.statutory.basis == "虚构省桥梁条例第二条"
    opening = agreements.opening(
        matter_code="bridge-toll",
        deciding_place_id="990101",
        receiving_place_id="990102",
        mode="received",
        on=date(2026, 6, 15),
    )
    assert opening.acts == {agreements.Act.RECEIVE, agreements.Act.VERIFY_ORIGINALS}


def test_wrong_files_write_nothing(root: Path, told: list[str]) -> None:
    path = root / "river/offices.yaml"
    path.write_text(path.read_text("utf-8").replace("[agency-xihe]", "[agency-x]"), "utf-8")
    with pytest.raises(RegionInvalid):
        api.load(region="river", apply=True, report=told.append, root=root)
    assert set(rows().values()) == {0}
    assert told == []


def test_a_refusal_of_an_app_takes_all_of_it_back(root: Path, told: list[str]) -> None:
    # Lawful in form, so that only matters can refuse it, after the places have been written.
    path = root / "river/matters/bridge.yaml"
    text = path.read_text("utf-8")
    longer = "statutory: {value: 90, unit: working_days, sample: true}"
    old = "statutory: {value: 3, unit: working_days, basis: 虚构省桥梁条例第二条}"
    path.write_text(text.replace(old, longer), encoding="utf-8")
    with pytest.raises(EditionUnlawful):
        api.load(region="river", apply=True, report=told.append, root=root)
    assert set(rows().values()) == {0}
    assert told == []


def test_a_report_that_fails_takes_all_of_it_back(root: Path) -> None:
    def broken(_line: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        api.load(region="river", apply=True, report=broken, root=root)
    assert set(rows().values()) == {0}


class TestDemo:
    @pytest.fixture(autouse=True)
    def _demo(self, _no_demo: None, settings: Settings) -> None:
        settings.DEMO = True

    def test_people_and_posts_come_along(self, root: Path, told: list[str]) -> None:
        api.load(region="river", apply=True, report=told.append, root=root)
        assert told[-3:] == [
            "+ staff staff-donghe-officer 陆舟",
            "+ post post-donghe-officer 承办人",
            "+ person jiang.he",
        ]
        (person,) = api.demo_people(region="river", root=root)
        person_id = identity.find_person(
            number_kind=identity.NumberKind.RESIDENT, number=person.number
        )
        assert person_id is not None
        card = identity.person_card(person_id)
        assert (card.name, card.phone, int(card.assurance)) == ("江禾", "19900000009", 2)
        post = identity.post("post-donghe-officer", date(2026, 6, 15))
        assert (post.staff_name, post.agency_id) == ("陆舟", "agency-donghe")
        assert post.powers == {identity.Power.ACCEPT, identity.Power.REVIEW}

    def test_a_second_load_registers_nobody(self, root: Path, told: list[str]) -> None:
        api.load(region="river", apply=True, report=quiet, root=root)
        before = rows()
        second = api.load(region="river", apply=True, report=told.append, root=root)
        assert (second.added, second.changed, told) == (0, 0, [])
        assert rows() == before

    def test_a_trial_makes_no_key(self, root: Path) -> None:
        trial = api.load(region="river", apply=False, report=quiet, root=root)
        assert trial.lines[-1] == "+ person jiang.he"
        assert set(rows().values()) == {0}

    def test_no_line_holds_a_number_or_phone(self, root: Path, told: list[str]) -> None:
        api.load(region="river", apply=True, report=told.append, root=root)
        text = "\n".join(told)
        (person,) = api.demo_people(region="river", root=root)
        assert person.number not in text
        assert person.phone not in text
