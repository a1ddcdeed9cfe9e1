"""Sealing values and streams: what comes back, and what is refused."""

import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongban.kernel.errors import Kind
from tongban.vault import rules
from tongban.vault.errors import Tampered
from tongban.vault.rules import CHUNK, DataKey

KEY = DataKey("tz-key", bytes(range(32)))
OTHER_KEY = DataKey("tz-key", bytes(range(1, 33)))
WHERE = {"table": "identity_person", "row": "tz-1", "column": "name"}
WORDS = st.text(max_size=12)
CHUNK_AND_TAG = CHUNK + 16
HEAD = 33  # version and salt


@given(st.binary(max_size=300), WORDS, WORDS, WORDS)
def test_what_was_sealed_comes_back(clear: bytes, table: str, row: str, column: str) -> None:
    sealed = rules.seal(key=KEY, table=table, row=row, column=column, clear=clear)
    assert rules.unseal(key=KEY, table=table, row=row, column=column, sealed=sealed) == clear
    assert sealed[0] == 1
    assert len(sealed) == len(clear) + 29


@given(st.text())
def test_text_comes_back(clear: str) -> None:
    sealed = rules.seal_text(key=KEY, **WHERE, clear=clear)
    assert rules.unseal_text(key=KEY, **WHERE, sealed=sealed) == clear


def test_sealing_twice_gives_unrelated_bytes() -> None:
    first, second = (rules.seal(key=KEY, **WHERE, clear=b"same") for _ in range(2))
    assert first[1:13] != second[1:13]
    assert first[13:] != second[13:]


@given(st.tuples(WORDS, WORDS, WORDS), st.tuples(WORDS, WORDS, WORDS))
def test_another_place_is_refused(there: tuple[str, str, str], here: tuple[str, str, str]) -> None:
    names = ("table", "row", "column")
    sealed = rules.seal(key=KEY, **dict(zip(names, there, strict=True)), clear=b"clear")
    if there == here:
        return
    with pytest.raises(Tampered):
        rules.unseal(key=KEY, **dict(zip(names, here, strict=True)), sealed=sealed)


@pytest.mark.parametrize(
    "here",
    [
        {"table": "identity_personname", "row": "", "column": "tz-1"},
        {"table": "identity_person", "row": "tz-1n", "column": "ame"},
        {"table": "", "row": "identity_persontz-1", "column": "name"},
    ],
)
def test_names_that_join_to_the_same_text_are_told_apart(here: dict[str, str]) -> None:
    sealed = rules.seal(key=KEY, **WHERE, clear=b"clear")
    with pytest.raises(Tampered):
        rules.unseal(key=KEY, **here, sealed=sealed)


@given(st.binary(max_size=100), st.data())
def test_one_changed_bit_is_refused(clear: bytes, data: st.DataObject) -> None:
    sealed = bytearray(rules.seal(key=KEY, **WHERE, clear=clear))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Tampered):
        rules.unseal(key=KEY, **WHERE, sealed=bytes(sealed))


@given(st.binary(max_size=60), st.data())
def test_bytes_cut_off_or_added_are_refused(clear: bytes, data: st.DataObject) -> None:
    sealed = rules.seal(key=KEY, **WHERE, clear=clear)
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    longer = sealed + data.draw(st.binary(min_size=1, max_size=40))
    for wrong in (cut, longer):
        with pytest.raises(Tampered):
            rules.unseal(key=KEY, **WHERE, sealed=wrong)


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_refused(sealed: bytes) -> None:
    with pytest.raises(Tampered):
        rules.unseal(key=KEY, **WHERE, sealed=sealed)


def test_another_key_is_refused() -> None:
    sealed = rules.seal(key=KEY, **WHERE, clear=b"clear")
    with pytest.raises(Tampered) as caught:
        rules.unseal(key=OTHER_KEY, **WHERE, sealed=sealed)
    assert caught.value.code == "vault.tampered"
    assert caught.value.kind is Kind.UNAVAILABLE


def test_a_value_is_not_a_stream_and_the_other_way_round() -> None:
    value = rules.seal(key=KEY, **WHERE, clear=b"x" * 100)
    stream = b"".join(rules.seal_stream(key=KEY, **WHERE, clear=[b"x" * 100]))
    with pytest.raises(Tampered):
        list(rules.unseal_stream(key=KEY, **WHERE, sealed=io.BytesIO(value)))
    with pytest.raises(Tampered):
        rules.unseal(key=KEY, **WHERE, sealed=stream)


def test_a_secret_is_in_no_repr() -> None:
    assert repr(KEY) == "DataKey(id='tz-key')"


# Streams. Lengths around the chunk boundary are where mistakes live.
LENGTHS = st.sampled_from(
    [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK - 1]
) | st.integers(0, 4 * CHUNK)


