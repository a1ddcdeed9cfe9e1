"""The suite pq-1: ML-DSA-44 signatures (FIPS 204) and SHA-256 (FIPS 180-4).

Signatures are of the pure variant with an empty context, and hedged: two signatures of one message
differ (FIPS 204 algorithm 2).
"""

import hashlib
import secrets
from typing import TYPE_CHECKING

import cryptography
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from tongban.kernel.suites.interface import Loaded, PrivateKeyError, SuiteOff

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

_NAME = "pq-1"
_PRIVATE = 32
_PUBLIC = 1312
_SIGNATURE = 2420


class MlDsa44:
    """ML-DSA-44 and SHA-256 through ``cryptography``, whose readers of keys it is given."""

    name = _NAME

    def __init__(
        self,
        read_private: "Callable[[bytes], MLDSA44PrivateKey]",
        read_public: "Callable[[bytes], MLDSA44PublicKey]",
    ) -> None:
        """Keep the readers of private and public keys."""
        self._read_private = read_private
        self._read_public = read_public

    def generate(self) -> bytes:
        """Return a new seed, 32 bytes (FIPS 204 algorithm 1)."""
        return secrets.token_bytes(_PRIVATE)

    def public(self, private: bytes) -> bytes:
        """Return the public key of a seed, 1,312 bytes."""
        return self._key(private).public_key().public_bytes_raw()

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Return a signature, 2,420 bytes."""
        return self._key(private).sign(message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Return whether the signature fits."""
        if len(public) != _PUBLIC or len(signature) != _SIGNATURE:
            return False
        try:
            self._read_public(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def digest(self, data: bytes) -> bytes:
        """Return SHA-256 of ``data``."""
        return hashlib.sha256(data).digest()

    def _key(self, private: bytes) -> "MLDSA44PrivateKey":
        if len(private) != _PRIVATE:
            raise PrivateKeyError(_NAME, "a seed of 32 bytes")
        return self._read_private(private)


def load() -> Loaded:
    """Return the suite. SuiteOff where ``cryptography`` is too old or was built without ML-DSA."""
    try:
        # Not at the top: an older cryptography must cost this suite, not the process.
        from cryptography.hazmat.primitives.asymmetric.mldsa import (  # noqa: PLC0415
            MLDSA44PrivateKey,
            MLDSA44PublicKey,
        )

        MLDSA44PrivateKey.from_seed_bytes(bytes(_PRIVATE))
    except (ImportError, UnsupportedAlgorithm) as error:
        why = (
            f"cryptography {cryptography.__version__} as it is installed has no ML-DSA;"
            " install the wheel that requirements.lock names"
        )
        raise SuiteOff(_NAME, why) from error
    return Loaded(
        MlDsa44(MLDSA44PrivateKey.from_seed_bytes, MLDSA44PublicKey.from_public_bytes),
        f"ML-DSA-44 and SHA-256 through cryptography {cryptography.__version__}",
    )
