"""Triggers on both databases: entries, seals and looks are only ever added, and no entry is missed.

Each entry is queued for the log by the database itself, in the statement that adds it.
"""

from django.db import migrations

_FINAL = ("evidence_pendingentry", "evidence_seal", "evidence_lostleaf", "evidence_look")

_QUEUE = "INSERT INTO evidence_waiting (position) SELECT position FROM evidence_pendingentry"

_SQLITE = [
    *(
        f"""
        CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}
        BEGIN SELECT RAISE(ABORT, 'this row is final'); END
        """
        for table in _FINAL
        for verb in ("update", "delete")
    ),
    """
    CREATE TRIGGER evidence_entry_waits AFTER INSERT ON evidence_pendingentry
    BEGIN INSERT INTO evidence_waiting (position) VALUES (NEW.position); END
    """,
]

_POSTGRESQL = [
    """
    CREATE FUNCTION evidence_row_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'this row is final'; END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_final BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION evidence_row_is_final()
        """
        for table in _FINAL
    ),
    """
    CREATE FUNCTION evidence_entry_waits() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO evidence_waiting (position) VALUES (NEW.position);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER evidence_entry_waits AFTER INSERT ON evidence_pendingentry
    FOR EACH ROW EXECUTE FUNCTION evidence_entry_waits()
    """,
]


def guard(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in [_QUEUE, *(_POSTGRESQL if is_postgresql else _SQLITE)]:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER evidence_entry_waits ON evidence_pendingentry")
        for table in _FINAL:
            schema_editor.execute(f"DROP TRIGGER {table}_final ON {table}")
        for function in ("evidence_entry_waits", "evidence_row_is_final"):
            schema_editor.execute(f"DROP FUNCTION {function}()")
    else:
        schema_editor.execute("DROP TRIGGER evidence_entry_waits")
        for table in _FINAL:
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}")


class Migration(migrations.Migration):
    dependencies = [("evidence", "0002_the_log")]
    operations = [migrations.RunPython(guard, unguard)]
