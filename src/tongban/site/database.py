"""Connection settings from a URL: SQLite by default, PostgreSQL in production."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tongban.site.environment import Misconfigured

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA busy_timeout=20000;"
)


def sqlite_database(path: Path) -> dict[str, Any]:
    """Return the settings of an SQLite file; its folder is made, closed to other users."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "ENGINE": "tongban.work.sqlite",  # Django's own, with writers that queue
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": _SQLITE_PRAGMAS,
            "timeout": 20,
        },
    }


def database_from_url(url: str) -> dict[str, Any]:
    """Return Django's settings for ``sqlite:///path`` or ``postgresql://user:password@host/name``.

    Options of libpq may stand in the query (``?host=/run/postgresql``), and ``prepare=no`` for a
    pooler in front that gives each transaction another connection. Misconfigured otherwise.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite_database(Path(unquote(parts.path)))
    if parts.scheme not in {"postgresql", "postgres"}:
        message = f"TONGBAN_DATABASE_URL: not sqlite:/// or postgresql://: {parts.scheme!r}"
        raise Misconfigured(message)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    # A statement of one shape is prepared when it comes for the third time.
    options["prepare_threshold"] = None if options.pop("prepare", "yes") == "no" else 2
    return {
        "ENGINE": "tongban.work.postgresql",  # Django's own, with statements that are prepared
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
