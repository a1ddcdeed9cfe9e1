"""Documents of record as printable pages, files as they were handed in."""

import re

import pytest
import segno

from channels.portal_people import nobody, person, staff, text
from support import scene
from support.scene import DACHANG, DECIDERS, OFFICERS, TONGZHOU, Walk, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

TRANSLATION = "译文，仅供参考；以中文文书为准。"


def record_of(walk: Walk, kind: str) -> cases.RecordView:
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="test")
    return next(one for one in file.records if one.kind == kind)


@pytest.mark.parametrize(
    ("state", "mode", "kind", "words"),
    [
        (State.SUBMITTED, "online", "slip", ["收件告知单", "收件不等于受理", "电子件", "免提交"]),
        (State.RECEIVED, "received", "slip", ["大厂回族自治县政务服务中心", "原件"]),
        (State.SUBMITTED, "online", "consent", ["服务同意书", "实名登录后在线确认"]),
        (State.RECEIVED, "received", "consent", ["服务同意书", "申请人（签字）"]),
        (State.CORRECTING, "online", "correction", ["补正告知书", "租赁合同缺少出租方签字。"]),
        (State.ACCEPTED, "online", "acceptance", ["受理通知书", "予以受理"]),
        (State.DECLINED, "online", "decline", ["不予受理决定书", "无权登记", "行政复议"]),
        (State.GRANTED, "online", "decision", ["准予", "决定书"]),
        (
            State.REFUSED,
            "online",
            "decision",
            ["字号与已登记的个体工商户相同。", "60 日内向北京市通州区人民政府", "6 个月内"],
        ),
        (State.DELIVERED, "online", "delivery", ["送达回证", "在线确认收到"]),
    ],
)
def test_each_kind_says_what_it_must(state: State, mode: str, kind: str, words: list[str]) -> None:
    walk = walk_to(state, mode=mode)
    record = record_of(walk, kind)
    page = text(person("ma").get(f"/records/{record.id}"))
    for word in [record.number, "马清荷", str(record.content["case_number"]), *words]:
        assert word in page
    assert ("（印章）" in page) is (kind not in {"consent", "delivery"})
    assert TRANSLATION not in page


def test_an_english_page_shows_the_chinese_document_and_says_what_the_other_is() -> None:
    record = record_of(walk_to(State.REFUSED), "decision")
    page = text(person("ma", language="en").get(f"/records/{record.id}"))
    document, _, translation = page.partition('<section class="paper" lang="en"')
    assert 'lang="zh-Hans"' in document
    assert "北京市通州区市场监督管理局" in document
    assert "Tongzhou District Administration" not in document
    assert "Tongzhou District Administration for Market Regulation" in translation
    assert "（印章）" not in translation


def test_the_agency_reads_the_same_document() -> None:
    record = record_of(walk_to(State.ACCEPTED), "acceptance")
    response = staff(OFFICERS[TONGZHOU]).get(f"/records/{record.id}")
    assert response.status_code == 200
    assert f"/desk/cases/{record.case_id}/" in text(response)


def test_a_document_is_not_there_for_others() -> None:
    record = record_of(walk_to(State.ACCEPTED), "acceptance")
    for client in (person("wang"), staff(DECIDERS[DACHANG])):
        response = client.get(f"/records/{record.id}")
        assert response.status_code == 404
        assert "cases.not_found" in text(response)
    assert nobody().get(f"/records/{record.id}").status_code == 302


def test_a_file_comes_back_byte_for_byte_and_can_run_nothing() -> None:
    walk = walk_to(State.SUBMITTED)
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="test")
    paper = file.materials[0].papers[0]
    url = f"/cases/{file.id}/files/{paper.id}"
    for client in (person("ma"), staff(OFFICERS[TONGZHOU])):
        response = client.get(url)
        assert response.getvalue() == scene.PDF
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == f'inline; filename="{paper.id}.pdf"'
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "no-store"
    assert person("wang").get(url).status_code == 404
    assert person("ma").get(f"/cases/{file.id}/files/no-such-paper").status_code == 404


def test_every_paper_leads_to_the_page_that_checks_receipts_and_says_what_to_bring() -> None:
    papers = [
        record_of(walk_to(State.SUBMITTED), "slip"),
        record_of(walk_to(State.REFUSED), "decision"),
    ]
    codes = set()
    for paper in papers:
        page = text(person("ma").get(f"/records/{paper.id}"))
        codes |= set(re.findall(r'<span class="paper__code".*?</span>', page))
        assert "核验时带上这个 ZIP 文件，扫码打开核验页：http://localhost/verify/" in page
    # One code for all papers: it can't say anything about anybody.
    drawn = segno.make_qr("http://localhost/verify/", error="m").svg_inline(omitsize=True, border=4)
    alt = 'role="img" aria-label="二维码：核验存证凭证的页面"'
    assert codes == {f'<span class="paper__code" {alt}>{drawn}</span>'}
