"""Two windows at once: a paper moves once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connections

from delivery.papers import BUREAU, PERSON, RECEIVER, acting, key, put_people, take_in
from tongban.delivery import api, errors
from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.kernel import clock
from tongban.kernel.errors import Refusal
from tongban.vault import api as vault

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

THREADS = 6


def at_once(work: Callable[[int], api.ItemView]) -> list[api.ItemView | type[Refusal]]:
    def one(number: int) -> api.ItemView | type[Refusal]:
        try:
            return work(number)
        except Refusal as refused:
            return type(refused)
        finally:
            connections.close_all()

    with (
        clock.held_at(datetime(2026, 7, 1, tzinfo=UTC)),
        ThreadPoolExecutor(THREADS) as pool,
    ):
        return list(pool.map(one, range(THREADS)))


def prepared(item_id: str, to: api.Holder, case_key: vault.DataKey) -> api.ItemView:
    return api.prepare(acting=acting(RECEIVER), item_id=item_id, seq=1, to=to, key=case_key)


@pytest.fixture
def item() -> api.ItemView:
    put_people()
    with clock.held_at(datetime(2026, 7, 1, tzinfo=UTC)):
        return take_in()


def test_the_same_request_many_times_at_once_is_one_move(item: api.ItemView) -> None:
    case_key = key()
    answers = at_once(lambda _: prepared(item.id, BUREAU, case_key))
    assert answers == [api.item(item.id)] * THREADS
    assert CustodyMove.objects.filter(item_id=item.id).count() == 2


def test_of_different_requests_at_once_one_wins(item: api.ItemView) -> None:
    case_key = key()
    answers = at_once(lambda number: prepared(item.id, BUREAU if number % 2 else PERSON, case_key))
    won = api.item(item.id)
    assert won.seq == 2
    assert set(map(type, answers)) == {api.ItemView, type}
    assert {answer for answer in answers if isinstance(answer, type)} == {errors.Stale}
    assert [answer for answer in answers if answer == won] == [won] * (THREADS // 2)


def test_taking_in_many_times_at_once_is_one_paper(item: api.ItemView) -> None:
    case_key = key()
    answers = at_once(lambda _: take_in(label="体检报告", key=case_key))
    assert {answer.id for answer in answers if isinstance(answer, api.ItemView)} == {
        CustodyItem.objects.get(label="体检报告").id
    }
    assert len(answers) == THREADS
