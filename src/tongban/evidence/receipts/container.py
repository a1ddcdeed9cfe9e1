"""The file: a ZIP of entries, their proofs, policies, and how to check them.

    entries/0001-case.received.json    {"body", "disclosures", "salt"}, canonical JSON
    entries/0001-case.received.leaf    the 33 bytes that the log holds
    entries/0001-case.received.proof   a tlog-proof
    policy                             a tlog-policy; policy-1, policy-2 … with several logs
    README.txt, verify.html            for people

Written, it is the same bytes for the same content. Read, it is a stranger's: nothing is
unpacked to a disk, every size is bounded before it is allocated, a name counts as a name only.
verify.html reads by the same rules.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.policy import MAX_POLICY, Policy
from tongban.evidence.receipts import words
from tongban.evidence.rules import LEAF_LENGTH, SALT_LENGTH, Opening, pack, unpack

MAX_RECEIPT = 32 << 20
"""Bytes of a receipt at most, as it is and unpacked."""
MAX_FILES = 4096
PAGE = Path(__file__).with_name("verify.html")
"""The page that checks a receipt in a browser; it goes into each of them."""

_LIMITS = {"json": 1 << 20, "leaf": LEAF_LENGTH, "proof": 1 << 20}
_ENTRY = re.compile(r"entries/([0-9]{4}-[a-z][a-z_.]{0,39})\.(json|leaf|proof)")
_POLICY = re.compile(r"policy(-[1-9][0-9]?)?")
_OURS = {"README.txt", PAGE.name}
_NAME = re.compile(rb"[ -~]+")
_NOT_THESE = frozenset({0x0001, 0x7075})
"""Extra fields of a file in a ZIP: 64-bit sizes, and a name that replaces its name."""
_NO_ZIP = "it is not a ZIP file, or a damaged one"
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP can name: when it was made is nobody's statement."""


class Unreadable(ValueError):  # noqa: N818 - what is at fault is the file
    """Not a receipt, or one that a careful reader doesn't take; the text says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One entry of a receipt: ``name`` is ``0001-case.received``; ``proof`` is a tlog-proof."""

    name: str
    opening: Opening
    leaf: bytes
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a receipt holds. ``others`` are names of files that belong to no receipt."""

    pieces: tuple[Piece, ...]
    policies: tuple[Policy, ...]
    others: tuple[str, ...] = ()

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a receipt; Unreadable for anything else."""
        files = _unpacked(data)
        parts: dict[str, dict[str, bytes]] = {}
        policies = []
        others = []
        for name, content in files.items():
            entry = _ENTRY.fullmatch(name)
            if entry is not None:
                parts.setdefault(entry[1], {})[entry[2]] = content
            elif _POLICY.fullmatch(name):
                policies.append(_policy(name, content))
            elif name not in _OURS:
                others.append(name)
        if not parts:
            message = "there is no entry in it"
            raise Unreadable(message)
        origins = [one for policy in policies for one in {line.key.name for line in policy.logs}]
        if len(set(origins)) != len(origins):
            message = "two policies are about one log"
            raise Unreadable(message)
        pieces = tuple(_piece(name, parts[name]) for name in sorted(parts))
        if len({piece.leaf for piece in pieces}) != len(pieces):
            message = "one entry stands in it twice"
            raise Unreadable(message)
        return cls(pieces=pieces, policies=tuple(policies), others=tuple(sorted(others)))


def write(pieces: Sequence[Piece], policies: Sequence[bytes], *, waiting: int = 0) -> bytes:
    """Return a receipt; ``waiting`` entries are not sealed yet, which README.txt says."""
    several = [f"policy-{number}" for number, _ in enumerate(policies, 1)]
    names = ["policy"] if len(policies) == 1 else several
    files = {"README.txt": words.readme(len(pieces), waiting).encode()}
    for piece in pieces:
        files[f"entries/{piece.name}.json"] = pack(piece.opening)
        files[f"entries/{piece.name}.leaf"] = piece.leaf
        files[f"entries/{piece.name}.proof"] = piece.proof
    files |= dict(zip(names, policies, strict=True))
    files[PAGE.name] = PAGE.read_bytes()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _MOMENT)
            info.create_system = 3
            info.external_attr = 0o100600 << 16
            archive.writestr(info, content)  # stored: a compressor's version would show
    return stream.getvalue()


