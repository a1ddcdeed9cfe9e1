"""Witnesses small enough for a test: over real HTTP, in threads, honest or not."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from evidence.core.small_log import SmallLog, verifiers
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.keys import NoteKey, Signer
from tongban.evidence.core.note import Note
from tongban.evidence.core.policy import LogLine, Policy, WitnessLine
from tongban.evidence.core.tiles import extend
from tongban.evidence.core.tree import Frontier
from tongban.evidence.core.witness import (
    CONFLICT_TYPE,
    AddCheckpoint,
    Refuse,
    Remembered,
    answer,
    cosign,
    decide,
)
from tongban.evidence.witnessing.store import origin_hash

TIME = 1_700_000_000
Written = tuple[int, str, bytes]


class SmallWitness:
    """A witness with its memory in a dictionary; ``colludes`` cosigns whatever it is shown."""

    def __init__(self, signer: Signer, *logs: SmallLog, colludes: bool = False) -> None:
        self.signer = signer
        self.logs = {log.signer.key.name: verifiers(log.signer) for log in logs}
        self.colludes = colludes
        self.held: dict[str, Note] = {}
        self.requests: list[AddCheckpoint] = []

    def size_of(self, log: SmallLog) -> int:
        return self.size_of_origin(log.signer.key.name)

    def size_of_origin(self, origin: str) -> int:
        return self._remembered(origin).size

    def forget(self) -> None:
        self.held.clear()

    def post(self, body: bytes) -> Written:
        request = AddCheckpoint.parse(body)
        self.requests.append(request)
        checkpoint = request.checkpoint
        decision = decide(request, self.logs, self._remembered(checkpoint.origin))
        if isinstance(decision, Refuse) and not self.colludes:
            kind = "text/plain" if decision.size is None else CONFLICT_TYPE
            return decision.status, kind, decision.body.encode()
        cosignature = cosign(self.signer, checkpoint, TIME)
        self.held[checkpoint.origin] = Note(
            request.note.text, (*request.note.signatures, cosignature)
        )
        return 200, "text/plain", answer((cosignature,))

    def get(self, path: str) -> Written:
        for origin, note in self.held.items():
            if path == f"/{origin_hash(origin)}/checkpoint":
                return 200, "text/plain", note.data
        return 404, "text/plain", b"never cosigned\n"

    def _remembered(self, origin: str) -> Remembered:
        if origin not in self.held:
            return Remembered()
        checkpoint = Checkpoint.parse(self.held[origin].text)
        return Remembered(checkpoint.size, checkpoint.root)


@contextmanager
def served(witness: SmallWitness) -> Iterator[str]:
    """Serve a witness on a port of its own; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            assert self.path == "/add-checkpoint"
            self._write(witness.post(self.rfile.read(length)))

        def do_GET(self) -> None:
            self._write(witness.get(self.path))

        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def _write(self, written: Written) -> None:
            self.send_response(written[0])
            self.send_header("Content-Type", written[1])
            self.send_header("Content-Length", str(len(written[2])))
            self.end_headers()
            self.wfile.write(written[2])

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def saying(reply: Callable[[bytes], Iterable[bytes]]) -> Iterator[str]:
    """Serve raw bytes: each connection's request is read whole, then ``reply`` is written.

    Between its pieces the writer goes on until the other side has gone.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    threads = []
    over = threading.Event()

    def converse(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = b""
            while not _is_whole(request):
                request += connection.recv(65536)
            for piece in reply(request):
                if over.is_set():
                    return
                connection.sendall(piece)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=converse, args=(connection,), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for thread in threads:
            thread.join(5)


def reply_of(status: int, body: bytes, kind: str = "text/plain", more: str = "") -> list[bytes]:
    """Return an HTTP answer as the one piece that ``saying`` writes."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}"
    return [f"{head}Connection: close\r\n\r\n".encode() + body]


def always(pieces: Iterable[bytes]) -> Callable[[bytes], Iterable[bytes]]:
    """Return what gives ``saying`` the same answer to every request."""
    return lambda _request: pieces


def dripping(first: bytes) -> Iterator[bytes]:
    """Say something and then go on, a byte at a time, for ever."""
    yield first
    while True:
        time.sleep(0.02)
        yield b"x"


def published(log: SmallLog, size: int) -> None:
    """Write checkpoint and tiles of this node's log of a year, as they are at this size."""
    folder = Path(settings.HOME) / "log" / log.signer.key.name.rpartition("/")[2]
    frontier, edges = Frontier(), dict[int, bytes]()
    _, runs = frontier.grow([log.leaf(index) for index in range(size)])
    for tile, content in extend(edges, runs)[1]:
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "checkpoint").write_bytes(log.note(size).data)


def witnesses_logs(*keys: NoteKey) -> None:
    """Write ``witness/logs`` of the present home."""
    path = Path(settings.HOME) / "witness" / "logs"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# who is witnessed here\n" + "".join(f"{key.vkey}\n" for key in keys))


def asks(log: SmallLog, witnesses: Iterable[tuple[NoteKey, str | None]]) -> Policy:
    """Write ``log/policy`` of the present home: this log, all of these witnesses."""
    lines = tuple(WitnessLine(key.name, key, url) for key, url in witnesses)
    policy = Policy((LogLine(log.signer.key),), lines)
    path = Path(settings.HOME) / "log" / "policy"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(policy.data)
    return policy


def post(url: str, body: bytes) -> Written:
    """Send a request to a witness."""
    return _exchange("POST", url, "/add-checkpoint", body)


def get(url: str, path: str) -> Written:
    """Read from a witness."""
    return _exchange("GET", url, path, None)


def _exchange(method: str, url: str, path: str, body: bytes | None) -> Written:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request(method, parts.path + path, body=body)
        response = connection.getresponse()
        return response.status, str(response.headers["Content-Type"]), response.read()
    finally:
        connection.close()


def _is_whole(request: bytes) -> bool:
    head, empty, body = request.partition(b"\r\n\r\n")
    if not empty:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return True
