"""Private keys of this node's log and witness: one file each, for this node's user alone."""

import os
import stat
from pathlib import Path

from django.conf import settings

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.keys import Algorithm, NoteKey, Signer
from tongban.kernel.suites import PrivateKeyError, suite

_MOST = 64 * 1024


class KeyUnfit(ValueError):  # noqa: N818 - a state of the installation, said in one sentence
    """A key file that can't be used; the text says why and what the operator can do."""


class KeyGone(KeyUnfit):
    """A key file that isn't there."""


def path_of(name: str) -> Path:
    """Return where the private key of that name stands."""
    return Path(settings.HOME) / "keys" / name


def generate(path: Path, algorithm: Algorithm) -> bytes:
    """Make a private key, durable in a new file that replaces a draft of the same name."""
    private = suite(algorithm.value.suite).generate()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
    return private


def key_of(name: str, algorithm: Algorithm, private: bytes) -> NoteKey:
    """Return the record of a private key under the name it signs with."""
    return NoteKey(name, algorithm, suite(algorithm.value.suite).public(private))


def signer_from(path: Path, name: str, algorithm: Algorithm) -> Signer:
    """Read a private key; KeyUnfit where it is gone, can be read by others, or is no key."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                message = f"{path.name} can be read by others: chmod 600"
                raise KeyUnfit(message)
            private = file.read(_MOST)
    except FileNotFoundError:
        message = f"{path.name} is gone: put it back"
        raise KeyGone(message) from None
    try:
        return Signer.of(key_of(name, algorithm, private), private, suite)
    except (PrivateKeyError, Malformed) as fault:
        message = f"{path.name}: {fault}"
        raise KeyUnfit(message) from None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
