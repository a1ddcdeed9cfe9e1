"""Triggers on both databases: an event and a document of record are never changed or deleted."""

from django.db import migrations

_TABLES = ("cases_caseevent", "cases_documentofrecord")

_SQLITE = [
    f"""
    CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}
    BEGIN SELECT RAISE(ABORT, 'this row is final'); END
    """
    for table in _TABLES
    for verb in ("update", "delete")
]

_POSTGRESQL = [
    """
    CREATE FUNCTION cases_row_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'this row is final'; END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_final BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION cases_row_is_final()
        """
        for table in _TABLES
    ),
]


def guard(apps, schema_editor):
    statements = _POSTGRESQL if schema_editor.connection.vendor == "postgresql" else _SQLITE
    for statement in statements:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in _TABLES:
            schema_editor.execute(f"DROP TRIGGER {table}_final ON {table}")
        schema_editor.execute("DROP FUNCTION cases_row_is_final()")
    else:
        for table in _TABLES:
            for verb in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_no_{verb}")


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
