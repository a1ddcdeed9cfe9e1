"""Looks whether an address is free, so that a start that cannot work ends with one plain line."""

import errno
import socket

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
