"""Identifiers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel import ids

NODES = st.from_regex(r"[a-z][a-z0-9]{0,15}", fullmatch=True)


@given(NODES)
def test_an_id_carries_its_node_and_is_unique(node: str) -> None:
    first, second = ids.new_id(node), ids.new_id(node)
    assert first != second
    assert ids.is_id(first)
    assert ids.node_of(first) == node
    assert len(first) <= ids.MAX_LENGTH


def test_an_id_is_a_version_7_uuid() -> None:
    assert re.fullmatch(r"tz-[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", ids.new_id("tz"))


def test_ids_of_one_process_are_ordered_by_time() -> None:
    made = [ids.new_id("tz") for _ in range(1000)]
    assert made == sorted(made)


def test_the_longest_id_has_49_characters() -> None:
    assert len(ids.new_id("a" * 16)) == ids.MAX_LENGTH == 49


@pytest.mark.parametrize("node", ["", "T", "1a", "a-b", "a" * 17, "通", "a\n"])
def test_a_bad_node_name_is_refused(node: str) -> None:
    with pytest.raises(ValueError, match="not a node name"):
        ids.new_id(node)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tz",
        "tz-",
        "tz-0192f3c57c007a3e8b2f5a1d9c4e7b6",
        "tz-0192f3c57c007a3e8b2f5a1d9c4e7b600",
        "tz-0192F3C57C007A3E8B2F5A1D9C4E7B60",
        "TZ-0192f3c57c007a3e8b2f5a1d9c4e7b60",
        "tz-0192f3c57c007a3e8b2f5a1d9c4e7b60\n",
    ],
)
def test_what_is_no_id_is_told_apart(text: str) -> None:
    assert not ids.is_id(text)
    with pytest.raises(ValueError, match="not an id"):
        ids.node_of(text)
