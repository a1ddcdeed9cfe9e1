"""Canonical JSON."""

import json
from enum import IntEnum, StrEnum
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel import canonical
from tongban.kernel.canonical import LARGEST_INTEGER, canonical_bytes

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=30,
)


@given(VALUES)
def test_reading_back_gives_the_value_and_the_same_bytes(value: object) -> None:
    written = canonical_bytes(value)
    assert json.loads(written) == value
    assert canonical_bytes(json.loads(written)) == written


@given(st.dictionaries(TEXT, VALUES, min_size=2), st.randoms())
def test_the_order_of_keys_in_memory_does_not_matter(
    value: dict[str, object], chance: Random
) -> None:
    keys = list(value)
    chance.shuffle(keys)
    assert canonical_bytes({key: value[key] for key in keys}) == canonical_bytes(value)


@given(VALUES | st.dictionaries(st.text("ab_"), VALUES))
def test_the_sooner_way_writes_the_same_bytes(value: object) -> None:
    assert canonical_bytes(value) == canonical._WRITER.encode(canonical._ordered(value)).encode()


@given(VALUES, VALUES)
def test_different_values_have_different_bytes(first: object, second: object) -> None:
    # Python says True == 1; JSON doesn't.
    same = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (canonical_bytes(first) == canonical_bytes(second)) is same


def test_keys_are_ordered_by_utf_16_units() -> None:
    # The example of RFC 8785 section 3.2.3.
    value = {
        "€": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "ö": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonical_bytes(value))) == [
        "\r",
        "1",
        "\u0080",
        "ö",
        "€",
        "\U0001f600",
        "\ufb33",
    ]


def test_text_is_escaped_as_rfc_8785_says() -> None:
    # The string of RFC 8785 section 3.2.2: literal UTF-8, short escapes, lower-case \u00xx.
    assert (
        canonical_bytes('€$\u000f\u000aA\'B"\\\\"/\b\t\f\r\x7f')
        == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\\b\\t\\f\\r\x7f"'.encode()
    )


def test_a_small_document_exactly() -> None:
    value: dict[str, object] = {
        "kind": "case.received",
        "n": [0, -1, True, False, None, {}, []],
        "事": "通办",
    }
    assert (
        canonical_bytes(value).decode()
        == '{"kind":"case.received","n":[0,-1,true,false,null,{},[]],"事":"通办"}'
    )


def test_enumerations_are_written_as_what_they_are() -> None:
    class Word(StrEnum):
        ONE = "one"

    class Level(IntEnum):
        TWO = 2

    assert canonical_bytes({Word.ONE: [Word.ONE, Level.TWO]}) == b'{"one":["one",2]}'


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), (1, 2), {1}, b"x", object(), {"a": [0.5]}, {1: "a"}, {None: 1}, {True: 1}],
)
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "value", [LARGEST_INTEGER + 1, -LARGEST_INTEGER - 1, "\ud800", ["a\udfff"], {"\ud800": 1}]
)
def test_what_json_can_t_carry_exactly_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"integer|surrogates"):
        canonical_bytes(value)


def test_the_largest_integers_are_kept() -> None:
    assert (
        canonical_bytes([LARGEST_INTEGER, -LARGEST_INTEGER])
        == b"[9007199254740991,-9007199254740991]"
    )
