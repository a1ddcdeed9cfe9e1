"""``tongban serve``: run the web server alone (granian, WSGI, threads)."""

import argparse
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.common import AbstractServer

from tongban.site.environment import Environment
from tongban.site.parent import stop_without
from tongban.site.ports import require_free
from tongban.site.split import under_way


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the process to stop with."""
    parser.add_argument("--parent", type=int, help="stop when this process is gone")


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; requests that have begun are answered first."""
    environment = Environment.read()
    under_way.refuse_to_start(environment.home)
    require_free(environment)
    stop_without(options.parent)
    server_of(environment).serve()
    return 0


def server_of(
    environment: Environment, target: str = "tongban.site.wsgi:application"
) -> AbstractServer[Any]:
    """Return the server; ``target`` is another WSGI function where one is measured beside it."""
    return Granian(
        target=target,
        address=environment.host,
        port=environment.port,
        interface=Interfaces.WSGI,
        workers=environment.processes,
        blocking_threads=environment.threads,
        # A thread keeps its database connection, so it is not given up while idle.
        blocking_threads_idle_timeout=600,
        backpressure=environment.threads * 32,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=1,
        workers_kill_timeout=20,
        log_level=LogLevels.warning,
        log_access=False,
        process_name=None,
    )
