"""Whether a request comes from this machine itself, for what nobody else may see."""

from ipaddress import ip_address

from django.http import HttpRequest
from django.http.request import split_domain_port

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


def is_local(request: HttpRequest) -> bool:
    """Tell whether both the sender's address and the Host are this machine's own.

    Never behind a proxy: a proxy on the same machine makes everybody look local.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    host, _ = split_domain_port(request.get_host())
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and (
        host == "localhost" or _is_loopback(host.strip("[]"))
    )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
