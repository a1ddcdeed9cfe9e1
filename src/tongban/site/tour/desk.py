"""What the deciding agency's officer and decider do at their desks."""

from tongban.site.tour import answers
from tongban.site.tour.browser import Browser
from tongban.site.tour.pages import Page
from tongban.site.tour.people import Person
from tongban.site.tour.walk import Walk, expect, for_each_paper, offering, papers

_OPINION = "材料齐全，地址与证明一致，符合登记条件。"
_REASON = "申请的经营场所属于住宅且未取得相关业主同意，不符合登记条件。"


def ask_correction(walk: Walk) -> None:
    """Send one notice that names a field and a material."""
    with walk.step("asks once for two corrections", walk.place.officer) as (browser, step):
        form = _find(browser, walk).form("/ask-correction/")
        for path, text in {
            "form.business_name": "名称与已登记的名称近似，请更换字号。",
            "paper.premises": "租赁合同缺少出租方签字，请重新提交。",
        }.items():
            form.fill("wanted", path)
            form.fill(f"text:{path}", text)
        form.fill("ask-correction-confirm", "true")
        expect(browser.send(form), "等待补正")
        step.detail = walk.number


def sign_for_originals(walk: Walk) -> None:
    """Sign for what the window sent."""
    with walk.step("signs for the original", walk.place.officer) as (browser, step):
        walk.until(lambda: offering(_find(browser, walk), "/sign/"))
        step.detail = papers(for_each_paper(browser, "/sign/", {}))


def accept(walk: Walk) -> None:
    """Accept: the clock of the decision starts."""
    _act(walk, walk.place.officer, "accepts", "accept", {}, "已受理，正在审查")


def review(walk: Walk, *, grant: bool) -> None:
    """Write the opinion."""
    values = {
        "review-grant": "yes" if grant else "no",
        "review-reason": _OPINION if grant else _REASON,
    }
    _act(walk, walk.place.officer, "reviews", "review", values, "已审查，等待决定")


def decide(walk: Walk, *, grant: bool) -> None:
    """Grant or refuse."""
    values = {
        "decide-grant": "yes" if grant else "no",
        "decide-reason": "" if grant else _REASON,
        "decide-confirm": "true",
    }
    name, words = ("grants", "准予，正在制证") if grant else ("refuses", "不予批准")
    _act(walk, walk.place.decider, name, "decide", values, words)


def make_licence(walk: Walk) -> None:
    """Make the licence and issue it."""
    values = {"produce-number": answers.licence_number(walk.place)}
    _act(walk, walk.place.officer, "makes the licence", "produce", values, "已制证，等待颁发")
    _act(walk, walk.place.officer, "issues it", "issue", {}, "已颁发")


def close(walk: Walk) -> None:
    """Close: only delivery is left."""
    _act(walk, walk.place.officer, "closes the case", "close", {}, "已办结，等待送达")


def send_back(walk: Walk, what: str) -> None:
    """Send the result, and the originals with it."""
    with walk.step(f"sends {what}", walk.place.officer) as (browser, step):
        _find(browser, walk)
        waybill = answers.waybill()
        values = {"carrier": "中国邮政速递", "waybill": waybill}
        sent = walk.on_the_way = for_each_paper(browser, "/dispatch/", values)
        expect(browser.page, waybill)
        step.detail = f"{papers(sent)}, {waybill}"


def _act(
    walk: Walk, person: Person, name: str, slug: str, values: dict[str, str], words: str
) -> None:
    """Send the form of one act and find the case in its new state."""
    with walk.step(name, person) as (browser, step):
        form = _find(browser, walk).form(f"/{slug}/")
        for question, answer in values.items():
            form.fill(question, answer)
        expect(browser.send(form), words)
        step.detail = walk.number


def _find(browser: Browser, walk: Walk) -> Page:
    """Search the queue for the number and open the file."""
    form = browser.open("/desk/").form("/desk/", having="number")
    form.fill("number", walk.number)
    page = browser.open(browser.send(form).link(f"/desk/cases/{walk.case_id}/"))
    expect(page, walk.number)
    return page
