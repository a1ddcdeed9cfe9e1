"""The suite gm-1: SM2 signatures (GB/T 32918.2, GM/T 0003.2) and SM3 (GB/T 32905, GM/T 0004).

The curve is the recommended one of GB/T 32918.5, the user ID the usual one of GM/T 0009,
``1234567812345678``. SM2 comes from libcrypto, SM3 from ``cryptography`` where it has it.
"""

import secrets
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from tongban.kernel.suites.interface import Loaded, PrivateKeyError, SuiteOff
from tongban.kernel.suites.libcrypto import Libcrypto, LibcryptoError, open_libcrypto

_NAME = "gm-1"
_USER_ID = b"1234567812345678"
_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123  # n, GB/T 32918.5
_SCALAR = 32
_PUBLIC = 65
_UNCOMPRESSED = 4
_SIGNATURE = 64
_SM2_MISSING = "install the distribution's openssl 3 or later, in a build that has SM2"


class Sm2:
    """SM2 through libcrypto, SM3 through the function it is given."""

    name = _NAME

    def __init__(self, library: Libcrypto, sm3: Callable[[bytes], bytes]) -> None:
        """Keep the library and the hash function."""
        self._library = library
        self._sm3 = sm3

    def generate(self) -> bytes:
        """Return a new scalar from 1 to n - 2, 32 bytes, big-endian as GB/T 32918.1 says."""
        return (1 + secrets.randbelow(_ORDER - 2)).to_bytes(_SCALAR, "big")

    def public(self, private: bytes) -> bytes:
        """Return the point of a scalar: 04, X and Y, 65 bytes."""
        _check(private)
        try:
            return self._library.sm2_public(private)
        except LibcryptoError as error:
            raise SuiteOff(_NAME, str(error)) from error

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Return a signature: r and s, 64 bytes. The public key it needs is computed anew."""
        public = self.public(private)
        try:
            r, s = decode_dss_signature(self._library.sm2_sign(private, public, _USER_ID, message))
            return r.to_bytes(_SCALAR, "big") + s.to_bytes(_SCALAR, "big")
        except LibcryptoError as error:
            raise SuiteOff(_NAME, str(error)) from error
        except (ValueError, OverflowError) as error:
            raise SuiteOff(_NAME, "libcrypto wrote no signature of SM2") from error

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Return whether the signature fits; a point off the curve or compressed fits nothing."""
        if len(public) != _PUBLIC or public[0] != _UNCOMPRESSED or len(signature) != _SIGNATURE:
            return False
        r = int.from_bytes(signature[:_SCALAR], "big")
        s = int.from_bytes(signature[_SCALAR:], "big")
        if not (0 < r < _ORDER and 0 < s < _ORDER):
            return False
        try:
            written = encode_dss_signature(r, s)
            return self._library.sm2_verify(public, _USER_ID, message, written)
        except LibcryptoError:
            return False

    def digest(self, data: bytes) -> bytes:
        """Return SM3 of ``data``."""
        try:
            return self._sm3(data)
        except LibcryptoError as error:
            raise SuiteOff(_NAME, str(error)) from error


def load() -> Loaded:
    """Return the suite. SuiteOff where libcrypto is missing, too old, or without SM2."""
    try:
        library = open_libcrypto()
    except LibcryptoError as error:
        raise SuiteOff(_NAME, f"{error}; {_SM2_MISSING}") from error
    sm2 = Sm2(library, _sm3(library))
    try:
        sm2.sign(sm2.generate(), b"")
    except SuiteOff as error:
        why = f"{library.version} has no working SM2, {error.why}; {_SM2_MISSING}"
        raise SuiteOff(_NAME, why) from error
    return Loaded(sm2, f"SM2 (ID {_USER_ID.decode()}) and SM3 through {library.version}")


def _check(private: bytes) -> None:
    if len(private) != _SCALAR or not 0 < int.from_bytes(private, "big") < _ORDER - 1:
        raise PrivateKeyError(_NAME, "a big-endian number of 32 bytes from 1 to n - 2")


def _sm3(library: Libcrypto) -> Callable[[bytes], bytes]:
    """Return SM3 through ``cryptography``, or through libcrypto where its build leaves it out."""
    try:
        _sm3_of_cryptography(b"")
    except UnsupportedAlgorithm:
        return library.sm3
    return _sm3_of_cryptography


def _sm3_of_cryptography(data: bytes) -> bytes:
    working = hashes.Hash(hashes.SM3())
    working.update(data)
    return working.finalize()
