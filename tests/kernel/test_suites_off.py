"""Suites that are off, and what a failing library can't do to them."""

import ctypes
import ctypes.util
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.suites import NAMES, Suite, SuiteOff, gm, libcrypto, registry, suite
from tongban.kernel.suites.interface import Loaded
from tongban.kernel.suites.libcrypto import Libcrypto, LibcryptoError

INSTALL = "install the distribution's openssl 3 or later, in a build that has SM2"


def alone_off(name: str) -> str:
    """Return the line of ``name``, which must be off while the others work."""
    fresh = registry.Suites()
    tests = {each.suite: each for each in fresh.self_tests()}
    assert {each: tests[each].ok for each in NAMES} == {each: each != name for each in NAMES}
    for each in NAMES:
        if each == name:
            with pytest.raises(SuiteOff) as off:
                fresh.suite(each)
            assert off.value.suite == name
            assert tests[name].line == str(off.value) == f"{name} is off: {off.value.why}"
        else:
            working = fresh.suite(each)
            key = working.generate()
            assert working.verify(working.public(key), b"m", working.sign(key, b"m"))
    return tests[name].line


def library_named(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    def find(asked: str) -> str | None:
        assert asked == "crypto"
        return name

    monkeypatch.setattr("ctypes.util.find_library", find)


def test_without_libcrypto_gm_alone_is_off_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library_named(monkeypatch, None)
    assert alone_off("gm-1") == f"gm-1 is off: no libcrypto was found; {INSTALL}"


def test_the_libcrypto_of_macos_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    library_named(monkeypatch, "/usr/lib/libcrypto.dylib")
    assert (
        alone_off("gm-1")
        == f"gm-1 is off: the libcrypto of macOS itself can't be loaded; {INSTALL}"
    )


def test_a_libcrypto_that_does_not_load_turns_gm_off(monkeypatch: pytest.MonkeyPatch) -> None:
    library_named(monkeypatch, "libcrypto-of-nobody.so.3")
    assert alone_off("gm-1").startswith("gm-1 is off: libcrypto-of-nobody.so.3 can't be used: ")


def test_a_library_without_the_functions_turns_gm_off(monkeypatch: pytest.MonkeyPatch) -> None:
    other = ctypes.util.find_library("c")
    library_named(monkeypatch, other)
    line = alone_off("gm-1")
    assert line.startswith(f"gm-1 is off: {other} can't be used: ")
    assert "OpenSSL_version_num" in line
    assert line.endswith(INSTALL)


def own_functions() -> dict[str, Callable[..., Any]]:
    return dict(libcrypto.open_libcrypto()._functions)


WITHOUT_SM2 = "gm-1 is off: {own} (libcrypto.so.0) has no working SM2, libcrypto refused in "


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {
                "OpenSSL_version_num": lambda: 0x1010117F,
                "OpenSSL_version": lambda _which: b"OpenSSL 1.1.1w  11 Sep 2023",
            },
            "gm-1 is off: libcrypto.so.0 is OpenSSL 1.1.1w  11 Sep 2023",
        ),
        (
            {"OPENSSL_init_crypto": lambda _options, _settings: 0},
            "gm-1 is off: libcrypto.so.0 doesn't start",
        ),
        (
            {"OBJ_sn2nid": lambda _name: 0},
            f"{WITHOUT_SM2}EC_GROUP_new_by_curve_name",
        ),
        (
            {"EVP_PKEY_CTX_new_from_name": lambda *_arguments: None},
            f"{WITHOUT_SM2}EVP_PKEY_CTX_new_from_name",
        ),
    ],
    ids=["too old", "does not start", "no curve", "no keys"],
)
def test_a_libcrypto_that_is_too_old_or_lacks_sm2_turns_gm_off(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Callable[..., Any]], line: str
) -> None:
    functions = own_functions() | changed
    library_named(monkeypatch, "libcrypto.so.0")
    monkeypatch.setattr("ctypes.CDLL", lambda _name: None)
    monkeypatch.setattr(libcrypto, "_bind", lambda _library: functions)
    own = functions["OpenSSL_version"](0).decode()
    assert alone_off("gm-1") == f"{line.format(own=own)}; {INSTALL}"


def test_an_older_cryptography_turns_pq_alone_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    monkeypatch.setattr("cryptography.__version__", "45.0.1")
    assert alone_off("pq-1") == (
        "pq-1 is off: cryptography 45.0.1 as it is installed has no ML-DSA;"
        " install the wheel that requirements.lock names"
    )


