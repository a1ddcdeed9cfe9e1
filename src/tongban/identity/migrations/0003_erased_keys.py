"""A tombstone names the keys that went, for a key store that was restored from before them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_erased")]

    operations = [
        migrations.AddField("person", "erased_keys", models.JSONField(default=list)),
    ]
