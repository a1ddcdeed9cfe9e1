"""The received job entirely by clicking: window, officer, decider, officer, window."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.eyes import Eyes
from support.node import Node
from tongban.site.tour.answers import PDF
from tongban.site.tour.people import DACHANG

pytestmark = pytest.mark.browser

CASE = re.compile(r"/cases/([^/]+)/")
NUMBER = re.compile(r"131028-\d{4}-\d{6}")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_received_job_by_clicking(
    browser: Browser, live_node: Node, tmp_path: Path, *, script: bool
) -> None:
    lease = tmp_path / "租赁合同.pdf"
    lease.write_bytes(PDF)
    with Eyes(browser, live_node, DACHANG.clerk.key, script=script) as clerk:
        case_id, number = _take_in(clerk, lease)
        _send(clerk, f"/window/cases/{case_id}/")
        with Eyes(browser, live_node, DACHANG.officer.key, script=script) as officer:
            _open(officer, number)
            officer.page.get_by_role("button", name="签收").click()
            _press(officer, "受理", "已受理，正在审查")
            officer.page.get_by_label("建议准予").check()
            officer.page.get_by_label("审查意见").fill("材料齐全，符合登记条件。")
            _press(officer, "提交审查意见", "已审查，等待决定")
            with Eyes(browser, live_node, DACHANG.decider.key, script=script) as decider:
                _open(decider, number)
                _check(decider, "decide-grant", "yes")
                _check(decider, "decide-confirm", "true")
                _press(decider, "作出决定", "准予，正在制证")
            _open(officer, number)
            officer.page.get_by_label("证照编号").fill("样例131028-00000001")
            _press(officer, "制证", "已制证，等待颁发")
            _press(officer, "颁发", "已颁发")
            _press(officer, "办结", "已办结，等待送达")
            _send(officer, f"/desk/cases/{case_id}/")
        _hand_over(clerk, f"/window/cases/{case_id}/")


def _take_in(clerk: Eyes, lease: Path) -> tuple[str, str]:
    """Receive an application; return the case's id and number, as the slip says it."""
    page, applicant = clerk.page, DACHANG.applicant
    page.get_by_role("link", name="新收件").first.click()
    page.get_by_label("姓名", exact=True).first.fill(applicant.name)
    page.get_by_label("证件号码", exact=True).first.fill(applicant.number)
    page.get_by_label(re.compile("个体工商户设立登记 · 河北省")).check()
    page.get_by_role("button", name="开始收件").last.click()
    page.get_by_label("字号名称").fill("大厂回族自治县晴川荷小吃店")
    page.get_by_label("个人经营").check()
    page.get_by_label("经营范围").fill("餐饮服务；食品销售")
    page.get_by_label("从业人数（人）").fill("2")
    page.get_by_label("资金数额（元）").fill("50000")
    page.get_by_label("经营场所详细地址").fill("大厂镇大安街15号底商3号")
    page.locator('input[name="premises_right"]').first.check()
    page.get_by_label("经营者手机号码").fill(applicant.phone)
    page.get_by_label("经营者住址").fill("廊坊市大厂回族自治县祁各庄镇88号")
    page.get_by_label("窗口领取").check()
    page.get_by_label(re.compile("我承诺所填内容")).check()
    page.locator('input[type="file"][name="paper.premises"]').set_input_files(lease)
    page.locator('input[name="originals.premises"]').fill("1")
    page.get_by_label("已看证件原件，与本人一致").check()
    page.get_by_label(re.compile("申请人已阅读并同意")).check()
    case = CASE.search(page.url)
    assert case is not None
    page.get_by_role("button", name=re.compile("^收件 ")).click()
    expect(page.get_by_role("heading", name="收件告知单")).to_be_visible()
    number = NUMBER.search(page.content())
    assert number is not None
    return case.group(1), number.group()


def _send(eyes: Eyes, case_url: str) -> None:
    """Send every paper that is here, each by its form."""
    page = eyes.page
    page.goto(case_url)
    forms = page.locator('form[action$="/dispatch/"]')
    for left in range(forms.count(), 0, -1):
        expect(forms).to_have_count(left)
        forms.first.get_by_label("承运单位").fill("中国邮政速递")
        forms.first.get_by_label("运单号").fill(f"CLICK{left:06}")
        forms.first.get_by_role("button").click()
        page.get_by_text(f"CLICK{left:06}").first.wait_for()
    expect(forms).to_have_count(0)


def _open(eyes: Eyes, number: str) -> None:
    """Find the case by its number and open its file."""
    page = eyes.page
    page.goto("/desk/")
    page.get_by_label("办件编号").fill(number)
    page.get_by_role("button", name="查询").click()
    page.locator("table").get_by_role("link", name=number).click()


def _check(eyes: Eyes, name: str, value: str) -> None:
    eyes.page.locator(f'input[name="{name}"][value="{value}"]').check()


def _press(eyes: Eyes, button: str, state: str) -> None:
    """Press a button and find the case in its new state."""
    eyes.page.get_by_role("button", name=button, exact=True).click()
    expect(eyes.page.get_by_text(state).first).to_be_visible()


def _hand_over(clerk: Eyes, case_url: str) -> None:
    """Sign for what came back, then hand all of it over at once."""
    page = clerk.page
    page.goto(case_url)
    signs = page.locator('form[action$="/sign/"]')
    expect(signs).to_have_count(2)
    for left in (1, 0):
        signs.first.get_by_role("button", name="签收").click()
        expect(signs).to_have_count(left)
    form = page.locator('form[action$="/deliver/"]')
    form.get_by_label("已看证件原件，与本人一致").check()
    form.get_by_label("申请人已当面领取并签字").check()
    form.get_by_role("button").click()
    expect(page.get_by_text("已送达").first).to_be_visible()
    expect(page.get_by_text("已交本人")).to_have_count(2)
