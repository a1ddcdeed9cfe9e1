from pathlib import Path

import pytest

from tongban.site.database import database_from_url
from tongban.site.environment import Environment, Misconfigured, is_loopback
from tongban.site.secret import session_secret


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "DATABASE_URL", "HOST", "PORT", "DEMO", "HTTPS", "ALLOWED_HOSTS"):
        monkeypatch.delenv(f"TONGBAN_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults_are_a_small_node_on_loopback(tmp_path: Path) -> None:
    found = Environment.read()
    assert found.home == tmp_path / "var"
    assert (found.host, found.port, found.address) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (found.demo, found.https, found.allowed_hosts) == (False, False, ())
    assert found.database_url is None


def test_another_host_means_tls_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_HOST", "192.0.2.7")
    assert Environment.read().https is True
    monkeypatch.setenv("TONGBAN_HTTPS", "0")
    assert Environment.read().https is False


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org", ""])  # noqa: S104 - must be refused
def test_demo_mode_is_refused_off_loopback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("TONGBAN_DEMO", "1")
    monkeypatch.setenv("TONGBAN_HOST", host)
    with pytest.raises(Misconfigured, match=r"loopback only.*TONGBAN_DEMO=0"):
        Environment.read()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "::1", "[::1]", "localhost"])
def test_demo_mode_runs_on_loopback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("TONGBAN_DEMO", "1")
    monkeypatch.setenv("TONGBAN_HOST", host)
    assert Environment.read().demo is True
    assert is_loopback(host)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TONGBAN_PORT", "web"),
        ("TONGBAN_PORT", "-1"),
        ("TONGBAN_PORT", "65536"),
        ("TONGBAN_PORT", "８０００"),
        ("TONGBAN_DEMO", "yes"),
        ("TONGBAN_LOG_SUITE", "sha-1"),
        ("TONGBAN_HTTPS", "true"),
        ("TONGBAN_THREADS", "0"),
        ("TONGBAN_PROCESSES", "1.5"),
    ],
)
def test_a_senseless_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=name):
        Environment.read()


def test_further_names_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_ALLOWED_HOSTS", "a.example, b.example,,")
    assert Environment.read().allowed_hosts == ("a.example", "b.example")


def test_postgresql_url() -> None:
    found = database_from_url("postgresql://user:p%40ss@db.example:5433/tong%20ban?sslmode=require")
    assert {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "tong ban",
        "USER": "user",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
    }
    assert found["OPTIONS"] == {"sslmode": "require", "prepare_threshold": 2}
    pooled = database_from_url("postgresql://db.example/x?prepare=no")
    assert pooled["OPTIONS"] == {"prepare_threshold": None}
    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (None, True)


def test_sqlite_url_is_durable_and_takes_its_lock_first(tmp_path: Path) -> None:
    found = database_from_url(f"sqlite:///{tmp_path}/with%20space/x.sqlite3".replace("////", "///"))
    assert found["NAME"] == str(tmp_path / "with space" / "x.sqlite3")
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]


def test_another_database_is_refused() -> None:
    with pytest.raises(Misconfigured, match="mysql"):
        database_from_url("mysql://root@localhost/x")


def test_the_session_secret_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "session.secret"
    first = session_secret(path)
    assert len(first) >= 64
    assert session_secret(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["session.secret"]
