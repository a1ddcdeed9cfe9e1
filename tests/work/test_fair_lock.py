"""The fair lock: first come first served, processes by turns, never kept by the dead."""

import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tongban.work.fair_lock import FairLock, Turn, lock_of

PATIENCE = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db"


def take(lock: FairLock) -> Turn:
    turn = lock.acquire(PATIENCE)
    assert turn is not None
    return turn


def until(condition: object) -> None:
    assert callable(condition)
    while not condition():
        time.sleep(0.001)


@contextmanager
def another_process(path: Path, which: str) -> Iterator[None]:
    """Hold one of the files as another process would: flocks belong to what was opened."""
    with Path(f"{path}-{which}").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_free(path: Path, which: str) -> bool:
    with Path(f"{path}-{which}").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_threads_come_in_the_order_in_which_they_asked(path: Path) -> None:
    lock = FairLock(path)
    turn = take(lock)
    order: list[int] = []

    def want(n: int) -> None:
        mine = take(lock)
        order.append(n)
        mine.release()

    threads = [threading.Thread(target=want, args=(n,)) for n in range(8)]
    for n, thread in enumerate(threads):
        thread.start()
        until(lambda n=n: len(lock._waiting) == n + 1)
    turn.release()
    for thread in threads:
        thread.join()
    assert order == list(range(8))
    assert is_free(path, "writer")
    assert is_free(path, "queue")


def test_one_at_a_time(path: Path) -> None:
    lock = FairLock(path)
    inside: list[int] = []
    most: list[int] = []

    def want() -> None:
        for _ in range(50):
            turn = take(lock)
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            turn.release()

    threads = [threading.Thread(target=want) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 300


def test_releasing_twice_gives_nobody_elses_turn_away(path: Path) -> None:
    lock = FairLock(path)
    first = take(lock)
    first.release()
    second = take(lock)
    first.release()
    assert lock.acquire(0) is None
    second.release()


def test_a_turn_that_does_not_come_leaves_the_queue(path: Path) -> None:
    lock = FairLock(path)
    turn = take(lock)
    assert lock.acquire(0.01) is None
    turn.release()
    take(lock).release()


def test_another_process_that_waits_comes_before_our_own_next(path: Path) -> None:
    lock = FairLock(path)
    turn = take(lock)
    code = (
        "import sys; from pathlib import Path; from tongban.work.fair_lock import FairLock;"
        "turn = FairLock(Path(sys.argv[1])).acquire(20); print('theirs', flush=True);"
        "sys.stdin.read(); turn.release()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    until(lambda: not is_free(path, "queue"))  # it is next
    order: list[str] = []

    def want() -> None:
        mine = take(lock)
        order.append("ours")
        mine.release()

    thread = threading.Thread(target=want)
    thread.start()
    until(lambda: len(lock._waiting) == 1)
    turn.release()
    order.append(process.stdout.readline().strip())
    process.communicate()
    thread.join()
    assert order == ["theirs", "ours"]


def test_a_process_that_is_killed_in_its_turn_gives_it_up(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tongban.work.fair_lock import FairLock;"
        "turn = FairLock(Path(sys.argv[1])).acquire(20); print('theirs', flush=True);"
        "sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "theirs\n"
    lock = FairLock(path)
    assert lock.acquire(0.01) is None
    process.kill()
    take(lock).release()
    process.communicate()


@pytest.mark.parametrize("which", ["writer", "queue"])
def test_a_wait_for_another_process_ends_at_its_time_and_keeps_nothing(
    path: Path, which: str
) -> None:
    lock = FairLock(path)
    take(lock).release()
    with another_process(path, which):
        assert lock.acquire(0.01) is None
        assert lock.acquire(0.01) is None
    # The turn that nobody wants any more comes now, and is given back.
    until(lambda: lock._files._wish is None)
    assert is_free(path, "writer")
    assert is_free(path, "queue")
    take(lock).release()


def test_a_wait_is_taken_over_by_the_next_thread(path: Path) -> None:
    lock = FairLock(path)
    take(lock).release()
    with another_process(path, "writer"):
        assert lock.acquire(0.01) is None
        got: list[Turn] = []
        thread = threading.Thread(target=lambda: got.append(take(lock)))
        thread.start()
        until(lambda: lock._files._wish is not None and lock._files._wish.wanted)
    thread.join()
    assert not is_free(path, "writer")
    got[0].release()
    assert is_free(path, "writer")


def test_a_turn_whose_holder_vanished_is_found(path: Path) -> None:
    lock = FairLock(path)
    turn = take(lock)
    del turn
    assert is_free(path, "writer")
    take(lock).release()
    assert lock.acquire(0) is not None


def test_where_no_file_can_be_made_threads_still_queue(tmp_path: Path) -> None:
    lock = FairLock(tmp_path / "missing" / "db")
    turn = take(lock)
    assert lock.acquire(0) is None
    turn.release()
    take(lock).release()


def test_one_file_has_one_lock_by_whatever_path(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert lock_of(tmp_path / "a" / "db") is lock_of(tmp_path / "b" / "db")
    assert lock_of(tmp_path / "a" / "db") is not lock_of(tmp_path / "a" / "other")


_FORKED = """
import os, sys
from pathlib import Path
from tongban.work.fair_lock import lock_of
path = Path(sys.argv[1])
turn = lock_of(path).acquire(20)
child = os.fork()
if child == 0:
    turn.release()  # the parent's, so nothing happens
    assert lock_of(path).acquire(0.05) is None
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert lock_of(path).acquire(0) is None
turn.release()
assert lock_of(path).acquire(0) is not None
"""


def test_a_forked_child_has_a_lock_of_its_own(path: Path) -> None:
    subprocess.run([sys.executable, "-c", _FORKED, str(path)], check=True, timeout=60)
    assert Path(f"{path}-writer").stat().st_mode & 0o777 == 0o600
