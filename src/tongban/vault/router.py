"""Sends the vault's tables to the database alias ``keys``, and nothing else there."""

from django.db.models import Model

_APP = "vault"
KEYS = "keys"


class KeysRouter:
    """Keeps wrapped keys out of the main database and of its backups."""

    def db_for_read(self, model: type[Model], **_hints: object) -> str | None:
        """Return ``keys`` for the vault's models; no opinion about others."""
        return KEYS if _is_ours(model) else None

    def db_for_write(self, model: type[Model], **_hints: object) -> str | None:
        """Return ``keys`` for the vault's models; no opinion about others."""
        return KEYS if _is_ours(model) else None

    def allow_relation(self, first: Model, second: Model, **_hints: object) -> bool | None:
        """Refuse a relation between a vault table and any other: they share no database."""
        inside = [_is_ours(type(one)) for one in (first, second)]
        return None if not any(inside) else all(inside)

    def allow_migrate(self, db: str, app_label: str, **_hints: object) -> bool:
        """Allow the vault on ``keys`` only, and on ``keys`` only the vault."""
        return (db == KEYS) == (app_label == _APP)


def _is_ours(model: type[Model]) -> bool:
    return model._meta.app_label == _APP  # noqa: SLF001 - a public interface despite its name