def unsupported(*_arguments: object) -> NoReturn:
    message = "not in this build"
    raise UnsupportedAlgorithm(message)


def test_a_cryptography_without_ed25519_turns_intl_alone_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Ed25519PrivateKey, "from_private_bytes", unsupported)
    assert alone_off("intl-1") == (
        "intl-1 is off: this build of cryptography has no Ed25519;"
        " install the one requirements.lock names"
    )


def test_sm3_comes_from_libcrypto_where_cryptography_lacks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gm, "_sm3_of_cryptography", unsupported)
    assert (
        registry.Suites().suite("gm-1").digest(b"abc").hex()
        == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


@given(st.binary(max_size=300))
def test_both_sources_of_sm3_agree(data: bytes) -> None:
    assert libcrypto.open_libcrypto().sm3(data) == gm._sm3_of_cryptography(data)


def test_the_absence_is_told_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    library_named(monkeypatch, None)
    fresh = registry.Suites()
    raised = []
    for _ in range(2):
        with pytest.raises(SuiteOff) as off:
            fresh.suite("gm-1")
        raised.append(off.value)
    assert raised[0] is not raised[1]
    assert str(raised[0]) == str(raised[1])


class Wrong:
    """A working suite with one answer changed."""

    def __init__(self, name: str, **changed: Callable[..., Any]) -> None:
        self._inner = suite(name)
        self._changed = changed

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the suite has there
        return self._changed.get(name) or getattr(self._inner, name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"digest": lambda _data: bytes(32)}, "the digest of {digest} is wrong"),
        ({"public": lambda _private: bytes(32)}, "the public key of {signature} is wrong"),
        ({"verify": lambda *_all: False}, "the signature of {signature} is not accepted"),
        (
            {"verify": lambda *_all: True},
            "the signature of {signature} is accepted for another message",
        ),
        (
            {"sign": lambda _private, _message: bytes(64)},
            "signing the message of {signature} gives a wrong signature",
        ),
    ],
    ids=["digest", "public", "refuses all", "accepts all", "sign"],
)
def test_a_wrong_answer_turns_a_suite_off(
    name: str, changed: dict[str, Callable[..., Any]], said: str
) -> None:
    broken: Any = Wrong(name, **changed)
    fresh = registry.Suites({name: lambda: Loaded(broken, "a broken library")})
    first = {"intl-1": "RFC 8032 TEST 1", "gm-1": "GB/T 32918.5"}.get(
        name, "Wycheproof ML-DSA-44 case 1"
    )
    digest = "GB/T 32905 example 1" if name == "gm-1" else "abc"
    said = said.format(signature=first, digest=digest)
    with pytest.raises(SuiteOff) as off:
        fresh.suite(name)
    assert off.value.why == f"a broken library: {said}"
    (test,) = fresh.self_tests()
    assert (test.suite, test.ok, test.line) == (name, False, str(off.value))


def test_a_suite_is_loaded_once_however_many_ask_at_the_same_time() -> None:
    loads: list[int] = []
    together = threading.Barrier(8)

    def load() -> Loaded:
        loads.append(1)
        return Loaded(suite("intl-1"), "Ed25519")

    fresh = registry.Suites({"intl-1": load})

    def ask(_number: int) -> Suite:
        together.wait()
        return fresh.suite("intl-1")

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == [suite("intl-1")] * 8
    assert loads == [1]
    assert [each.ok for each in fresh.self_tests()] == [True]
    assert loads == [1]


MAKES_AND_FREES = {
    "BN_bin2bn": "BN_clear_free",
    "EC_GROUP_new_by_curve_name": "EC_GROUP_free",
    "EC_POINT_new": "EC_POINT_free",
    "EVP_PKEY_CTX_new_from_name": "EVP_PKEY_CTX_free",
    "EVP_PKEY_fromdata": "EVP_PKEY_free",
    "EVP_MD_CTX_new": "EVP_MD_CTX_free",
    "ERR_set_mark": "ERR_pop_to_mark",
}


