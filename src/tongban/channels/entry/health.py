"""Whether this process can serve: every database answers and has all migrations."""

from django.db import DatabaseError, connections, router
from django.db.migrations.executor import MigrationExecutor

_migrated: set[str] = set()
"""Aliases found fully migrated. Owned by this module; entries are only ever added, so threads
need no lock. A process never outlives an upgrade of its own code."""


def ready() -> bool:
    """Tell whether every database answers and is migrated; one statement each once it was."""
    try:
        return all(_answers(alias) for alias in connections)
    except DatabaseError:
        return False


def _answers(alias: str) -> bool:
    connection = connections[alias]
    if alias not in _migrated:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if any(router.allow_migrate(alias, migration.app_label) for migration, _ in plan):
            return False
        _migrated.add(alias)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() is not None
