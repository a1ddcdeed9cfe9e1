"""Another government's node for a test: its keys and document, its messages, its inbox on a socket.

It is no mock of ours: it signs, encrypts and opens with keys of its own, over real HTTP.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519
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


class _Held(HTTPSignatureKeyResolver):
    def __init__(self, jwk: Json) -> None:
        self.jwk = jwk

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ANN401, ARG002 - the library's
        return keys.as_key(self.jwk).private_key


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

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        by: Json | None = None,
        only: Sequence[str] = (),
        lasts: timedelta = timedelta(minutes=5),
        nonce: str = "",
        **headers: str,
    ) -> dict[str, str]:
        """Return the headers of a request to this node, signed; ``only`` some of it, if asked."""
        own = known.own()
        assert own is not None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        made = {"Tongban-Node": self.name, **named}
        covered = ["@method", "@target-uri", "tongban-node"]
        if method == "POST":
            made |= {"Content-Type": "application/jose", "Content-Digest": digest_of_body(body)}
            covered += ["content-type", "content-digest"]
        if "Range" in named:
            covered.append("range")
        request = SimpleNamespace(method=method, url=f"{own.address}{path}", headers=made | named)
        self.sign_http(request, only or covered, by=by, lasts=lasts, nonce=nonce)
        made.update(request.headers)
        return made

    def sign_http(
        self,
        message: SimpleNamespace,
        covered: Sequence[str],
        *,
        by: Json | None = None,
        lasts: timedelta = timedelta(minutes=5),
        nonce: str = "",
    ) -> None:
        """Sign a request or an answer in place (RFC 9421)."""
        jwk = by or self.held[0]
        HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Held(jwk)).sign(
            message,
            key_id=jwk["kid"],
            created=clock.now(),
            expires=clock.now() + lasts,
            nonce=nonce or secrets.token_hex(8),
            label="tongban",
            tag="tongban-node",
            covered_component_ids=covered,
            use_existing_digest="Content-Digest" in message.headers,
        )

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


SPEAKING: list[OtherNode] = []
"""The node whose requests a test sends where it names none."""


def digest_of_body(body: bytes) -> str:
    """Return the Content-Digest of a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


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
    calls: list[Json] = field(default_factory=list)
    problem: bytes = b""
    spoil: Callable[[SimpleNamespace], None] = lambda _: None
    cut_at: int | None = None

    def taken(self) -> list[Json]:
        """Return the messages that came, in their order."""
        return [value_of(signed) for batch in self.came for signed in batch]


@contextmanager
def served(node: OtherNode) -> Iterator[Line]:  # noqa: C901 - its handler stands in it
    """Let a node listen on a port of its own; what comes is taken unless a test says otherwise."""
    line = Line(node, node.answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            line.paths.append(self.path)
            line.calls.append(dict(self.headers.items()))
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
            line.calls.append(dict(self.headers.items()))
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Range": f"bytes {start}-{len(found) - 1}/{len(found)}",
                "Content-Length": str(len(found) - start),
                "Content-Digest": digest_of_body(found[start:]),
            }
            self.begin(206, headers, ["content-range"])
            self.wfile.write(found[start : line.cut_at])

        def answer(self, body: bytes) -> None:
            body = line.problem or body
            headers = {
                "Content-Type": "application/problem+json" if line.problem else "application/jose",
                "Content-Length": str(len(body)),
                "Content-Digest": digest_of_body(body),
            }
            if line.location:
                headers["Location"] = line.location
            self.begin(line.status, headers, [])
            self.wfile.write(body)

        def begin(self, status: int, headers: dict[str, str], more: list[str]) -> None:
            """Send the head of an answer, signed if its request was."""
            request = SimpleNamespace(
                method=self.command, url=f"{node.address}{self.path}", headers=self.headers
            )
            reply = SimpleNamespace(status_code=status, headers=headers, request=request)
            if "Signature" in self.headers:
                covered = ["@status", "content-type", "content-digest", *more]
                asked = ['"@method";req', '"@target-uri";req', '"signature";req;key="tongban"']
                node.sign_http(reply, [*covered, *asked])
            line.spoil(reply)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

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
