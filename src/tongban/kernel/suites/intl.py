"""The suite intl-1: Ed25519 signatures (RFC 8032) and SHA-256 (FIPS 180-4)."""

import hashlib
import secrets

import cryptography
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tongban.kernel.suites.interface import Loaded, PrivateKeyError, SuiteOff

_NAME = "intl-1"
_PRIVATE = 32
_PUBLIC = 32
_SIGNATURE = 64

_WITHOUT_SIGN = (1 << 255) - 1
_PRIME = 2**255 - 19

_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset({0, 1, _EIGHTH, _PRIME - _EIGHTH, _PRIME - 1})
"""y coordinates of the eight points whose order divides 8. One signature under such a key fits
every message, or one in two, four or eight, and so is evidence of nothing; RFC 8032 section 5.1.7
doesn't exclude these keys."""


class Ed25519:
    """Ed25519 and SHA-256 through ``cryptography``."""

    name = _NAME

    def generate(self) -> bytes:
        """Return a new seed, 32 bytes."""
        return secrets.token_bytes(_PRIVATE)

    def public(self, private: bytes) -> bytes:
        """Return the public key of a seed, 32 bytes."""
        return _key(private).public_key().public_bytes_raw()

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Return the signature, 64 bytes; the same for the same key and message."""
        return _key(private).sign(message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Return whether the signature fits; a key of small order fits nothing.

        Nor does one whose y isn't below the prime, as RFC 8032 section 5.1.3 says.
        """
        if len(public) != _PUBLIC or len(signature) != _SIGNATURE:
            return False
        y = int.from_bytes(public, "little") & _WITHOUT_SIGN
        if y >= _PRIME or y in _SMALL_ORDER:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def digest(self, data: bytes) -> bytes:
        """Return SHA-256 of ``data``."""
        return hashlib.sha256(data).digest()


def load() -> Loaded:
    """Return the suite. SuiteOff where ``cryptography`` was built without Ed25519."""
    try:
        Ed25519PrivateKey.from_private_bytes(bytes(_PRIVATE))
    except UnsupportedAlgorithm as error:
        why = "this build of cryptography has no Ed25519; install the one requirements.lock names"
        raise SuiteOff(_NAME, why) from error
    return Loaded(Ed25519(), f"Ed25519 and SHA-256 through cryptography {cryptography.__version__}")


def _key(private: bytes) -> Ed25519PrivateKey:
    if len(private) != _PRIVATE:
        raise PrivateKeyError(_NAME, "a seed of 32 bytes")
    return Ed25519PrivateKey.from_private_bytes(private)
