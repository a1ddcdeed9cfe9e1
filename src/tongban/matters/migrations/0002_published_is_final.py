"""A trigger on both databases: of an edition that has been published, only the state changes."""

from django.db import migrations

_COLUMNS = (
    "matter_id",
    "place_id",
    "agency_id",
    "version",
    "title",
    "title_en",
    "task_type",
    "handle_item_code",
    "content",
    "source",
    "sample",
    "published_on",
)


def _differs(operator):
    return " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in _COLUMNS)


_SQLITE = f"""
    CREATE TRIGGER matters_edition_final BEFORE UPDATE ON matters_edition
    WHEN OLD.state <> 'draft' AND ({_differs("IS NOT")})
    BEGIN SELECT RAISE(ABORT, 'a published edition is final'); END
"""

_POSTGRESQL = [
    """
    CREATE FUNCTION matters_edition_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'a published edition is final';
    END $$
    """,
    f"""
    CREATE TRIGGER matters_edition_final BEFORE UPDATE ON matters_edition FOR EACH ROW
    WHEN (OLD.state <> 'draft' AND ({_differs("IS DISTINCT FROM")}))
    EXECUTE FUNCTION matters_edition_is_final()
    """,
]


def guard(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in _POSTGRESQL if postgresql else [_SQLITE]:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER matters_edition_final ON matters_edition")
        schema_editor.execute("DROP FUNCTION matters_edition_is_final()")
    else:
        schema_editor.execute("DROP TRIGGER matters_edition_final")


class Migration(migrations.Migration):
    dependencies = [("matters", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
