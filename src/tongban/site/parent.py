"""A child that must not outlive ``tongban run``: it stops when its parent is gone."""

import multiprocessing
import os
import signal
import threading
import time

_EVERY = 1.0
"""Seconds between two looks."""


def stop_without_spawner() -> None:
    """Stop when the process that spawned this one is gone; nothing when none did."""
    spawner = multiprocessing.parent_process()
    stop_without(spawner.pid if spawner is not None else None)


def stop_without(parent: int | None) -> None:
    """Watch ``parent`` from a thread and send this process SIGTERM when it is gone.

    With None, nothing is watched. A killed parent cannot tell its children itself.
    """
    if parent is not None:
        threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
