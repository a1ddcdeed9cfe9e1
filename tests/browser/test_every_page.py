"""Every page in every state: accessible, in both widths, schemes and languages, on its own."""

import pytest
from playwright.sync_api import Browser

from support.eyes import Eyes
from support.node import Node
from tongban.site.tour import desk, portal, window
from tongban.site.tour.people import DACHANG, TONGZHOU, Place
from tongban.site.tour.report import Report
from tongban.site.tour.walk import Walk

pytestmark = pytest.mark.browser


def walk_of(node: Node, place: Place) -> Walk:
    return Walk(base_url=node.url, report=Report(print), place=place, title="pages")


def records(eyes: Eyes, case_url: str) -> dict[str, str]:
    """Return the addresses of the documents of record, by their titles."""
    eyes.page.goto(case_url)
    links = eyes.page.locator('a[href*="/records/"]')
    return {
        (one.text_content() or "").strip(): one.get_attribute("href") or "" for one in links.all()
    }


def test_the_pages_for_everyone(browser: Browser, live_node: Node) -> None:
    with Eyes(browser, live_node) as eyes:
        eyes.look("home", "/")
        eyes.look("home-nothing-found", "/?q=zzz")
        eyes.page.goto("/")
        eyes.page.locator('a[href*="/matters/"]').first.click()
        eyes.look("guide")
        eyes.look("login", "/login/")
        eyes.look("status", "/status/")
        eyes.look("problem-404", "/no/such/page")


def test_the_pages_of_an_application(browser: Browser, live_node: Node) -> None:
    walk = walk_of(live_node, DACHANG)
    with Eyes(browser, live_node, DACHANG.applicant.key) as eyes:
        page = eyes.page
        eyes.look("portal-home", "/")
        page.goto("/")
        page.locator('.card a[href*="/matters/"]').filter(has_text="个体工商户").first.click()
        eyes.look("portal-guide")
        page.goto(page.url)
        page.locator('form[action$="/apply/"] button').click()
        eyes.look("portal-edit")
        page.goto(page.url)
        page.locator('button[name="do"][value="check"]').click()
        page.locator(".summary").wait_for()
        eyes.look("portal-edit-problems", english=False)
        draft = page.url.partition("edit/")[0]
        eyes.look("portal-case-draft", draft)
        eyes.look("portal-withdraw", f"{draft}withdraw/")
        for pile in ("todo", "waiting", "ended"):
            eyes.look(f"portal-mine-{pile}", f"/mine/?pile={pile}")
        portal.find_matter(walk)
        portal.fill_in(walk)
        check = f"/cases/{walk.case_id}/check/"
        eyes.look("portal-check", check)
        page.goto(check)
        page.get_by_role("button", name="提交申请").click()
        page.locator(".summary").wait_for()
        eyes.look("portal-check-problems", english=False)
        portal.hand_in(walk)
        eyes.look("portal-case-submitted", f"/cases/{walk.case_id}/?done=submitted")
        desk.ask_correction(walk)
        eyes.look("portal-case-correcting", f"/cases/{walk.case_id}/")
        eyes.look("portal-evidence", f"/cases/{walk.case_id}/evidence/")
        eyes.look("portal-edit-correcting", f"/cases/{walk.case_id}/edit/")
        eyes.look("portal-mine-with-rows", "/mine/?pile=todo")


def test_the_pages_of_a_result(browser: Browser, live_node: Node) -> None:
    walk = walk_of(live_node, DACHANG)
    portal.find_matter(walk)
    portal.apply(walk)
    desk.accept(walk)
    desk.review(walk, grant=True)
    desk.decide(walk, grant=True)
    desk.make_licence(walk)
    desk.close(walk)
    desk.send_back(walk, "the licence")
    with Eyes(browser, live_node, DACHANG.applicant.key) as eyes:
        case_url = f"/cases/{walk.case_id}/"
        eyes.look("portal-case-parcel", case_url)
        eyes.look("portal-receipt", f"{case_url}receipt/")
        portal.take_parcels(walk)
        portal.confirm_receipt(walk)
        eyes.look("portal-case-delivered", f"{case_url}?done=delivered")
        for name, address in records(eyes, case_url).items():
            eyes.look(f"record-{name.replace(' ', '-')}", address)


def test_the_pages_of_a_mandate(browser: Browser, live_node: Node) -> None:
    with Eyes(browser, live_node, DACHANG.applicant.key) as eyes:
        page = eyes.page
        eyes.look("portal-mandates", "/mandates/")
        page.goto("/mandates/")
        page.locator('main form[action$="/mandates/"] button').last.click()
        page.locator(".summary").wait_for()
        eyes.look("portal-mandates-problems", english=False)


