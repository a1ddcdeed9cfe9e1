"""The pilot region: what it opens, that everything without a source is marked as a sample."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest
from pytest_django import Settings

from tongban.agreements import api as agreements
from tongban.agreements.errors import NoAgreement
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.checksums import read_resident_number
from tongban.matters import api as matters
from tongban.matters.rules import edition_from
from tongban.places import api as places
from tongban.regions import api
from tongban.regions.files import Folder
from tongban.regions.queries import checked_folders

TONGZHOU, DACHANG, SANHE = "110112", "131028", "131082"
MATTER = "getihu-sheli"
TODAY = date(2026, 11, 23)
ACTS = frozenset(agreements.Act)


@pytest.fixture(scope="module")
def folders() -> dict[str, Folder]:
    return {folder.region: folder for folder in checked_folders("jingjinji", api.ROOT)}


@pytest.fixture(scope="module")
def pilot(folders: dict[str, Folder]) -> Folder:
    return folders["jingjinji"]


def content_of(pilot: Folder, place_id: str) -> dict[str, Any]:
    (found,) = [f for f in pilot.rows("matter", "editions") if f.row["place"] == place_id]
    content: dict[str, Any] = found.row["content"]
    return content


class TestSamples:
    @pytest.mark.parametrize(
        ("kind", "key", "count"),
        [
            ("agencies", "agencies", 4),
            ("offices", "offices", 5),
            ("settings", "settings", 4),
            ("matter", "matter", 1),
            ("matter", "editions", 2),
            ("agreement", "agreement", 1),
            ("demo", "people", 3),
            ("demo", "staff", 7),
        ],
    )
    def test_every_row_is_marked(self, pilot: Folder, kind: str, key: str, count: int) -> None:
        marks = [found.row["sample"] for found in pilot.rows(kind, key)]
        assert marks == [True] * count

    def test_every_opening_is_marked(self, pilot: Folder) -> None:
        (agreement,) = pilot.rows("agreement")
        assert [opening["sample"] for opening in agreement.row["openings"]] == [True] * 4

    @pytest.mark.parametrize("place_id", [TONGZHOU, DACHANG])
    def test_only_law_stands_unmarked_in_an_edition(self, pilot: Folder, place_id: str) -> None:
        content = content_of(pilot, place_id)
        unmarked = {
            name
            for name, cell in content.items()
            if name not in {"samples", "conditions_en", *content["samples"]}
            and not (isinstance(cell, dict) and cell.get("sample", False))
        }
        assert unmarked == {
            "statutory",
            "extension",
            "receive_answer_limit",
            "deliver_limit",
            "materials",
        }
        assert all(material["sample"] for material in content["materials"])
        assert content["statutory"]["basis"].startswith("《市场主体登记管理条例》第十九条")
        assert content["extension"]["basis"].startswith("《市场主体登记管理条例》第十九条")

    def test_no_credit_code_is_made_up(self, pilot: Folder) -> None:
        assert {found.row["credit_code"] for found in pilot.rows("agencies")} == {None}


class TestCountry:
    def test_divisions_by_level(self, folders: dict[str, Folder]) -> None:
        levels = [found.row["level"] for found in folders["country"].rows("divisions")]
        assert {level: levels.count(level) for level in set(levels)} == {
            "province": 31,
            "city": 342,
            "county": 2975,
        }

    def test_statistical_divisions_are_told_apart(self, folders: dict[str, Folder]) -> None:
        rows = [found.row for found in folders["country"].rows("divisions")]
        assert sum(row["statistical_only"] == "1" for row in rows) == 133

    def test_zones_and_their_counties(self, folders: dict[str, Folder]) -> None:
        zones = {f.row["id"]: f.row["members"] for f in folders["country"].rows("places")}
        assert zones == {
            "zone-xiongan": ["130629", "130632", "130638"],
            "zone-beisanxian": ["131082", "131028", "131024"],
            "zone-fuzhongxin": ["110112"],
        }


class TestForm:
    def filled(self, place_id: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
        data: dict[str, Any] = {
            "business_name": "大厂回族自治县清风小吃店",
            "organisation_form": "personal",
            "business_scope": "餐饮服务；食品销售",
            "employee_count": 2,
            "capital": 50000,
            "premises_division": place_id,
            "premises_address": "大厂镇某街1号1层",
            "operator_phone": "19900000001",
            "operator_address": "北京市通州区某路2号",
            "delivery_way": "window",
            "truth_pledge": True,
        }
        if place_id == DACHANG:
            data["premises_right"] = "rented"
        return {**data, **changed}

    def faults(self, pilot: Folder, place_id: str, data: dict[str, Any]) -> list[tuple[str, str]]:
        edition = self.edition(pilot, place_id)
        return [(problem.path, problem.code) for problem in matters.check_form(edition, data)]

    def edition(self, pilot: Folder, place_id: str) -> matters.EditionView:
        # Built from the file, so that a form can be tried without a database.
        return edition_from(
            edition_id="x",
            matter_code=MATTER,
            title="",
            title_en="",
            task_type="01",
            place_id=place_id,
            agency_id="",
            version=1,
            handle_item_code="",
            content=content_of(pilot, place_id),
            source="",
            sample=True,
        )

    @pytest.mark.parametrize("place_id", [TONGZHOU, DACHANG])
    def test_a_plain_application_passes(self, pilot: Folder, place_id: str) -> None:
        assert self.faults(pilot, place_id, self.filled(place_id)) == []

    @pytest.mark.parametrize(
        ("changed", "fault"),
        [
            ({"organisation_form": "family"}, ("family_members", "required")),
            ({"delivery_way": "post"}, ("delivery_address", "required")),
            ({"business_name": "Qingfeng Snacks"}, ("business_name", "pattern")),
            ({"capital": 50000.5}, ("capital", "type")),
            ({"capital": -1}, ("capital", "minimum")),
            ({"employee_count": 0}, ("employee_count", "minimum")),
            ({"operator_phone": "12345678901"}, ("operator_phone", "mobile")),
            ({"truth_pledge": False}, ("truth_pledge", "const")),
            ({"premises_division": SANHE}, ("premises_division", "oneOf")),
            ({"business_scope": "餐"}, ("business_scope", "minLength")),
            ({"operator_email": "a b@example.org"}, ("operator_email", "pattern")),
        ],
    )
    @pytest.mark.parametrize("place_id", [TONGZHOU, DACHANG])
    def test_what_is_wrong_is_found(
        self, pilot: Folder, place_id: str, changed: dict[str, Any], fault: tuple[str, str]
    ) -> None:
        assert self.faults(pilot, place_id, self.filled(place_id, **changed)) == [fault]

    def test_a_rare_character_may_stand_in_a_name(self, pilot: Folder) -> None:
        data = self.filled(DACHANG, business_name="大厂回族自治县𬭎𠮷㛃小吃店")
        assert self.faults(pilot, DACHANG, data) == []

    def test_the_places_ask_for_different_things(self, pilot: Folder) -> None:
        fields = {
            place_id: set(content_of(pilot, place_id)["form_schema"]["properties"])
            for place_id in (TONGZHOU, DACHANG)
        }
        assert fields[TONGZHOU] - fields[DACHANG] == {"online_only"}
        assert fields[DACHANG] - fields[TONGZHOU] == {"premises_right", "premises_area"}
        required = {
            place_id: set(content_of(pilot, place_id)["form_schema"]["required"])
            for place_id in (TONGZHOU, DACHANG)
        }
        assert required[DACHANG] - required[TONGZHOU] == {"capital", "premises_right"}

    @pytest.mark.parametrize("place_id", [TONGZHOU, DACHANG])
    def test_every_field_has_help_in_both_languages(self, pilot: Folder, place_id: str) -> None:
        fields = content_of(pilot, place_id)["form_schema"]["properties"]
        lacking = [
            name
            for name, field in fields.items()
            if not {"title", "x-title-en", "x-help", "x-help-en"} <= field.keys()
        ]
        assert lacking == []


class TestMaterials:
    @pytest.mark.parametrize("place_id", [TONGZHOU, DACHANG])
    def test_the_list(self, pilot: Folder, place_id: str) -> None:
        materials = content_of(pilot, place_id)["materials"]
        assert [(m["key"], m["necessity"], m["exempt"]) for m in materials] == [
            ("premises", "required", False),
            ("operator_id", "required", True),
            ("photo", "optional", False),
            ("family_consent", "optional", False),
            ("prior_permit", "optional", False),
            ("mandate", "optional", False),
        ]

    @pytest.mark.parametrize("place_id", [TONGZHOU, DACHANG])
    def test_each_says_what_is_accepted_in_both_languages(
        self, pilot: Folder, place_id: str
    ) -> None:
        for material in content_of(pilot, place_id)["materials"]:
            assert len(material["accept_standard"]) > 20, material["key"]
            assert len(material["accept_standard_en"]) > 40, material["key"]

    @pytest.mark.parametrize("place_id", [TONGZHOU, DACHANG])
    def test_chinese_texts_hold_no_blank_from_a_line_break(
        self, pilot: Folder, place_id: str
    ) -> None:
        content = content_of(pilot, place_id)
        texts = [m["accept_standard"] for m in content["materials"]]
        texts += [
            cell["basis"] for cell in content.values() if isinstance(cell, dict) and "basis" in cell
        ]
        assert [text for text in texts if " " in text] == []


class TestDemo:
    def test_numbers_pass_and_belong_to_the_places(self) -> None:
        people = api.demo_people(region="jingjinji")
        assert [(p.login, p.role, p.place_id) for p in people] == [
            ("ma.qinghe", "resident", DACHANG),
            ("wang.ruoxi", "resident", TONGZHOU),
            ("li.zhixing", "agent", SANHE),
        ]
        for person in people:
            assert read_resident_number(person.number).division_code == person.place_id
            assert person.number[14:16] == "99"  # a sequence that no registry gives out

    def test_nobody_reviews_and_decides(self, pilot: Folder) -> None:
        for staff in pilot.rows("demo", "staff"):
            for post in staff.row["posts"]:
                powers = set(post["powers"])
                assert "decide" not in powers or powers.isdisjoint({"accept", "review"})

    def test_each_deciding_agency_has_a_case_officer_and_a_decider(self, pilot: Folder) -> None:
        powers: dict[str, set[str]] = {}
        for staff in pilot.rows("demo", "staff"):
            for post in staff.row["posts"]:
                powers.setdefault(post["agency"] or "", set()).update(post["powers"])
        deciding = {found.row["agency"] for found in pilot.rows("matter", "editions")}
        assert deciding == {"agency-tongzhou-scjg", "agency-dachang-xzsp"}
        for agency_id in deciding:
            assert {"accept", "review", "decide", "produce", "issue"} <= powers[agency_id]


class TestLoaded:
    pytestmark = pytest.mark.django_db(databases=["default", "keys"])

    @pytest.fixture(autouse=True)
    def _loaded(self, _django_db_helper: None, settings: Settings) -> Iterator[None]:
        settings.DEMO = True
        places.forget()
        with clock.held_at(datetime(2026, 11, 23, 2, 0, tzinfo=UTC)):
            self.first = api.load(region="jingjinji", apply=True, report=lambda _line: None)
            yield
        places.forget()

    def test_a_second_load_changes_nothing(self) -> None:
        told: list[str] = []
        second = api.load(region="jingjinji", apply=True, report=told.append)
        assert (second.added, second.changed, told) == (0, 0, [])
        assert second.unchanged == self.first.added

    def test_what_stands_then(self) -> None:
        assert self.first.changed == 1  # the calendar's published years
        assert places.place(DACHANG).full_name == "河北省廊坊市大厂回族自治县"
        assert places.place(TONGZHOU).full_name == "北京市通州区"
        assert places.place(TONGZHOU).name_en == "Tongzhou District"
        assert places.within(DACHANG, "zone-beisanxian")
        self._offices()
        self._editions()
        self._openings()
        self._calendar()
        self._people()

    def _offices(self) -> None:
        for office_id, sited, run_by in (
            ("office-dachang-tongzhou-desk", DACHANG, "agency-tongzhou-zwfw"),
            ("office-fuzhongxin-dachang-desk", TONGZHOU, "agency-dachang-xzsp"),
        ):
            desk = places.office(office_id)
            assert (desk.place_id, desk.run_by) == (sited, (run_by,))
            assert places.agency(run_by).place_id != sited

    def _editions(self) -> None:
        found = {row.place_id: row for row in matters.editions_for(text="个体户")}
        assert {place_id: row.agency_id for place_id, row in found.items()} == {
            TONGZHOU: "agency-tongzhou-scjg",
            DACHANG: "agency-dachang-xzsp",
        }
        for place_id, promise in ((TONGZHOU, 1), (DACHANG, 2)):
            edition = matters.edition(found[place_id].id)
            assert (edition.statutory.limit.value, edition.sample) == (3, True)
            assert edition.extension is not None
            assert edition.extension.limit.value == 3
            assert edition.promised is not None
            assert edition.promised.limit.value == promise
            assert edition.decision_words.granted == "准予行政许可"
            assert {"promised", "conditions", "materials.premises"} <= set(edition.samples)

    def _openings(self) -> None:
        for deciding, receiving in permutations((TONGZHOU, DACHANG)):
            received = agreements.opening(
                matter_code=MATTER,
                deciding_place_id=deciding,
                receiving_place_id=receiving,
                mode="received",
                on=TODAY,
            )
            assert (received.acts, str(received.silence_from)) == (ACTS, "receiving")
            online = agreements.opening(
                matter_code=MATTER,
                deciding_place_id=deciding,
                receiving_place_id=None,
                mode="online",
                on=TODAY,
            )
            assert online.acts == frozenset()
            with pytest.raises(NoAgreement):
                agreements.opening(
                    matter_code=MATTER,
                    deciding_place_id=deciding,
                    receiving_place_id=SANHE,
                    mode="received",
                    on=TODAY,
                )
        assert list(agreements.openings_from(receiving_place_id=SANHE, on=TODAY)) == []

    def _calendar(self) -> None:
        calendar = places.calendar_of(DACHANG)
        assert {2024, 2025, 2026} <= calendar.published_years
        assert not calendar.is_working(date(2026, 2, 17))  # the lunar new year
        assert calendar.is_working(date(2026, 2, 14))  # a Saturday worked for it

    def _people(self) -> None:
        for person in api.demo_people(region="jingjinji"):
            kind = identity.NumberKind(person.number_kind)
            assert identity.find_person(number_kind=kind, number=person.number) is not None
        post = identity.post("post-sanhe-window", TODAY)
        assert post.office_id == "office-sanhe-centre"
        assert post.powers == {
            identity.Power.RECEIVE,
            identity.Power.DELIVER_RESULT,
            identity.Power.VOID,
        }
