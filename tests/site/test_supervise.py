"""Children of ``tongban run``, with small programs in their place."""

import signal
import sys
from collections.abc import Iterator

import pytest

from tongban.site.supervise import Child, Children

LASTING = Child([sys.executable, "-c", "import time; time.sleep(600)"])
DYING = Child([sys.executable, "-c", "import sys; sys.exit(3)"])


@pytest.fixture(autouse=True)
def signals_restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_dead_child_is_started_again() -> None:
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        children.asked_to_stop = True

    children = Children({"lasting": LASTING})
    with children:
        first = children._running["lasting"]
        first.kill()
        first.wait()
        assert children.look_after(tell) == 0
        second = children._running["lasting"]
        assert second.pid != first.pid
        assert second.poll() is None
    assert told == ["lasting ended (-9): starting it again"]
    assert second.poll() is not None


def test_a_child_that_dies_again_and_again_stops_everything() -> None:
    told: list[str] = []
    children = Children({"dying": DYING, "lasting": LASTING})
    with children:
        assert children.look_after(told.append) == 1
        lasting = children._running["lasting"]
    assert told == [
        "dying ended (3): starting it again",
        "dying ended (3): starting it again",
        "dying ended 3 times in 60 s (3): stopping",
    ]
    assert lasting.poll() is not None


def test_a_signal_stops_the_children() -> None:
    with Children({"lasting": LASTING}) as children:
        signal.raise_signal(signal.SIGTERM)
        assert children.look_after(print) == 0
        lasting = children._running["lasting"]
    assert lasting.returncode == -signal.SIGTERM
