"""A bare HTTP/1.1 client: one kept connection, bytes made beforehand, little CPU of its own."""

import secrets
import socket
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; header names are in lower case, the last of a name wins but for set-cookie."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes


class Wire:
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def exchange(self, request: bytes) -> Answer:
        """Send a whole request and read its whole answer."""
        self._socket.sendall(request)
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        cookies: dict[str, str] = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].strip().partition("=")
                cookies[cookie] = content
            else:
                headers[name.lower()] = value.strip()
        return Answer(int(head[0].split(" ", 2)[1]), headers, cookies, self._body(headers))

    def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return self._exactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return b""
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _more(self) -> None:
        received = self._socket.recv(65536)
        if not received:
            message = "the server closed the connection"
            raise ConnectionError(message)
        self._rest += received


@dataclass(slots=True)
class Visitor:
    """A browser as far as the server can tell: cookies, form fields, a connection."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _wire: Wire | None = None

    def get(self, path: str) -> Answer:
        """Read a page."""
        return self._send(self.request("GET", path))

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form of fields only."""
        return self._send(self.request("POST", path, urlencode(fields).encode()))

    def fields(self, path: str) -> dict[str, str]:
        """Return the hidden fields of a page's forms."""
        return hidden_fields(self.get(path).body.decode())

    def log_in(self, key: str) -> None:
        """Log in as a demo person."""
        token = self.fields("/login/")["csrfmiddlewaretoken"]
        fields = {"csrfmiddlewaretoken": token, "key": key}
        answer = self.post("/login/demo/", fields)
        assert answer.status == 302, answer

    def request(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        """Return the bytes of a request with this visitor's cookies."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += ["Accept: text/html", "Accept-Language: zh-CN"]
        if self.cookies:
            sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            lines.append(f"Cookie: {sent}")
        if method == "POST":
            lines.append(f"Content-Type: {kind or 'application/x-www-form-urlencoded'}")
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _send(self, request: bytes) -> Answer:
        self._wire = self._wire or Wire(self.port)
        answer = self._wire.exchange(request)
        self.cookies |= answer.cookies
        return answer


def new_form_token() -> str:
    """Return a fresh form token."""
    return secrets.token_urlsafe(16)


class _Hidden(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.found[str(given["name"])] = given.get("value") or ""


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden inputs of a page by name."""
    parser = _Hidden()
    parser.feed(page)
    return parser.found
