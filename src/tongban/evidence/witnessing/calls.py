"""Short HTTP calls to witnesses that may be slow, dead or lying.

Each call ends by a moment that its caller sets: whatever drips in later, the connection is cut.
A redirect is an answer like any other and is not followed; no proxy is asked.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from tongban.evidence.core.faults import Malformed

MAX_ANSWER = 64 * 1024
"""Bytes of an answer at most."""

_T = TypeVar("_T")
_KEPT_MS = 0.001


class CallFailed(Exception):  # noqa: N818 - what is at fault is the other side
    """No answer in time, none at all, or one that is too long; the text names the class only."""


class Reply(NamedTuple):
    """What came back; ``content_type`` without its parameters, in lowercase."""

    status: int
    content_type: str
    body: bytes


class Caller:
    """One thread's way to call one witness until ``until`` (of ``time.monotonic``)."""

    def __init__(self, until: float) -> None:
        """Take the last moment."""
        self._until = until
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None
        self._cut = False

    def call(self, method: str, url: str, body: bytes | None = None) -> Reply:
        """Send a request and read the answer; CallFailed, or Malformed for the address."""
        connection, path = _connection(url, self._left())
        try:
            connection.connect()
            self._take(connection.sock)
            headers = {"Content-Type": "text/plain; charset=utf-8"} if body is not None else {}
            connection.request(method, path, body=body, headers=headers)
            with connection.getresponse() as response:
                content = response.read(MAX_ANSWER + 1)
                left = response.length or 0  # of the length that was declared
                kind = response.headers.get_content_type()
                status = response.status
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CallFailed(type(error).__name__) from None
        finally:
            self._take(None)
            connection.close()
        if left or len(content) > MAX_ANSWER:
            raise CallFailed("IncompleteRead")  # noqa: EM101 - a class's name, as above
        return Reply(status, kind, content)

    def cut(self) -> None:
        """End the call that is under way, from another thread; none begins after it."""
        with self._guard:
            self._cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _take(self, connected: socket.socket | None) -> None:
        with self._guard:
            self._socket = connected
            if self._cut and connected is not None:
                raise TimeoutError

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if self._cut or left <= 0:
            raise CallFailed("TimeoutError")  # noqa: EM101 - a class's name, as above
        return max(left, _KEPT_MS)


class Crowd(Generic[_T]):
    """Asks several at once. Who still hangs from an earlier time is not asked again until done.

    A name that takes long to resolve can't be interrupted; so there is never more than one
    thread for each.
    """

    def __init__(self) -> None:
        """Nobody is being asked."""
        self._guard = threading.Lock()
        self._busy: set[str] = set()

    def ask(
        self, tasks: Mapping[str, Callable[[Caller], _T]], deadline_s: float
    ) -> dict[str, _T | Exception | None]:
        """Run each task in a thread of its own; return by the deadline what each gave.

        An exception is what the task raised; None stands for one that was not done in time.
        """
        until = time.monotonic() + deadline_s
        found: dict[str, _T | Exception | None] = dict.fromkeys(tasks)
        done: SimpleQueue[tuple[str, _T | Exception]] = SimpleQueue()
        callers = {}
        for name, task in tasks.items():
            with self._guard:
                if name in self._busy:
                    continue
                self._busy.add(name)
            callers[name] = Caller(until)
            work = threading.Thread(
                target=self._run, args=(name, task, callers[name], done), daemon=True
            )
            try:
                work.start()
            except RuntimeError as error:  # the machine has no more threads
                self._end(name, error, done)
        waiting = set(callers)
        while waiting and (left := until - time.monotonic()) > 0:
            with suppress(Empty):
                name, outcome = done.get(timeout=left)
                found[name] = outcome
                waiting.discard(name)
        for name in waiting:
            callers[name].cut()
        return found

    def _run(
        self,
        name: str,
        task: Callable[[Caller], _T],
        caller: Caller,
        done: "SimpleQueue[tuple[str, _T | Exception]]",
    ) -> None:
        try:
            outcome: _T | Exception = task(caller)
        except Exception as error:  # noqa: BLE001 - given to who asked
            outcome = error
        self._end(name, outcome, done)

    def _end(
        self, name: str, outcome: _T | Exception, done: "SimpleQueue[tuple[str, _T | Exception]]"
    ) -> None:
        with self._guard:
            self._busy.discard(name)
        done.put((name, outcome))


def check_url(url: str) -> None:
    """Raise Malformed unless this is an address of http or https without user, query, fragment."""
    try:
        parts = urlsplit(url)
        fine = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.username is None
            and not (parts.query or parts.fragment)
            and parts.port != 0
            and url.isascii()
            and url.isprintable()
            and " " not in url
        )
    except ValueError:
        fine = False
    if not fine:
        message = f"not an http or https address of a witness: {url[:80]!r}"
        raise Malformed(message)


def _connection(url: str, timeout: float) -> tuple[http.client.HTTPConnection, str]:
    check_url(url)
    parts = urlsplit(url)
    host = str(parts.hostname)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            host, parts.port, timeout=timeout, context=_tls()
        ), parts.path
    return http.client.HTTPConnection(host, parts.port, timeout=timeout), parts.path


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
