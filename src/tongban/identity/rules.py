"""Rules about names, numbers, posts and mandates as pure functions."""

import hashlib
import re
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tongban.identity.errors import NameRefused, NumberRefused, PhoneRefused
from tongban.kernel.acting import Assurance
from tongban.kernel.checksums import ResidentNumberError, read_resident_number

NAME_LIMIT = 50
"""Characters (code points) of a name."""

_DOTS = str.maketrans(dict.fromkeys("•‧・･", "·"))
"""Look-alikes of U+00B7, the dot between the parts of a name on an identity card."""

_NO_PART_OF_A_NAME = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Controls, formats (with the bidirectional overrides), surrogates, line and paragraph ends."""

_LAST_TWO = 0xFFFE
"""Bits of the last two code points of each plane, which are no characters."""


def tidy_name(text: str) -> str:
    """Return a name as it is kept; NameRefused if it is none.

    Composed (NFC), look-alike dots made ·, runs of blanks made one. Rare characters stay: also
    those that this Python's Unicode tables don't know yet (category Cn) and those of the private
    use area, for people's cards do bear them. U+FFFD is refused: it marks a character lost.
    """
    name = unicodedata.normalize("NFC", text).translate(_DOTS)
    name = re.sub("[ \u3000\u00a0]+", " ", name).strip(" ")
    refused = (
        not 0 < len(name) <= NAME_LIMIT
        or any(unicodedata.category(one) in _NO_PART_OF_A_NAME for one in name)
        or any(one == "\ufffd" or ord(one) & _LAST_TWO == _LAST_TWO for one in name)
        or not any(unicodedata.category(one)[0] == "L" or _unknown(one) for one in name)
    )
    if refused:
        raise NameRefused(limit=NAME_LIMIT)
    return name


def _unknown(one: str) -> bool:
    return unicodedata.category(one) in {"Cn", "Co"}


def same_name(one: str, other: str) -> bool:
    """Tell whether two tidied names are the same; capitals don't matter."""
    return one.casefold() == other.casefold()


class NumberKind(StrEnum):
    """Kind of identity document."""

    RESIDENT = "resident"  # 居民身份证, 港澳台居民居住证: GB 11643
    PASSPORT = "passport"  # 护照
    HK_MACAO_PERMIT = "hk_macao_permit"  # 港澳居民来往内地通行证
    TAIWAN_PERMIT = "taiwan_permit"  # 台湾居民来往大陆通行证
    FOREIGN_RESIDENT = "foreign_resident"  # 外国人永久居留身份证


_OTHER_NUMBER = re.compile(r"[0-9A-Z]{5,20}")


def tidy_number(kind: NumberKind, text: str, *, today: date) -> str:
    """Return an identity number in its one form; NumberRefused with the reason otherwise.

    A resident number of 15 digits becomes its 18 characters, so that both find one person. Others
    are only brought to capitals without blanks or hyphens: their issuers' rules differ.
    """
    if kind is NumberKind.RESIDENT:
        try:
            read = read_resident_number(text)
        except ResidentNumberError as wrong:
            raise NumberRefused(reason=wrong.reason) from None
        if read.born_on > today:
            raise NumberRefused(reason="birth_date")
        return read.number
    number = re.sub(r"[\s-]", "", text).upper()
    if _OTHER_NUMBER.fullmatch(number) is None:
        raise NumberRefused(reason="characters")
    return number


_PHONE = re.compile(r"\+?[0-9]{5,17}")


def tidy_phone(text: str) -> str:
    """Return a telephone number without blanks and hyphens, or "" for none; PhoneRefused."""
    phone = re.sub(r"[ -]", "", text.strip())
    if phone and _PHONE.fullmatch(phone) is None:
        raise PhoneRefused
    return phone


