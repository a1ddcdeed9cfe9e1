"""Keeps child processes alive: signals are handed on, a dead child is started again.

A child that dies again and again is not: then everything stops, loudly.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Self

_DEATHS = 3
"""So many deaths of one child ..."""

_WITHIN = 60.0
"""... within so many seconds, and everything stops."""

_STOPPED_WITHIN = 25.0
"""Seconds that a child has to finish what it has begun."""


@dataclass(frozen=True, slots=True)
class Child:
    """What a child runs: with another environment than ours, its output into a file."""

    command: list[str]
    environment: Mapping[str, str] | None = None
    output: Path | None = None


class Children:
    """Named child processes; a context manager that starts and stops them all."""

    def __init__(self, children: Mapping[str, Child]) -> None:
        """Keep what they run; each gets ``--parent`` and this process's id."""
        self._children = dict(children)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, deque[float]] = {name: deque(maxlen=_DEATHS) for name in children}
        self.asked_to_stop = False

    def __enter__(self) -> Self:
        """Start every child and take SIGTERM and SIGINT from here on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)
        for name in self._children:
            self._start(name)
        return self

    def __exit__(self, *_: object) -> None:
        """Ask every child to stop; kill what does not."""
        for child in self._running.values():
            child.terminate()
        deadline = time.monotonic() + _STOPPED_WITHIN
        for child in self._running.values():
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def add(self, name: str, child: Child) -> None:
        """Start one more, to be looked after like the others."""
        self._children[name] = child
        self._deaths[name] = deque(maxlen=_DEATHS)
        self._start(name)

    def ended(self) -> list[str]:
        """Return the names of the children that are not running."""
        return [name for name, child in self._running.items() if child.poll() is not None]

    def look_after(self, tell: Callable[[str], None]) -> int:
        """Start dead children again until asked to stop; return the exit code."""
        while not self.asked_to_stop:
            if not self.revive(tell):
                return 1
            time.sleep(0.2)
        return 0

    def revive(self, tell: Callable[[str], None]) -> bool:
        """Start those again that are dead; return False where one dies again and again."""
        for name in self.ended():
            code = self._running[name].returncode
            if self._dies_too_often(name):
                tell(f"{name} ended {_DEATHS} times in {_WITHIN:.0f} s ({code}): stopping")
                return False
            tell(f"{name} ended ({code}): starting it again")
            self._start(name)
        return True

    def _dies_too_often(self, name: str) -> bool:
        deaths = self._deaths[name]
        deaths.append(time.monotonic())
        return len(deaths) == _DEATHS and deaths[-1] - deaths[0] < _WITHIN

    def _start(self, name: str) -> None:
        child = self._children[name]
        with contextlib.ExitStack() as stack:
            # Its own copy of the file stays open in the child.
            output = None if child.output is None else stack.enter_context(child.output.open("ab"))
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own commands
                [*child.command, "--parent", str(os.getpid())],
                env=child.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C comes to us, and we hand it on once
            )

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop = True
