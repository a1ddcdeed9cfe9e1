"""Looks who listens at an address: nobody, so that a start can work, or a server that is ready."""

import errno
import http.client
import socket
from http import HTTPStatus

from tongban.site.environment import Environment, Misconfigured


def require_free(environment: Environment) -> None:
    """Raise Misconfigured when another process listens at the host and port, or none can."""
    where = f"{environment.host}:{environment.port}"
    try:
        found = socket.getaddrinfo(environment.host, environment.port, type=socket.SOCK_STREAM)
    except OSError as error:
        message = f"TONGBAN_HOST: {environment.host!r} is no address of this machine."
        raise Misconfigured(message) from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        # As the server itself does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = f"{where} is taken by another process: stop it or set TONGBAN_PORT."
            else:
                message = f"cannot listen at {where} ({error.strerror}): set TONGBAN_HOST or _PORT."
            raise Misconfigured(message) from error


def is_ready(host: str, port: int) -> bool:
    """Whether a node answers there that it is ready."""
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked at, not bound to
    connection = http.client.HTTPConnection(asked, port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
