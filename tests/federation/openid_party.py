"""Another government's node in a login: as the one that asks, and as the home that answers.

It signs, encrypts and opens with keys of its own, with the library and not with our code.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwe, jws
from joserfc.jwk import OKPKey

from federation.other_node import Json, OtherNode
from tongban.federation import known
from tongban.kernel import clock

VERIFIER = "v" * 43
STATE, NONCE = "s" * 43, "n" * 43
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_JWE = ["ECDH-ES+A256KW", "A256GCM"]


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def key_of(jwk: Json) -> OKPKey:
    return OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "d") if name in jwk})


def now_s() -> int:
    return int(clock.now().timestamp())


def jwt(claims: Json, jwk: Json, *, header: Json | None = None) -> str:
    """Sign claims; ``header`` changes what stands in the header."""
    head = {"alg": "Ed25519", "kid": jwk["kid"], "typ": "JWT"} | (header or {})
    payload = json.dumps(claims).encode()
    return jws.serialize_compact(head, payload, key_of(jwk), algorithms=["Ed25519"])


def asked(peer: OtherNode, **changes: str | list[str] | None) -> dict[str, str | list[str]]:
    """Return what a peer asks of a person's browser; None leaves a field out."""
    fields: dict[str, str | list[str] | None] = {
        "response_type": "code",
        "client_id": peer.name,
        "redirect_uri": f"{peer.address}/openid/callback",
        "scope": "openid identity",
        "state": STATE,
        "nonce": NONCE,
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def assertion(
    peer: OtherNode,
    *,
    by: Json | None = None,
    typ: str = "client-authentication+jwt",
    **claims: Any,  # noqa: ANN401 - JSON
) -> str:
    """Return a peer's proof of who it is."""
    said = {
        "iss": peer.name,
        "sub": peer.name,
        "aud": "https://beijing.example",
        "jti": secrets.token_urlsafe(32),
        "iat": now_s(),
        "exp": now_s() + 60,
    }
    return jwt(said | claims, by or peer.held[0], header={"typ": typ})


def form(peer: OtherNode, code: str, **changes: str) -> dict[str, str]:
    """Return a peer's token request."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{peer.address}/openid/callback",
        "code_verifier": VERIFIER,
        "client_id": peer.name,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(peer),
    } | changes


def told(peer: OtherNode, token: str) -> tuple[Json, Json, Json]:
    """Open an ID token that came to a peer: header of the JWE, header of the JWS, claims."""
    [box] = [jwk for jwk in peer.held if jwk["use"] == "enc"]
    outer = jwe.decrypt_compact(token, key_of(box), algorithms=_JWE)
    own = known.own()
    assert own is not None
    assert outer.plaintext is not None
    [key] = [one for one in own.keys if one.use == "sig"]
    inner = jws.deserialize_compact(outer.plaintext, key_of(key.jwk), algorithms=["Ed25519"])
    return outer.headers(), inner.headers(), json.loads(inner.payload)


MA = {"name": "马清荷", "number_kind": "resident", "number": "13102819920308998X"}


def claims(home: OtherNode, its_nonce: str, /, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """Return what a home says of Ma to this node."""
    said = {
        "iss": home.address,
        "sub": "ma-there",
        "aud": "beijing",
        "nonce": its_nonce,
        "iat": now_s(),
        "exp": now_s() + 300,
        "auth_time": now_s() - 60,
        "acr": "cn.tongban.assurance.3",
        **MA,
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def nested(token: str, to: Json | None = None, header: Json | None = None) -> str:
    """Encrypt a token to this node, or to another's key."""
    if to is None:
        own = known.own()
        assert own is not None
        box = own.box(clock.now())
        assert box is not None
        to = {**box.jwk, "kid": box.kid}
    head = {"alg": _JWE[0], "enc": _JWE[1], "kid": to["kid"], "cty": "JWT"} | (header or {})
    return jwe.encrypt_compact(head, token.encode(), key_of(to), algorithms=[*_JWE, "DEF"])


@dataclass(slots=True)
class Home:
    """A home node that listens; a test changes what it says of whom, and how."""

    node: OtherNode
    changes: Json = field(default_factory=dict)
    by: Json | None = None
    header: Json = field(default_factory=dict)
    to: Json | None = None
    token: str | None = None
    status: int = 200
    nonce: str = ""
    came: list[dict[str, str]] = field(default_factory=list)

    def answer(self) -> Json:
        if self.status != 200:
            return {"error": "invalid_grant"}
        said = claims(self.node, self.nonce, **self.changes)
        signed = jwt(said, self.by or self.node.held[0], header=self.header)
        token = nested(signed, self.to) if self.token is None else self.token
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


@contextmanager
def at_home(node: OtherNode) -> Iterator[Home]:
    """Let a node answer token requests at a port of its own, and be trusted there."""
    home = Home(node)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            home.came.append(
                {"path": self.path} | {name: one for name, [one] in parse_qs(body).items()}
            )
            said = json.dumps(home.answer()).encode()
            self.send_response(home.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        node.address = f"http://127.0.0.1:{server.server_address[1]}"
        node.state()
        node.trusted()
        try:
            yield home
        finally:
            server.shutdown()
            thread.join()
