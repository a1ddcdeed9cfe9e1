"""Whether a request comes from this machine itself, for what nobody else may see."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

_FORWARDED = frozenset({"Forwarded", "X-Real-Ip", "Via"})


def is_local(request: HttpRequest) -> bool:
    """Tell whether both the sender's address and the Host are this machine's own.

    Never behind a proxy, which makes everybody look local from the same machine: with HTTPS one
    stands there, and most tell by a header. One that says nothing must pass the Host on.
    """
    if settings.HTTPS or any(map(_tells_of_proxy, request.headers)):
        return False
    host, _ = split_domain_port(request.get_host())
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and (
        host == "localhost" or _is_loopback(host.strip("[]"))
    )


def _tells_of_proxy(header: str) -> bool:
    return header in _FORWARDED or header.startswith("X-Forwarded-")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
