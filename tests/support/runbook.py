"""A page of ``docs/how-to/`` played: its commands run in their order, what it shows is what comes.

In a ``console`` block a line ``$ tongban …`` is a command, and the lines below it are seen, among
others, in that order. Numbers may differ, and ``…`` stands for anything.
"""

import contextlib
import io
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from support.house import ROOT
from tongban.site import cli

Run: TypeAlias = Callable[[list[str]], tuple[int, str]]
"""Runs ``tongban`` with these words; returns the exit code and all that was printed."""

_BLOCK = re.compile(r"^ *```console\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the page, and the lines that the page shows below it."""

    words: tuple[str, ...]
    shown: tuple[str, ...]

    def check(self, printed: str) -> None:
        """Fail unless the lines that the page shows were printed, in that order."""
        lines = iter(printed.splitlines())
        for one in self.shown:
            pattern = _pattern(one)
            if not any(pattern.fullmatch(line.strip()) for line in lines):
                message = f"{shlex.join(self.words)}\nthe page shows: {one}\nprinted:\n{printed}"
                raise AssertionError(message)


@dataclass(slots=True)
class Runbook:
    """One page; use it as a context manager, so that none of its commands is left out.

    ``given`` has what stands in the commands in place of the reader's own keys and addresses.
    """

    page: str
    run: Run
    given: Mapping[str, str] = field(default_factory=dict)
    _left: list[Step] = field(default_factory=list)

    def __enter__(self) -> Self:
        text = (ROOT / "docs" / "how-to" / self.page).read_text(encoding="utf-8")
        self._left = list(_steps(text))
        assert self._left
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        assert kind is not None or [step.words for step in self._left] == []

    def play(self, command: str, code: int = 0) -> str:
        """Run the page's next command, which must be this one; return what it printed."""
        step = self._left.pop(0)
        assert shlex.join(step.words) == command
        words = [self.given.get(word, word) for word in step.words[1:]]
        ended, printed = self.run(words)
        assert ended == code, printed
        step.check(printed)
        return printed


def here(words: list[str]) -> tuple[int, str]:
    """Run a command in this process, on the test's databases and at the test's time."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = cli.main(words)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code, printed.getvalue()


def there(environment: Mapping[str, str]) -> Run:
    """Return what runs a command as a process of its own."""

    def run(words: list[str]) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "tongban.site.cli", *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return run


def _steps(text: str) -> Iterator[Step]:
    for block in _BLOCK.findall(text.replace("\\\n", " ")):
        words: tuple[str, ...] = ()
        shown: list[str] = []
        for line in (one.strip() for one in block.splitlines()):
            if line.startswith("$ "):
                if words:
                    yield Step(words, tuple(shown))
                words, shown = tuple(shlex.split(line[2:], comments=True)), []
                assert words[0] == "tongban"
            elif line:
                shown.append(line)
        yield Step(words, tuple(shown))


def _pattern(shown: str) -> re.Pattern[str]:
    """Return what a line of the page may be in truth."""
    parts = (re.escape(part) for part in shown.split("…"))
    return re.compile(re.sub(r"\d+", r"\\d+", ".*".join(parts)))
