"""Resident numbers, credit codes, masks. All numbers are made up."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel import checksums
from tongban.kernel.checksums import check_credit_code, mask_name, mask_number, read_resident_number

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def with_check(first: str) -> str:
    """Add the check character as GB 11643 words it, on its own terms."""
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return first + "10X98765432"[total % 11]


def with_credit_check(first: str) -> str:
    total = sum(
        CREDIT_ALPHABET.index(character) * (pow(3, place, 31))
        for place, character in enumerate(first)
    )
    return first + CREDIT_ALPHABET[(31 - total % 31) % 31]


NUMBERS = st.builds(
    lambda division, born, order: with_check(f"{division}{born:%Y%m%d}{order:03}"),
    st.sampled_from(["131028", "110112", "131082", "120114"]),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
)
CREDIT_CODES = st.builds(
    lambda head, division, body: with_credit_check(head + division + body),
    st.sampled_from(["91", "11", "12", "51", "92", "N2", "A1"]),
    st.sampled_from(["131028", "110112"]),
    st.text(CREDIT_ALPHABET, min_size=9, max_size=9),
)


def test_a_number_says_when_what_and_where() -> None:
    number = with_check("13102819900307123")
    read = read_resident_number(f" {number}\n")
    assert read.number == number
    assert read.given == number
    assert read.born_on == date(1990, 3, 7)
    assert read.sex == "male"
    assert read.division_code == "131028"
    assert read_resident_number(with_check("13102819900307122")).sex == "female"


def test_a_small_x_is_read_as_a_large_one() -> None:
    number = next(
        made for order in range(20) if (made := with_check(f"131028199003070{order:02}"))[-1] == "X"
    )
    read = read_resident_number(number.lower())
    assert (read.number, read.given) == (number, number.lower())


def test_an_old_number_gets_its_century_and_check_digit() -> None:
    read = read_resident_number("131028900307122")
    assert read.number == with_check("13102819900307122")
    assert read.given == "131028900307122"
    assert (read.born_on, read.sex) == (date(1990, 3, 7), "female")


@given(NUMBERS)
def test_every_well_made_number_is_read(number: str) -> None:
    read = read_resident_number(number)
    assert read.number == number
    assert read.born_on.strftime("%Y%m%d") == number[6:14]
    assert read.sex == ("male" if int(number[16]) % 2 else "female")


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_found(number: str, place: int, other: str) -> None:
    wrong = number[:place] + other + number[place + 1 :]
    if wrong == number:
        return
    with pytest.raises(checksums.ResidentNumberError):
        read_resident_number(wrong)


@given(NUMBERS, st.integers(0, 16))
def test_two_swapped_neighbours_are_always_found(number: str, place: int) -> None:
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if wrong == number:
        return
    with pytest.raises(checksums.ResidentNumberError):
        read_resident_number(wrong)


@given(NUMBERS)
def test_an_old_form_is_the_same_person(number: str) -> None:
    if number[6:8] != "19":
        return
    old = number[:6] + number[8:17]
    assert read_resident_number(old).number == number


@given(st.text(max_size=25))
def test_any_other_text_is_refused_without_repeating_it(text: str) -> None:
    if len(text.strip()) in {15, 18} and text.strip()[:14].isdigit():
        return  # near enough to a number that it may be one
    with pytest.raises(checksums.ResidentNumberError) as caught:
        read_resident_number(text)
    assert str(caught.value) == f"not a resident number: {caught.value.reason}"


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("", checksums.LengthError, "length"),
        ("13102819900307123", checksums.LengthError, "length"),
        ("131028199003071 234", checksums.LengthError, "length"),
        ("1310281990030712X4", checksums.CharactersError, "characters"),
        ("13102819900307123Y", checksums.CharactersError, "characters"),
        ("131028199003071２34", checksums.CharactersError, "characters"),
        ("13102890030712X", checksums.CharactersError, "characters"),
        ("13102890030712²", checksums.CharactersError, "characters"),
        (with_check("13102819900230123"), checksums.BirthDateError, "birth_date"),
        (with_check("13102819901301123"), checksums.BirthDateError, "birth_date"),
        (with_check("13102800000101123"), checksums.BirthDateError, "birth_date"),
        (with_check("13102819000229123"), checksums.BirthDateError, "birth_date"),
        ("131028900230123", checksums.BirthDateError, "birth_date"),
    ],
)
def test_a_bad_number_says_why(
    text: str, error: type[checksums.ResidentNumberError], reason: str
) -> None:
    with pytest.raises(error) as caught:
        read_resident_number(text)
    assert caught.value.reason == reason


def test_a_wrong_check_digit_says_so() -> None:
    number = with_check("13102819900307123")
    wrong = number[:-1] + str((int(number[-1].replace("X", "0")) + 1) % 10)
    with pytest.raises(checksums.CheckDigitError):
        read_resident_number(wrong)


def test_the_repr_of_a_read_number_hides_the_person() -> None:
    number = with_check("13102819900307123")
    assert repr(read_resident_number(number)) == (
        "ResidentNumber(sex='male', division_code='131028')"
    )


@given(CREDIT_CODES)
def test_every_well_made_credit_code_passes(code: str) -> None:
    check = check_credit_code(f" {code.lower()} ")
    assert (check.number, check.ok, check.reason) == (code, True, None)


@given(CREDIT_CODES, st.integers(8, 17), st.sampled_from(CREDIT_ALPHABET))
def test_one_wrong_character_of_a_code_is_found(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    if wrong == code:
        return
    assert check_credit_code(wrong).reason == "check_digit"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "length"),
        ("9113102800000000", "length"),
        ("91131028I000000000", "characters"),
        ("91131028O000000000", "characters"),
        ("9113A028000000000X", "characters"),
        ("91131028中000000000", "characters"),
    ],
)
def test_a_bad_credit_code_says_why_and_raises_nothing(text: str, reason: str) -> None:
    check = check_credit_code(text)
    assert (check.ok, check.reason) == (False, reason)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三丰", "张**"),
        ("王敏", "王*"),
        ("王", "*"),
        ("", ""),
        ("买买提·吐尔逊", "买******"),
        ("𬭎伟", "𬭎*"),
    ],
)
def test_a_name_keeps_its_first_character(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("131028199003071234", "131028********1234"),
        ("131028900307122", "131028*****7122"),
        ("13800138000", "138****8000"),
        ("E12345678", "E1*****78"),
        ("1234567", "12***67"),
        ("123456", "******"),
        ("", ""),
    ],
)
def test_a_number_keeps_its_ends(number: str, masked: str) -> None:
    assert mask_number(number) == masked


@given(st.text(max_size=40))
def test_a_mask_keeps_the_length_and_hides_at_least_a_third(text: str) -> None:
    for masked in (mask_number(text), mask_name(text)):
        assert len(masked) == len(text)
        assert masked.count("*") * 3 >= len(text)
