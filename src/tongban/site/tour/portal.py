"""What the applicant does on the portal."""

from tongban.site.tour import answers
from tongban.site.tour.browser import Browser
from tongban.site.tour.pages import Page
from tongban.site.tour.walk import Walk, expect, for_each_paper, papers


def find_matter(walk: Walk) -> None:
    """Search for the matter in the deciding place and read its guide."""
    with walk.step("finds the matter", walk.place.applicant) as (browser, step):
        form = browser.open("/").form("/", having="q")
        form.fill("q", "个体工商户")
        form.fill("place", walk.place.code)
        guide = browser.open(browser.send(form).link("/matters/"))
        expect(guide, "受理标准", "办理时限")
        step.detail = guide.title


def apply(walk: Walk) -> None:
    """Fill in, then check and submit."""
    fill_in(walk)
    hand_in(walk)


def fill_in(walk: Walk) -> None:
    """Begin, upload, fill in, go on to the page that shows it all."""
    walk.business_name = answers.business_name(walk.place)
    with walk.step("fills in, uploads", walk.place.applicant) as (browser, step):
        page = browser.send(browser.page.form("/apply/"))
        walk.note_case(page)
        form = page.form("/edit/", having="business_name")
        form.attach("file.premises", answers.lease())
        form = browser.send(form, "upload:premises").form("/edit/", having="business_name")
        answers.fill_in(form, walk.place, walk.business_name)
        expect(browser.send(form, "check"), walk.business_name, answers.lease().name)
        step.detail = walk.business_name


def hand_in(walk: Walk) -> None:
    """Agree, submit."""
    with walk.step("checks, submits", walk.place.applicant) as (browser, step):
        form = browser.page.form("/check/", having="consent")
        form.fill("consent", "true")
        page = browser.send(form)
        expect(page, "已提交，等待受理")
        walk.note_number(page)
        step.detail = walk.number


def correct(walk: Walk) -> None:
    """Read the notice and answer all of it."""
    with walk.step("corrects what was asked for", walk.place.applicant) as (browser, step):
        page = _case(browser, walk)
        expect(page, "等待补正")
        form = browser.open(page.link("/edit/")).form("/edit/", having="business_name")
        form.attach("file.premises", answers.lease())
        walk.business_name = answers.business_name(walk.place)
        form.fill("business_name", walk.business_name)
        page = browser.send(form, "correct")
        expect(page, "等待受理", walk.business_name)
        step.detail = walk.business_name


def sees(walk: Walk, *words: str) -> None:
    """Open the case and find these words on it."""
    with walk.step(f"sees {words[0]}", walk.place.applicant) as (browser, step):
        walk.until(lambda: expect(_case(browser, walk), *words))
        step.detail = walk.number


def take_parcels(walk: Walk) -> None:
    """Confirm each parcel that came by post."""
    with walk.step("confirms the parcel", walk.place.applicant) as (browser, step):
        page = _case(browser, walk)
        end = next(
            (form.action for form in page.forms if f"/cases/{walk.case_id}/papers/" in form.action),
            "/papers/",
        )
        step.detail = papers(for_each_paper(browser, end, {}))
        expect(browser.page, "已交本人")


def confirm_receipt(walk: Walk) -> None:
    """Confirm that the result came; the proof of delivery follows."""
    with walk.step("confirms delivery", walk.place.applicant) as (browser, step):
        question = browser.open(_case(browser, walk).link("/receipt/"))
        page = browser.send(question.form("/receipt/"))
        expect(page, "已送达", "送达回证")
        step.detail = walk.number


def read_decision(walk: Walk, *words: str) -> None:
    """Open the decision as a document and find these words in it."""
    with walk.step("reads the decision", walk.place.applicant) as (browser, step):
        page = browser.open(_case(browser, walk).link("/records/", text="决定书"))
        expect(page, walk.number, *words)
        step.detail = page.title.partition(" · ")[0]


def _case(browser: Browser, walk: Walk) -> Page:
    return browser.open(f"/cases/{walk.case_id}/")
