"""SM2 and SM3 through the distribution's OpenSSL, bound with ctypes.

Only what the suite gm-1 needs, all of it in OpenSSL since 3.0 (EVP_PKEY_fromdata(3),
EVP_DigestSignInit(3), EVP_PKEY-SM2(7), EVP_SIGNATURE-SM2). Every object lives inside one call, so
threads share nothing; every return value is looked at; every object is freed once, whatever
happens; the calling thread's queue of OpenSSL errors is left as it was found, because other parts
of the process may read the same queue.
"""

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

_POINTER = ctypes.c_void_p
_INT = ctypes.c_int
_SIZE = ctypes.c_size_t

_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "OpenSSL_version_num": (ctypes.c_ulong, ()),
    "OpenSSL_version": (ctypes.c_char_p, (_INT,)),
    "OPENSSL_init_crypto": (_INT, (ctypes.c_uint64, _POINTER)),
    "ERR_set_mark": (_INT, ()),
    "ERR_pop_to_mark": (_INT, ()),
    "OBJ_sn2nid": (_INT, (ctypes.c_char_p,)),
    "BN_bin2bn": (_POINTER, (_POINTER, _INT, _POINTER)),
    "BN_clear_free": (None, (_POINTER,)),
    "EC_GROUP_new_by_curve_name": (_POINTER, (_INT,)),
    "EC_GROUP_free": (None, (_POINTER,)),
    "EC_POINT_new": (_POINTER, (_POINTER,)),
    "EC_POINT_free": (None, (_POINTER,)),
    "EC_POINT_mul": (_INT, (_POINTER,) * 6),
    "EC_POINT_point2oct": (_SIZE, (_POINTER, _POINTER, _INT, _POINTER, _SIZE, _POINTER)),
    "EVP_PKEY_CTX_new_from_name": (_POINTER, (_POINTER, ctypes.c_char_p, _POINTER)),
    "EVP_PKEY_CTX_free": (None, (_POINTER,)),
    "EVP_PKEY_fromdata_init": (_INT, (_POINTER,)),
    "EVP_PKEY_fromdata": (_INT, (_POINTER, _POINTER, _INT, _POINTER)),
    "EVP_PKEY_free": (None, (_POINTER,)),
    "EVP_MD_CTX_new": (_POINTER, ()),
    "EVP_MD_CTX_free": (None, (_POINTER,)),
    "EVP_DigestSignInit_ex": (_INT, (_POINTER, _POINTER, ctypes.c_char_p) + (_POINTER,) * 4),
    "EVP_DigestVerifyInit_ex": (_INT, (_POINTER, _POINTER, ctypes.c_char_p) + (_POINTER,) * 4),
    "EVP_PKEY_CTX_set1_id": (_INT, (_POINTER, _POINTER, _INT)),
    "EVP_DigestSign": (_INT, (_POINTER, _POINTER, _POINTER, _POINTER, _SIZE)),
    "EVP_DigestVerify": (_INT, (_POINTER, _POINTER, _SIZE, _POINTER, _SIZE)),
    "EVP_Q_digest": (
        _INT,
        (_POINTER, ctypes.c_char_p, _POINTER, _POINTER, _SIZE, _POINTER, _POINTER),
    ),
}
"""Result and arguments of each function, as the headers of OpenSSL 3.0 declare them."""

_FIRST_VERSION = 0x30000000  # OpenSSL_version_num(3); LibreSSL and BoringSSL answer less
_NO_ATEXIT = 0x00080000  # OPENSSL_INIT_NO_ATEXIT
_UNCOMPRESSED = 4  # POINT_CONVERSION_UNCOMPRESSED
_PUBLIC_KEY = 0x86  # EVP_PKEY_PUBLIC_KEY: all parameters and the public key
_KEYPAIR = 0x87  # EVP_PKEY_KEYPAIR: the private key as well
_NUMBER, _TEXT, _BYTES = 2, 4, 5  # OSSL_PARAM_UNSIGNED_INTEGER, _UTF8_STRING, _OCTET_STRING
_CURVE = b"group", _TEXT, b"SM2"
_POINT_LENGTH = 65
_LONGEST_SIGNATURE = 80  # DER of two numbers of 32 bytes takes at most 72
_SM3_LENGTH = 32


class LibcryptoError(Exception):
    """There is no usable libcrypto, or a function of it refused; no argument is repeated."""


class _Param(ctypes.Structure):
    """OSSL_PARAM(3): one named value that is handed over; an array of them ends with a null key."""

    _fields_ = (
        ("key", ctypes.c_char_p),
        ("data_type", ctypes.c_uint),
        ("data", ctypes.c_char_p),  # void * in C; declared so that the bytes are kept alive
        ("data_size", ctypes.c_size_t),
        ("return_size", ctypes.c_size_t),
    )


Functions = Mapping[str, Callable[..., Any]]
"""The functions of ``_FUNCTIONS`` by their names."""


def open_libcrypto() -> "Libcrypto":
    """Find and load libcrypto. LibcryptoError when there is none, or none of OpenSSL 3 or later."""
    name = ctypes.util.find_library("crypto")
    if name is None:
        message = "no libcrypto was found"
        raise LibcryptoError(message)
    if name.startswith("/usr/lib/") and name.endswith(".dylib"):
        # macOS ends a process that loads this one.
        message = "the libcrypto of macOS itself can't be loaded"
        raise LibcryptoError(message)
    try:
        functions = _bind(ctypes.CDLL(name))
    except (OSError, AttributeError) as error:
        message = f"{name} can't be used: {error}"
        raise LibcryptoError(message) from error
    version = (functions["OpenSSL_version"](0) or b"unknown").decode("ascii", "replace")
    if functions["OpenSSL_version_num"]() < _FIRST_VERSION:
        message = f"{name} is {version}"
        raise LibcryptoError(message)
    # A thread may still be inside libcrypto when the process ends; it must not be torn down there.
    if functions["OPENSSL_init_crypto"](_NO_ATEXIT, None) != 1:
        message = f"{name} doesn't start"
        raise LibcryptoError(message)
    return Libcrypto(functions, f"{version} ({name})")