class Watched:
    """libcrypto with one function that fails, and a count of what is made and freed."""

    def __init__(self, failing: str | None = None, answer: int | None = 0) -> None:
        self.made: Counter[str] = Counter()
        self.freed: Counter[str] = Counter()
        functions = {name: self._watch(name, call) for name, call in own_functions().items()}
        if failing is not None:
            functions[failing] = lambda *_arguments: answer
        self.library = Libcrypto(functions, "OpenSSL under watch")
        self.sm2 = gm.Sm2(self.library, self.library.sm3)

    def _watch(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: object) -> object:
            result = call(*arguments)
            if name == "ERR_set_mark" or (name in MAKES_AND_FREES and result):
                self.made[MAKES_AND_FREES[name]] += 1
            null = any(isinstance(a, ctypes.c_void_p) and not a.value for a in arguments)
            if name in MAKES_AND_FREES.values() and not null:
                self.freed[name] += 1
            return result

        return watched


def signed() -> tuple[bytes, bytes, bytes]:
    working = suite("gm-1")
    private = working.generate()
    return private, working.public(private), working.sign(private, b"m")


def test_everything_taken_from_libcrypto_is_given_back() -> None:
    private, public, signature = signed()
    watched = Watched()
    watched.sm2.sign(private, b"m")
    assert watched.sm2.verify(public, b"m", signature)
    assert not watched.sm2.verify(public, b"n", signature)
    assert not watched.sm2.verify(b"\x04" + bytes(64), b"m", signature)
    watched.sm2.digest(b"m")
    assert watched.made == watched.freed
    assert watched.made == {
        "BN_clear_free": 1,
        "EC_GROUP_free": 1,
        "EC_POINT_free": 1,
        "EVP_PKEY_CTX_free": 4,
        "EVP_PKEY_free": 3,
        "EVP_MD_CTX_free": 3,
        "ERR_pop_to_mark": 6,
    }


FAILURES = [
    *[(name, None) for name in MAKES_AND_FREES if "_new" in name or "_bin2" in name],
    *[
        (name, answer)
        for name in (
            *("EC_POINT_mul", "EC_POINT_point2oct", "EVP_PKEY_fromdata_init"),
            *("EVP_PKEY_fromdata", "EVP_DigestSignInit_ex", "EVP_PKEY_CTX_set1_id"),
            *("EVP_DigestSign", "EVP_DigestVerifyInit_ex", "EVP_DigestVerify"),
        )
        for answer in (0, -1, -2)
    ],
]


@pytest.mark.parametrize(("failing", "answer"), FAILURES)
def test_a_failure_anywhere_in_libcrypto_signs_and_accepts_nothing(
    failing: str, answer: int | None
) -> None:
    private, public, signature = signed()
    watched = Watched(failing, answer)
    in_both = failing.startswith(("EVP_PKEY", "EVP_MD"))
    if "Verify" not in failing:
        with pytest.raises(SuiteOff) as off:
            watched.sm2.sign(private, b"m")
        assert str(off.value) == f"gm-1 is off: libcrypto refused in {failing}"
    if "Verify" in failing or in_both:
        assert watched.sm2.verify(public, b"m", signature) is False
    else:
        assert watched.sm2.verify(public, b"m", signature) is True
    assert watched.made == watched.freed


def test_a_signature_that_libcrypto_did_not_write_is_not_handed_on() -> None:
    watched = Watched("EVP_DigestSign", 1)  # says that all is well
    with pytest.raises(SuiteOff, match="libcrypto wrote no signature of SM2"):
        watched.sm2.sign(signed()[0], b"m")
    assert watched.made == watched.freed


def test_a_digest_that_fails_says_that_the_suite_is_off() -> None:
    with pytest.raises(SuiteOff, match="libcrypto refused in EVP_Q_digest"):
        Watched("EVP_Q_digest").sm2.digest(b"m")


def test_the_thread_s_openssl_errors_are_left_as_they_were() -> None:
    _, public, signature = signed()
    library = libcrypto.open_libcrypto()
    own = ctypes.CDLL(ctypes.util.find_library("crypto"))
    own.ERR_peek_last_error.restype = ctypes.c_ulong
    own.ERR_clear_error()
    with pytest.raises(LibcryptoError, match="EVP_PKEY_fromdata"):
        library.sm2_verify(b"\x04" + bytes(64), b"id", b"m", b"")
    assert not library.sm2_verify(public, b"id", b"m", b"no DER")
    assert own.ERR_peek_last_error() == 0
    assert own.EC_GROUP_new_by_curve_name(0) == 0  # somebody else's error
    before = own.ERR_peek_last_error()
    assert before != 0
    assert not library.sm2_verify(public, b"id", b"m", signature[:4])
    assert own.ERR_peek_last_error() == before
    own.ERR_clear_error()
