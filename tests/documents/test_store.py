"""Files on the disk."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tongban.documents import store

NAME = "0123456789abcdef0123456789abcdef"


def test_a_file_stands_in_two_folders_and_is_private(home: Path) -> None:
    store.write(NAME, [b"ab", b"c"])
    path = home / "files" / "01" / "23" / NAME
    assert path.read_bytes() == b"abc"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert store.path_of(NAME) == path


def test_names_are_random_and_well_formed() -> None:
    names = {store.new_name() for _ in range(100)}
    assert len(names) == 100
    assert all(store.path_of(name).name == name for name in names)


@pytest.mark.parametrize("name", ["", "../../x", "0" * 31, "0" * 33, "G" * 32, NAME + "\n"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a stored name"):
        store.path_of(name)


def test_a_file_is_never_overwritten(home: Path) -> None:
    store.write(NAME, [b"first"])
    with pytest.raises(FileExistsError):
        store.write(NAME, [b"second"])
    assert store.path_of(NAME).read_bytes() == b"first"


def test_nothing_is_left_of_a_file_that_broke_off(home: Path) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"some"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.write(NAME, breaking())
    assert not store.path_of(NAME).exists()


def test_file_and_folders_are_synced_before_write_returns(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    store.write(NAME, [b"abc"])
    path = store.path_of(NAME)
    assert synced == [path, path.parent, path.parent.parent, home / "files", home]


def test_removing_twice_is_harmless(home: Path) -> None:
    store.write(NAME, [b"abc"])
    store.remove(NAME)
    store.remove(NAME)
    assert not store.path_of(NAME).exists()


def test_only_old_files_of_ours_are_listed(home: Path) -> None:
    moment = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    ages = {"a" * 32: -1, "b" * 32: 0, "c" * 32: 1}
    for name, seconds in ages.items():
        store.write(name, [b"x"])
        at = (moment + timedelta(seconds=seconds)).timestamp()
        os.utime(store.path_of(name), (at, at))
    foreign = home / "files" / "aa" / "aa" / "notes.txt"
    foreign.write_text("x")
    os.utime(foreign, (0, 0))
    assert list(store.written_before(moment)) == ["a" * 32]


def test_before_the_first_file_nothing_is_listed(home: Path) -> None:
    assert list(store.written_before(datetime(2026, 11, 21, tzinfo=UTC))) == []
