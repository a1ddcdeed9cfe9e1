"""``tongban run``: prepare the node, then run web server and worker and look after both."""

import argparse
import time

from django.conf import settings
from django.db import connections

from tongban.site import demo, node, prepare, region, supervise
from tongban.site.environment import Environment
from tongban.site.ports import is_ready, require_free
from tongban.site.split import under_way

_READY_WITHIN = 60
"""Seconds until /healthz must have answered."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take none."""


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's signature
    """Run until SIGTERM or SIGINT, or until a child cannot be kept alive."""
    environment: Environment = settings.ENVIRONMENT
    under_way.refuse_to_start(environment.home)
    require_free(environment)
    prepare.migrate(_tell)
    prepare.collect_static(_tell)
    region.load_when_changed(_tell)
    connections.close_all()
    children = supervise.Children(
        {name: supervise.Child(node.command(name)) for name in ("serve", "worker")}
    )
    with children:
        if not _wait(environment, children):
            _tell("the web server did not become ready; its lines above say why")
            return 1
        for line in _welcome(environment):
            _tell(line)
        return children.look_after(_tell)


def _tell(line: str) -> None:
    print(line, flush=True)


def _wait(environment: Environment, children: supervise.Children) -> bool:
    """Return whether /healthz answered 200 before the children gave up or time ran out."""
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline and not children.asked_to_stop:
        if is_ready(environment.host, environment.port):
            return True
        if children.ended():
            return False
        time.sleep(0.05)
    return children.asked_to_stop


def _welcome(environment: Environment) -> list[str]:
    """Return the lines that say where it runs and who can be logged in as."""
    lines = ["", f"通办 Tongban is ready: {environment.address}/   (Ctrl-C stops it)"]
    if environment.demo:
        lines += ["", "demo people, one click each at /login/:"]
        lines += [f"  {one.name}  {one.about}" for one in demo.people()]
    return lines
