"""Whose a destroyed key was: the tombstone in the main database names the keys, too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0003_destroyed_keys")]

    operations = [
        migrations.AddField(
            "destroyedkey",
            "person_id",
            models.CharField(db_index=True, default="", max_length=49),
        ),
    ]
