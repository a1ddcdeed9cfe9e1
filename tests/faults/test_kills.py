"""Thirty kills under load: what was answered is there, once; what was not can be asked again."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from faults.applicant import Applicant, Browser, CutError
from faults.nodes import count, inside, rows
from support.node import Node
from support.scene import PDF

pytestmark = pytest.mark.faults

KILLS = 30
PEOPLE = ("ma.qinghe", "wang.ruoxi", "li.zhixing")
OFFICERS = ("tongzhou.officer", "dachang.officer")
KILLED = (["serve"],) * 4 + (["worker"], ["serve", "worker"])


class Officer:
    """Opens files over and over; each is a look that the applicant will see."""

    def __init__(self, port: int, login: str) -> None:
        self._browser = Browser(port)
        self._browser.log_in(login)
        self.asked = 0
        self.shown = 0

    def work(self, case_ids: list[str], stop: threading.Event) -> None:
        while not stop.is_set() and case_ids:
            self.asked += 1
            try:
                status, _ = self._browser.get(f"/desk/cases/{case_ids[-1]}/")
            except CutError:
                return
            if status == 200:
                self.shown += 1
            else:
                assert status in {404, 503}  # a case of the other agency, or a node that stops


@contextmanager
def under_load(applicants: list[Applicant], officers: list[Officer]) -> Iterator[None]:
    """Let everyone work; they end when their node does, or with the block."""
    stop = threading.Event()
    seen = [case.id for one in applicants for case in one.cases if case.submitted]
    threads = [threading.Thread(target=one.work, args=(stop,)) for one in applicants]
    threads += [threading.Thread(target=one.work, args=(seen, stop)) for one in officers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def check(node: Node, applicants: list[Applicant]) -> None:
    """Compare what the node holds with what was answered."""
    node.command("verify")
    cases = [case for one in applicants for case in one.cases if case.id]
    known = {
        case_id: (number, state)
        for case_id, number, state in rows(node, "SELECT id, number, state FROM cases_case")
    }
    for case in cases:
        assert case.id in known
        number, state = known[case.id]
        if case.submitted:
            assert number is not None
            assert state == "submitted"
    numbers = [number for number, _ in known.values() if number is not None]
    assert len(numbers) == len(set(numbers))
    submitted = count(node, "cases_caseevent WHERE verb = 'submit'")
    assert submitted == len(numbers) >= sum(case.submitted for case in cases)
    assert count(node, "evidence_pendingentry WHERE kind = 'case.submitted'") == submitted
    assert count(node, "cases_documentofrecord") == 2 * submitted
    assert (
        count(
            node,
            "cases_case WHERE NOT EXISTS "
            "(SELECT 1 FROM cases_caseevent WHERE case_id = cases_case.id)",
        )
        == 0
    )
    assert count(node, "work_job WHERE state = 'dead'") == 0
    papers = dict(rows(node, "SELECT case_id, count(*) FROM cases_casepaper GROUP BY case_id"))
    for case in cases:
        assert case.attached <= papers.get(case.id, 0) <= case.uploads


def ask_again(node: Node, applicants: list[Applicant]) -> None:
    """Repeat what was cut off, and what was answered: with the same tokens it is one case."""
    for one in applicants:
        last = one.cases[-1]
        one.finish(last)
        assert one.begin(last) == last.id
        one.submit(last)
    tried = sum(len(one.cases) for one in applicants)
    assert count(node, "cases_case") == tried
    assert count(node, "cases_caseevent WHERE verb = 'submit'") == tried


def test_thirty_kills_under_load(make_node: Callable[..., Node]) -> None:
    moments = random.Random(20261122)  # noqa: S311 - a fixed seed
    node = make_node(TONGBAN_PROCESSES="2")
    forms = json.loads(inside(node, "forms"))
    applicants = [
        Applicant(node.port, person, *list(forms.items())[place])
        for person in PEOPLE
        for place in (0, 1)
    ]
    officers = [Officer(node.port, login) for login in OFFICERS]
    kills = cut = 0
    while kills < KILLS:
        names = moments.choice(KILLED)
        with under_load(applicants, officers):
            time.sleep(moments.uniform(0.2, 2.0))
            for name in names:
                node.kill(name)
            kills += 1
        cut += sum(one.cut is not None for one in applicants)
        for name in names:
            node.start(name)
        node.wait_until_ready()
        check(node, applicants)
        ask_again(node, applicants)
        check(node, applicants)
    assert cut >= KILLS  # the kills hit people at work
    _papers_are_whole(applicants)
    _looks_are_all_there(node, officers)


def _papers_are_whole(applicants: list[Applicant]) -> None:
    for one in applicants:
        for case in (one.cases[0], one.cases[-1]):
            _, page = one.read(f"/cases/{case.id}/")
            start = page.index(f"/cases/{case.id}/files/".encode())
            path = page[start : page.index(b'"', start)].decode()
            assert one.read(path) == (200, PDF)


def _looks_are_all_there(node: Node, officers: list[Officer]) -> None:
    """Wait for the worker to move the looks into the tables; none is missing, none is doubled."""
    shown, asked = sum(one.shown for one in officers), sum(one.asked for one in officers)
    assert shown > 0
    deadline = time.monotonic() + 60
    while count(node, "evidence_look") < shown and time.monotonic() < deadline:
        time.sleep(0.5)
    time.sleep(3)  # another round of the worker would double them
    assert shown <= count(node, "evidence_look") <= asked
    assert count(node, "evidence_pendingentry WHERE kind = 'look'") == count(node, "evidence_look")
    node.command("verify")
