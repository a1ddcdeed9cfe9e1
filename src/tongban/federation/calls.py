"""Calls to other nodes: signed, no proxy, no redirect, ten seconds, no more bytes than expected."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlencode

from tongban.federation.document import Document
from tongban.federation.errors import RequestUnsigned
from tongban.federation.transport import (
    DIGEST,
    Call,
    Reply,
    check_reply,
    digest,
    sha256_of,
    signed_call,
)

TIMEOUT_S = 10.0
PROBLEM = "application/problem+json"
_MOST_PROBLEM = 2048
_CODE = re.compile(r"[a-z0-9_.]{1,64}")
_RANGE = re.compile(r"bytes (\d{1,12})-\d{1,12}/(\d{1,12})")


class CallFailed(Exception):  # noqa: N818 - a state of the line
    """The other node did not answer as it should; the text names how, never what was sent."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


def post(peer: Document, path: str, body: bytes, *, most: int) -> bytes:
    """Send a body to a node and return its answer, both signed; CallFailed."""
    headers = {"Content-Type": "application/jose"}
    call = signed_call("POST", f"{peer.address}{path}", body=body, headers=headers)
    with _opened(call, body) as answer:
        _check(answer, call, peer)
        found = _read(answer, most)
    if answer.headers.get(DIGEST) != digest(found):
        message = "another answer than was signed"
        raise CallFailed(message)
    return found


def post_form(url: str, fields: dict[str, str], *, most: int) -> bytes:
    """Send a form, which says by itself whose it is, and return the answer; CallFailed."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    with _opened(Call("POST", url, headers), urlencode(fields).encode("ascii")) as answer:
        return _read(answer, most)


def get(url: str, *, most: int) -> bytes:
    """Return what stands at an address, for everybody; CallFailed."""
    with _opened(Call("GET", url, {})) as answer:
        return _read(answer, most)


@dataclass(frozen=True, slots=True)
class Part:
    """A file as it comes: where this part begins, how long the file is, what the part is to be."""

    begins: int
    size: int
    sha256: bytes
    content: HTTPResponse


@contextmanager
def download(peer: Document, path: str, *, offset: int) -> Iterator[Part]:
    """Open a node's file from a byte on, request and answer signed; yield the rest of it.

    It begins at 0 where the other side doesn't go on from the middle. CallFailed, also while the
    caller reads.
    """
    headers = {"Range": f"bytes={offset}-"}
    call = signed_call("GET", f"{peer.address}{path}", headers=headers)
    with _opened(call) as answer:
        begins, size = 0, answer.headers.get("Content-Length", "")
        if answer.status == HTTPStatus.PARTIAL_CONTENT:
            found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            begins, size = (int(found.group(1)), found.group(2)) if found is not None else (-1, "")
        is_file = answer.headers.get_content_type() == "application/octet-stream"
        if not is_file or not size.isdecimal() or begins not in {0, offset}:
            message = "no file, or not the part that was asked for"
            raise CallFailed(message)
        _check(answer, call, peer)
        yield Part(begins, int(size), sha256_of(answer.headers.get(DIGEST, "")), answer)


@contextmanager
def _opened(call: Call, body: bytes | None = None) -> Iterator[HTTPResponse]:
    with _told():
        request = urllib.request.Request(  # noqa: S310 - its address stands in a document
            call.url, body, dict(call.headers), method=call.method
        )
        with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
            yield answer


def _check(answer: HTTPResponse, call: Call, peer: Document) -> None:
    try:
        check_reply(Reply(answer.status, dict(answer.headers.items()), call), peer)
    except RequestUnsigned as unsigned:
        message = f"an answer that isn't surely its own: {unsigned.fields['why']}"
        raise CallFailed(message) from None


def _read(answer: HTTPResponse, most: int) -> bytes:
    found = answer.read(most + 1)
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
            message = f"HTTP {error.code}{_problem(error)}"
            raise CallFailed(message) from None
    except (OSError, HTTPException, ValueError) as error:
        message = type(getattr(error, "reason", error)).__name__
        raise CallFailed(message) from None


def _problem(error: urllib.error.HTTPError) -> str:
    """Return the code that a node gives with its refusal (RFC 9457), in front of it a space."""
    if error.headers.get_content_type() != PROBLEM:
        return ""
    try:
        code = str(json.loads(error.read(_MOST_PROBLEM))["code"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return ""
    return f" {code}" if _CODE.fullmatch(code) else ""
