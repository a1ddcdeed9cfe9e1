"""Rules about places and agencies as pure functions, and the table of a place's settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class Level(StrEnum):
    """Level of a place; ``zone`` is a service area without a division code of its own."""

    COUNTRY = "country"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    ZONE = "zone"


class OfficeKind(StrEnum):
    """Kind of office."""

    HALL = "hall"  # 政务服务中心
    BRANCH = "branch"  # 专业分厅: one agency's own hall
    STATION = "station"  # 便民服务站点: town, village, bank or post office


def full_name(chain: Sequence[tuple[str, str, bool]]) -> str:
    """Return the Chinese name from the province down, as an address begins.

    ``chain`` holds (name, level, statistical_only) from the top to the place itself. The country
    is left out, and so is a placeholder (a "city" of the statistical code only, such as the
    市辖区 between 北京市 and 通州区). A zone whose own name begins with an ancestor's already
    says that part, so it is not said twice.

    >>> full_name([("河北省", "province", False), ("廊坊市", "city", False),
    ...            ("大厂回族自治县", "county", False)])
    '河北省廊坊市大厂回族自治县'
    >>> full_name([("北京市", "province", False), ("市辖区", "city", True),
    ...            ("北京城市副中心", "zone", False)])
    '北京城市副中心'
    """
    *above, (name, level, statistical_only) = chain
    said: list[str] = []
    for ancestor, its_level, its_statistical_only in above:
        if its_level == Level.COUNTRY or (its_level == Level.CITY and its_statistical_only):
            continue
        short = ancestor.removesuffix("省").removesuffix("市")
        if (level == Level.ZONE or statistical_only) and name.startswith(short):
            break
        said.append(ancestor)
    return "".join([*said, name])


def may_license(nature_code: str) -> bool:
    """Tell whether a body of this nature may decide a licence in its own name.

    A statutory organ (1 法定机关) may, and an organisation authorised by law (2 授权组织):
    行政许可法 arts. 22-23. A body entrusted (3 受委托组织) acts in the entrusting organ's name
    (art. 24), and so does a service centre. Codes: GB/T 39046-2020 annex A, 主体性质.
    """
    return nature_code in {"1", "2"}


NATURE_CODES = ("1", "2", "3", "9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A place's legal setting: its default and what values it takes.

    ``default`` holds where neither the place nor a place above it says otherwise. ``fits`` tells
    whether a value may stand.
    """

    default: JsonValue
    title: str
    title_en: str
    note: str
    fits: Callable[[JsonValue], bool]


_TEN_YEARS = 3660
_CENTURY = 100
NAME_LENGTH = 64
"""Characters of a calendar's name."""


def _days(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _TEN_YEARS


def _years(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _CENTURY


def _name(value: JsonValue) -> bool:
    return isinstance(value, str) and 0 < len(value) <= NAME_LENGTH


def _name_or_none(value: JsonValue) -> bool:
    return value is None or _name(value)


def _lights(value: JsonValue) -> bool:
    if not isinstance(value, dict) or set(value) != {"warning", "yellow", "red"}:
        return False
    steps = [value["warning"], value["yellow"], value["red"]]
    whole = [step for step in steps if isinstance(step, int) and not isinstance(step, bool)]
    return len(whole) == len(steps) and whole == sorted(whole, reverse=True) and whole[-1] >= 0


SETTINGS: Mapping[str, Setting] = {
    "calendar": Setting(
        default="cn",
        title="工作日历",
        title_en="Working calendar",
        note="Name of the calendar by which working days are counted.",
        fits=_name,
    ),
    "light_rule": Setting(
        default={"warning": 5, "yellow": 1, "red": 0},
        title="预警、黄牌、红牌",
        title_en="Warning, yellow and red light",
        note="Working days left at which each lights. One provincial system's values; no law.",
        fits=_lights,
    ),
    "transit_days": Setting(
        default=7,
        title="材料寄递期限(工作日)",
        title_en="Days a parcel of papers may take",
        note="Working days until a parcel under way counts as overdue; an operator's choice.",
        fits=_days,
    ),
    "retention_years": Setting(
        default=10,
        title="办件保存期限(年)",
        title_en="Years that an ended case is kept",
        note="Whole years from the end of a case in which its person is not erased. The law sets "
        "no one span for every matter (?): a place's archives decide; an operator's choice.",
        fits=_years,
    ),
    "document_prefix": Setting(
        default=None,
        title="文书字号前缀",
        title_en="Prefix of document numbers",
        note="What stands before the word and year of a document's number 文号, as 通州 in "
        "通州受〔2026〕17号; null = the place's code. A habit of the place, no law.",
        fits=_name_or_none,
    ),
}
"""Every setting there is; a load with another key is refused."""
