"""The document in which a node states who it is: canonical JSON, signed as JWS by its own key.

A later document of a node counts if its serial is higher and a key of the one that was trusted
before has signed it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tongban.federation import keys, signing
from tongban.federation.errors import DocumentUnfit
from tongban.federation.rules import SKEW, is_in_force, kind_of
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.wire import moment, optional_moment, plain

MOST = 64 * 1024
_NODE = re.compile(r"[a-z][a-z0-9]{0,15}")
_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
_FIELDS = {"v", "node", "serial", "address", "places", "keys", "suites", "version", "at"}
_LATER = {"takes", "more"}
"""Fields that a document may lack; under ``more`` a later version says what others pass over."""
_MOST_TAKES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A public key with the days on which it may be used."""

    kid: str
    use: str
    jwk: dict[str, Any]
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A node's statement. ``text`` is the JWS, ``places`` the tops of what it hosts.

    ``takes`` are the types of messages, each with its major version, that it understands; none
    where it doesn't say.
    """

    node: str
    serial: int
    address: str
    places: tuple[str, ...]
    keys: tuple[Key, ...]
    version: str
    at: datetime
    text: str
    takes: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return 32 hexadecimal digits in groups of four, for two people on the telephone."""
        digest = hashlib.sha256(canonical_bytes(sorted(key.kid for key in self.keys))).hexdigest()
        return " ".join(digest[start : start + 4] for start in range(0, 32, 4))

    def key(self, kid: str, use: str, at: datetime) -> Key | None:
        """Return the key of that id and use if it may be used at a moment."""
        for one in self.keys:
            if (one.kid, one.use) == (kid, use) and is_in_force(one.since, one.until, at):
                return one
        return None

    def box(self, at: datetime) -> Key | None:
        """Return the key to encrypt to, the newest that may be used."""
        found = [k for k in self.keys if k.use == "enc" and is_in_force(k.since, k.until, at)]
        return max(found, key=lambda one: one.since, default=None)


def statement(
    *,
    node: str,
    serial: int,
    address: str,
    places: list[str],
    own: list[dict[str, Any]],
    version: str,
    at: datetime,
    takes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what a node says of itself; ``own`` are its public JWKs with ``since``, ``until``."""
    return {
        "v": 1,
        "node": node,
        "serial": serial,
        "address": address,
        "places": sorted(places),
        "keys": own,
        "suites": ["intl-1"],
        "version": version,
        "takes": sorted(takes),
        "at": plain(at),
    }


def parse(text: str, *, signed_by: Document | None = None) -> Document:
    """Return a document whose signature holds: by its own key, and by one of ``signed_by``.

    DocumentUnfit says what is wrong.
    """
    text = text.strip()
    if len(text) > MOST:
        raise DocumentUnfit(why="too long")
    try:
        read = signing.read(text)
        found = _shaped(read.value, text)
    except signing.UNREADABLE as fault:
        raise DocumentUnfit(why=f"not readable ({type(fault).__name__})") from None
    if not _is_signed(read, found, found.at):
        raise DocumentUnfit(why="not signed by a key that it names")
    if signed_by is not None and found.text != signed_by.text:
        _check_later(found, read, signed_by)
    return found


def _check_later(found: Document, read: signing.Read, before: Document) -> None:
    """Refuse what doesn't follow the document that is trusted.

    Its date too must be later: a key that was changed signs nothing that goes before the change.
    """
    if before.node != found.node or found.serial < before.serial:
        raise DocumentUnfit(why="older than the one that is trusted")
    if found.serial == before.serial:
        raise DocumentUnfit(why="another one with the serial of the one that is trusted")
    if before.at - found.at > SKEW:
        raise DocumentUnfit(why="dated before the one that is trusted")
    if not _is_signed(read, before, found.at):
        raise DocumentUnfit(why="not signed by a key of the one that is trusted")


def _is_signed(read: signing.Read, by: Document, at: datetime) -> bool:
    key = by.key(read.kid, "sig", at)
    return key is not None and signing.is_signed(read, key.jwk)


def _shaped(said: dict[str, Any], text: str) -> Document:
    """Return the statement as a Document; ValueError, KeyError, TypeError for another form."""
    if set(said) - _LATER != _FIELDS or said["v"] != 1:
        raise ValueError("fields")  # noqa: EM101 - the caller says it
    if _NODE.fullmatch(said["node"]) is None or _ADDRESS.fullmatch(said["address"]) is None:
        raise ValueError("names")  # noqa: EM101 - likewise
    if type(said["serial"]) is not int or said["serial"] < 1:
        raise ValueError("serial")  # noqa: EM101 - likewise
    hosted, own, takes = said["places"], said["keys"], said.get("takes", [])
    if not all(isinstance(one, list) for one in (hosted, own, takes)) or not isinstance(
        said.get("more", {}), dict
    ):
        raise TypeError("lists")  # noqa: EM101 - likewise
    if not all(isinstance(one, str) and one for one in hosted):
        raise ValueError("places")  # noqa: EM101 - likewise
    if len(takes) > _MOST_TAKES or not all(kind_of(one)[1] for one in takes):
        raise ValueError("takes")  # noqa: EM101 - likewise
    return Document(
        node=said["node"],
        serial=said["serial"],
        address=said["address"],
        places=tuple(hosted),
        keys=tuple(_key(one) for one in own),
        version=str(said["version"]),
        at=moment(said["at"]),
        text=text,
        takes=tuple(takes),
    )


def _key(said: dict[str, Any]) -> Key:
    """Return a key of the statement; its use is its curve's, its id its thumbprint."""
    jwk = {name: said[name] for name in ("kty", "crv", "x")}
    if jwk["crv"] != keys.CURVES[said["use"]] or keys.as_key(jwk).thumbprint() != said["kid"]:
        raise ValueError("key")  # noqa: EM101 - the caller says it
    return Key(
        kid=said["kid"],
        use=said["use"],
        jwk=jwk,
        since=moment(said["since"]),
        until=optional_moment(said["until"]),
    )
