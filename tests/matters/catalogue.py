"""Made-up reference data and an edition for the tests of this room."""

import copy
from typing import Any

from tongban.matters import api
from tongban.places import api as places

COUNTY = "131028"
DISTRICT = "110112"
BUREAU = "agency-dachang-spj"
CENTRE = "agency-dachang-fwzx"

NURSE = api.MatterRow(
    code="nurse-register",
    title="护士执业注册",
    title_en="Nurse registration",
    aliases=("护士证", "护士首次注册"),
    task_type="01",
)
CARD = api.MatterRow(
    code="insurance-proof", title="参保证明打印", title_en="Proof of insurance", task_type="20"
)

FORM: dict[str, Any] = {
    "type": "object",
    "required": ["name", "number"],
    "properties": {
        "name": {
            "type": "string",
            "title": "姓名",
            "x-title-en": "Name",
            "maxLength": 50,
            "minLength": 1,
            "x-prefill": "person.name",
        },
        "number": {
            "type": "string",
            "title": "身份证号",
            "x-title-en": "Identity number",
            "format": "resident-number",
        },
        "graduated_on": {
            "type": "string",
            "title": "毕业日期",
            "x-title-en": "Graduated on",
            "format": "date",
        },
        "works": {
            "type": "array",
            "title": "工作经历",
            "x-title-en": "Work",
            "maxItems": 2,
            "items": {
                "type": "object",
                "required": ["employer"],
                "properties": {
                    "employer": {"type": "string", "title": "单位", "x-title-en": "Employer"},
                    "years": {
                        "type": "integer",
                        "title": "年数",
                        "x-title-en": "Years",
                        "minimum": 0,
                    },
                },
            },
        },
    },
    "x-sections": [
        {"title": "基本情况", "title_en": "You", "fields": ["name", "number"]},
        {"title": "经历", "title_en": "Work", "fields": ["graduated_on", "works"]},
    ],
}

CONTENT: dict[str, Any] = {
    "modes": ["online", "received"],
    "form_schema": FORM,
    "materials": [
        {
            "key": "diploma",
            "title": "毕业证书",
            "title_en": "Diploma",
            "source": "applicant",
            "necessity": "required",
            "form": "either",
            "originals": 1,
            "accept_standard": "姓名与身份证一致",
        },
        {
            "key": "id_card",
            "title": "居民身份证",
            "title_en": "Identity card",
            "source": "licence",
            "necessity": "required",
            "form": "electronic",
            "exempt": True,
            "sample": True,
        },
    ],
    "statutory": {"value": 20, "unit": "working_days", "basis": "行政许可法第四十二条"},
    "promised": {"value": 7, "unit": "working_days", "sample": True},
    "assurance_online": 2,
    "conditions": "具有完全民事行为能力",
    "result": {"title": "护士执业证书", "title_en": "Nurse licence", "kind": "licence"},
    "fee": {"charged": False},
}


def content(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return the content with some parts replaced; None takes a part out."""
    made = copy.deepcopy(CONTENT) | changes
    return {name: value for name, value in made.items() if value is not None}


def edition_file(**changes: Any) -> api.EditionFile:  # noqa: ANN401 - any field
    """Return the county's edition of the nurse matter with some fields replaced."""
    fields: dict[str, Any] = {
        "matter_code": NURSE.code,
        "place_id": COUNTY,
        "agency_id": BUREAU,
        "version": 1,
        "content": content(),
        "handle_item_code": "511A0012600006",
    }
    return api.EditionFile(**(fields | changes))


def put_places() -> None:
    """Load two places, a deciding bureau and a service centre that may not license."""
    rows = (
        ("110000", "北京市", "province", None),
        ("110112", "通州区", "county", "110000"),
        ("130000", "河北省", "province", None),
        ("131000", "廊坊市", "city", "130000"),
        ("131028", "大厂回族自治县", "county", "131000"),
    )
    places.put_places(
        [
            places.PlaceRow(id=code, code=code, name=name, level=level, parent_id=parent)
            for code, name, level, parent in rows
        ],
        apply=True,
    )
    places.put_agencies(
        [
            places.AgencyRow(
                id=BUREAU, place_id=COUNTY, name="行政审批局", nature_code="1", can_license=True
            ),
            places.AgencyRow(id=CENTRE, place_id=COUNTY, name="政务服务中心", nature_code="9"),
        ],
        apply=True,
    )
