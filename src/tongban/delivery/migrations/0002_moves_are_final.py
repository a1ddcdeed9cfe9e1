"""A trigger on both databases: a move of a paper is never changed."""

from django.db import migrations

_SQLITE = """
    CREATE TRIGGER delivery_custodymove_final BEFORE UPDATE ON delivery_custodymove
    BEGIN SELECT RAISE(ABORT, 'a move of a paper is final'); END
"""

_POSTGRESQL = [
    """
    CREATE FUNCTION delivery_move_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'a move of a paper is final'; END $$
    """,
    """
    CREATE TRIGGER delivery_custodymove_final BEFORE UPDATE ON delivery_custodymove
    FOR EACH ROW EXECUTE FUNCTION delivery_move_is_final()
    """,
]


def guard(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in _POSTGRESQL if postgresql else [_SQLITE]:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER delivery_custodymove_final ON delivery_custodymove")
        schema_editor.execute("DROP FUNCTION delivery_move_is_final()")
    else:
        schema_editor.execute("DROP TRIGGER delivery_custodymove_final")


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
