"""The keys of logs and witnesses, and their text form (C2SP signed-note, Verifier keys).

Which algorithm checks a signature follows from the key record alone, never from the note.
"""

import enum
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self, TypeAlias

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.text import base64_of, is_key_name, read_base64

_VKEY = re.compile(r"([^+]*)\+([0-9a-f]{8})\+(.*)", re.DOTALL)


class Suite(Protocol):
    """What the core needs of a suite of algorithms."""

    def public(self, private: bytes, /) -> bytes:
        """Return the public key of a private one."""

    def sign(self, private: bytes, message: bytes, /) -> bytes:
        """Return a signature of fixed length."""

    def verify(self, public: bytes, message: bytes, signature: bytes, /) -> bool:
        """Tell whether a signature is good; it doesn't raise."""


SuiteLookup: TypeAlias = Callable[[str], Suite]
"""Returns the suite of a name such as ``intl-1``; what it raises reaches the caller."""


class Form(enum.Enum):
    """What is signed."""

    NOTE = "the note text"
    COSIGNATURE = "cosignature/v1"
    SUBTREE = "subtree/v1"


class _Facts(NamedTuple):
    type: bytes
    suite: str
    form: Form
    public_length: int
    signature_length: int
    for_log: bool
    for_witness: bool


class Algorithm(enum.Enum):
    """The signature types that this core knows; all others are unknown keys to it.

    The first three are assigned in signed-note, Signature types. The SM2 ones use 0xff and an
    identifier that ends in a newline, as recommended there; README.md defines them.
    """

    ED25519 = _Facts(b"\x01", "intl-1", Form.NOTE, 32, 64, for_log=True, for_witness=False)
    ED25519_COSIGNATURE = _Facts(
        b"\x04", "intl-1", Form.COSIGNATURE, 32, 64, for_log=False, for_witness=True
    )
    ML_DSA_44 = _Facts(b"\x06", "pq-1", Form.SUBTREE, 1312, 2420, for_log=True, for_witness=True)
    SM2 = _Facts(
        b"\xfftongban/gm-1/note/v1\n", "gm-1", Form.NOTE, 65, 64, for_log=True, for_witness=False
    )
    SM2_COSIGNATURE = _Facts(
        b"\xfftongban/gm-1/cosignature/v1\n",
        "gm-1",
        Form.COSIGNATURE,
        65,
        64,
        for_log=False,
        for_witness=True,
    )


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key of a log or a witness: the record that says how to check its signatures.

    Raises Malformed for a name that can't stand in a note and for a key of another length.
    """

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        """Check the parts."""
        if not is_key_name(self.name):
            message = f"not the name of a key: {self.name[:80]!r}"
            raise Malformed(message)
        if len(self.public) != self.algorithm.value.public_length:
            message = f"not a public key of {self.algorithm.name}: {len(self.public)} bytes"
            raise Malformed(message)

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || 0x0A || signature type || public key)[:4] (signed-note, Signatures)."""
        hashed = self.name.encode() + b"\n" + self.algorithm.value.type + self.public
        return hashlib.sha256(hashed).digest()[:4]

    @property
    def vkey(self) -> str:
        """``name+hex(key ID)+base64(signature type || public key)``."""
        material = base64_of(self.algorithm.value.type + self.public)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a verifier key; Malformed unless ``vkey`` would write the same text.

        The key ID must be the recommended one, so that no byte can be changed unnoticed.
        """
        match = _VKEY.fullmatch(vkey)
        if match is None:
            message = f"not a verifier key: {vkey[:80]!r}"
            raise Malformed(message)
        material = read_base64(match[3])
        for algorithm in Algorithm:
            if material.startswith(algorithm.value.type):
                key = cls(match[1], algorithm, material.removeprefix(algorithm.value.type))
                if key.vkey != vkey:
                    message = f"the key ID of {match[1][:80]!r} isn't that of the key"
                    raise Malformed(message)
                return key
        message = f"a signature type that isn't known here: 0x{material[0]:02x}"
        raise Malformed(message)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key with the means to sign by it; ``sign`` takes the message and is never shown."""

    key: NoteKey
    sign: Callable[[bytes], bytes]

    @classmethod
    def of(cls, key: NoteKey, private: bytes, suites: SuiteLookup) -> Self:
        """Bind a private key to its record; Malformed if it belongs to another public key."""
        suite = suites(key.algorithm.value.suite)
        if suite.public(private) != key.public:
            message = f"the private key isn't that of {key.name!r}"
            raise Malformed(message)
        return cls(key, lambda message: suite.sign(private, message))
