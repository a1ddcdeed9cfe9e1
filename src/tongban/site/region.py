"""Loads the configured region when its files, its loader or the database have changed."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from tongban.kernel.changes import Changes
from tongban.regions import api as regions

Tell = Callable[[str], None]


def load(tell: Tell, *, region: str | None = None) -> Changes:
    """Load the region (default: the configured one), whatever was loaded before.

    In demo mode its made-up people come along. ``tell`` gets a line for each change.
    """
    name = region or settings.REGION
    changes = regions.load(region=name, apply=True, report=tell)
    _stamp(name).write_text(json.dumps(_fingerprint(name)), encoding="utf-8")
    return changes


def load_when_changed(tell: Tell) -> None:
    """Load the configured region, told in one line, unless this was done for this database."""
    name = settings.REGION
    stamp = _stamp(name)
    if stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == _fingerprint(name):
        return
    tell(f"region {name}: loading")
    changes = load(_quietly, region=name)
    tell(f"region {name}: {changes.added} rows added, {changes.changed} changed")


def _quietly(_line: str) -> None:
    """Pass a line over: a first load has thousands."""


def _stamp(name: str) -> Path:
    return Path(settings.HOME) / f"region-{hashlib.sha256(name.encode()).hexdigest()[:12]}.json"


def _fingerprint(name: str) -> dict[str, str | None]:
    """Return what a load depends on; the database is known by the moment it was first migrated."""
    oldest = (
        MigrationRecorder(connections["default"])
        .migration_qs.order_by("applied")
        .values_list("applied", flat=True)
        .first()
    )
    return {
        "region": regions.fingerprint(region=name, demo=settings.DEMO),
        "database": oldest.isoformat() if oldest is not None else None,
    }
