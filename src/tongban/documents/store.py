"""Encrypted files on the disk: ``HOME/files/aa/bb/<32 hex digits>``, by random name."""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

_NAME = re.compile(r"[0-9a-f]{32}")


def new_name() -> str:
    """Return a fresh random name of 32 hex digits."""
    return secrets.token_hex(16)


def path_of(stored_name: str) -> Path:
    """Return where the file of this name stands under the present HOME."""
    if _NAME.fullmatch(stored_name) is None:
        message = "not a stored name"
        raise ValueError(message)
    return _root() / stored_name[:2] / stored_name[2:4] / stored_name


def _root() -> Path:
    return Path(settings.HOME) / "files"


def write(stored_name: str, blocks: Iterable[bytes]) -> None:
    """Write a new file and make it durable, its folders too; on any error nothing is left."""
    path = path_of(stored_name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        # From the file's folder up to HOME: any of them may be new, and a new name is durable
        # only when its folder is.
        for folder in list(path.parents)[:4]:
            _sync(folder)
    except BaseException:
        remove(stored_name)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_file(stored_name: str) -> BinaryIO:
    """Open a file to read; FileNotFoundError if it isn't there."""
    return path_of(stored_name).open("rb")


def remove(stored_name: str) -> None:
    """Remove a file; harmless if it isn't there."""
    path_of(stored_name).unlink(missing_ok=True)


def written_before(moment: datetime) -> Iterator[str]:
    """Yield the names of the files last written before ``moment``; other files are passed over."""
    for path in _root().glob("??/??/*"):
        if _NAME.fullmatch(path.name) and path.stat().st_mtime < moment.timestamp():
            yield path.name
