"""Verbs between two nodes that fail after any statement change nothing, then happen once."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import transaction

from cases.another_node import DECIDER, TAKER, Line, handed, line, sent_back
from faults.injection import fail_after_each_statement
from support.contents import everything
from support.scene import DACHANG, as_person, person_id, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.cases.crossing import handing
from tongban.cases.models import CaseAbroad
from tongban.delivery import api as delivery
from tongban.delivery.errors import MoveUnfit

__all__ = ["line"]

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def hand_again(_line: Line) -> Callable[[], object]:
    with transaction.atomic():  # as federation has it
        walk = sent_back()
    return partial(cases.hand_again, acting=walk.window, case_id=walk.done.case_id)


def compare_paper(line: Line) -> Callable[[], object]:
    walk = handed(line)
    with transaction.atomic():
        handing.take_handed(line.message())
    CaseAbroad.objects.update(trouble=MoveUnfit.code)
    [item] = delivery.items_of(("case", walk.done.case_id))
    return partial(
        cases.compare_paper,
        acting=walk.officer,
        case_id=walk.done.case_id,
        item_id=item.id,
        seq=item.seq,
        found=True,
        note="在本机关",
    )


def show_abroad(line: Line) -> Callable[[], object]:
    line.play(DECIDER)
    walk_to(State.ACCEPTED, place=DACHANG)
    cases.known_abroad(person_id=person_id("ma"), node=TAKER, theirs=f"{TAKER}-{'a' * 32}")
    return partial(cases.show_abroad, acting=as_person("ma"), node=TAKER)


@pytest.mark.parametrize("make", [hand_again, compare_paper, show_abroad])
def test_it_happens_once_or_not_at_all(
    line: Line, make: Callable[[Line], Callable[[], object]]
) -> None:
    call = make(line)
    _, failures = fail_after_each_statement(call)
    assert failures >= 3
    after = everything()
    call()  # its answer was lost: pressed again
    assert everything() == after
