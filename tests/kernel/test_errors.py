"""Refusals."""

import pytest

from tongban.kernel.errors import Kind, Refusal, all_refusals, mark


class Worn(Refusal):
    code = "kerneltest.worn"
    what = mark("页面已由 {who} 更新,还剩 {left} 份。")
    todo = mark("请刷新。")
    kind = Kind.CONFLICT


class Torn(Worn):
    code = "kerneltest.torn"
    kind = Kind.RULE


class Nameless(Refusal):
    """A base without a code."""


def test_a_refusal_keeps_its_fields_and_reads_well() -> None:
    refusal = Worn(who="王敏", left=2)
    assert refusal.fields == {"who": "王敏", "left": 2}
    assert str(refusal) == "kerneltest.worn: 页面已由 王敏 更新,还剩 2 份。"


def test_a_refusal_without_a_field_its_text_names_is_a_defect() -> None:
    with pytest.raises(KeyError, match="left"):
        Worn(who="王敏")


def test_marking_changes_nothing() -> None:
    assert mark("原文 {x}") == "原文 {x}"


def test_all_refusals_lists_every_level_by_code_without_bases() -> None:
    ours = [one for one in all_refusals() if one.code.startswith("kerneltest.")]
    assert ours == [Torn, Worn]
    assert Nameless not in all_refusals()
