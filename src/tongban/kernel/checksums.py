"""Numbers with a check digit: resident numbers and unified social credit codes; and their masks.

The arithmetic is python-stdnum's; what is a problem, what is a warning and what is tolerated is
decided here. No error, repr or result carries more of a number than its caller handed in.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

from stdnum.cn import ric, uscc

_LENGTH = 18
_OLD_LENGTH = 15
_CREDIT_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")  # GB 32100: no I O S V Z


class ResidentNumberError(ValueError):
    """A text that is no resident number; ``reason`` says why, the text itself isn't repeated."""

    reason: ClassVar[str]

    def __init__(self) -> None:
        """Say why."""
        super().__init__(f"not a resident number: {self.reason}")


class LengthError(ResidentNumberError):
    """Neither 18 nor 15 characters."""

    reason = "length"


class CharactersError(ResidentNumberError):
    """Something other than digits, or an X anywhere but at the end."""

    reason = "characters"


class BirthDateError(ResidentNumberError):
    """The eight birth digits name no day of the calendar."""

    reason = "birth_date"


class CheckDigitError(ResidentNumberError):
    """The last character does not follow from the others."""

    reason = "check_digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentNumber:
    """A resident number 公民身份号码 (GB 11643) and what it says.

    ``number`` has 18 characters with a capital X; ``given`` is the text as it was handed in, less
    the white space around it. ``division_code`` is the county of first registration, six digits,
    often one that has since been abolished; it isn't checked against a list.
    """

    number: str = field(repr=False)
    given: str = field(repr=False)
    born_on: date = field(repr=False)
    sex: Literal["male", "female"]
    division_code: str


def read_resident_number(text: str) -> ResidentNumber:
    """Read a resident number of 18 characters, or an old one of 15 digits (born 19yy).

    Raises LengthError, CharactersError, BirthDateError or CheckDigitError, looked for in this
    order. Whether the birth day lies in the future is the caller's question: it needs a clock.
    """
    given = text.strip()
    number = given.upper()
    if len(number) not in {_LENGTH, _OLD_LENGTH}:
        raise LengthError
    if not number.isascii():
        raise CharactersError
    if len(number) == _OLD_LENGTH:
        if not number.isdigit():
            raise CharactersError
        number = f"{number[:6]}19{number[6:]}"
        number += ric.calc_check_digit(f"{number}0")
    elif not (number[:-1].isdigit() and (number[-1].isdigit() or number[-1] == "X")):
        raise CharactersError
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BirthDateError from None
    if number[-1] != ric.calc_check_digit(number):
        raise CheckDigitError
    return ResidentNumber(
        number=number,
        given=given,
        born_on=born_on,
        sex="male" if int(number[16]) % 2 else "female",
        division_code=number[:6],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCodeCheck:
    """Outcome of a check: ``number`` tidied, ``ok``, else ``reason``.

    Reasons: ``length``, ``characters``, ``check_digit``.
    """

    number: str
    ok: bool
    reason: str | None


def check_credit_code(text: str) -> CreditCodeCheck:
    """Check a unified social credit code 统一社会信用代码 (GB 32100).

    To warn, never to block: some codes in lawful use fail the check digit. The first two
    characters (registering authority, kind of body) may be letters, which stricter readers refuse.
    """
    number = text.strip().upper()
    reason = None
    if len(number) != _LENGTH:
        reason = "length"
    elif not (set(number) <= _CREDIT_ALPHABET and number[2:8].isdigit()):
        reason = "characters"
    elif number[-1] != uscc.calc_check_digit(number[:-1]):
        reason = "check_digit"
    return CreditCodeCheck(number=number, ok=reason is None, reason=reason)


def mask_name(name: str) -> str:
    """Return ``name`` with all but its first character as asterisks; one character alone goes too.

    >>> mask_name("张三丰")
    '张**'
    """
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*" * len(name)


_MASKS = ((15, 6, 4), (11, 3, 4), (7, 2, 2))  # (from this length, kept in front, kept at the end)


def mask_number(number: str) -> str:
    """Return ``number`` with its middle as asterisks; fewer than 7 characters vanish entirely.

    >>> mask_number("131028199001011234"), mask_number("13800138000")
    ('131028********1234', '138****8000')
    """
    for length, front, back in _MASKS:
        if len(number) >= length:
            return number[:front] + "*" * (len(number) - front - back) + number[-back:]
    return "*" * len(number)
