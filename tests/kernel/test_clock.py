"""The clock."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tongban.kernel import clock

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_now_is_aware_and_in_utc() -> None:
    before = datetime.now(UTC)
    now = clock.now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_a_held_clock_stands_still_and_the_innermost_holds() -> None:
    with clock.held_at(NOON):
        assert clock.now() == NOON
        with clock.held_at(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert clock.now() != NOON


def test_the_clock_goes_on_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), clock.held_at(NOON):
        raise ZeroDivisionError
    assert clock.now() != NOON


@pytest.mark.parametrize(
    "moment", [NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=8)))]
)
def test_a_moment_not_in_utc_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="UTC"), clock.held_at(moment):
        pass
    assert clock.now() != NOON
