"""Which tables stand where."""

import pytest
from django.apps import apps
from django.db import connections, models, router

from tongban.vault.models import DataKey, DestroyedKey, DestroyedPerson, KeyFile, PlaceKey

OURS = [DataKey, DestroyedKey, DestroyedPerson, KeyFile, PlaceKey]


@pytest.mark.parametrize("model", OURS)
def test_the_vault_reads_and_writes_the_key_store(model: type[models.Model]) -> None:
    assert router.db_for_read(model) == router.db_for_write(model) == "keys"


@pytest.mark.parametrize(
    ("alias", "app", "allowed"),
    [
        ("keys", "vault", True),
        ("keys", "documents", False),
        ("default", "vault", False),
        ("default", "documents", True),
    ],
)
def test_tables_are_made_where_they_belong(alias: str, app: str, allowed: bool) -> None:  # noqa: FBT001 - a table of cases
    assert router.allow_migrate(alias, app) is allowed


@pytest.mark.django_db(databases=["default", "keys"])
def test_after_migrating_no_table_stands_in_both_databases() -> None:
    tables = {
        alias: set(connections[alias].introspection.table_names()) for alias in ("default", "keys")
    }
    ours = {model._meta.db_table for model in OURS}
    others = {
        model._meta.db_table for model in apps.get_models() if model._meta.app_label != "vault"
    }
    assert tables["keys"] - {"django_migrations"} == ours
    assert not ours & tables["default"]
    assert others <= tables["default"]


def test_no_other_app_s_model_is_sent_to_the_key_store() -> None:
    for model in apps.get_models():
        expected = "keys" if model in OURS else "default"
        assert router.db_for_write(model) == expected


def test_a_vault_row_relates_to_vault_rows_only() -> None:
    document = apps.get_model("documents", "Document")()
    assert router.allow_relation(DataKey(), PlaceKey())
    assert not router.allow_relation(DataKey(), document)
    assert not router.allow_relation(document, DataKey())
    assert router.allow_relation(document, document)
