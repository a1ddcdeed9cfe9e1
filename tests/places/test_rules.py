import pytest

from tongban.places.api import SETTINGS
from tongban.places.rules import full_name, may_license


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ([("河北省", "province", False)], "河北省"),
        (
            [
                ("中国", "country", False),
                ("河北省", "province", False),
                ("廊坊市", "city", False),
                ("大厂回族自治县", "county", False),
            ],
            "河北省廊坊市大厂回族自治县",
        ),
        (
            [
                ("北京市", "province", False),
                ("市辖区", "city", True),
                ("通州区", "county", False),
            ],
            "北京市通州区",
        ),
        ([("北京市", "province", False), ("市辖区", "city", True)], "北京市市辖区"),
        ([("河北省", "province", False), ("雄安新区", "zone", False)], "河北省雄安新区"),
        (
            [
                ("河北省", "province", False),
                ("廊坊市", "city", False),
                ("廊坊北三县", "zone", False),
            ],
            "河北省廊坊北三县",
        ),
        (
            [
                ("河北省", "province", False),
                ("唐山市", "city", False),
                ("河北唐山芦台经济开发区", "county", True),
            ],
            "河北唐山芦台经济开发区",
        ),
        # A real county is always said in full, whatever its name begins with.
        (
            [("河北省", "province", False), ("邯郸市", "city", False), ("邯郸县", "county", False)],
            "河北省邯郸市邯郸县",
        ),
    ],
)
def test_full_name_says_each_part_once(chain: list[tuple[str, str, bool]], said: str) -> None:
    assert full_name(chain) == said


def test_only_an_organ_or_an_authorised_body_decides_licences() -> None:
    assert {code: may_license(code) for code in ("1", "2", "3", "9")} == {
        "1": True,
        "2": True,
        "3": False,
        "9": False,
    }


def test_every_default_is_a_value_that_its_setting_takes() -> None:
    assert [key for key, each in SETTINGS.items() if not each.fits(each.default)] == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("calendar", ""),
        ("calendar", 1),
        ("light_rule", {"warning": 5, "yellow": 1}),
        ("light_rule", {"warning": 1, "yellow": 5, "red": 0}),
        ("light_rule", {"warning": 5, "yellow": 1, "red": -1}),
        ("light_rule", {"warning": True, "yellow": 1, "red": 0}),
        ("transit_days", 0),
        ("transit_days", True),
        ("transit_days", "5"),
        ("transit_days", None),
        ("transit_days", 3661),
        ("document_prefix", ""),
    ],
)
def test_a_setting_refuses(key: str, value: object) -> None:
    assert not SETTINGS[key].fits(value)  # type: ignore[arg-type]  # what a file might hold


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("light_rule", {"warning": 3, "yellow": 1, "red": 0}),
        ("transit_days", 30),
        ("document_prefix", None),
        ("document_prefix", "大审批"),
    ],
)
def test_a_setting_takes(key: str, value: object) -> None:
    assert SETTINGS[key].fits(value)  # type: ignore[arg-type]  # what a file might hold
