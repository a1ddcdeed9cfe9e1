"""The key files: made once, whole, private; lost or swapped ones are noticed."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import Settings

from tongban.vault import api, keyfiles, models
from tongban.vault.errors import KeyFilesError

in_store = pytest.mark.django_db(databases=["default", "keys"])

START = """
import sys, pathlib
from django.conf import settings
settings.configure(HOME=pathlib.Path(sys.argv[1]))
from tongban.vault import keyfiles
print("ready", flush=True)
sys.stdin.readline()
print(keyfiles.derived("node.key", "test").hex())
"""


def test_a_file_is_made_when_first_needed_and_private(own_home: Path) -> None:
    assert not (own_home / "keys").exists()
    first = api.node_key("spool")
    path = own_home / "keys" / "node.key"
    assert path.stat().st_size == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["node.key"]
    keyfiles.forget()
    assert api.node_key("spool") == first


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:  # all wait at the same line; now they go
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = {process.communicate(timeout=60)[0] for process in processes}
    assert len(answers) == 1
    assert len(answers.pop().strip()) == 64
    assert [one.name for one in (tmp_path / "keys").iterdir()] == ["node.key"]


def test_a_file_of_another_process_is_never_overwritten(own_home: Path) -> None:
    path = own_home / "keys" / "node.key"
    keyfiles._make(path)
    before = path.read_bytes()
    keyfiles._make(path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["node.key"]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_file_of_the_wrong_length_is_refused(own_home: Path, length: int) -> None:
    path = own_home / "keys" / "index.key"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"k" * length)
    path.chmod(0o600)
    with pytest.raises(KeyFilesError, match=r"index\.key doesn't hold 32 bytes"):
        api.blind_index(purpose="x", value="y")
    assert path.stat().st_size == length


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused(own_home: Path, mode: int) -> None:
    api.node_key("spool")
    keyfiles.forget()
    (own_home / "keys" / "node.key").chmod(mode)
    with pytest.raises(KeyFilesError, match="can be read by others"):
        api.node_key("spool")


def test_another_home_has_other_keys(own_home: Path, settings: Settings) -> None:
    here = api.node_key("spool"), api.blind_index(purpose="x", value="y")
    settings.HOME = own_home / "elsewhere"
    there = api.node_key("spool"), api.blind_index(purpose="x", value="y")
    assert here[0].secret != there[0].secret
    assert here[1] != there[1]
    settings.HOME = own_home
    assert here == (api.node_key("spool"), api.blind_index(purpose="x", value="y"))


def test_a_node_key_depends_on_its_purpose(own_home: Path) -> None:
    looks, other = api.node_key("looks"), api.node_key("other")
    assert looks.id == "node:looks"
    assert len(looks.secret) == 32
    assert looks.secret != other.secret
    assert looks.secret != (own_home / "keys" / "node.key").read_bytes()
    assert "secret" not in repr(looks)


@in_store
def test_the_first_check_makes_the_files_and_later_ones_know_them(own_home: Path) -> None:
    api.check_key_files()
    assert sorted(path.name for path in (own_home / "keys").iterdir()) == [
        "index.key",
        "node.key",
    ]
    api.check_key_files()
    assert models.KeyFile.objects.count() == 2


@in_store
@pytest.mark.parametrize("name", ["node.key", "index.key"])
def test_a_lost_file_is_noticed_and_not_replaced(own_home: Path, name: str) -> None:
    api.check_key_files()
    (own_home / "keys" / name).unlink()
    keyfiles.forget()
    with pytest.raises(KeyFilesError, match=f"{name} is missing"):
        api.check_key_files()
    assert not (own_home / "keys" / name).exists()


@in_store
@pytest.mark.parametrize("name", ["node.key", "index.key"])
def test_another_file_is_noticed(own_home: Path, name: str) -> None:
    api.check_key_files()
    (own_home / "keys" / name).write_bytes(b"?" * 32)
    keyfiles.forget()
    with pytest.raises(KeyFilesError, match=f"{name} is not the file"):
        api.check_key_files()


@in_store
def test_no_new_node_key_beside_keys_wrapped_by_a_lost_one(own_home: Path) -> None:
    api.make_key(place_id="131028", person_id="tz-a")
    (own_home / "keys" / "node.key").unlink()
    keyfiles.forget()
    with pytest.raises(KeyFilesError, match="put it back"):
        api.make_key(place_id="110112", person_id="tz-a")
    assert not (own_home / "keys" / "node.key").exists()
    assert models.PlaceKey.objects.count() == 1


@in_store
def test_keys_do_not_open_with_another_node_key(own_home: Path) -> None:
    api.make_key(place_id="131028", person_id="tz-a")
    (own_home / "keys" / "node.key").write_bytes(b"?" * 32)
    keyfiles.forget()
    with pytest.raises(KeyFilesError, match="131028"):
        api.key_of(place_id="131028", person_id="tz-a")


@in_store
def test_nothing_secret_stands_in_the_store_in_the_clear(own_home: Path) -> None:
    key = api.make_key(place_id="131028", person_id="tz-a")
    node_secret = (own_home / "keys" / "node.key").read_bytes()
    with connections["keys"].cursor() as cursor:
        cursor.execute("SELECT wrapped FROM vault_datakey UNION SELECT wrapped FROM vault_placekey")
        stored = [bytes(row[0]) for row in cursor.fetchall()]
    assert len(stored) == 2
    assert all(len(wrapped) == 32 + 29 for wrapped in stored)
    assert not any(key.secret in wrapped or node_secret in wrapped for wrapped in stored)
