"""Addresses on this site: where a visitor may be sent on."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

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
    if "\\" in text or not text.isprintable():
        return default
    return text if url_has_allowed_host_and_scheme(text, allowed_hosts=None) else default


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
