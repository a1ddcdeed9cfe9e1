"""What every suite offers, and what can be wrong with one."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Suite(Protocol):
    """Keys, signatures and digests of one suite; every method may be called from any thread.

    | | private | public | signature | digest |
    |---|---|---|---|---|
    | intl-1 | 32 (Ed25519 seed) | 32 | 64, the same every time | 32, SHA-256 |
    | gm-1 | 32 (SM2 scalar, big-endian) | 65 (04, X, Y) | 64 (r, s), random | 32, SM3 |
    | pq-1 | 32 (ML-DSA-44 seed) | 1312 | 2420, random | 32, SHA-256 |
    """

    @property
    def name(self) -> str:
        """Return ``intl-1``, ``gm-1`` or ``pq-1``."""

    def generate(self) -> bytes:
        """Return a new private key from the system's random source."""

    def public(self, private: bytes) -> bytes:
        """Return the public key of ``private``. PrivateKeyError when it is none."""

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Sign ``message`` as it is, of any length. PrivateKeyError when the key is none.

        SuiteOff when the library fails at the work itself, for want of memory or randomness.
        """

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Return whether ``signature`` fits. Bytes of any content and length: False, no error."""

    def digest(self, data: bytes) -> bytes:
        """Return the 32 bytes of the suite's hash function over ``data``."""


class Loaded(NamedTuple):
    """A suite whose library is there, and what it is made of, in words for the self-test."""

    suite: Suite
    made_of: str


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Outcome of a suite's self-test; ``line`` says what holds, or why the suite is off."""

    suite: str
    ok: bool
    line: str


class SuiteOff(Exception):  # noqa: N818 - a state of this machine, not a malfunction
    """The suite can't be used here: its library is missing, or gives other than known answers.

    ``why`` says so in one sentence, with what to install where that helps.
    """

    def __init__(self, suite: str, why: str) -> None:
        """Name the suite and say why it is off."""
        super().__init__(f"{suite} is off: {why}")
        self.suite = suite
        self.why = why


class UnknownSuite(ValueError):  # noqa: N818 - named as SuiteOff is
    """A name that no suite has; ``name`` is the name as it was asked for."""

    def __init__(self, name: str) -> None:
        """Keep the name."""
        super().__init__(f"no suite has the name {name!r}")
        self.name = name


class PrivateKeyError(ValueError):
    """Bytes that are no private key of the suite; the text repeats none of them."""

    def __init__(self, suite: str, needed: str) -> None:
        """Name the suite and say what a key of it looks like."""
        super().__init__(f"not a private key of {suite}, which is {needed}")
        self.suite = suite
