"""A lock on which writers queue: threads first come first served, processes by turns.

SQLite makes waiting writers poll, so that under load some starve. This lock stands in front of
it and protects nothing by itself: whoever doesn't know it only jumps the queue.

Between processes it is two files with an flock each, ``<path>-queue`` and ``<path>-writer``. To
write, one takes the queue, then the writer's lock, then leaves the queue: whoever holds the queue
is next, and the process that has just written has to queue behind it. The system lets go of
both when a process dies. Where the files can't be made or locked, processes just don't queue.
"""

import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path
from queue import Empty, SimpleQueue

_RECHECK = 1.0
"""Seconds after which a waiting thread looks for turns that were lost, not released."""


class Turn:
    """The right to write now, until ``release``."""

    def __init__(self, lock: "FairLock") -> None:
        """Hold ``lock``, which gives out one turn at a time."""
        self._lock: FairLock | None = lock

    def release(self) -> None:
        """Let the next one write; a second call does nothing."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    def __del__(self) -> None:
        # A thread ended within its transaction. This may run in the middle of any statement, so
        # no lock of threads is touched here: other processes may write at once, and the next
        # waiting thread of this one takes it from there.
        if self._lock is not None:
            self._lock.lose()


class _Waiter:
    __slots__ = ("call", "called")

    def __init__(self) -> None:
        # Given back when it is called: an Event is such a lock too, behind a good deal of Python.
        self.call = threading.Lock()
        self.call.acquire()
        self.called = False


class FairLock:
    """The lock of one file, for all threads of this process."""

    def __init__(self, path: Path) -> None:
        """Make nothing yet; the files beside ``path`` are made by the first turn."""
        self._lost: SimpleQueue[None] = SimpleQueue()  # its put may interrupt itself
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[_Waiter] = deque()
        self._files = _FileTurn(path)
        self._in_parent = False

    def acquire(self, timeout: float) -> Turn | None:
        """Wait at most ``timeout`` seconds for a turn; None if it did not come."""
        deadline = time.monotonic() + timeout
        if not self._queue(deadline):
            return None
        try:
            if self._files.take(deadline):
                return Turn(self)
        except BaseException:
            self._call_next()
            raise
        self._call_next()
        return None

    def release(self) -> None:
        """Give the turn back; only a Turn calls this."""
        if not self._in_parent:
            self._files.give()
            self._call_next()

    def lose(self) -> None:
        """Note that a Turn vanished unreleased; only a Turn calls this."""
        if not self._in_parent:
            self._files.give()
            self._lost.put(None)

    def forget(self) -> None:
        """In a forked child: all of this is its parent's, who goes on using it."""
        self._in_parent = True
        self._files.forget()

    def _queue(self, deadline: float) -> bool:
        waiter = _Waiter()
        with self._guard:
            if not self._held:
                self._held = True
                return True
            self._waiting.append(waiter)
        try:
            while (left := deadline - time.monotonic()) > 0:
                if waiter.call.acquire(timeout=min(left, _RECHECK)):
                    return True
                self._recover()
        except BaseException:
            if not self._leave(waiter):
                self._call_next()
            raise
        return not self._leave(waiter)

    def _leave(self, waiter: _Waiter) -> bool:
        """Take a waiter out of the queue; False if it was called meanwhile."""
        with self._guard:
            if waiter.called:
                return False
            self._waiting.remove(waiter)
            return True

    def _call_next(self) -> None:
        with self._guard:
            if self._waiting:
                waiter = self._waiting.popleft()
                waiter.called = True
                waiter.call.release()
            else:
                self._held = False

    def _recover(self) -> None:
        try:
            self._lost.get_nowait()
        except Empty:
            return
        self.release()


class _Wish:
    """One thread's blocking wait for the files, on behalf of whoever is first in the queue."""

    __slots__ = ("grant", "wanted")

    def __init__(self) -> None:
        self.grant = threading.Lock()  # given back when it is granted
        self.grant.acquire()
        self.wanted = True


