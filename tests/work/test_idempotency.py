"""Idempotency keys answer a repeated request as the first one was answered."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tongban.kernel import clock
from tongban.work import api, errors, handlers
from tongban.work.models import IdempotencyKey

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_the_first_claims_the_second_is_answered() -> None:
    with CaptureQueriesContext(connection) as first:
        assert api.claim_key(scope="p-1", key="k", digest=b"d" * 32) is None
    api.settle_key(scope="p-1", key="k", answer={"case_id": "tz-1"})
    with CaptureQueriesContext(connection) as second:
        assert api.claim_key(scope="p-1", key="k", digest=b"d" * 32) == {"case_id": "tz-1"}
    assert (len(first), len(second)) == (1, 2)


def test_another_scope_is_another_key() -> None:
    assert api.claim_key(scope="p-1", key="k", digest=b"d") is None
    assert api.claim_key(scope="p-2", key="k", digest=b"e") is None


def test_another_request_under_the_same_key_is_refused() -> None:
    api.claim_key(scope="p-1", key="k", digest=b"d")
    api.settle_key(scope="p-1", key="k", answer={"case_id": "tz-1"})
    with pytest.raises(errors.KeyReused):
        api.claim_key(scope="p-1", key="k", digest=b"e")
    assert api.claim_key(scope="p-1", key="k", digest=b"d") == {"case_id": "tz-1"}


def test_a_refused_verb_leaves_no_key() -> None:
    with transaction.atomic():
        assert api.claim_key(scope="p-1", key="k", digest=b"d") is None
        transaction.set_rollback(True)
    assert api.claim_key(scope="p-1", key="k", digest=b"e") is None


def test_a_key_that_was_never_settled_answers_nothing() -> None:
    api.claim_key(scope="p-1", key="k", digest=b"d")
    assert api.claim_key(scope="p-1", key="k", digest=b"d") == {}


def test_settling_an_unclaimed_key_is_a_defect() -> None:
    with pytest.raises(LookupError):
        api.settle_key(scope="p-1", key="k", answer={})


def test_keys_older_than_seven_days_are_swept() -> None:
    for days, key in ((0, "old"), (1, "young")):
        with clock.held_at(NOW + timedelta(days=days)):
            api.claim_key(scope="p-1", key=key, digest=b"d")
    with clock.held_at(NOW + timedelta(days=7, seconds=1)):
        handlers.sweep_keys({})
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["young"]
