"""What the clerk does at the window for whoever stands there."""

from tongban.site.tour import answers
from tongban.site.tour.browser import Browser
from tongban.site.tour.pages import Control, Page
from tongban.site.tour.unmet import Unmet
from tongban.site.tour.walk import Walk, expect, for_each_paper, offering, papers


def start(walk: Walk) -> None:
    """Take down who stands there and for which matter."""
    applicant = walk.place.applicant
    with walk.step("starts a walk-in", walk.place.clerk) as (browser, step):
        page = browser.open("/window/")
        form = browser.open(page.link("/window/new/")).form("/new/", having="number")
        form.fill("name", applicant.name)
        form.fill("number", applicant.number)
        form.fill("phone", applicant.phone)
        form.fill("edition", _edition(browser.page, walk))
        page = browser.send(form)
        walk.note_case(page)
        step.detail = applicant.name


def receive(walk: Walk) -> None:
    """Fill in, scan, keep the original, see the identity card, hand over the slip."""
    walk.business_name = answers.business_name(walk.place)
    with walk.step("takes in, prints the slip", walk.place.clerk) as (browser, step):
        form = browser.page.form("/intake/", having="business_name")
        answers.fill_in(form, walk.place, walk.business_name)
        form.attach("paper.premises", answers.lease())
        form.fill("originals.premises", "1")
        form.fill("presence", "document_seen")
        form.fill("consent", "true")
        slip = browser.send(form, "finish")
        expect(slip, "收件告知单", "原件")
        walk.note_number(slip)
        step.detail = f"{walk.number} {walk.business_name}"


def send_original(walk: Walk) -> None:
    """Send the original to the deciding agency."""
    with walk.step("sends the original", walk.place.clerk) as (browser, step):
        walk.until(lambda: offering(_case(browser, walk), "/dispatch/"))
        waybill = answers.waybill()
        values = {"carrier": "中国邮政速递", "waybill": waybill}
        sent = for_each_paper(browser, "/dispatch/", values)
        expect(browser.page, waybill)
        step.detail = f"{papers(sent)}, {waybill}"


def sign_for_papers(walk: Walk) -> None:
    """Sign for what came back."""
    with walk.step("signs for what came back", walk.place.clerk) as (browser, step):
        walk.until(lambda: offering(_case(browser, walk), "/sign/", walk.on_the_way))
        step.detail = papers(for_each_paper(browser, "/sign/", {}))


def hand_over(walk: Walk) -> None:
    """Put each paper into the applicant's hands."""
    with walk.step("returns licence and original", walk.place.clerk) as (browser, step):
        _case(browser, walk)
        done = 0
        while browser.page.has_form("/hand_over/"):
            form = browser.page.form("/hand_over/")
            _see_card(form.controls)
            browser.send(form)
            done += 1
        if done == 0:
            raise Unmet(expected="papers to hand over", seen=browser.page.seen())
        step.detail = papers(done)


def deliver(walk: Walk) -> None:
    """Record that the applicant, whose card was seen, has the result."""
    with walk.step("records the delivery", walk.place.clerk) as (browser, step):
        form = walk.until(lambda: offering(_case(browser, walk), "/deliver/")).form("/deliver/")
        _see_card(form.controls)
        browser.send(form)
        walk.until(lambda: expect(_case(browser, walk), "已送达"))
        step.detail = walk.number


def _see_card(controls: list[Control]) -> None:
    """Tick what says that the person's identity card was seen."""
    for control in controls:
        if control.kind in {"radio", "checkbox"}:
            control.checked = True


def _edition(page: Page, walk: Walk) -> str:
    """Return the answer that stands for the matter in the deciding place."""
    form = page.form("/new/", having="edition")
    found = [one.value for one in form.controls if one.name == "edition"]
    if len(found) != 1:
        raise Unmet(
            expected=f"one matter to choose, for {walk.place.name}", seen=", ".join(found) or "none"
        )
    return found[0]


def _case(browser: Browser, walk: Walk) -> Page:
    return browser.open(f"/window/cases/{walk.case_id}/")
