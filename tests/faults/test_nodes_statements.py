"""A failure after each statement of sending, taking and settling: all of it happens, or nothing."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from cases.another_node import DECIDER, Line, handed, line
from faults.injection import InjectedError, fail_after_each_statement, run
from federation.conftest import beijing, hebei, home
from federation.other_node import Line as Wire
from federation.other_node import OtherNode, served
from support.contents import everything
from support.scene import DACHANG, Walk
from tongban.cases.crossing import handing, hearing, recovering, telling
from tongban.cases.models import Case, CaseAbroad, CaseEvent
from tongban.federation import api as federation
from tongban.federation.actions import taking
from tongban.federation.envelope import decrypt
from tongban.federation.models import InMessage, OutMessage
from tongban.places.models import Calendar

__all__ = ["beijing", "hebei", "home", "line"]

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(databases=["default", "keys"], transaction=True),
    pytest.mark.usefixtures("region"),
]


def in_one(function: Any, *given: Any) -> Any:  # noqa: ANN401 - whatever is called
    def call() -> None:
        with transaction.atomic():
            function(*given)

    return call


def test_handing_over_is_told_whole_or_not_at_all(line: Line) -> None:
    walk = Walk(place=DACHANG, mode="received").begin().hand_in()
    _, failures = fail_after_each_statement(
        lambda: handing.hand_over({"case_id": walk.done.case_id})
    )
    assert failures > 10
    assert CaseAbroad.objects.get(pk=walk.done.case_id).told_seq == 2
    assert line.sent[-1]["data"]["header"]["id"] == walk.done.case_id


def test_a_case_is_taken_whole_or_not_at_all(line: Line) -> None:
    walk = handed(line)
    message = line.message()
    _, failures = fail_after_each_statement(in_one(handing.take_handed, message))
    assert failures > 20
    assert Case.objects.get(pk=walk.done.case_id).state == "received"
    assert CaseEvent.objects.filter(case_id=walk.done.case_id).count() == 2


def test_a_step_that_is_asked_happens_once_or_not_at_all(line: Line) -> None:
    walk = handed(line)
    in_one(handing.take_handed, line.message())()
    acting = walk.window.as_json()
    data = {
        "case_id": walk.done.case_id,
        "verb": "withdraw",
        "seq": 2,
        "acting": acting,
        "request": {"reason": "不办了"},
        "key": "k" * 22,
        "files": [],
    }
    line.sent.append({"kind": "case.proposed", "lane": walk.done.case_id, "data": data})
    _, failures = fail_after_each_statement(in_one(hearing.take_proposed, line.message()))
    assert failures > 10
    case = Case.objects.get(pk=walk.done.case_id)
    assert (case.state, case.seq) == ("withdrawn", 3)


def test_what_is_told_is_written_whole_or_not_at_all(line: Line) -> None:
    walk = handed(line)
    in_one(handing.take_handed, line.message())()
    lost = _lost(line, walk)  # what this node told itself comes back by the same door
    _, failures = fail_after_each_statement(in_one(recovering.told_again, lost, "tongzhou"))
    assert failures > 10
    assert Case.objects.get(pk=walk.done.case_id).state == "accepted"


def _lost(line: Line, walk: Walk) -> federation.Message:
    """Accept the case, lose that again, and return what was told of it."""
    with transaction.atomic():
        walk.accept()
        transaction.set_rollback(True)
    assert Case.objects.get(pk=walk.done.case_id).state == "received"
    assert line.sent[-1]["kind"] == telling.TOLD
    return line.message(sender=DECIDER)


@pytest.fixture
def wire(hebei: OtherNode) -> Iterator[Wire]:
    with served(hebei) as found:
        federation.trust(hebei.text)
        yield found


def one_round() -> int:
    """Make a round; where a savepoint could not be kept, all that it noted is undone at once."""
    try:
        return federation.deliver_once()
    except TransactionManagementError as broken:
        if not isinstance(broken.__cause__, InjectedError):
            raise
        return 0


def test_a_message_is_sent_and_settled_once_whatever_fails(wire: Wire) -> None:
    noted: list[bool] = []

    def answered(answer: federation.Answer) -> None:
        Calendar.objects.create(name=answer.message_id[:40], version=1, published_years=[])
        noted.append(answer.taken)

    federation.register("test.kind", take=lambda _: None, answered=answered)

    def send() -> str:
        with transaction.atomic():
            return federation.send(to="hebei", kind="test.kind", lane="lane", data={"n": 1})

    sent, failures = fail_after_each_statement(send)
    assert failures >= 3
    assert OutMessage.objects.count() == 1
    for nth in count(1):
        OutMessage.objects.filter(answered_at=None).update(next_at="2026-01-01T00:00:00Z")
        _, fault = run(one_round, fail_after=nth)
        row = OutMessage.objects.get(pk=sent)
        effects = Calendar.objects.filter(name=str(sent)[:40]).count()
        assert effects == int(row.answered_at is not None)
        if fault.statements < nth and row.answered_at is not None:
            break
    assert (row.taken, row.seq) == (True, 1)
    assert {one["id"] for one in wire.taken()} == {sent}


def test_a_message_is_taken_and_kept_in_one(hebei: OtherNode) -> None:
    def take(message: federation.Message) -> None:
        Calendar.objects.create(name=message.id[:40], version=1, published_years=[])

    federation.register("test.kind", take=take)
    opened = taking._opened(decrypt(hebei.envelope(hebei.event())))
    before = everything()
    for nth in count(1):
        answer, fault = run(lambda: taking.take(opened), fail_after=nth)
        if fault.statements < nth:
            break
        assert isinstance(answer, InjectedError)
        assert everything() == before
    assert nth > 5
    assert InMessage.objects.get().taken
    assert Calendar.objects.filter(name__startswith="hebei-").count() == 1
