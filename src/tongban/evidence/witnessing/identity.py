"""The witness's key, and the memory that belongs to it.

A witness promises never to cosign two roots of one size. It can keep that promise only with its
memory, so key and store are bound: one without the other signs nothing until an operator decides.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from tongban.evidence import keyfile
from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.keys import Algorithm, Signer
from tongban.evidence.witnessing import store
from tongban.evidence.witnessing.known import is_witness, witness_folder, witnessed_keys

_ALGORITHM = Algorithm.ED25519_COSIGNATURE


class WitnessUnfit(ValueError):  # noqa: N818 - a state of the installation, said in one sentence
    """The witness must not sign; the text says why and what the operator can do."""


def own_signer(memory: store.Store) -> Signer:
    """Return the witness's signer, making key and memory at the very first need.

    ``memory`` is open for writing. Raises WitnessUnfit where key and memory don't belong
    together; OSError and sqlite3.Error where they can't be read or written.
    """
    path = key_path()
    check_memory(memory)
    known = memory.vkey()
    if known is None:
        draft = _draft(path)
        private = keyfile.generate(draft, _ALGORITHM)
        memory.belong_to(keyfile.key_of(own_name(), _ALGORITHM, private).vkey)
        return _signer(draft)
    if not path.exists():
        _finish(path, known)
    signer = _signer(path)
    if signer.key.vkey != known:
        message = (
            f"the store belongs to the witness {known}, the key to {signer.key.vkey}: put the "
            "right key, store and TONGBAN_NODE back, or remove both files to begin anew"
        )
        raise WitnessUnfit(message)
    return signer


def check_memory(memory: store.Store) -> None:
    """Raise WitnessUnfit where a key is there without the memory of what it signed."""
    if memory.vkey() is None and key_path().exists():
        message = (
            "keys/witness.key is there but witness/witness.sqlite3 has forgotten what it signed: "
            "put the store back, or remove the key to begin as a new witness"
        )
        raise WitnessUnfit(message)


def witness_vkey() -> str | None:
    """Return this witness's verifier key, made at the first need; raises as ``own_signer``.

    None where the operator hasn't made this node a witness: no stranger's question makes it one.
    """
    if not is_witness():
        return None
    with store.reading() as memory:
        if memory.vkey() is not None and key_path().exists():
            return own_signer(memory).key.vkey
    with store.writing() as memory:
        vkey = own_signer(memory).key.vkey
    settle()
    return vkey


def check_witness() -> None:
    """Raise WitnessUnfit where a witness that began can't sign; make nothing."""
    try:
        witnessed_keys()
        if not key_path().exists() and not (witness_folder() / "witness.sqlite3").exists():
            return
        with store.reading() as memory:
            check_memory(memory)
            if memory.vkey() is not None:
                own_signer(memory)
    except Malformed as fault:
        raise WitnessUnfit(str(fault)) from None
    except (OSError, sqlite3.Error) as error:
        message = f"key or store can't be read: {type(error).__name__}"
        raise WitnessUnfit(message) from None


def settle() -> None:
    """Give a new key its name, after the memory that belongs to it was committed."""
    path = key_path()
    if path.exists():
        return
    with suppress(FileNotFoundError):  # another process has just done it
        _draft(path).rename(path)
        keyfile.sync_folder(path.parent)


def key_path() -> Path:
    """Return where the private key stands: 32 bytes, for this node's user alone."""
    return keyfile.path_of("witness.key")


def own_name() -> str:
    """Return the name that this node's witness signs under."""
    return f"{settings.NODE}/witness"


def _finish(path: Path, known: str) -> None:
    """Go on where a process died between the commit and the naming of the key."""
    draft = _draft(path)
    if draft.exists() and _signer(draft).key.vkey == known:
        settle()
    if not path.exists():
        message = (
            "keys/witness.key is gone: put it back, or remove witness/witness.sqlite3 as well to "
            "begin as a new witness"
        )
        raise WitnessUnfit(message)


def _draft(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _signer(path: Path) -> Signer:
    try:
        return keyfile.signer_from(path, own_name(), _ALGORITHM)
    except keyfile.KeyUnfit as unfit:
        raise WitnessUnfit(str(unfit)) from None
