"""Keys of this node for messages: one to sign with, one that others encrypt to, in one file.

``HOME/keys/node.jwks`` (RFC 7517), for this node's user alone; the first of a use is in force.
"""

import json
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from joserfc.jwk import OKPKey

_NAME = "node.jwks"
Use = Literal["sig", "enc"]
CURVES: dict[Use, Literal["Ed25519", "X25519"]] = {"sig": "Ed25519", "enc": "X25519"}


def path() -> Path:
    """Return where the keys stand."""
    return Path(settings.HOME) / "keys" / _NAME


def generate(use: Use) -> dict[str, Any]:
    """Return a fresh private JWK for ``sig`` or ``enc``; its id is its thumbprint (RFC 7638)."""
    made = OKPKey.generate_key(CURVES[use])
    return {**made.as_dict(private=True), "use": use, "kid": made.thumbprint()}


def write(keys: list[dict[str, Any]]) -> None:
    """Write all keys, durable, in place of those before."""
    place = path()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(json.dumps({"keys": keys}).encode())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(place)


def read() -> list[dict[str, Any]]:
    """Return the private JWKs, the newest of each use first; none where there is no file.

    RuntimeError where others may read the file.
    """
    place = path()
    try:
        found = place.stat()
    except FileNotFoundError:
        return []
    if stat.S_IMODE(found.st_mode) & 0o077:
        message = f"{place.name} can be read by others: chmod 600"
        raise RuntimeError(message)
    return _parsed(place, (found.st_mtime_ns, found.st_ino, found.st_size))


@lru_cache(maxsize=4)
def _parsed(place: Path, _changed: tuple[int, int, int]) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = json.loads(place.read_bytes())["keys"]
    return keys


def public(jwk: dict[str, Any]) -> dict[str, Any]:
    """Return a JWK without its private part."""
    return {name: value for name, value in jwk.items() if name != "d"}


@lru_cache(maxsize=64)
def _imported(text: str) -> OKPKey:
    return OKPKey.import_key(json.loads(text))


def as_key(jwk: dict[str, Any]) -> OKPKey:
    """Return the library's key of a JWK; ValueError for one that isn't of our curves."""
    if jwk.get("kty") != "OKP" or jwk.get("crv") not in CURVES.values():
        message = "not an Ed25519 or X25519 key"
        raise ValueError(message)
    return _imported(json.dumps({name: jwk[name] for name in sorted(jwk)}))
