"""Calls to other nodes: no proxy, no redirect, ten seconds, no more bytes than expected."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlencode

TIMEOUT_S = 10.0
_RANGE = re.compile(r"bytes (\d{1,12})-\d{1,12}/(\d{1,12})")


class CallFailed(Exception):  # noqa: N818 - a state of the line
    """The other node did not answer as it should; the text names how, never what was sent."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


def post(url: str, body: bytes, *, most: int) -> bytes:
    """Send a body and return the answer; CallFailed."""
    headers = {"Content-Type": "application/jose"}
    return _call(urllib.request.Request(url, body, headers), most)  # noqa: S310 - from a document


def post_form(url: str, fields: dict[str, str], *, most: int) -> bytes:
    """Send a form and return the answer; CallFailed."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    body = urlencode(fields).encode("ascii")
    return _call(urllib.request.Request(url, body, headers), most)  # noqa: S310 - likewise


def get(url: str, *, most: int) -> bytes:
    """Return what stands at an address; CallFailed."""
    return _call(urllib.request.Request(url), most)  # noqa: S310 - likewise


@contextmanager
def download(url: str, *, offset: int) -> Iterator[tuple[int, int, HTTPResponse]]:
    """Open a file from a byte on; yield where it begins, how long all of it is, and the rest.

    It begins at 0 where the other side doesn't go on from the middle. CallFailed, also while the
    caller reads.
    """
    headers = {"Range": f"bytes={offset}-"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - likewise
    with _told(), _OPENER.open(request, timeout=TIMEOUT_S) as answer:
        begins, size = 0, answer.headers.get("Content-Length", "")
        if answer.status == HTTPStatus.PARTIAL_CONTENT:
            found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            begins, size = (int(found.group(1)), found.group(2)) if found is not None else (-1, "")
        is_file = answer.headers.get_content_type() == "application/octet-stream"
        if not is_file or not size.isdecimal() or begins not in {0, offset}:
            message = "no file, or not the part that was asked for"
            raise CallFailed(message)
        yield begins, int(size), answer


def _call(request: urllib.request.Request, most: int) -> bytes:
    with _told(), _OPENER.open(request, timeout=TIMEOUT_S) as answer:
        found: bytes = answer.read(most + 1)
    if len(found) > most:
        message = "a longer answer than expected"
        raise CallFailed(message)
    return found


@contextmanager
def _told() -> Iterator[None]:
    """Tell what fails by its kind alone. A ValueError is an address or a header that is none."""
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            message = f"HTTP {error.code}"
            raise CallFailed(message) from None
    except (OSError, HTTPException, ValueError) as error:
        message = type(getattr(error, "reason", error)).__name__
        raise CallFailed(message) from None