class Power(StrEnum):
    """What a post may do 岗位权限."""

    RECEIVE = "receive"  # 收件
    DELIVER_RESULT = "deliver_result"  # 结果送达
    ACCEPT = "accept"  # 受理
    REVIEW = "review"  # 审查
    DECIDE = "decide"  # 决定
    PRODUCE = "produce"  # 制证
    ISSUE = "issue"  # 颁发
    VOID = "void"  # 作废
    READ_ONLY = "read_only"  # 查阅
    STEWARD = "steward"  # 目录管理
    SUPERVISE = "supervise"  # 督办


NEEDS_AGENCY = frozenset({Power.DECIDE, Power.ISSUE})
"""Powers of an administrative organ (行政许可法 arts. 22-24).

A service centre may receive; with the organ's written delegation a 综合窗口 may also accept in
its name.
"""


def needs_agency(powers: Collection[str]) -> bool:
    """Tell whether a post with these powers must belong to an agency."""
    return not NEEDS_AGENCY.isdisjoint(powers)


class ErasureGround(StrEnum):
    """Why a person's data must go: 个人信息保护法 art. 47(1), its five cases in order."""

    PURPOSE_DONE = "purpose_done"  # 处理目的已实现、无法实现或者不再必要
    PERIOD_OVER = "period_over"  # 停止提供服务，或者保存期限已届满
    CONSENT_WITHDRAWN = "consent_withdrawn"  # 个人撤回同意
    UNLAWFUL = "unlawful"  # 违反法律、行政法规或者违反约定处理
    OTHER_LAW = "other_law"  # 法律、行政法规规定的其他情形


ASSURANCE_ELSEWHERE = Assurance.BASIC
"""Who isn't at least this sure has no verified number, by which alone another node knows them."""


def code_challenge(verifier: str) -> str:
    """Return what stands for a secret until it is told (RFC 7636, S256).

    >>> code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    digest = hashlib.sha256(verifier.encode("utf-8")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


class LoginFault(StrEnum):
    """Why a known staff member was not let in."""

    NO_POST = "no_post"  # they have left, or hold no post today
    NOT_THEIRS = "not_theirs"  # they chose a post that they don't hold


class ScopeKind(StrEnum):
    """How far a mandate reaches."""

    ANY = "any"
    MATTER = "matter"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a mandate is for: anything (id ""), a matter (its code), or a case (its id)."""

    kind: ScopeKind
    id: str = ""


class Ground(StrEnum):
    """How a mandate was given."""

    ONLINE = "online"  # by the principal, logged in
    PAPER = "paper"  # 授权委托书 at the counter, scanned


class MandateFault(StrEnum):
    """Why a mandate can't be made."""

    SELF = "self"  # one can't be one's own agent
    DATES = "dates"  # ends before it starts, or has already ended
    SCOPE = "scope"  # a matter or case without its id, or an id with "any"
    PAPER = "paper"  # a paper mandate without its scan, or an online one with


def mandate_fault(
    *,
    principal_id: str,
    agent_id: str,
    scope: Scope,
    starts_on: date,
    ends_on: date,
    ground: Ground,
    document_id: str | None,
    today: date,
) -> MandateFault | None:
    """Return what stands against a mandate, or None.

    An applicant may apply through an agent, unless the law wants them in person (行政许可法 art.
    29; for registrations 市场主体登记管理条例 art. 18, also through an intermediary body): whether
    a matter does stands in its edition, not here. A written mandate names the agent, the matter,
    the power and the period (民法典 art. 165), so the end is required.
    """
    if principal_id == agent_id:
        return MandateFault.SELF
    if ends_on < starts_on or ends_on < today:
        return MandateFault.DATES
    if (scope.kind is ScopeKind.ANY) != (not scope.id):
        return MandateFault.SCOPE
    if (ground is Ground.PAPER) != (document_id is not None):
        return MandateFault.PAPER
    return None


def covers(scope: Scope, *, matter_code: str, case_id: str | None) -> bool:
    """Tell whether a mandate of this scope reaches the matter and the case (None: not yet one)."""
    match scope.kind:
        case ScopeKind.ANY:
            return True
        case ScopeKind.MATTER:
            return scope.id == matter_code
        case ScopeKind.CASE:
            return case_id is not None and scope.id == case_id