def _bind(library: ctypes.CDLL) -> Functions:
    """Return the functions with their C types set. AttributeError when one isn't there."""
    bound = {}
    for name, (result, arguments) in _FUNCTIONS.items():
        function = library[name]
        function.restype = result
        function.argtypes = arguments
        bound[name] = function
    return bound


class Libcrypto:
    """The few operations of SM2 and SM3. Arguments have been checked for length and range."""

    def __init__(self, functions: Functions, version: str) -> None:
        """Keep the bound functions; ``version`` is for people to read."""
        self._functions = functions
        self.version = version

    def sm2_public(self, scalar: bytes) -> bytes:
        """Return the point ``scalar`` times G, uncompressed."""
        written = ctypes.create_string_buffer(_POINT_LENGTH)
        with self._work() as work:
            curve = self._functions["OBJ_sn2nid"](b"SM2")
            group = self._new(work, "EC_GROUP_free", "EC_GROUP_new_by_curve_name", curve)
            number = self._new(work, "BN_clear_free", "BN_bin2bn", scalar, len(scalar), None)
            point = self._new(work, "EC_POINT_free", "EC_POINT_new", group)
            self._do("EC_POINT_mul", group, point, number, None, None, None)
            length = self._functions["EC_POINT_point2oct"](
                group, point, _UNCOMPRESSED, written, len(written), None
            )
        if length != _POINT_LENGTH:
            name = "EC_POINT_point2oct"
            raise _refused(name)
        return written.raw

    def sm2_sign(self, scalar: bytes, public: bytes, user_id: bytes, message: bytes) -> bytes:
        """Return a signature in DER; ``public`` must be the point of ``scalar``."""
        number = int.from_bytes(scalar, "big").to_bytes(len(scalar), sys.byteorder)
        parts = (b"pub", _BYTES, public), (b"priv", _NUMBER, number)
        written = ctypes.create_string_buffer(_LONGEST_SIGNATURE)
        length = ctypes.c_size_t(len(written))
        with self._work() as work:
            key = self._key(work, _KEYPAIR, *parts)
            context = self._context(work, "EVP_DigestSignInit_ex", key, user_id)
            self._do(
                "EVP_DigestSign", context, written, ctypes.byref(length), message, len(message)
            )
        return written.raw[: length.value]

    def sm2_verify(self, public: bytes, user_id: bytes, message: bytes, signature: bytes) -> bool:
        """Return whether a signature in DER fits. LibcryptoError for a point off the curve."""
        with self._work() as work:
            key = self._key(work, _PUBLIC_KEY, (b"pub", _BYTES, public))
            context = self._context(work, "EVP_DigestVerifyInit_ex", key, user_id)
            fits = self._functions["EVP_DigestVerify"](
                context, signature, len(signature), message, len(message)
            )
        return bool(fits == 1)  # 0 is no, below 0 is an error: both are no

    def sm3(self, data: bytes) -> bytes:
        """Return SM3 of ``data``."""
        written = ctypes.create_string_buffer(_SM3_LENGTH)
        with self._work():
            self._do("EVP_Q_digest", None, b"SM3", None, data, len(data), written, None)
        return written.raw

    def _key(
        self, work: ExitStack, selection: int, *more: tuple[bytes, int, bytes]
    ) -> ctypes.c_void_p:
        """Make a key of SM2 from its named parts."""
        make = "EVP_PKEY_CTX_new_from_name"
        maker = self._new(work, "EVP_PKEY_CTX_free", make, None, b"SM2", None)
        key = ctypes.c_void_p()
        work.callback(self._functions["EVP_PKEY_free"], key)  # frees nothing while it is null
        parts = [_Param(name, kind, value, len(value), 0) for name, kind, value in (_CURVE, *more)]
        params = (_Param * (len(parts) + 1))(*parts)
        self._do("EVP_PKEY_fromdata_init", maker)
        self._do("EVP_PKEY_fromdata", maker, ctypes.byref(key), selection, params)
        return key

    def _context(self, work: ExitStack, start: str, key: ctypes.c_void_p, user_id: bytes) -> int:
        """Start signing or verifying as ``user_id``."""
        context = self._new(work, "EVP_MD_CTX_free", "EVP_MD_CTX_new")
        inner = ctypes.c_void_p()  # belongs to context
        self._do(start, context, ctypes.byref(inner), b"SM3", None, None, key, None)
        self._do("EVP_PKEY_CTX_set1_id", inner, user_id, len(user_id))  # 3.0 takes it only now
        return context

    @contextmanager
    def _work(self) -> Iterator[ExitStack]:
        """Free in the end what was taken, and drop what this work adds to the error queue."""
        with ExitStack() as work:
            self._functions["ERR_set_mark"]()  # 0 on an empty queue, which is then emptied again
            work.callback(self._functions["ERR_pop_to_mark"])
            yield work

    def _new(self, work: ExitStack, free: str, make: str, *arguments: object) -> int:
        """Make an object that ``work`` frees."""
        made: int | None = self._functions[make](*arguments)
        if not made:
            raise _refused(make)
        work.callback(self._functions[free], made)
        return made

    def _do(self, name: str, *arguments: object) -> None:
        """Call a function that answers more than 0 when it has succeeded."""
        if self._functions[name](*arguments) <= 0:
            raise _refused(name)


def _refused(name: str) -> LibcryptoError:
    return LibcryptoError(f"libcrypto refused in {name}")
