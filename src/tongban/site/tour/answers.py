"""What is filled in on the tour: made up, different each time."""

import secrets

from tongban.site.tour.pages import Control, File, Form
from tongban.site.tour.people import Place

_FIRST = "晴云清和安乐景明春秋林泉松竹兰芳"
_SECOND = "川源溪园圃舍坊轩亭台荷桥石禾谷风"
_ADDRESSES = {
    "131028": "大厂镇大安街15号底商3号",
    "110112": "玉桥街道运河西大街88号1层101",
}
_TRADES = {"131028": ("大厂回族自治县", "小吃店"), "110112": ("北京市通州区", "花店")}

PDF = (
    b"%PDF-1.4\n"
    b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
    b"/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 58>>stream\n"
    b"BT /F1 24 Tf 72 720 Td (Lease, made up for the tour) Tj ET\n"
    b"endstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
"""One page with a line of text."""


def lease() -> File:
    """Return a made-up lease."""
    return File("租赁合同.pdf", "application/pdf", PDF)


def business_name(place: Place) -> str:
    """Return a name of one in thousands, so that a second tour is told from the first."""
    where, trade = _TRADES[place.code]
    own = "".join(secrets.choice(part) for part in (_FIRST, _SECOND, _FIRST))
    return f"{where}{own}{trade}"


def waybill() -> str:
    """Return a made-up waybill number."""
    return f"TOUR{secrets.randbelow(10**10):010}"


def licence_number(place: Place) -> str:
    """Return a made-up licence number; it is no unified social credit code."""
    return f"样例{place.code}-{secrets.randbelow(10**8):08}"


def fill_in(form: Form, place: Place, name: str) -> None:
    """Answer every question that must be answered; what is already answered stays."""
    known = {
        "business_name": name,
        "organisation_form": "personal",
        "business_scope": "餐饮服务；食品销售" if place.code == "131028" else "花卉零售",
        "employee_count": "2",
        "capital": "50000",
        "premises_address": _ADDRESSES[place.code],
        "operator_address": "廊坊市大厂回族自治县祁各庄镇88号",
        "truth_pledge": "true",
    }
    for question, answer in known.items():
        if form.has(question):
            form.fill(question, answer)
    for control in form.controls:
        if control.required and control.name not in known:
            _answer(form, control)


def _answer(form: Form, control: Control) -> None:
    """Answer a question that this tour has no answer for: the first choice, a sample text."""
    if control.kind == "radio":
        if not any(one.checked for one in form.controls if one.name == control.name):
            control.checked = True
    elif control.kind == "checkbox":
        control.checked = True
    elif control.kind == "select":
        control.value = control.value or next(value for value in control.values if value)
    elif control.kind in {"text", "textarea"} and not control.value:
        control.value = "样例内容"
