"""Brings a node up to date: migrations, static files, the region. Told line by line.

Each step first looks whether there is anything to do, so that a second start is quick.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from tongban.identity import api as identity
from tongban.vault import api as vault

Tell = Callable[[str], None]

_log: structlog.stdlib.BoundLogger = structlog.get_logger("tongban.prepare")


def migrate(tell: Tell) -> None:
    """Apply the migrations of every database that has some to come, then what was erased."""
    for alias in connections:
        executor = MigrationExecutor(connections[alias])
        coming = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if coming:
            tell(f"database {alias}: applying {len(coming)} migrations")
            call_command("migrate", database=alias, interactive=False, verbosity=0)
        executor.loader.check_consistent_history(connections[alias])
    replay_erasures(tell)


def replay_erasures(tell: Tell) -> None:
    """Do again each erasure that a restored database has lost; tell it where there was one."""
    done = identity.replay_erasures()
    if done != identity.Replayed(people=0, keys=0):
        tell(f"erasures: {done.people} people erased again, {done.keys} keys destroyed again")


def collect_static(tell: Tell) -> None:
    """Collect, hash and compress the static files, when one of them has changed."""
    stamp = Path(settings.HOME) / "static.json"
    now = _static_fingerprint()
    if stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == now:
        return
    tell("static files: collecting")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(json.dumps(now), encoding="utf-8")


def _static_fingerprint() -> str:
    """Return a digest over the names and contents of all static files."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            digest.update(f"{name}\0".encode())
            digest.update(hashlib.sha256(Path(storage.path(name)).read_bytes()).digest())
    return digest.hexdigest()


def check_keys() -> None:
    """Make sure that the key files are this node's; before anything is sealed or looked up.

    A database that is not migrated yet has nothing to hold them against: then /healthz says 503.
    """
    try:
        vault.check_key_files()
    except OperationalError:
        _log.warning("keys not checked: the key store is not migrated")
