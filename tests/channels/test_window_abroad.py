"""The window's page of a case on its way to another node, and of one that was sent back."""

import re

import pytest

from cases.another_node import Line, answer, line, on_its_way, sent_back
from channels.window_walk import Walker, clerk
from support.scene import TONGZHOU
from tongban.cases.models import CaseAbroad
from tongban.work.models import Job

__all__ = ["line"]

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def actions(walker: Walker) -> set[str]:
    return {form.action.rstrip("/").rpartition("/")[2] for form in walker.forms}


@pytest.mark.usefixtures("line")
def test_on_its_way_the_page_says_since_when_and_offers_no_step() -> None:
    walk = on_its_way()
    walker = clerk(TONGZHOU).go(f"/window/cases/{walk.done.case_id}/")
    assert "移交中" in walker.page
    assert "系统会自动重试，不必重复操作" in walker.page
    assert "目前没有本窗口要办的步骤。" in walker.page
    assert actions(walker).isdisjoint({"withdraw", "void", "dispatch", "hand_again"})


def test_sent_back_it_shows_code_and_owner_and_is_handed_over_again(line: Line) -> None:
    walk = sent_back()
    walker = clerk(TONGZHOU).go(f"/window/cases/{walk.done.case_id}/")
    assert "移交被退回" in walker.page
    assert "代码 cases.edition_differs。" in walker.page
    assert re.search("由收件窗口[^：]+政务服务中心负责：更正后重新移交", walker.page)
    assert "双方的实施清单内容不一致：请双方先更新一致。" in walker.page
    assert {"hand_again", "withdraw", "void"} <= actions(walker)
    assert "dispatch" not in actions(walker)
    Job.objects.all().delete()
    walker.press("/hand_again/")
    assert (walker.status, "已重新移交，等待对方确认。" in walker.page) == (200, True)
    assert "移交中" in walker.page
    assert [job.name for job in Job.objects.all()] == ["cases.hand_over"]
    assert CaseAbroad.objects.get(pk=walk.done.case_id).refused == ""
    assert len(line.sent) == 1


@pytest.mark.usefixtures("line")
def test_once_it_was_taken_the_original_can_be_sent() -> None:
    walk = on_its_way()
    answer(walk)
    walker = clerk(TONGZHOU).go(f"/window/cases/{walk.done.case_id}/")
    assert {"withdraw", "void", "dispatch"} <= actions(walker)
