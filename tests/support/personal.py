"""Looking for personal values where none may stand: plain, written otherwise, or digested."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

_DIGESTS = ("md5", "sha1", "sha256", "sha512", "sm3")
_BORDER = 2
"""Characters at either end of a base64 text that depend on what stands beside the value."""


def forms(value: str) -> Iterator[tuple[str, bytes]]:
    """Yield the ways in which a value may stand in bytes, each with its name.

    Whoever finds an unsalted digest of an identity number has found the number: it takes minutes
    to try all that there are.
    """
    for encoding in ("utf-8", "utf-16-le", "gb18030"):
        yield encoding, value.encode(encoding)
    raw = value.encode("utf-8")
    yield "json", json.dumps(value).strip('"').encode()
    yield "percent", quote(value, safe="").encode()
    yield "percent, lower", quote(value, safe="").lower().encode()
    yield from _written("", raw)
    for name in _DIGESTS:
        if name in hashlib.algorithms_available:
            digest = hashlib.new(name, raw, usedforsecurity=False).digest()
            yield name, digest
            yield from _written(f"{name}, ", digest)


def _written(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield bytes in hexadecimal and, wherever in a text they begin, in base64."""
    yield f"{name}hex", raw.hex().encode()
    yield f"{name}HEX", raw.hex().upper().encode()
    for shift in range(3):
        inner = base64.b64encode(b"\0" * shift + raw)[_BORDER * shift :].rstrip(b"=")[:-_BORDER]
        yield f"{name}base64 {shift}", inner
        yield f"{name}base64url {shift}", inner.translate(bytes.maketrans(b"+/", b"-_"))


class Scanner:
    """Finds personal values, which it names by their label alone."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """Take the values by label."""
        self._needles: dict[bytes, str] = {}
        for label, value in values.items():
            for form, needle in forms(value):
                self._needles.setdefault(needle, f"{label} ({form})")

    def find(self, where: str, content: bytes) -> list[str]:
        """Return a line for each value and form that stands in ``content``."""
        return sorted(
            f"{where}: {told}" for needle, told in self._needles.items() if needle in content
        )

    def find_in_rows(self, where: str, rows: Iterable[Iterable[object]]) -> list[str]:
        """Return the same for the cells of rows, which are searched as one text."""
        cells = [
            bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode("utf-8")
            for row in rows
            for cell in row
        ]
        return self.find(where, b"\n".join(cells))
