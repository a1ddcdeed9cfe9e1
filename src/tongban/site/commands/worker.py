"""``tongban worker``: do what is queued, and what comes back by itself."""

import argparse
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.site import prepare, wiring
from tongban.site.parent import stop_without
from tongban.site.split import under_way
from tongban.work import api as work

_IDLE = 0.5
"""Seconds of rest when nothing was due."""

_BROKEN = 5.0
"""Seconds of rest after the database failed."""

_DRAIN_EVERY = 2.0
"""Seconds between two moves of looks from the spool into the tables."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger("tongban.worker")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the process to stop with."""
    parser.add_argument("--parent", type=int, help="stop when this process is gone")
    parser.add_argument("--once", action="store_true", help="do what is due, then stop")
    parser.add_argument(
        "--no-sealing", action="store_true", help="leave the evidence log to another worker"
    )
    parser.add_argument("--revive", metavar="JOB", help="try a job again that was given up")


def run(options: argparse.Namespace) -> int:
    """Work until SIGTERM or SIGINT; the jobs that were claimed are finished first."""
    if options.revive is not None:
        work.revive(job_id=options.revive)
        print(f"{options.revive} waits to be done")
        return 0
    under_way.refuse_to_start(Path(settings.HOME))
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    stop_without(options.parent)
    prepare.check_keys()
    wiring.wire()
    if not options.once:
        # Threads of their own: a witness that doesn't answer holds up no job, and no stop.
        threads = [evidence.watch, federation.deliver]
        if not options.no_sealing:
            threads.append(evidence.seal)
        for thread in threads:
            threading.Thread(target=thread, kwargs={"stop": stop}, daemon=True).start()
    worker = Worker(f"{socket.gethostname()}:{os.getpid()}")
    while not stop.is_set():
        done = worker.turn()
        if options.once and not done:
            return 0 if options.no_sealing else _seal_once()
        if not done:
            stop.wait(_BROKEN if done is None else _IDLE)
    return 0


def _seal_once() -> int:
    """Seal what waits; where that is stopped, say why in a line. Return the exit code."""
    try:
        evidence.seal_once()
    except evidence.SealingStopped as stopped:
        print(f"tongban: nothing is sealed: {stopped}", file=sys.stderr)
        return 1
    return 0


class Worker:
    """One worker's turns: jobs each time, the spool of looks every few seconds."""

    def __init__(self, name: str) -> None:
        """Take the name that leased jobs carry."""
        self._name = name
        self._started = False
        self._drained_at = float("-inf")

    def turn(self) -> int | None:
        """Do what is due and return how much that was; None when the database failed."""
        try:
            return self._drain() + self._jobs()
        except DatabaseError:
            _log.exception("database failed")
            return None
        finally:
            close_old_connections()

    def _jobs(self) -> int:
        if not self._started:
            work.start_recurring()
            self._started = True
        return work.run_due(worker=self._name)

    def _drain(self) -> int:
        """Move looks into the tables; never a job, for a segment goes only after the commit."""
        if time.monotonic() - self._drained_at < _DRAIN_EVERY:
            return 0
        self._drained_at = time.monotonic()
        return evidence.drain_looks()
