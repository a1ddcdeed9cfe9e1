"""The crypto suites: keys, signatures, digests, and what none of them accepts."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel import suites
from tongban.kernel.suites import NAMES, PrivateKeyError, SelfTest, Suite, UnknownSuite

LENGTHS = {"intl-1": (32, 32, 64), "gm-1": (32, 65, 64), "pq-1": (32, 1312, 2420)}
SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

EVERY = pytest.mark.parametrize("name", NAMES)


def a_key(suite: Suite) -> bytes:
    """Return a private key that is the same in every run."""
    return suite.digest(b"a private key for tests")


def flipped(data: bytes, bit: int) -> bytes:
    position = bit % (8 * len(data))
    changed = bytearray(data)
    changed[position // 8] ^= 1 << position % 8
    return bytes(changed)


def test_every_suite_gives_its_known_answers_here() -> None:
    assert NAMES == ("intl-1", "gm-1", "pq-1")
    assert [SelfTest(each.suite, ok=True, line=each.line) for each in suites.self_tests()] == list(
        suites.self_tests()
    )
    assert [each.suite for each in suites.self_tests()] == list(NAMES)
    assert [each.line.split(":")[0] for each in suites.self_tests()] == [
        "intl-1 works",
        "gm-1 works",
        "pq-1 works",
    ]


@pytest.mark.parametrize("name", ["", "intl-2", "INTL-1", "sm2"])
def test_another_name_is_no_suite(name: str) -> None:
    with pytest.raises(UnknownSuite) as refused:
        suites.suite(name)
    assert isinstance(refused.value, ValueError)
    assert refused.value.name == name


@EVERY
def test_a_suite_knows_its_name_and_keeps_its_lengths(name: str) -> None:
    suite = suites.suite(name)
    private = suite.generate()
    public = suite.public(private)
    assert suite.name == name
    assert (len(private), len(public), len(suite.sign(private, b"m"))) == LENGTHS[name]
    assert suite.public(private) == public
    assert len({suite.generate() for _ in range(20)}) == 20


def test_an_ed25519_signature_is_that_of_rfc_8032() -> None:
    # Section 7.1, TEST 3.
    suite = suites.suite("intl-1")
    private = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
    assert (
        suite.public(private).hex()
        == "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
    )
    assert suite.sign(private, bytes.fromhex("af82")).hex() == (
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )


def test_the_sm2_example_of_gb_t_32918_5_is_accepted_and_no_other_message() -> None:
    suite = suites.suite("gm-1")
    public = bytes.fromhex(
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    signature = bytes.fromhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    )
    private = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
    assert suite.public(private) == public
    assert suite.verify(public, b"message digest", signature)
    assert not suite.verify(public, b"message digesu", signature)
    assert not suite.verify(public, b"", signature)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("intl-1", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("gm-1", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        ("pq-1", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ],
)
def test_digests_of_abc(name: str, digest: str) -> None:
    assert suites.suite(name).digest(b"abc").hex() == digest


@EVERY
@given(message=st.binary(max_size=300))
def test_what_is_signed_is_accepted(name: str, message: bytes) -> None:
    suite = suites.suite(name)
    signature = suite.sign(a_key(suite), message)
    assert suite.verify(suite.public(a_key(suite)), message, signature)


@EVERY
def test_a_long_message_and_an_empty_one(name: str) -> None:
    suite = suites.suite(name)
    public = suite.public(a_key(suite))
    for message in (b"", b"\0", bytes(1_000_000)):
        signature = suite.sign(a_key(suite), message)
        assert suite.verify(public, message, signature)
        assert not suite.verify(public, message + b"\0", signature)


@EVERY
@given(
    message=st.binary(min_size=1, max_size=64),
    which=st.sampled_from(["public", "message", "signature"]),
    bit=st.integers(0, 8 * 2420 - 1),
)
def test_one_changed_bit_is_not_accepted(name: str, message: bytes, which: str, bit: int) -> None:
    suite = suites.suite(name)
    given = {"public": suite.public(a_key(suite)), "message": message}
    given["signature"] = suite.sign(a_key(suite), message)
    assert suite.verify(**given)
    assert not suite.verify(**given | {which: flipped(given[which], bit)})


def test_no_bit_of_a_short_signature_or_key_can_be_changed() -> None:
    for name in ("intl-1", "gm-1"):
        suite = suites.suite(name)
        public, signature = suite.public(a_key(suite)), suite.sign(a_key(suite), b"m")
        for bit in range(8 * len(signature)):
            assert not suite.verify(public, b"m", flipped(signature, bit))
        for bit in range(8 * len(public)):
            assert not suite.verify(flipped(public, bit), b"m", signature)


@EVERY
@given(data=st.data())
def test_verifying_any_bytes_answers_no_and_never_raises(name: str, data: st.DataObject) -> None:
    suite = suites.suite(name)
    _, key_length, signature_length = LENGTHS[name]

    def of_length(length: int) -> st.SearchStrategy[bytes]:
        start = st.binary(min_size=length, max_size=length) if length < 100 else st.nothing()
        return start | st.binary(max_size=99).map(lambda seed: (seed or b"\0") * length).map(
            lambda long: long[:length]
        )

    own = suite.public(a_key(suite))
    public = data.draw(
        st.just(own) | of_length(key_length) | st.binary(max_size=80).map(own[:1].__add__)
    )
    signature = data.draw(of_length(signature_length) | st.binary(max_size=80))
    assert suite.verify(public, data.draw(st.binary(max_size=40)), signature) is False


@EVERY
def test_another_length_is_not_accepted(name: str) -> None:
    suite = suites.suite(name)
    public, signature = suite.public(a_key(suite)), suite.sign(a_key(suite), b"m")
    assert suite.verify(public, b"m", signature)
    for shorter_or_longer in (b"", signature[:-1], signature + b"\0", b"\0" + signature):
        assert not suite.verify(public, b"m", shorter_or_longer)
    for shorter_or_longer in (b"", public[:-1], public + b"\0", public[1:]):
        assert not suite.verify(shorter_or_longer, b"m", signature)


@EVERY
def test_another_key_s_signature_is_not_accepted(name: str) -> None:
    suite = suites.suite(name)
    signature = suite.sign(suite.digest(b"another"), b"m")
    assert suite.verify(suite.public(suite.digest(b"another")), b"m", signature)
    assert not suite.verify(suite.public(a_key(suite)), b"m", signature)


@pytest.mark.parametrize(("name", "repeats"), [("intl-1", True), ("gm-1", False), ("pq-1", False)])
def test_only_ed25519_signs_the_same_twice(name: str, *, repeats: bool) -> None:
    suite = suites.suite(name)
    first, second = suite.sign(a_key(suite), b"m"), suite.sign(a_key(suite), b"m")
    assert (first == second) is repeats


NOT_KEYS = {
    "length": [b"", b"\x5a" * 31, b"\x5a" * 33, b"\x5a" * 64],
    "range": [each.to_bytes(32, "big") for each in (0, SM2_ORDER - 1, SM2_ORDER, 2**256 - 1)],
}


@pytest.mark.parametrize(
    ("name", "private"),
    [(name, private) for name in NAMES for private in NOT_KEYS["length"]]
    + [("gm-1", private) for private in NOT_KEYS["range"]],
)
def test_what_is_no_private_key_is_refused_and_not_repeated(name: str, private: bytes) -> None:
    suite = suites.suite(name)
    with pytest.raises(PrivateKeyError) as at_public:
        suite.public(private)
    with pytest.raises(PrivateKeyError) as at_sign:
        suite.sign(private, b"m")
    needed = "a big-endian number of 32 bytes from 1 to n - 2"
    assert (
        str(at_public.value)
        == str(at_sign.value)
        == (
            f"not a private key of {name}, which is"
            f" {needed if name == 'gm-1' else 'a seed of 32 bytes'}"
        )
    )
    assert at_sign.value.suite == name


@pytest.mark.parametrize("scalar", [1, 2, SM2_ORDER - 2])
def test_the_least_and_the_largest_scalar_of_sm2_are_keys(scalar: int) -> None:
    suite = suites.suite("gm-1")
    private = scalar.to_bytes(32, "big")
    assert suite.verify(suite.public(private), b"m", suite.sign(private, b"m"))


def test_sm2_takes_one_spelling_of_a_signature_and_of_a_point() -> None:
    suite = suites.suite("gm-1")
    # Half of all y are odd: two keys, so that both hybrid prefixes are tried.
    for seed in (b"0", b"1", b"2", b"3", b"4"):
        private = suite.digest(seed)
        public, signature = suite.public(private), suite.sign(private, b"m")
        r, s = signature[:32], signature[32:]
        zero, order, most = bytes(32), SM2_ORDER.to_bytes(32, "big"), b"\xff" * 32
        for other_r, other_s in [
            (zero, s),
            (r, zero),
            (order, s),
            (r, order),
            (most, s),
            (r, most),
        ]:
            assert not suite.verify(public, b"m", other_r + other_s)
        compressed = bytes([2 + public[-1] % 2]) + public[1:33]
        hybrid = bytes([6 + public[-1] % 2]) + public[1:]
        for other in (compressed, hybrid, b"\x04" + most + public[33:], b"\x04" + bytes(64), b"\0"):
            assert not suite.verify(other, b"m", signature)
        assert suite.verify(public, b"m", signature)


PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME


def y_of_order_eight() -> set[int]:
    """Return the y of the points of order 8: doubled, they have y = 0.

    On -x² + y² = 1 + dx²y² that means x² = -y², so dy⁴ + 2y² - 1 = 0.
    """
    roots = [(-1 + root) * pow(D, -1, PRIME) % PRIME for root in square_roots(1 + D)]
    return {y for square in roots for y in square_roots(square)}


def square_roots(number: int) -> set[int]:
    """Return the square roots modulo the prime, as in RFC 8032 section 5.1.3."""
    first = pow(number, (PRIME + 3) // 8, PRIME)
    other = first * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    candidates = {first, other, PRIME - first, PRIME - other}
    return {each for each in candidates if (each * each - number) % PRIME == 0}


def test_an_ed25519_key_of_small_order_signs_nothing() -> None:
    suite = suites.suite("intl-1")
    # Orders 1 and 2 have y = 1, -1, order 4 has y = 0; two of them have a second spelling.
    small = {0, 1, PRIME - 1, PRIME, PRIME + 1} | y_of_order_eight()
    assert len(small) == 7
    neutral = (1).to_bytes(32, "little")
    for y in small:
        for sign in (0, 1):
            key = (y | sign << 255).to_bytes(32, "little")
            # With R the neutral point and s = 0, at least every eighth message would fit.
            for number in range(64):
                assert not suite.verify(key, b"%d" % number, neutral + bytes(32))


def test_an_ed25519_signature_has_one_spelling() -> None:
    suite = suites.suite("intl-1")
    signature = suite.sign(a_key(suite), b"m")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little")
    assert suite.verify(suite.public(a_key(suite)), b"m", signature)
    for other in range(s + order, 2**256, order):
        spelling = signature[:32] + other.to_bytes(32, "little")
        assert not suite.verify(suite.public(a_key(suite)), b"m", spelling)


def test_threads_may_share_a_suite() -> None:
    def work(number: int) -> bool:
        suite = suites.suite(NAMES[number % 3])
        private = suite.generate()
        message = b"%d" % number
        signature = suite.sign(private, message)
        return (
            suite.verify(suite.public(private), message, signature)
            and not suite.verify(suite.public(private), message + b"!", signature)
            and len(suite.digest(message)) == 32
        )

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(240))) == [True] * 240
