"""A line between two nodes that does to requests what lines do: a proxy in front of one of them."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.node import Node
from tongban.federation.api import MOST_BODY

Headers = dict[str, str]
Answer = tuple[int, bytes, Headers]
LOST: Answer = (502, b"", {})
_OF_THE_HOP = {"content-length", "connection", "transfer-encoding", "server", "date"}


@dataclass(slots=True)
class BadLine:
    """One line. Each request to the inbox suffers the next fault; ``done`` counts them."""

    node: Node
    good: bool = False
    done: Counter[str] = field(default_factory=Counter)
    headers: Headers = field(default_factory=dict)
    before: tuple[Headers, bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def posted(self, path: str, body: bytes, headers: Headers) -> Answer:
        """Do to a request what is next, or nothing."""
        with self.lock:
            faults = list(self._faults)
            name = faults[sum(self.done.values()) % len(faults)]
            if self.good or path != "/node/inbox":
                return self.forward("POST", path, headers, body)
            self.done[name] += 1
            self.headers = headers
            answer = self._faults[name](self, body)
            self.before = headers, body
            return answer

    def forward(self, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer:
        """Hand a request on as it is, with the signature that its headers hold."""
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), _kept(answer.getheaders())
        except (OSError, http.client.HTTPException):
            return LOST
        finally:
            connection.close()

    def _inbox(self, body: bytes) -> Answer:
        return self.forward("POST", "/node/inbox", self.headers, body)

    def _again(self) -> Answer:
        """Send what was sent before."""
        if self.before is None:
            return LOST
        headers, body = self.before
        return self.forward("POST", "/node/inbox", headers, body)

    def _twice(self, body: bytes) -> Answer:
        self._inbox(body)
        return self._inbox(body)

    def _replayed(self, body: bytes) -> Answer:
        self._again()
        return self._inbox(body)

    def _another_answer(self, body: bytes) -> Answer:
        self._inbox(body)
        return self._again()

    def _reordered(self, body: bytes) -> Answer:
        status, answer, headers = self._inbox(b"".join(reversed(body.splitlines(keepends=True))))
        return status, b"".join(reversed(answer.splitlines(keepends=True))), headers

    def _cut(self, body: bytes) -> Answer:
        return self._inbox(body[: len(body) // 2])

    def _answer_cut(self, body: bytes) -> Answer:
        status, answer, headers = self._inbox(body)
        return status, answer[: len(answer) // 2], headers

    def _answer_lost(self, body: bytes) -> Answer:
        self._inbox(body)
        return LOST

    def _too_large(self, body: bytes) -> Answer:
        return self._inbox(body + b"x" * MOST_BODY)

    def _changed(self, body: bytes) -> Answer:
        middle = len(body) // 2
        return self._inbox(body[:middle] + b"AB" + body[middle + 2 :])

    _faults: "dict[str, Callable[[BadLine, bytes], Answer]]" = field(
        default_factory=lambda: {
            "duplicated": BadLine._twice,
            "replayed": BadLine._replayed,
            "answered for another": BadLine._another_answer,
            "reordered": BadLine._reordered,
            "truncated": BadLine._cut,
            "answer truncated": BadLine._answer_cut,
            "answer lost": BadLine._answer_lost,
            "oversized": BadLine._too_large,
            "changed": BadLine._changed,
        }
    )


def _kept(headers: Iterable[tuple[str, str]]) -> Headers:
    """Leave out what each hop says anew."""
    return {name: value for name, value in headers if name.lower() not in _OF_THE_HOP}


@contextmanager
def in_front_of(node: Node) -> Iterator[tuple[BadLine, str]]:
    """Listen where the node is to be reached; yield the line and its address."""
    line = BadLine(node)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._say(line.posted(self.path, body, _kept(self.headers.items())))

        def do_GET(self) -> None:
            self._say(line.forward("GET", self.path, _kept(self.headers.items())))

        def _say(self, answer: Answer) -> None:
            status, content, headers = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield line, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
