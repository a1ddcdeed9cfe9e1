"""``tongban run``: prepare the node, then run web server and worker and look after both."""

import argparse
import http.client
import sys
import time
from http import HTTPStatus

from django.conf import settings
from django.db import connections

from tongban.site import demo, prepare, region, supervise
from tongban.site.environment import Environment
from tongban.site.ports import require_free

_READY_WITHIN = 60
"""Seconds until /healthz must have answered."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take none."""


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's signature
    """Run until SIGTERM or SIGINT, or until a child cannot be kept alive."""
    environment: Environment = settings.ENVIRONMENT
    require_free(environment)
    require_free(environment)
    prepare.migrate(_tell)
    prepare.collect_static(_tell)
    region.load_when_changed(_tell)
    connections.close_all()
    children = supervise.Children({name: _command(name) for name in ("serve", "worker")})
    with children:
        if not _wait(environment, children):
            _tell("the web server did not become ready; its lines above say why")
            return 1
        for line in _welcome(environment):
            _tell(line)
        return children.look_after(_tell)


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "tongban.site.cli", name]


def _tell(line: str) -> None:
    print(line, flush=True)


def _wait(environment: Environment, children: supervise.Children) -> bool:
    """Return whether /healthz answered 200 before the children gave up or time ran out."""
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline and not children.asked_to_stop:
        if _answers(environment):
            return True
        if children.ended():
            return False
        time.sleep(0.05)
    return children.asked_to_stop


def _answers(environment: Environment) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(environment.host, environment.host)  # noqa: S104 - asked at, not bound to
    connection = http.client.HTTPConnection(host, environment.port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _welcome(environment: Environment) -> list[str]:
    """Return the lines that say where it runs and who can be logged in as."""
    lines = ["", f"通办 Tongban is ready: {environment.address}/   (Ctrl-C stops it)"]
    if environment.demo:
        lines += ["", "demo people, one click each at /login/:"]
        lines += [f"  {one.name}  {one.about}" for one in demo.people()]
    return lines