def test_the_pages_of_the_window(browser: Browser, live_node: Node) -> None:
    walk = walk_of(live_node, TONGZHOU)
    with Eyes(browser, live_node, TONGZHOU.clerk.key) as eyes:
        page = eyes.page
        eyes.look("window-new", "/window/new/")
        page.goto("/window/new/")
        page.locator('button[value="start"]').last.click()
        page.locator(".summary").wait_for()
        eyes.look("window-new-problems", english=False)
        window.start(walk)
        intake = f"/window/cases/{walk.case_id}/intake/"
        eyes.look("window-intake", intake)
        page.goto(intake)
        page.locator('button[value="finish"]').last.click()
        page.locator(".summary").wait_for()
        eyes.look("window-intake-problems", english=False)
        eyes.look("window-consent", f"/window/cases/{walk.case_id}/consent/")
        eyes.look("window-case-draft", f"/window/cases/{walk.case_id}/")
        window.receive(walk)
        eyes.look("window-case-received", f"/window/cases/{walk.case_id}/")
        eyes.look("window-evidence", f"/window/cases/{walk.case_id}/evidence/")
        eyes.look("window-notice", f"/window/cases/{walk.case_id}/ask_correction/")
        eyes.look("window-home", "/window/")
        eyes.look("window-ledger", "/window/cases/?pile=all")
        eyes.look("window-ledger-empty", "/window/cases/?pile=all&number=000000")


def test_the_pages_of_papers_that_travel(browser: Browser, live_node: Node) -> None:
    walk = walk_of(live_node, TONGZHOU)
    window.start(walk)
    window.receive(walk)
    window.send_original(walk)
    with Eyes(browser, live_node, TONGZHOU.clerk.key) as eyes:
        eyes.look("window-case-sent", f"/window/cases/{walk.case_id}/")
        desk.sign_for_originals(walk)
        desk.ask_correction(walk)
        eyes.look("window-correct", f"/window/cases/{walk.case_id}/correct/")
        portal.correct(walk)
        desk.accept(walk)
        desk.review(walk, grant=True)
        desk.decide(walk, grant=True)
        desk.make_licence(walk)
        desk.close(walk)
        desk.send_back(walk, "licence and original")
        eyes.look("window-case-to-sign", f"/window/cases/{walk.case_id}/")
        window.sign_for_papers(walk)
        eyes.look("window-case-to-deliver", f"/window/cases/{walk.case_id}/")
        window.deliver(walk)
        eyes.look("window-case-delivered", f"/window/cases/{walk.case_id}/?done=deliver")


def test_the_pages_of_the_desk(browser: Browser, live_node: Node) -> None:
    walk = walk_of(live_node, TONGZHOU)
    portal.find_matter(walk)
    portal.apply(walk)
    case_url = f"/desk/cases/{walk.case_id}/"
    with Eyes(browser, live_node, TONGZHOU.officer.key) as eyes:
        page = eyes.page
        eyes.look("desk-home", "/desk/")
        eyes.look("desk-home-ended", "/desk/?pile=ended")
        eyes.look("desk-home-nothing-found", "/desk/?number=000000")
        eyes.look("desk-case-submitted", case_url)
        eyes.look("desk-case-notice", f"{case_url}#do-ask-correction")
        eyes.look("desk-case-decline", f"{case_url}#do-decline")
        page.goto(f"{case_url}#do-ask-correction")
        page.locator("#do-ask-correction button").last.click()
        page.locator(".summary").wait_for()
        eyes.look("desk-case-refused", english=False)
        desk.accept(walk)
        eyes.look("desk-case-accepted", case_url)
        desk.review(walk, grant=False)
    with Eyes(browser, live_node, TONGZHOU.decider.key) as eyes:
        eyes.look("desk-case-to-decide", case_url)
        desk.decide(walk, grant=False)
        eyes.look("desk-case-decided", case_url)
        refusal = next(
            address for name, address in records(eyes, case_url).items() if "决定书" in name
        )
        eyes.look("record-refusal", refusal)


def test_the_pages_of_papers_at_the_desk(browser: Browser, live_node: Node) -> None:
    walk = walk_of(live_node, TONGZHOU)
    window.start(walk)
    window.receive(walk)
    window.send_original(walk)
    case_url = f"/desk/cases/{walk.case_id}/"
    with Eyes(browser, live_node, TONGZHOU.officer.key) as eyes:
        eyes.look("desk-home-parcels", "/desk/")
        eyes.look("desk-case-original-sent", case_url)
        desk.sign_for_originals(walk)
        desk.accept(walk)
        desk.review(walk, grant=True)
        desk.decide(walk, grant=True)
        eyes.look("desk-case-to-produce", case_url)
        desk.make_licence(walk)
        desk.close(walk)
        eyes.look("desk-case-to-send", case_url)
        desk.send_back(walk, "licence and original")
        eyes.look("desk-case-sent", case_url)
    with Eyes(browser, live_node, TONGZHOU.clerk.key) as eyes:
        for name, address in records(eyes, f"/window/cases/{walk.case_id}/").items():
            if "收件" in name or "同意" in name:
                eyes.look(f"record-{name.partition(' ')[0]}", address)
