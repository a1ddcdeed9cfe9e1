"""The node's two key files under ``HOME/keys``, made once, readable by the operator alone.

``node.key`` wraps the place keys; ``index.key`` keys the blind index and the digests of files. 32
random bytes each. They are read when first needed and kept in memory per path, so that a test (or
a second node) with another HOME has other keys.
"""

import os
import stat
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tongban.vault.errors import KeyFilesError
from tongban.vault.rules import KEY_LENGTH, derive, new_secret

NODE_KEY = "node.key"
INDEX_KEY = "index.key"


def path_of(name: str) -> Path:
    """Return where the key file stands under the present HOME."""
    return _path(settings.HOME, name)


def _path(home: str | Path, name: str) -> Path:
    return Path(home) / "keys" / name


def derived(name: str, info: str) -> bytes:
    """Return the 32-byte key for the use ``info``, derived from the key file ``name``.

    The file is made if there is none.
    """
    return _derived(str(settings.HOME), name, info)


@lru_cache(maxsize=512)
def _derived(home: str, name: str, info: str) -> bytes:
    return derive(_read_or_make(_path(home, name)), info=info)


def forget() -> None:
    """Drop the keys kept in memory; the next use reads the files again."""
    _derived.cache_clear()


def _read_or_make(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    return _read(path)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            message = f"{path.name} can be read by others: chmod 600"
            raise KeyFilesError(message)
        secret = file.read(KEY_LENGTH + 1)
    if len(secret) != KEY_LENGTH:
        message = f"{path.name} doesn't hold {KEY_LENGTH} bytes"
        raise KeyFilesError(message)
    return secret


def _make(path: Path) -> None:
    """Write a whole file beside, then link it into place: the first of several processes wins.

    A reader sees no file or a complete one, also after a crash.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(new_secret())
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was faster; its key is the key
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
