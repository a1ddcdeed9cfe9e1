"""The online job on a small phone: apply, answer the notice, follow, confirm."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.eyes import PHONE, Eyes
from support.node import Node
from tongban.site.tour import desk
from tongban.site.tour.answers import PDF
from tongban.site.tour.people import TONGZHOU
from tongban.site.tour.report import Report
from tongban.site.tour.walk import Walk

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_online_job_on_a_phone(
    browser: Browser, live_node: Node, tmp_path: Path, *, script: bool
) -> None:
    lease = tmp_path / "租赁合同.pdf"
    lease.write_bytes(PDF)
    walk = Walk(base_url=live_node.url, report=Report(print), place=TONGZHOU, title="phone")
    with Eyes(
        browser,
        live_node,
        TONGZHOU.applicant.key,
        script=script,
        viewport={"width": PHONE, "height": 740},
        is_mobile=True,
        has_touch=True,
    ) as phone:
        _apply(phone, lease)
        walk.case_id = phone.page.url.split("/cases/")[1].partition("/")[0]
        walk.number = phone.page.locator(".done__number").inner_text()
        desk.ask_correction(walk)
        _correct(phone, walk, lease)
        desk.accept(walk)
        desk.review(walk, grant=True)
        desk.decide(walk, grant=True)
        desk.make_licence(walk)
        desk.close(walk)
        desk.send_back(walk, "the licence")
        _confirm(phone, walk)


def _fits(phone: Eyes) -> None:
    """Nothing stands beyond the right edge."""
    phone.page.wait_for_load_state()
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width == PHONE, phone.page.url


def _apply(phone: Eyes, lease: Path) -> None:
    page = phone.page
    page.goto("/")
    _fits(phone)
    page.get_by_label("我要办哪里的事").select_option(label="北京市通州区")
    page.get_by_label("办什么事").fill("个体")
    page.get_by_role("button", name="查找").tap()
    page.wait_for_url("**place=110112**")
    page.locator('a[href*="/matters/"]').first.tap()
    page.wait_for_url("**/matters/**")
    _fits(phone)
    page.get_by_role("button", name="开始申请").tap()
    page.wait_for_url("**/edit/")
    _fits(phone)
    page.get_by_label("字号名称").fill("北京市通州区晴溪乐花店")
    page.get_by_label("个人经营").check()
    page.get_by_label("经营范围").fill("花卉零售")
    page.get_by_label("从业人数（人）").fill("1")
    page.get_by_label("经营场所详细地址").fill("玉桥街道运河西大街88号1层101")
    page.get_by_label("经营者住址").fill("廊坊市大厂回族自治县祁各庄镇88号")
    page.get_by_label("窗口领取").check()
    page.get_by_label("我承诺所填内容").check()
    page.locator('input[name="file.premises"]').set_input_files(lease)
    page.get_by_role("button", name="下一步：核对并提交").tap()
    page.wait_for_url("**/check/")
    _fits(phone)
    expect(page.get_by_text("北京市通州区晴溪乐花店")).to_be_visible()
    expect(page.get_by_role("link", name="租赁合同.pdf")).to_be_visible()
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="提交申请").tap()
    expect(page.get_by_text("已提交，等待受理")).to_be_visible()
    _fits(phone)


def _correct(phone: Eyes, walk: Walk, lease: Path) -> None:
    page = phone.page
    page.goto("/")
    page.locator(f'a[href="/cases/{walk.case_id}/"]').tap()
    page.wait_for_url(f"**/cases/{walk.case_id}/")
    _fits(phone)
    page.get_by_role("link", name="去补正").tap()
    page.wait_for_url("**/edit/")
    _fits(phone)
    page.get_by_label("字号名称").fill("北京市通州区春溪乐花店")
    page.locator('input[name="file.premises"]').set_input_files(lease)
    page.get_by_role("button", name="提交补正").tap()
    expect(page.get_by_text("已提交，等待受理")).to_be_visible()


def _confirm(phone: Eyes, walk: Walk) -> None:
    page = phone.page
    page.goto(f"/cases/{walk.case_id}/")
    page.get_by_role("button", name="我已收到").tap()
    page.get_by_role("link", name="确认收到结果").tap()
    page.wait_for_url("**/receipt/")
    _fits(phone)
    page.get_by_role("button", name="确认收到").tap()
    expect(page.get_by_text("已送达", exact=True).first).to_be_visible()
    page.get_by_role("link", name="送达回证").first.tap()
    expect(page.get_by_role("heading", name="送达回证")).to_be_visible()
    _fits(phone)
