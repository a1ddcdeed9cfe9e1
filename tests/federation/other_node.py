"""Another government's node for a test: its keys and document, its messages, its inbox on a socket.

It is no mock of ours: it signs, encrypts and opens with keys of its own, over real HTTP.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings
from joserfc import jwe
from joserfc.util import urlsafe_b64decode

from tongban.federation import keys, known, signing
from tongban.federation.actions.trusting import trust
from tongban.federation.document import Document, parse, statement
from tongban.federation.envelope import _ROOMY, digest_of, encrypt
from tongban.federation.shapes import FILE_TABLE, file_key
from tongban.kernel import clock
from tongban.kernel.ids import new_id
from tongban.kernel.wire import plain
from tongban.vault import api as vault

NOWHERE = "http://127.0.0.1:9"
Json = dict[str, Any]


def new_keys(**days: str | None) -> list[Json]:
    """Return fresh private keys, one to sign with and one to encrypt to."""
    held = {"since": plain(clock.now()), "until": None} | days
    return [{**keys.generate(use), **held} for use in ("sig", "enc")]


@dataclass(slots=True)
class OtherNode:
    """A node that plays by the rules, or doesn't where a test says so."""

    name: str
    places: list[str]
    address: str = NOWHERE
    serial: int = 0
    held: list[Json] = field(default_factory=new_keys)
    files: dict[str, bytes] = field(default_factory=dict)
    text: str = ""

    def __post_init__(self) -> None:
        """State who it is."""
        self.state()

    def said(self, **changes: Any) -> Json:  # noqa: ANN401 - JSON
        """Return its statement as it is now, or with something else in it."""
        made = statement(
            node=self.name,
            serial=self.serial,
            address=self.address,
            places=self.places,
            own=[keys.public(jwk) for jwk in self.held],
            version="0.1.0",
            at=clock.now(),
        )
        return made | changes

    def state(self, *, by: Json | None = None, **changes: Any) -> str:  # noqa: ANN401 - JSON
        """State anew who it is; return the document."""
        self.serial += 1
        self.text = self.sign(self.said(**changes), by)
        return self.text

    @property
    def document(self) -> Document:
        """Its document as others read it."""
        return parse(self.text)

    @property
    def fingerprint(self) -> str:
        """What its operator reads out on the telephone."""
        return self.document.fingerprint

    def trusted(self) -> "OtherNode":
        """Be trusted by this node, with the present document."""
        trust(self.text)
        return self

    def sign(self, value: Json, by: Json | None = None) -> str:
        """Sign a value by its first key, or by another."""
        return signing.sign(value, by or self.held[0])

    def event(self, kind: str = "test.kind", *, seq: int = 1, **changes: Any) -> Json:  # noqa: ANN401 - JSON
        """Return a message to this node; ``body`` and ``files`` are its data."""
        data = {"body": changes.pop("body", {"n": seq}), "files": changes.pop("files", [])}
        return {
            "specversion": "1.0",
            "id": new_id(self.name),
            "source": self.name,
            "type": f"cn.tongban.{kind}.v1",
            "time": plain(clock.now()),
            "subject": "lane",
            "datacontenttype": "application/json",
            "recipient": settings.NODE,
            "seq": seq,
            "data": data,
        } | changes

    def envelope(self, event: Json | str) -> str:
        """Sign a message (or take a signed text) and encrypt it to this node."""
        own = known.own()
        assert own is not None
        return encrypt(event if isinstance(event, str) else self.sign(event), own)

    def opened(self, line: str) -> str:
        """Return the signed text of an envelope that came to it."""
        kid = json.loads(urlsafe_b64decode(line.partition(".")[0].encode()))["kid"]
        [box] = [jwk for jwk in self.held if jwk["kid"] == kid]
        found = jwe.decrypt_compact(line, keys.as_key(box), registry=_ROOMY)
        return (found.plaintext or b"").decode("ascii")

    def answer(self, signed: str, outcome: str = "taken", **more: Any) -> str:  # noqa: ANN401 - JSON
        """Answer a message."""
        said = {
            "time": plain(clock.now()),
            "by": self.name,
            "message": digest_of(signed),
            "outcome": outcome,
            "code": "",
        }
        return self.sign(said | more)

    def packed(self, content: bytes, **changes: Any) -> Json:  # noqa: ANN401 - JSON
        """Seal a file for its way, keep it to be fetched; return what a message says of it."""
        file_id, token, secret = new_id(self.name), new_id("t")[2:] * 2, b"k" * 32
        sealed = b"".join(
            vault.seal_stream(
                key=file_key(file_id, secret),
                table=FILE_TABLE,
                row=file_id,
                column="file",
                clear=[content],
            )
        )
        self.files[token] = sealed
        return {
            "id": file_id,
            "size": len(content),
            "media_type": "application/pdf",
            "digest": sha256(content),
            "sealed_size": len(sealed),
            "token": token,
            "key": secret.hex(),
        } | changes


def sha256(content: bytes) -> str:
    """Return a digest as messages have it."""
    return hashlib.sha256(content).hexdigest()


def value_of(signed: str) -> Json:
    """Return what a signed text says."""
    return signing.read(signed).value


@dataclass(slots=True)
class Line:
    """What came over a node's line, and what it says; a test changes ``say`` as it likes."""

    node: OtherNode
    say: Callable[[str], str | None]
    came: list[list[str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    status: int = 200
    location: str = ""
    cut_at: int | None = None

    def taken(self) -> list[Json]:
        """Return the messages that came, in their order."""
        return [value_of(signed) for batch in self.came for signed in batch]


@contextmanager
def served(node: OtherNode) -> Iterator[Line]:
    """Let a node listen on a port of its own; what comes is taken unless a test says otherwise."""
    line = Line(node, node.answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            line.paths.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            signed = [node.opened(one) for one in body.splitlines()]
            line.came.append(signed)
            said = [line.say(one) for one in signed]
            self.answer("".join(f"{one}\n" for one in said if one is not None).encode())

        def do_GET(self) -> None:
            line.paths.append(self.path)
            line.ranges.append(self.headers.get("Range", ""))
            if self.path == "/node/document":
                self.answer(f"{node.text}\n".encode())
                return
            found = node.files.get(self.path.rpartition("/")[2])
            if found is None:
                self.send_error(404)
                return
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Range", f"bytes {start}-{len(found) - 1}/{len(found)}")
            self.send_header("Content-Length", str(len(found) - start))
            self.end_headers()
            self.wfile.write(found[start : line.cut_at])

        def answer(self, body: bytes) -> None:
            self.send_response(line.status)
            if line.location:
                self.send_header("Location", line.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        node.address = f"http://127.0.0.1:{server.server_address[1]}"
        node.state()
        try:
            yield line
        finally:
            server.shutdown()
            thread.join()


def flipped(text: str, position: int, to: str) -> str:
    """Return a text with one character replaced; the position may lie beyond the end."""
    at = position % len(text)
    return text[:at] + (to if to != text[at] else "~") + text[at + 1 :]


def dumped(value: Any) -> bytes:  # noqa: ANN401 - JSON
    """Return JSON as others write it, not canonical."""
    return json.dumps(value).encode()
