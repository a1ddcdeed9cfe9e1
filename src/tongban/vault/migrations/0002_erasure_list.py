"""The list of erasures: why, by whom, how many keys; rows that nobody changes or deletes."""

from typing import Any

from django.db import migrations, models

_TABLE = "vault_destroyedperson"


def make(_apps: Any, schema_editor: Any) -> None:
    """Refuse UPDATE and DELETE; the key store is always SQLite."""
    if schema_editor.connection.alias != "keys":
        return
    with schema_editor.connection.cursor() as cursor:
        for verb in ("UPDATE", "DELETE"):
            cursor.execute(
                f"CREATE TRIGGER {_TABLE}_no_{verb.lower()} BEFORE {verb} ON {_TABLE} "
                "BEGIN SELECT RAISE(ABORT, 'an erasure is final'); END"
            )


def take_away(_apps: Any, schema_editor: Any) -> None:
    """Undo ``make``."""
    if schema_editor.connection.alias != "keys":
        return
    with schema_editor.connection.cursor() as cursor:
        for verb in ("update", "delete"):
            cursor.execute(f"DROP TRIGGER {_TABLE}_no_{verb}")


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]

    operations = [
        migrations.AddField("destroyedperson", "ground", models.CharField(default="", max_length=40)),
        migrations.AddField("destroyedperson", "acting", models.JSONField(null=True)),
        migrations.AddField("destroyedperson", "keys", models.PositiveIntegerField(default=0)),
        migrations.RunPython(make, take_away),
    ]
