"""People at their browsers while the node is killed: what they asked for, and what was answered.

Each of them works until a request gets no answer or an error, and remembers what was asked then:
it is asked again, with the same form token, once the node is back.
"""

import http.client
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from support.scene import PDF

BOUNDARY = "x" * 24
_CASE = re.compile(r"/cases/([^/]+)/")
_SEEN = re.compile(r'name="seen" value="([^"]+)"')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class CutError(Exception):
    """No answer came, or the server said that it failed."""


@dataclass(slots=True)
class Case:
    """One application as its applicant knows it."""

    draft_token: str
    submit_token: str
    id: str = ""
    attached: int = 0  # answered uploads
    uploads: int = 0  # uploads that were sent
    seen: str = ""  # the mark of the draft on the page that checks it
    submitted: bool = False


@dataclass(slots=True)
class Browser:
    """Cookies, and a connection for each request."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def log_in(self, person: str) -> None:
        """Log in as a demo person."""
        self._take_token()
        status, _, _ = self.ask("POST", "/login/demo/", *_encoded({"key": person}, self.csrf))
        assert status == http.HTTPStatus.FOUND
        self._take_token()  # logging in changes it

    def _take_token(self) -> None:
        found = _TOKEN.search(self.get("/login/")[1].decode())
        assert found is not None
        self.csrf = found.group(1)

    def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body of a page."""
        status, _, body = self.ask("GET", path)
        return status, body

    def post(self, path: str, fields: Mapping[str, str], files: Mapping[str, bytes]) -> str:
        """Send a form as a browser does; return where it leads, CutError if it leads nowhere."""
        body, kind = _multipart(fields, files, self.csrf) if files else _encoded(fields, self.csrf)
        status, where, answer = self.ask("POST", path, body, kind)
        if status != http.HTTPStatus.FOUND:
            message = f"{path}: {status} {answer.decode(errors='replace')[-1500:]}"
            raise CutError(message)
        return where

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = ""
    ) -> tuple[int, str, bytes]:
        """Return status, location and body; CutError when there is no whole answer."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if kind:
            headers["Content-Type"] = kind
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            message = f"{path}: {error!r}"
            raise CutError(message) from error
        finally:
            connection.close()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie] = content
        return response.status, response.getheader("Location") or "", answer


class Applicant:
    """Applies over and over: draft, upload, submit."""

    def __init__(self, port: int, person: str, edition: str, form: Mapping[str, str]) -> None:
        """Log in."""
        self._browser = Browser(port)
        self._browser.log_in(person)
        self._edition, self._form = edition, form
        self.cases: list[Case] = []
        self.cut: CutError | None = None

    def work(self, stop: threading.Event) -> None:
        """Apply until a request is cut off or ``stop`` is set."""
        self.cut = None
        try:
            while not stop.is_set():
                if not self.cases or self.cases[-1].submitted:
                    self.cases.append(Case(secrets.token_urlsafe(16), secrets.token_urlsafe(16)))
                self.finish(self.cases[-1])
        except CutError as cut:
            self.cut = cut

    def finish(self, case: Case) -> None:
        """Do what has not been answered yet for a case, with the tokens that it has."""
        if not case.id:
            case.id = self.begin(case)
        if not case.attached:
            case.uploads += 1
            self._browser.post(
                f"/cases/{case.id}/edit/",
                self._fields(case) | {"do": "upload:premises"},
                {"file.premises": PDF},
            )
            case.attached += 1
        if not case.submitted:
            self.submit(case)
            case.submitted = True

    def begin(self, case: Case) -> str:
        """Draft the case, or ask once more with the same token; return its id."""
        where = self._browser.post(
            f"/matters/{self._edition}/apply/", {"form_token": case.draft_token}, {}
        )
        found = _CASE.search(where)
        assert found is not None, where
        return found.group(1)

    def submit(self, case: Case) -> None:
        """Submit the case, or ask once more with the same token."""
        url = f"/cases/{case.id}/check/"
        if not case.seen:
            found = _SEEN.search(self._browser.get(url)[1].decode())
            if found is None:
                message = f"{url}: nothing to check"
                raise CutError(message)
            case.seen = found.group(1)
        where = self._browser.post(url, self._checked(case), {})
        assert where == f"/cases/{case.id}/?done=submitted"

    def read(self, path: str) -> tuple[int, bytes]:
        """Return status and body of a page, as this person sees it."""
        return self._browser.get(path)

    def _fields(self, case: Case) -> dict[str, str]:
        return {**self._form, "form_token": case.submit_token, "seq": "1"}

    def _checked(self, case: Case) -> dict[str, str]:
        sent = {"form_token": case.submit_token, "seq": "1", "seen": case.seen}
        return sent | {"consent": "true"}


def _encoded(fields: Mapping[str, str], csrf: str) -> tuple[bytes, str]:
    body = urlencode({"csrfmiddlewaretoken": csrf, **fields}).encode()
    return body, "application/x-www-form-urlencoded"


def _multipart(
    fields: Mapping[str, str], files: Mapping[str, bytes], csrf: str
) -> tuple[bytes, str]:
    """Return body and media type; a file without bytes is one that was not chosen."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {"csrfmiddlewaretoken": csrf, **fields}.items()
    ]
    for name, content in files.items():
        chosen = "lease.pdf" if content else ""
        parts.append(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{chosen}"\r\nContent-Type: application/pdf\r\n\r\n'.encode()
            + content
            + b"\r\n"
        )
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return body, f"multipart/form-data; boundary={BOUNDARY}"