def _unpacked(data: bytes) -> dict[str, bytes]:
    if len(data) > MAX_RECEIPT:
        message = f"it has more than {MAX_RECEIPT} bytes"
        raise Unreadable(message)
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _contents(archive)
    except Unreadable:
        raise
    except (  # what zipfile raises for bytes that are no ZIP, or one that it can't read
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
    ):
        raise Unreadable(_NO_ZIP) from None


def _check_directory(data: bytes) -> None:
    """Refuse all but a plain ZIP, before anything is made of its list of files.

    A name is printable ASCII and there is no second one, else two programs may read two names.
    """
    end = data.rfind(b"PK\5\6", 0, max(len(data) - 18, 0))
    if end < 0:
        raise Unreadable(_NO_ZIP)
    count, size, at, comment = struct.unpack_from("<HLLH", data, end + 10)
    if count > MAX_FILES:
        message = f"it has more than {MAX_FILES} files"
        raise Unreadable(message)
    if end + 22 + comment != len(data) or at + size != end:
        raise Unreadable(_NO_ZIP)
    for _ in range(count):
        if at + 46 > end or data[at : at + 4] != b"PK\1\2":
            raise Unreadable(_NO_ZIP)
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        if _NAME.fullmatch(data, at + 46, at + 46 + name) is None:
            message = "the name of a file in it is empty or more than printable ASCII"
            raise Unreadable(message)
        if not _NOT_THESE.isdisjoint(_extras(data[at + 46 + name : at + 46 + name + extra])):
            raise Unreadable(_NO_ZIP)
        at += 46 + name + extra + comment
    if at != end:
        raise Unreadable(_NO_ZIP)


def _extras(field: bytes) -> Iterator[int]:
    """Yield the ids of the extra fields of a file."""
    at = 0
    while at + 4 <= len(field):
        kind, length = struct.unpack_from("<HH", field, at)
        yield kind
        at += 4 + length


def _contents(archive: zipfile.ZipFile) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_RECEIPT
    for info in archive.infolist():
        if info.filename != info.orig_filename:
            raise Unreadable(_NO_ZIP)
        if info.is_dir():
            continue
        if info.filename in found:
            message = f"it has two files {info.filename[:80]!r}"
            raise Unreadable(message)
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            message = "a file is compressed neither by deflate nor not at all"
            raise Unreadable(message)
        limit = min(_limit(info.filename), left)
        with archive.open(info) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            message = f"{info.filename[:80]!r} is too long"
            raise Unreadable(message)
        left -= len(content)
        found[info.filename] = content
    return found


def _limit(name: str) -> int:
    entry = _ENTRY.fullmatch(name)
    return MAX_POLICY if entry is None else _LIMITS[entry[2]]


def _policy(name: str, content: bytes) -> Policy:
    try:
        return Policy.parse(content)
    except Malformed as fault:
        message = f"{name} is no policy: {fault}"
        raise Unreadable(message) from None


def _piece(name: str, parts: dict[str, bytes]) -> Piece:
    missing = sorted(_LIMITS.keys() - parts.keys())
    if missing:
        message = f"entries/{name}.{missing[0]} is missing"
        raise Unreadable(message)
    try:
        opening = unpack(parts["json"])
        texts = all(isinstance(text, str) for text in opening.disclosures)
        sound = texts and pack(opening) == parts["json"] and len(opening.salt) == SALT_LENGTH
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound or len(parts["leaf"]) != LEAF_LENGTH:
        message = f"entries/{name} is not in the form of an entry"
        raise Unreadable(message)
    return Piece(name=name, opening=opening, leaf=parts["leaf"], proof=parts["proof"])
