"""A person's browser: cookies of its own, pages, links and forms. Standard library only."""

import secrets
import urllib.error
import urllib.request
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit

from tongban.site.tour import pages
from tongban.site.tour.pages import Button, File, Form, Page
from tongban.site.tour.unmet import Unmet

_PATIENCE_S = 60
_OK = 200


class Browser:
    """One browser. ``page`` is what it shows."""

    def __init__(self, base_url: str) -> None:
        """Start without cookies at ``base_url``. No proxy: a demo node is on this machine."""
        self.base_url = base_url.rstrip("/")
        self.page = Page(url=self.base_url + "/", status=0)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def open(self, address: str, *, status: int = _OK) -> Page:
        """Open an address, as a link on the page names it; Unmet unless it answers ``status``."""
        return self._go(urllib.request.Request(self._url(address)), status)  # noqa: S310 - see _url

    def fetch(self, address: str, *, later: str = "") -> bytes | None:
        """Save what a link leads to, beside the page; Unmet unless it is there.

        None where the node refuses with the code ``later``.
        """
        request = urllib.request.Request(self._url(address))  # noqa: S310 - see _url
        url, status, content = self._answer(request)
        if status == _OK:
            return content
        page = _page(url, status, content)
        if later and later in page.text:
            return None
        raise Unmet(expected=f"HTTP {_OK}", seen=page.seen())

    def send(self, form: Form, value: str = "", *, status: int = _OK) -> Page:
        """Press the form's button with that value, else its first; Unmet as for ``open``."""
        button = form.button(value)
        url = self._url((button.action if button else "") or form.action)
        fields = form.fields(button)
        if form.method != "post":
            return self.open(f"{url.partition('?')[0]}?{urlencode(fields)}", status=status)
        if form.multipart:
            kind, body = _multipart(fields, form.files)
        elif form.files:
            raise Unmet(
                expected="a form that takes files (enctype multipart/form-data)",
                seen=f"{form.action} without",
            )
        else:
            kind, body = "application/x-www-form-urlencoded", urlencode(fields).encode()
        parts = urlsplit(self.base_url)
        headers = {"Content-Type": kind, "Origin": f"{parts.scheme}://{parts.netloc}"}
        return self._go(urllib.request.Request(url, body, headers), status)  # noqa: S310 - see _url

    def _url(self, address: str) -> str:
        """Return the full address; Unmet if it leads to another site."""
        url = urljoin(self.page.url, address)
        if urlsplit(url)[:2] != urlsplit(self.base_url)[:2]:
            raise Unmet(expected=f"an address at {self.base_url}", seen=url)
        return url

    def _go(self, request: urllib.request.Request, status: int) -> Page:
        request.add_header("Accept", "text/html")
        self.page = _page(*self._answer(request))
        if self.page.status != status:
            raise Unmet(expected=f"HTTP {status}", seen=self.page.seen())
        return self.page

    def _answer(self, request: urllib.request.Request) -> tuple[str, int, bytes]:
        """Return address, status and content of what the node answers."""
        request.add_header("Referer", self.page.url)
        try:
            with self._opener.open(request, timeout=_PATIENCE_S) as answer:
                return answer.geturl(), answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.url or request.full_url, error.code, error.read()
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Unmet(expected=f"an answer from {self.base_url}", seen=str(reason)) from error


def _page(url: str, status: int, content: bytes) -> Page:
    return pages.read(url, status, content.decode("utf-8", errors="replace"))


def _multipart(fields: list[tuple[str, str]], files: list[tuple[str, File]]) -> tuple[str, bytes]:
    """Return media type and body (RFC 7578)."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    for name, file in files:
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{file.name}"\r\nContent-Type: {file.media_type}\r\n\r\n'
        )
        parts.append(head.encode() + file.content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)


__all__ = ["Browser", "Button"]