def content(length: int) -> bytes:
    return (bytes(range(256)) * (length // 256 + 1))[:length]


def sealed_stream(clear: bytes) -> bytes:
    return b"".join(rules.seal_stream(key=KEY, **WHERE, clear=[clear]))


def opened(sealed: bytes) -> bytes:
    return b"".join(rules.unseal_stream(key=KEY, **WHERE, sealed=io.BytesIO(sealed)))


def chunks_of(sealed: bytes) -> list[bytes]:
    body = sealed[HEAD:]
    return [body[start : start + CHUNK_AND_TAG] for start in range(0, len(body), CHUNK_AND_TAG)]


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 3 * CHUNK))
def test_a_stream_comes_back_however_it_was_cut(length: int, block: int) -> None:
    clear = content(length)
    blocks = [clear[start : start + block] for start in range(0, length, block)]
    sealed = b"".join(rules.seal_stream(key=KEY, **WHERE, clear=[b"", *blocks, b""]))
    assert opened(sealed) == clear
    assert len(sealed) == HEAD + length + 16 * max(1, -(-length // CHUNK))


@settings(deadline=None)
@given(LENGTHS, st.data())
def test_a_truncated_stream_is_refused(length: int, data: st.DataObject) -> None:
    sealed = sealed_stream(content(length))
    boundaries = [HEAD + n * CHUNK_AND_TAG for n in range(length // CHUNK + 1)]
    cut = data.draw(st.sampled_from(boundaries) | st.integers(0, len(sealed) - 1))
    if cut >= len(sealed):
        return
    with pytest.raises(Tampered):
        opened(sealed[:cut])


@settings(deadline=None)
@given(st.integers(2 * CHUNK, 4 * CHUNK), st.data())
def test_swapped_dropped_and_repeated_chunks_are_refused(length: int, data: st.DataObject) -> None:
    sealed = sealed_stream(content(length))
    chunks = chunks_of(sealed)
    first = data.draw(st.integers(0, len(chunks) - 1))
    second = data.draw(st.integers(0, len(chunks) - 1).filter(lambda n: n != first))
    swapped = list(chunks)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    dropped = chunks[:first] + chunks[first + 1 :]
    repeated = [*chunks[: first + 1], chunks[first], *chunks[first + 1 :]]
    copied = [*chunks[:first], chunks[second], *chunks[first + 1 :]]
    for wrong in (swapped, dropped, repeated, copied):
        with pytest.raises(Tampered):
            opened(sealed[:HEAD] + b"".join(wrong))


@settings(deadline=None)
@given(LENGTHS, st.data())
def test_one_changed_bit_of_a_stream_is_refused(length: int, data: st.DataObject) -> None:
    sealed = bytearray(sealed_stream(content(length)))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Tampered):
        opened(bytes(sealed))


@settings(deadline=None)
@given(LENGTHS, st.binary(min_size=1, max_size=50))
def test_bytes_added_to_a_stream_are_refused(length: int, more: bytes) -> None:
    with pytest.raises(Tampered):
        opened(sealed_stream(content(length)) + more)


def test_chunks_of_another_stream_under_the_same_key_are_refused() -> None:
    clear = content(3 * CHUNK)
    one, other = sealed_stream(clear), sealed_stream(clear)
    mixed = [chunks_of(one)[0], chunks_of(other)[1], chunks_of(one)[2]]
    with pytest.raises(Tampered):
        opened(one[:HEAD] + b"".join(mixed))


@pytest.mark.parametrize("changed", ["table", "row", "column"])
def test_a_stream_in_another_place_is_refused(changed: str) -> None:
    sealed = io.BytesIO(sealed_stream(b"clear"))
    with pytest.raises(Tampered):
        list(rules.unseal_stream(key=KEY, **{**WHERE, changed: "other"}, sealed=sealed))


def test_a_stream_under_another_key_is_refused() -> None:
    with pytest.raises(Tampered):
        list(
            rules.unseal_stream(key=OTHER_KEY, **WHERE, sealed=io.BytesIO(sealed_stream(b"clear")))
        )


def test_good_chunks_come_out_before_a_bad_one() -> None:
    clear = content(2 * CHUNK + 5)
    sealed = bytearray(sealed_stream(clear))
    sealed[-1] ^= 1
    chunks = rules.unseal_stream(key=KEY, **WHERE, sealed=io.BytesIO(bytes(sealed)))
    assert next(chunks) == clear[:CHUNK]
    assert next(chunks) == clear[CHUNK : 2 * CHUNK]
    with pytest.raises(Tampered):
        next(chunks)


def test_a_stream_is_sealed_without_holding_it() -> None:
    drawn = 0

    def blocks() -> Iterator[bytes]:
        nonlocal drawn
        for _ in range(10):
            drawn += 1
            yield b"x" * CHUNK

    sealed = rules.seal_stream(key=KEY, **WHERE, clear=blocks())
    next(sealed)
    next(sealed)
    assert drawn == 2


def test_derived_keys_follow_rfc_5869() -> None:
    # Appendix A.1's input keying material and salt; its 32 first bytes with its info as text
    # can't be written as UTF-8, so appendix A.3 (no salt, no info) is used.
    okm = rules.derive(bytes([0x0B] * 22), info="")
    assert okm.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    assert rules.derive(b"k" * 32, info="a") != rules.derive(b"k" * 32, info="b")
    assert rules.derive(b"k" * 32, info="a", salt=b"1") != rules.derive(b"k" * 32, info="a")
