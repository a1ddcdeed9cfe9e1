"""A disk that takes nothing more: nothing is half done, nobody is shown what was not recorded."""

import http
import json
from collections.abc import Callable

import pytest

from faults.applicant import Applicant, Browser, Case, CutError
from faults.nodes import count, fill_disk, inside
from support.node import Node

pytestmark = pytest.mark.faults


@pytest.fixture
def node(make_node: Callable[..., Node]) -> Node:
    return make_node()


def test_a_full_disk_refuses_and_then_goes_on(node: Node) -> None:
    edition, form = next(iter(json.loads(inside(node, "forms")).items()))
    applicant = Applicant(node.port, "ma.qinghe", edition, form)
    officer = Browser(node.port)
    officer.log_in("tongzhou.officer")
    before, case = Case("a" * 22, "b" * 22), Case("c" * 22, "d" * 22)
    applicant.finish(before)
    case.id = applicant.begin(case)

    fill_disk(node, "serve", full=True)
    with pytest.raises(CutError, match="503"):
        applicant.finish(case)  # the upload
    status, page = officer.get(f"/desk/cases/{before.id}/")
    assert status == http.HTTPStatus.SERVICE_UNAVAILABLE
    assert form["business_name"].encode() not in page
    assert applicant.read("/mine/")[0] == http.HTTPStatus.OK

    fill_disk(node, "serve", full=False)
    assert count(node, "cases_casepaper") == 1
    assert count(node, "documents_document") == 1
    assert count(node, "evidence_look") == 0
    assert len([path for path in (node.home / "files").glob("??/??/*") if path.is_file()]) == 1
    node.command("verify")
    applicant.finish(case)
    status, page = officer.get(f"/desk/cases/{before.id}/")
    assert status == http.HTTPStatus.OK
    assert form["business_name"].encode() in page
    node.command("verify")
    assert count(node, "cases_caseevent WHERE verb = 'submit'") == 2
