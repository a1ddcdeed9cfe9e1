"""Looking into a node from outside, and setting limits on its processes."""

import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from support.house import ROOT
from support.node import Node


def inside(node: Node, *arguments: str, module: str = "faults.inside") -> str:
    """Run a module of the tests in the node's environment and return what it printed."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("src", "tests", "tools"))
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**node.environment, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(node: Node, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement on the node's main database and return its rows, if it has any."""
    url = node.environment.get("TONGBAN_DATABASE_URL")
    connection: Any = (
        psycopg.connect(url) if url else sqlite3.connect(node.home / "tongban.sqlite3", timeout=30)
    )
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        found = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        connection.commit()
        return found
    finally:
        connection.close()


def count(node: Node, what: str) -> int:
    """Return how many rows there are: ``what`` is a table, with WHERE if need be."""
    return int(rows(node, f"SELECT count(*) FROM {what}")[0][0])  # noqa: S608 - the tests' own


def members(node: Node, name: str) -> list[int]:
    """Return the ids of the processes of ``serve`` or ``worker``: itself and its children."""
    group = node._processes[name].pid
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            cells = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(cells[2]) == group:
            found.append(int(path.parent.name))
    return found


def fill_disk(node: Node, name: str, *, full: bool) -> None:
    """Let its processes write nothing more to any file, or let them again.

    A limit on file sizes fails like a full disk does, needs no right of root and harms nobody
    else.
    """
    for pid in members(node, name):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard))
