"""A line between two nodes that does to requests what lines do: a proxy in front of one of them."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.node import Node
from tongban.federation.api import MOST_BODY

Answer = tuple[int, bytes]


@dataclass(slots=True)
class BadLine:
    """One line. Each request to the inbox suffers the next fault; ``done`` counts them."""

    node: Node
    good: bool = False
    done: Counter[str] = field(default_factory=Counter)
    before: bytes = b""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def posted(self, path: str, body: bytes) -> Answer:
        """Do to a request what is next, or nothing."""
        with self.lock:
            faults = list(self._faults)
            name = faults[sum(self.done.values()) % len(faults)]
            if self.good or path != "/node/inbox":
                return self.forward("POST", path, body)
            self.done[name] += 1
            answer = self._faults[name](self, body)
            self.before = body
            return answer

    def forward(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Hand a request on as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30)
        try:
            connection.request(method, path, body or None, {"Content-Type": "application/jose"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 502, b""
        finally:
            connection.close()

    def _inbox(self, body: bytes) -> Answer:
        return self.forward("POST", "/node/inbox", body)

    def _twice(self, body: bytes) -> Answer:
        self._inbox(body)
        return self._inbox(body)

    def _replayed(self, body: bytes) -> Answer:
        if self.before:
            self._inbox(self.before)
        return self._inbox(body)

    def _another_answer(self, body: bytes) -> Answer:
        self._inbox(body)
        return self._inbox(self.before) if self.before else (502, b"")

    def _reordered(self, body: bytes) -> Answer:
        status, answer = self._inbox(b"".join(reversed(body.splitlines(keepends=True))))
        return status, b"".join(reversed(answer.splitlines(keepends=True)))

    def _cut(self, body: bytes) -> Answer:
        return self._inbox(body[: len(body) // 2])

    def _answer_cut(self, body: bytes) -> Answer:
        status, answer = self._inbox(body)
        return status, answer[: len(answer) // 2]

    def _answer_lost(self, body: bytes) -> Answer:
        self._inbox(body)
        return 502, b""

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


@contextmanager
def in_front_of(node: Node) -> Iterator[tuple[BadLine, str]]:
    """Listen where the node is to be reached; yield the line and its address."""
    line = BadLine(node)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._say(line.posted(self.path, body))

        def do_GET(self) -> None:
            self._say(line.forward("GET", self.path))

        def _say(self, answer: Answer) -> None:
            status, content = answer
            self.send_response(status)
            self.send_header("Content-Type", "application/octet-stream")
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
