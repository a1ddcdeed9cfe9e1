"""The window's pages as pages: their cost, their languages, their lists, their keys."""

import re

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from channels.window_walk import Walker, clerk
from support.scene import TONGZHOU, walk_to
from tongban.cases.api import State
from tongban.evidence import api as evidence

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

HAN = re.compile(r"[㐀-鿿]")


def statements(walker: Walker, path: str) -> tuple[int, int]:
    """Return how many statements a page costs, in the main database and in the key store."""
    walker.go(path)  # what a process reads once has been read
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        walker.go(path)
    assert walker.status == 200
    return len(main), len(keys)


def test_the_first_page_costs_the_same_however_much_waits() -> None:
    walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    walk_to(State.CLOSED, place=TONGZHOU, mode="received")
    few = statements(clerk(), "/window/")
    for state in (State.DRAFT, State.CORRECTING, State.RECEIVED, State.RECEIVED):
        walk_to(state, place=TONGZHOU, mode="received")
    assert statements(clerk(), "/window/") == few == (11, 1)


def test_the_file_costs_one_statement_for_each_post_and_paper() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    address = f"/window/cases/{walk.done.case_id}/"
    assert statements(clerk(), address) == (12, 2)


def test_opening_a_file_is_a_look_that_the_applicant_sees() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    clerk().go(f"/window/cases/{walk.done.case_id}/")
    evidence.drain_looks()
    seen = evidence.looks_at(person_id=walk.applicant.actor_id)
    assert [look.purpose for look in seen if look.case_id == walk.done.case_id] == ["窗口查看办件"]


def test_the_ledger_is_found_by_the_number_s_beginning() -> None:
    numbers = [
        str(walk_to(State.RECEIVED, place=TONGZHOU, mode="received").done.number) for _ in range(2)
    ]
    walker = clerk().go("/window/cases/")
    assert all(number in walker.page for number in numbers)
    walker.go(f"/window/cases/?number={numbers[0]}")
    assert (numbers[0] in walker.page, numbers[1] in walker.page) == (True, False)
    assert "没有符合的办件" in walker.go("/window/cases/?number=999").page
    assert "没有符合的办件" in walker.go("/window/cases/?pile=ended").page
    assert numbers[0] in walker.go("/window/cases/?pile=nonsense").page


def test_the_ledger_goes_on_by_key() -> None:
    for _ in range(32):
        walk_to(State.DRAFT, place=TONGZHOU, mode="received")
    walker = clerk().go("/window/cases/?pile=todo")
    first = set(re.findall(r"/window/cases/(local-\w+)/", walker.page))
    walker.follow("下一页")
    rest = set(re.findall(r"/window/cases/(local-\w+)/", walker.page))
    assert (len(first), len(rest), first & rest) == (30, 2, set())
    assert "待办较多" in walker.go("/window/").page


def test_nothing_to_do() -> None:
    assert "没有待办" in clerk().go("/window/").page


def test_the_consent_can_be_printed_before_it_is_given() -> None:
    walk = walk_to(State.DRAFT, place=TONGZHOU, mode="received")
    walker = clerk().go(f"/window/cases/{walk.done.case_id}/consent/")
    assert "同意由网上平台或者收件窗口接收申请材料" in walker.page
    assert "申请人（签字）" in walker.page


def test_each_page_has_one_heading_a_focus_and_no_key_twice() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    drafted = walk_to(State.DRAFT, place=TONGZHOU, mode="received")
    pages = {
        "/window/": ("autofocus", {"n", "s"}),
        "/window/new/": ("autofocus", {"j"}),
        "/window/cases/": ("autofocus", {"s"}),
        f"/window/cases/{drafted.done.case_id}/intake/": ("autofocus", {"g", "j"}),
        f"/window/cases/{walk.done.case_id}/": ("", set()),
        f"/window/cases/{walk.done.case_id}/ask_correction/": ("", {"j"}),
    }
    for path, (focus, keys) in pages.items():
        page = clerk().go(path).page
        assert page.count("<h1") == 1, path
        assert page.count(" autofocus") == (1 if focus else 0), path
        found = re.findall(r'accesskey="(\w)"', page)
        assert (set(found), len(found)) == (keys, len(keys)), path
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert sorted(ids) == sorted(set(ids)), path
        assert not re.search(r'tabindex="[1-9]', page), path
        assert not re.search(r"\son\w+=|style=", page), path


def test_a_clerk_who_reads_english_gets_the_data_in_english() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    walker = clerk()
    walker.client.cookies["tongban_language"] = "en"
    page = walker.go(f"/window/cases/{walk.done.case_id}/").page
    assert '<html lang="en"' in page
    assert "Proof of the right to use the premises" in page
    assert "Dachang Government Service Centre" in page


def test_what_was_looked_at_is_drained_and_the_lists_still_open() -> None:
    """A drained look makes a key of the applicant at the deciding place."""
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    clerk().go(f"/window/cases/{walk.done.case_id}/")
    evidence.drain_looks()
    assert clerk().go("/window/").status == 200
    assert "马**" in clerk().go("/window/cases/").page


def test_pressing_a_button_is_no_further_look() -> None:
    walk = walk_to(State.RECEIVED, place=TONGZHOU, mode="received")
    walker = clerk().go(f"/window/cases/{walk.done.case_id}/")
    walker.press("/void/", {"void.reason": "重复录入，已另收一件。", "void.confirm": "true"})
    evidence.drain_looks()
    seen = evidence.looks_at(person_id=walk.applicant.actor_id)
    assert [look.purpose for look in seen if look.case_id == walk.done.case_id] == [
        "窗口查看办件",
        "窗口查看办件",  # the file before and the file after, nothing for the press itself
    ]
