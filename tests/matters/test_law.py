"""Each rule of law, with the article that it stands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.workdays import Limit, Unit
from tongban.matters.rules import DecisionKind, law


def test_article_32_silence_accepts_a_licence_and_nothing_else() -> None:
    assert {code for code in law.TASK_TYPES if law.silence_accepts(code)} == {"01"}
    assert Limit(5, Unit.WORKING_DAYS) == law.ANSWER_LIMIT


@pytest.mark.parametrize(
    ("task_type", "kind", "granted", "refused"),
    [
        ("01", None, "准予行政许可", "不予行政许可"),
        ("05", None, "准予给付", "不予给付"),
        ("07", None, "准予确认", "不予确认"),
        ("07", DecisionKind.REGISTRATION, "准予登记", "不予登记"),
        ("10", DecisionKind.FILING, "准予备案", "不予备案"),
        ("20", None, "准予办理", "不予办理"),
    ],
)
def test_article_38_a_decision_is_worded_by_its_type(
    task_type: str, kind: DecisionKind | None, granted: str, refused: str
) -> None:
    words = law.decision_words(task_type, kind)
    assert (words.granted, words.refused) == (granted, refused)


def test_every_type_has_words() -> None:
    for task_type in law.TASK_TYPES:
        assert law.decision_words(task_type).granted.startswith("准予")
    for kind in DecisionKind:
        assert law.decision_words("10", kind).refused.startswith("不予")


@pytest.mark.parametrize(
    ("task_type", "kind", "fits"),
    [
        ("01", DecisionKind.LICENCE, True),
        ("01", DecisionKind.REGISTRATION, False),
        ("07", DecisionKind.LICENCE, False),
        ("07", DecisionKind.REGISTRATION, True),
    ],
)
def test_article_2_a_licence_stands_under_licensing_alone(
    *, task_type: str, kind: DecisionKind, fits: bool
) -> None:
    assert law.kind_fits(task_type, kind) is fits


def test_penalties_coercion_and_inspection_are_not_applied_for() -> None:
    assert [code for code in law.TASK_TYPES if not law.applied_for(code)] == ["02", "03", "06"]
    assert not law.applied_for("77")


def test_articles_22_and_23_a_licence_needs_the_power_to_license() -> None:
    assert law.may_decide("01", can_license=True)
    assert not law.may_decide("01", can_license=False)
    assert law.may_decide("20", can_license=False)


@pytest.mark.parametrize(
    ("promised", "statutory", "holds"),
    [
        (Limit(20, Unit.WORKING_DAYS), Limit(20, Unit.WORKING_DAYS), True),
        (Limit(21, Unit.WORKING_DAYS), Limit(20, Unit.WORKING_DAYS), False),
        (Limit(20, Unit.CALENDAR_DAYS), Limit(20, Unit.WORKING_DAYS), True),
        (Limit(21, Unit.CALENDAR_DAYS), Limit(20, Unit.WORKING_DAYS), False),
        (Limit(20, Unit.WORKING_DAYS), Limit(20, Unit.CALENDAR_DAYS), False),
        (Limit(20, Unit.WORKING_DAYS), Limit(60, Unit.CALENDAR_DAYS), True),
        (Limit(1, Unit.MONTHS), Limit(30, Unit.CALENDAR_DAYS), False),
        (Limit(1, Unit.MONTHS), Limit(31, Unit.CALENDAR_DAYS), True),
        (Limit(24, Unit.HOURS), Limit(1, Unit.WORKING_DAYS), True),
        (Limit(25, Unit.HOURS), Limit(1, Unit.WORKING_DAYS), False),
        (Limit(0, Unit.WORKING_DAYS), Limit(0, Unit.WORKING_DAYS), True),
    ],
)
def test_article_36_of_the_business_rules_a_promise_is_no_longer_than_the_law(
    *, promised: Limit, statutory: Limit, holds: bool
) -> None:
    assert law.no_longer(promised, statutory) is holds


_LIMITS = st.builds(Limit, st.integers(0, 400), st.sampled_from(Unit))


@given(promised=_LIMITS, statutory=_LIMITS, more=st.integers(0, 400))
def test_a_longer_law_never_makes_a_promise_too_long(
    promised: Limit, statutory: Limit, more: int
) -> None:
    longer = Limit(statutory.value + more, statutory.unit)
    assert not law.no_longer(promised, statutory) or law.no_longer(promised, longer)


@given(one=_LIMITS, two=_LIMITS)
def test_two_limits_are_no_longer_than_one_another_only_if_equally_long(
    one: Limit, two: Limit
) -> None:
    if one.unit != two.unit and law.no_longer(one, two) and law.no_longer(two, one):
        assert {one.unit, two.unit} == {Unit.HOURS, Unit.CALENDAR_DAYS} or one.value == 0


def test_article_42_a_longer_limit_must_cite_another_law() -> None:
    long, short = Limit(21, Unit.WORKING_DAYS), Limit(20, Unit.WORKING_DAYS)
    assert law.needs_other_law("01", long, law.DECISION_LIMIT)
    assert not law.needs_other_law("01", short, law.DECISION_LIMIT)
    assert not law.needs_other_law("07", long, law.DECISION_LIMIT)
    assert Limit(10, Unit.WORKING_DAYS) == law.EXTENSION_LIMIT
    assert not law.cites_other_law("行政许可法第四十二条")
    assert law.cites_other_law("道路运输条例第二十四条")


def test_article_44_a_licence_is_handed_down_within_ten_days() -> None:
    assert Limit(10, Unit.WORKING_DAYS) == law.DELIVER_LIMIT
    assert law.needs_other_law("01", Limit(11, Unit.WORKING_DAYS), law.DELIVER_LIMIT)


@pytest.mark.parametrize("title", ["其他材料", "有关 材料", "学历证书等材料", "其他有关证明"])
def test_article_30_no_catch_all_material(title: str) -> None:
    assert law.is_catch_all(title)


@pytest.mark.parametrize("title", ["毕业证书", "有效期内的健康体检报告", "其他城市户口迁移证"])
def test_article_30_a_named_material_is_none(title: str) -> None:
    assert not law.is_catch_all(title)


def test_article_7_of_order_716_what_is_held_is_not_asked_for() -> None:
    assert law.asks_what_is_held(held=True, exempt=False)
    assert not law.asks_what_is_held(held=True, exempt=True)
    assert not law.asks_what_is_held(held=False, exempt=False)


def test_article_58_a_licence_fee_names_its_law() -> None:
    assert law.fee_needs_law("01", charged=True, basis="  ")
    assert not law.fee_needs_law("01", charged=True, basis="道路交通安全法")
    assert not law.fee_needs_law("01", charged=False, basis="")
    assert not law.fee_needs_law("20", charged=True, basis="")
