"""A trigger on both databases: an event is never changed or deleted."""

from django.db import migrations

_SQLITE = [
    f"""
    CREATE TRIGGER cases_caseevent_no_{verb} BEFORE {verb.upper()} ON cases_caseevent
    BEGIN SELECT RAISE(ABORT, 'an event of a case is final'); END
    """
    for verb in ("update", "delete")
]

_POSTGRESQL = [
    """
    CREATE FUNCTION cases_event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'an event of a case is final'; END $$
    """,
    """
    CREATE TRIGGER cases_caseevent_final BEFORE UPDATE OR DELETE ON cases_caseevent
    FOR EACH ROW EXECUTE FUNCTION cases_event_is_final()
    """,
]


def guard(apps, schema_editor):
    statements = _POSTGRESQL if schema_editor.connection.vendor == "postgresql" else _SQLITE
    for statement in statements:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER cases_caseevent_final ON cases_caseevent")
        schema_editor.execute("DROP FUNCTION cases_event_is_final()")
    else:
        for verb in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER cases_caseevent_no_{verb}")


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
