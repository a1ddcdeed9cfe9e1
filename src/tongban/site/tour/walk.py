"""One walk: a case from the application to its delivery, and everybody's browser on the way."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tongban.site.tour import people
from tongban.site.tour.browser import Browser
from tongban.site.tour.pages import Page
from tongban.site.tour.people import Person, Place
from tongban.site.tour.report import Report, Step
from tongban.site.tour.unmet import Unmet

_NUMBER = re.compile(r"\b\d{6}-\d{4}-(?:\d{6}-)?\d{6}\b")
_CASE = re.compile(r"/cases/([^/?#]+)/")
_MOST_PAPERS = 10
_PATIENCE_S = 20
_AGAIN_S = 0.1


@dataclass(slots=True, kw_only=True)
class Walk:
    """A walk under way. ``title`` begins the name of each of its steps.

    ``nodes`` are addresses by the code of the place that each hosts; those of no place are at
    ``base_url``. ``home`` is the place whose node the applicant uses.
    """

    base_url: str
    report: Report
    home: str = ""
    nodes: Mapping[str, str] = field(default_factory=dict)
    place: Place
    title: str
    case_id: str = ""
    number: str = ""
    business_name: str = ""
    on_the_way: int = 0  # papers that the agency sent back
    _browsers: dict[str, Browser] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, person: Person) -> Iterator[tuple[Browser, Step]]:
        """Run a step in the person's own browser; they log in when they first come."""
        named = f"{self.title}: {name}"
        with self.report.step(named, who=person.name, where=person.where) as step:
            if person.key not in self._browsers:
                address = self.nodes.get(person.place or self.home, self.base_url)
                browser = Browser(address)
                people.log_in(browser, person)
                self._browsers[person.key] = browser
            yield self._browsers[person.key], step

    def until(self, look: Callable[[], Page]) -> Page:
        """Look once or, where what is looked for comes from another node, until it is there."""
        end = time.monotonic() + (_PATIENCE_S if self.nodes else 0)
        while True:
            try:
                return look()
            except Unmet:
                if time.monotonic() >= end:
                    raise
            time.sleep(_AGAIN_S)

    def note_case(self, page: Page) -> None:
        """Learn the case's id from the page's address."""
        found = _CASE.search(page.url)
        if found is None:
            raise Unmet(expected="the address of a case", seen=page.seen())
        self.case_id = found.group(1)

    def note_number(self, page: Page) -> None:
        """Learn the case's number from the page."""
        found = _NUMBER.search(page.text)
        if found is None:
            raise Unmet(expected="a case number", seen=page.seen())
        self.number = found.group()


def expect(page: Page, *words: str) -> Page:
    """Return the page; Unmet unless it says all of it."""
    for one in words:
        if one not in page.text:
            raise Unmet(expected=f"the words {one}", seen=page.seen())
    return page


def offering(page: Page, end: str, times: int = 1) -> Page:
    """Return the page; Unmet unless it has so many forms whose address ends so."""
    page.form(end)
    found = sum(form.action.partition("?")[0].endswith(end) for form in page.forms)
    if found < times:
        raise Unmet(expected=f"{times} forms for {end}", seen=f"{page.seen()}: {found}")
    return page


def for_each_paper(browser: Browser, end: str, values: dict[str, str]) -> int:
    """Send the form of each paper whose address ends so; return how many there were.

    ``values`` are by the last part of a control's name, where each paper has names of its own.

    The page that follows each must offer one form less.
    """
    done = 0
    while browser.page.has_form(end):
        if done == _MOST_PAPERS:
            raise Unmet(
                expected=f"no more than {_MOST_PAPERS} papers for {end}", seen=browser.page.seen()
            )
        form = browser.page.form(end)
        for name, value in values.items():
            form.fill(form.name_ending(name), value)
        browser.send(form)
        done += 1
    if done == 0:
        raise Unmet(expected=f"a paper with a form for {end}", seen=browser.page.seen())
    return done


def papers(count: int) -> str:
    """Return a number of papers in words."""
    return "1 paper" if count == 1 else f"{count} papers"
