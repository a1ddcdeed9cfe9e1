"""What is wrong with a file is told with its file, its path and what to do; nothing is written."""

from pathlib import Path

import pytest

from tongban.regions import api
from tongban.regions.errors import Problem, RegionInvalid, RegionUnknown
from tongban.regions.queries import checked_folders


def spoil(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def problems_of(root: Path, region: str = "river") -> tuple[Problem, ...]:
    with pytest.raises(RegionInvalid) as refused:
        checked_folders(region, root)
    return refused.value.problems


def only(root: Path, region: str = "river") -> tuple[str, str, str]:
    problems = problems_of(root, region)
    assert len(problems) == 1, [str(problem) for problem in problems]
    (problem,) = problems
    told = problem.what.format(**problem.fields) + problem.todo.format(**problem.fields)
    return problem.file, problem.path, told


def test_the_fixture_is_right(root: Path) -> None:
    assert [folder.region for folder in checked_folders("river", root)] == ["ground", "river"]


def test_regions_of_the_package() -> None:
    assert api.regions() == ["country", "jingjinji"]


def test_regions_elsewhere(root: Path) -> None:
    assert api.regions(root=root) == ["ground", "river"]


def test_unknown_region(root: Path) -> None:
    with pytest.raises(RegionUnknown) as refused:
        checked_folders("mountain", root)
    assert refused.value.fields == {"region": "mountain", "known": "ground、river"}


def test_missing_key(root: Path) -> None:
    spoil(root, "river/agencies.yaml", "    name_en: Xihe Approval Bureau\n", "")
    assert only(root) == (
        "river/agencies.yaml",
        "agencies[1]",
        "缺少 name_en。请补上这一项。",
    )


def test_each_missing_key_is_told_by_its_own_name(root: Path) -> None:
    spoil(root, "river/offices.yaml", "    kind: hall\n", "")
    spoil(root, "river/offices.yaml", "    run_by: [agency-donghe]\n", "")
    told = [str(problem) for problem in problems_of(root)]
    assert sorted(told) == [
        "river/offices.yaml offices[0]：缺少 kind。请补上这一项。",
        "river/offices.yaml offices[0]：缺少 run_by。请补上这一项。",
    ]


def test_misspelt_key(root: Path) -> None:
    spoil(root, "river/settings.yaml", "    value: 4", "    valeu: 4\n    value: 4")
    assert only(root) == (
        "river/settings.yaml",
        "settings[0]",
        "不认识 valeu。请检查拼写；可用的有：key、place、sample、source、value。",
    )


def test_code_without_quotes_is_a_number(root: Path) -> None:
    spoil(root, "river/settings.yaml", '"990101"', "990101")
    assert only(root) == (
        "river/settings.yaml",
        "settings[0].place",
        "应为文字。请改正；代码、编号一类的数字要加引号。",
    )


def test_value_that_is_not_among_the_allowed(root: Path) -> None:
    spoil(root, "river/offices.yaml", "kind: branch", "kind: desk")
    assert only(root) == (
        "river/offices.yaml",
        "offices[1].kind",
        "不是允许的值。请改为其中之一：hall、branch、station。",
    )


def test_row_without_source_or_sample(root: Path) -> None:
    spoil(root, "river/settings.yaml", "    sample: true\n", "")
    assert only(root) == (
        "river/settings.yaml",
        "settings[0]",
        "没有注明来源，也没有标为样例。请写 source，或者写 sample: true。",
    )


def test_sample_false_is_no_mark(root: Path) -> None:
    spoil(root, "river/settings.yaml", "sample: true", "sample: false")
    assert only(root)[1:] == (
        "settings[0]",
        "没有注明来源，也没有标为样例。请写 source，或者写 sample: true。",
    )


def test_zone_may_not_have_a_code(root: Path) -> None:
    spoil(root, "river/places.yaml", "    level: zone\n", '    level: zone\n    code: "990103"\n')
    assert only(root) == ("river/places.yaml", "places[0].code", "这里不能有这一项。请删去。")


def test_day_that_the_calendar_lacks(root: Path) -> None:
    spoil(root, "river/agreements/east-west.yaml", "2026-01-01", '"2026-02-30"')
    assert only(root) == (
        "river/agreements/east-west.yaml",
        "agreement.starts_on",
        "没有这一天。请写成 2026-01-31 这样的日期。",
    )


def test_unquoted_day_that_the_calendar_lacks(root: Path) -> None:
    spoil(root, "river/agreements/east-west.yaml", "2026-01-01", "2026-02-30")
    assert only(root)[2] == "有不存在的日期或数值。请检查日期；不是日期的请加引号。"


def test_key_that_stands_twice(root: Path) -> None:
    spoil(root, "river/settings.yaml", "    value: 4\n", "    value: 4\n    value: 5\n")
    assert only(root) == (
        "river/settings.yaml",
        "第5行",
        "同一个键出现了两次。请删去其中一个。",
    )


def test_broken_yaml(root: Path) -> None:
    spoil(root, "river/settings.yaml", "key: transit_days", "key: [transit_days")
    file, path, told = only(root)
    assert (file, path) == ("river/settings.yaml", "第4行")
    assert told == "不是有效的 YAML。请检查这一行及其上一行的缩进、引号和冒号，并删去控制字符。"


def test_alias_within_its_own_anchor(root: Path) -> None:
    spoil(root, "river/settings.yaml", "value: 4", "value: &a [*a]")
    assert only(root)[2] == "层次过深，或者引用了自身。请展开这些引用。"


def test_control_character(root: Path) -> None:
    spoil(root, "river/settings.yaml", "value: 4", "value: 4\x1f")
    assert only(root)[2].startswith("不是有效的 YAML。")


def test_yaml_cannot_make_objects(root: Path) -> None:
    spoil(root, "river/settings.yaml", "value: 4", "value: !!python/object/apply:os.getcwd []")
    assert only(root)[2].startswith("不是有效的 YAML。")


def test_file_that_is_not_utf8(root: Path) -> None:
    (root / "river/settings.yaml").write_bytes("# 设置\nsettings: []\n".encode("gb18030"))
    assert only(root) == ("river/settings.yaml", "", "不是 UTF-8 编码。请另存为 UTF-8 编码。")


def test_file_with_an_unknown_name(root: Path) -> None:
    (root / "river/setting.yaml").write_text("settings: []\n", encoding="utf-8")
    file, path, told = only(root)
    assert (file, path) == ("river/setting.yaml", "")
    assert told.startswith("不认识这个文件，它不会被载入。")


def test_table_with_other_columns(root: Path) -> None:
    spoil(root, "ground/divisions.csv", "code,name,level", "name,code,level")
    assert only(root, "ground") == (
        "ground/divisions.csv",
        "第1行",
        "表头不对。表头应为：code,name,level,parent,statistical_only。",
    )


def test_table_row_with_a_column_too_many(root: Path) -> None:
    spoil(root, "ground/divisions.csv", "990102,西河县,county,990100,0", "990102,西河县,x,,0,0")
    assert only(root, "ground")[1] == "第5行"


def test_reference_to_an_agency_that_is_not_there(root: Path) -> None:
    spoil(root, "river/offices.yaml", "[agency-xihe]", "[agency-nanhe]")
    assert only(root) == (
        "river/offices.yaml",
        "offices[1].run_by[0]",
        (
            "指向不存在的 agency-nanhe。"
            "请更正，或在本地区（或 requires 所列地区）的 agency 资料中补上它。"
        ),
    )


def test_every_reference_is_told_at_once(root: Path) -> None:
    spoil(root, "river/region.yaml", "[ground]", "[]")
    problems = problems_of(root)
    assert {problem.fields["value"] for problem in problems if "value" in problem.fields} == {
        "990000",
        "990101",
        "990102",
    }
    assert {problem.file for problem in problems} == {
        "river/places.yaml",
        "river/agencies.yaml",
        "river/offices.yaml",
        "river/settings.yaml",
        "river/matters/bridge.yaml",
        "river/agreements/east-west.yaml",
        "river/demo.yaml",
    }


def test_required_region_that_is_not_there(root: Path) -> None:
    spoil(root, "river/region.yaml", "[ground]", "[sky]")
    with pytest.raises(RegionUnknown) as refused:
        checked_folders("river", root)
    assert refused.value.fields["region"] == "sky"


def test_regions_that_require_one_another(root: Path) -> None:
    spoil(root, "ground/region.yaml", "requires: []", "requires: [river]")
    assert [folder.region for folder in checked_folders("river", root)] == ["ground", "river"]


def test_id_that_stands_twice(root: Path) -> None:
    spoil(root, "river/offices.yaml", "id: office-donghe-xihe", "id: office-donghe")
    assert only(root) == (
        "river/offices.yaml",
        "offices[1]",
        "office-donghe 已在 river/offices.yaml offices[0] 出现。请删去其中一个，或改用另一个编号。",
    )


def test_setting_that_places_does_not_know(root: Path) -> None:
    spoil(root, "river/settings.yaml", "key: transit_days", "key: transit_weeks")
    file, path, told = only(root)
    assert (file, path) == ("river/settings.yaml", "settings[0].key")
    assert told.startswith("没有名为 transit_weeks 的设置。可用的有：calendar、")


def test_setting_with_a_value_that_it_does_not_take(root: Path) -> None:
    spoil(root, "river/settings.yaml", "value: 4", "value: soon")
    assert only(root)[1:] == (
        "settings[0].value",
        "设置 transit_days 不接受这个值。请对照该设置的说明改正。",
    )


def test_opening_to_a_place_that_has_not_signed(root: Path) -> None:
    spoil(root, "river/agreements/east-west.yaml", 'receiving: "990102"', 'receiving: "990000"')
    assert only(root)[1:] == (
        "agreement.openings[0].receiving",
        "990000 不是本协议的一方，也不在任何一方之内。请把它列入 parties，或更正。",
    )


def test_opening_without_an_edition(root: Path) -> None:
    spoil(root, "river/matters/bridge.yaml", "state: published", "state: draft")
    assert only(root) == (
        "river/agreements/east-west.yaml",
        "agreement.openings[0].mode",
        (
            "990101 的 bridge-toll 没有以 received 方式办理的已发布实施清单。"
            "请先发布该地的实施清单，或更正办理地和方式。"
        ),
    )


def test_received_without_the_act_of_receiving(root: Path) -> None:
    spoil(root, "river/agreements/east-west.yaml", "[receive, verify", "[verify")
    assert only(root)[1:] == ("agreement.openings[0].acts", "缺少 receive。请补上它。")


def test_agreement_that_ends_before_it_starts(root: Path) -> None:
    spoil(root, "river/agreements/east-west.yaml", "ends_on: null", "ends_on: 2025-12-31")
    assert only(root)[1:] == (
        "agreement.ends_on",
        "结束日期早于开始日期。请更正；没有期限的写 null。",
    )


def test_resident_number_with_a_wrong_check_digit(root: Path) -> None:
    spoil(root, "river/demo.yaml", "99010119900101997X", "990101199001019971")
    file, path, told = only(root)
    assert (file, path) == ("river/demo.yaml", "people[0].number")
    assert "990101199001019971" not in told


def test_content_of_an_edition_that_matters_refuses(root: Path) -> None:
    spoil(root, "river/matters/bridge.yaml", "necessity: required", "necessity: perhaps")
    assert only(root)[:2] == (
        "river/matters/bridge.yaml",
        "editions[0].content.materials[0].necessity",
    )


def test_cell_of_a_sample_edition_without_basis_or_mark(root: Path) -> None:
    spoil(root, "river/matters/bridge.yaml", ", basis: 虚构省桥梁条例第二条", "")
    assert only(root) == (
        "river/matters/bridge.yaml",
        "editions[0].content.statutory",
        "没有注明依据，也没有标为样例。请写依据（basis），或者写 sample: true，或者列入 samples。",
    )


def test_material_of_a_sample_edition_without_mark(root: Path) -> None:
    spoil(root, "river/matters/bridge.yaml", "          sample: true\n", "")
    assert only(root)[1] == "editions[0].content.materials[0]"


def test_opening_of_a_sample_agreement_without_mark(root: Path) -> None:
    spoil(root, "river/agreements/east-west.yaml", "      sample: true\n", "")
    assert only(root)[1] == "agreement.openings[0]"


def test_divisions_without_a_source(root: Path) -> None:
    spoil(root, "ground/region.yaml", "divisions_source: 为测试编写\n", "")
    assert only(root, "ground")[:2] == ("ground/region.yaml", "divisions_source")


def test_the_refusal_counts_and_lists_the_problems(root: Path) -> None:
    spoil(root, "river/agencies.yaml", "    name_en: Xihe Approval Bureau\n", "")
    spoil(root, "river/settings.yaml", "    sample: true\n", "")
    with pytest.raises(RegionInvalid) as refused:
        checked_folders("river", root)
    assert refused.value.fields["count"] == 2
    lines = str(refused.value).split("\n")
    assert lines[0] == "regions.invalid: 地区 river 的资料有 2 处错误："
    assert lines[1].startswith("river/agencies.yaml agencies[1]：")
    assert lines[2].startswith("river/settings.yaml settings[0]：")


class TestFingerprint:
    def test_same_files_same_digits(self, root: Path) -> None:
        first = api.fingerprint(region="river", demo=False, root=root)
        assert api.fingerprint(region="river", demo=False, root=root) == first
        assert len(first) == 64

    @pytest.mark.parametrize("name", ["river/settings.yaml", "ground/divisions.csv"])
    def test_a_changed_file_changes_it(self, root: Path, name: str) -> None:
        first = api.fingerprint(region="river", demo=False, root=root)
        path = root / name
        path.write_bytes(path.read_bytes() + b"\n")
        assert api.fingerprint(region="river", demo=False, root=root) != first

    def test_demo_mode_changes_it(self, root: Path) -> None:
        assert api.fingerprint(region="river", demo=True, root=root) != api.fingerprint(
            region="river", demo=False, root=root
        )

    def test_a_file_of_another_region_does_not(self, root: Path) -> None:
        first = api.fingerprint(region="ground", demo=False, root=root)
        (root / "river/settings.yaml").unlink()
        assert api.fingerprint(region="ground", demo=False, root=root) == first

    def test_a_note_does_not(self, root: Path) -> None:
        first = api.fingerprint(region="river", demo=False, root=root)
        (root / "river/NOTES.md").write_text("# Notes\n", encoding="utf-8")
        assert api.fingerprint(region="river", demo=False, root=root) == first
