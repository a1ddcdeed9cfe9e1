"""Addresses on this site: where a visitor may be sent on."""

from functools import lru_cache
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from tongban.kernel.ids import is_id

_LONGEST = 2000
"""Characters; longer addresses break in some browsers and proxies."""


def local_path(text: str | None, *, default: str) -> str:
    r"""Return ``text`` if it is a path on this site, else ``default``.

    A path starts with one slash. Another host, another scheme, a backslash and control
    characters are refused, because browsers read ``/\evil`` and ``//evil`` as hosts.

    >>> local_path("/window/?page=2", default="/")
    '/window/?page=2'
    >>> local_path("//example.org/", default="/")
    '/'
    """
    if text is None or not text.startswith("/") or len(text) > _LONGEST:
        return default
    if text.startswith("//") or "\\" in text or not text.isprintable():
        return default
    return text if url_has_allowed_host_and_scheme(text, allowed_hosts=None) else default


def address_of(route: str, one_id: str) -> str:
    """Return the address of a route that takes one id, which needs no quoting in it."""
    if not is_id(one_id):
        return reverse(route, args=[one_id])
    return one_id.join(_around_the_id(route, get_script_prefix()))


@lru_cache(maxsize=256)
def _around_the_id(route: str, _prefix: str) -> tuple[str, str]:
    before, _, after = reverse(route, args=["the-id"]).partition("the-id")
    return before, after


def here(request: HttpRequest) -> str:
    """Return the address that shows the visitor's page again.

    A form shown again after a POST stands at an address that may not take GET, so the page it
    was sent from is meant (our Referrer-Policy keeps that header within the site).
    """
    if request.method in {"GET", "HEAD"}:
        return local_path(request.get_full_path(), default="/")
    try:
        sent_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # a browser never sends such an address
        return "/"
    if sent_from.netloc != request.META.get("HTTP_HOST"):
        return "/"
    path = f"{sent_from.path}?{sent_from.query}" if sent_from.query else sent_from.path
    return local_path(path, default="/")


def address_with_next(route: str, back_to: str | None) -> str:
    """Return the address of ``route`` with the path to come back to, if that is a local one."""
    path = local_path(back_to, default="")
    return f"{reverse(route)}?{urlencode({'next': path})}" if path else reverse(route)