class _FileTurn:
    """Turns between processes. One thread of this process at a time calls take and give."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._wish: _Wish | None = None
        self._wishes: SimpleQueue[_Wish] = SimpleQueue()
        self._waits = False  # whether the thread that waits for the files has been started
        self._queue: int | None = None
        self._writer: int | None = None
        self._open = False

    def take(self, deadline: float) -> bool:
        """Wait until no other process writes; False if the deadline passed."""
        try:
            if not self._open:
                self._open_files()
            with self._guard:
                idle = self._wish is None
            if idle and self._try():
                return True
        except OSError:
            self._unlock(self._queue)
            return True  # no locking here: SQLite's own must do
        wish, granted = self._wished(), False
        try:
            granted = wish.grant.acquire(timeout=max(0.0, deadline - time.monotonic()))
        finally:
            with self._guard:
                granted = granted or wish.grant.acquire(blocking=False)
                if granted:
                    self._wish = None
                wish.wanted = False
        return granted

    def _wished(self) -> _Wish:
        """Return the wish that is under way, or a new one.

        flock waits without a limit, so a thread of its own does; it may outlive a wait, and serves
        the next one then.
        """
        with self._guard:
            if not self._waits:
                threading.Thread(target=self._take_turns, daemon=True).start()
                self._waits = True
            if self._wish is None:
                self._wish = _Wish()
                self._wishes.put(self._wish)
            self._wish.wanted = True
            return self._wish

    def give(self) -> None:
        """Let another process write."""
        self._unlock(self._writer)

    def forget(self) -> None:
        """Close the files without unlocking: the locks are shared with the parent."""
        for descriptor in (self._queue, self._writer):
            if descriptor is not None:
                os.close(descriptor)
        self._queue = self._writer = None

    def _open_files(self) -> None:
        self._open = True
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._queue = os.open(f"{self._path}-queue", flags, 0o600)
        self._writer = os.open(f"{self._path}-writer", flags, 0o600)

    def _try(self) -> bool:
        """Take the turn if nobody else has it or waits for it."""
        if self._queue is None or self._writer is None:
            return True
        try:
            fcntl.flock(self._queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(self._writer, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False  # if it is the writer that we wait for, we are next and stay so
        self._unlock(self._queue)
        return True

    def _take_turns(self) -> None:
        while True:
            self._block(self._wishes.get())

    def _block(self, wish: _Wish) -> None:
        try:
            if self._queue is not None and self._writer is not None:
                fcntl.flock(self._queue, fcntl.LOCK_EX)
                fcntl.flock(self._writer, fcntl.LOCK_EX)
        except OSError:
            pass  # as in take: go on without
        finally:
            self._unlock(self._queue)
            with self._guard:
                wish.grant.release()
                if not wish.wanted:
                    self._wish = None
                    self._unlock(self._writer)

    def _unlock(self, descriptor: int | None) -> None:
        if descriptor is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            except OSError:
                return  # a lock that can't be given back is gone with the process


_locks: dict[Path, FairLock] = {}
_written: dict[Path, FairLock] = {}  # the same, by each way that a path has been written
_locks_guard = threading.Lock()


def lock_of(path: Path) -> FairLock:
    """Return this process's lock of a file; the same for every way to write its path."""
    known = _written.get(path)
    if known is not None:
        return known
    real = Path(os.path.realpath(path))
    with _locks_guard:
        if real not in _locks:
            _locks[real] = FairLock(real)
        _written[path] = _locks[real]
        return _locks[real]


def _forget() -> None:
    global _locks_guard  # noqa: PLW0603 - another thread of the parent may have held it
    _locks_guard = threading.Lock()
    for lock in _locks.values():
        lock.forget()
    _locks.clear()
    _written.clear()


os.register_at_fork(after_in_child=_forget)
