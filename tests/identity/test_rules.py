import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongban.identity.access import may_grant, may_withdraw
from tongban.identity.errors import NameRefused, NumberRefused, PhoneRefused
from tongban.identity.rules import (
    Ground,
    MandateFault,
    NumberKind,
    Power,
    Scope,
    ScopeKind,
    covers,
    mandate_fault,
    needs_agency,
    same_name,
    tidy_name,
    tidy_number,
    tidy_phone,
)
from tongban.kernel.acting import Acting, ActorKind, Channel, Presence

TODAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("张三丰", "张三丰"),
        (" 张三丰\u3000", "张三丰"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        ("𬭎𠮷㛃䶮", "𬭎𠮷㛃䶮"),
        ("\U000323b0", "\U000323b0"),  # assigned after this Python's tables: extension J
        ("\ue000明", "\ue000明"),  # private use: some cards bear it
        ("葛\U000e0100城", "葛\U000e0100城"),  # an ideographic variation
        ("Rene\u0301e", "Renée"),
        ("Anna  Maria\u00a0Lee", "Anna Maria Lee"),
        ("一" * 50, "一" * 50),
    ],
)
def test_a_name_is_kept(given_name: str, kept: str) -> None:
    assert tidy_name(given_name) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        " \u3000",
        "一" * 51,
        "张\x00三",
        "张三\n",
        "张\t三",
        "张\u202e三",  # right-to-left override
        "张\u2066三",
        "张\u200b三",
        "张\ufeff三",
        "张\u2028三",
        f"张{chr(0xD800)}三",
        "张\ufffd三",
        "张\ufffe三",
        "张\U0001ffff三",
        "···",
        "123",
    ],
)
def test_a_name_is_refused(name: str) -> None:
    with pytest.raises(NameRefused) as refused:
        tidy_name(name)
    assert refused.value.fields == {"limit": 50}


@given(st.text(max_size=60))
def test_a_tidied_name_is_tidy(text: str) -> None:
    try:
        name = tidy_name(text)
    except NameRefused:
        return
    assert tidy_name(name) == name
    assert 0 < len(name) <= 50
    assert {unicodedata.category(one) for one in name}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert "  " not in name


def test_names_are_compared_without_capitals() -> None:
    assert same_name("ANNA Lee", "Anna lee")
    assert not same_name("张三", "张三丰")


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        (NumberKind.RESIDENT, "131028194912310023", "131028194912310023"),
        (NumberKind.RESIDENT, " 13102819800229005x ", "13102819800229005X"),
        (NumberKind.RESIDENT, "131028491231002", "131028194912310023"),
        (NumberKind.PASSPORT, "e 1234-5678", "E12345678"),
        (NumberKind.HK_MACAO_PERMIT, "h12345678", "H12345678"),
    ],
)
def test_a_number_has_one_form(kind: NumberKind, text: str, number: str) -> None:
    assert tidy_number(kind, text, today=TODAY) == number


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (NumberKind.RESIDENT, "1310281949123100", "length"),
        (NumberKind.RESIDENT, "13102819491231002A", "characters"),
        (NumberKind.RESIDENT, "131028194913310023", "birth_date"),
        (NumberKind.RESIDENT, "131028194912310024", "check_digit"),
        (NumberKind.PASSPORT, "E123", "characters"),
        (NumberKind.PASSPORT, "E1234_5678", "characters"),
        (NumberKind.PASSPORT, "E" * 21, "characters"),
    ],
)
def test_a_number_is_refused_without_being_repeated(
    kind: NumberKind, text: str, reason: str
) -> None:
    with pytest.raises(NumberRefused) as refused:
        tidy_number(kind, text, today=TODAY)
    assert refused.value.fields == {"reason": reason}
    assert text not in str(refused.value)


def test_nobody_is_born_tomorrow() -> None:
    number = "131028202611030017"
    assert tidy_number(NumberKind.RESIDENT, number, today=date(2026, 11, 3)) == number
    with pytest.raises(NumberRefused) as refused:
        tidy_number(NumberKind.RESIDENT, number, today=TODAY)
    assert refused.value.fields == {"reason": "birth_date"}


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("138 0013 8000", "13800138000"),
        ("+86-13800138000", "+8613800138000"),
        ("", ""),
        (" ", ""),
    ],
)
def test_a_telephone_number_has_one_form(text: str, phone: str) -> None:
    assert tidy_phone(text) == phone


@pytest.mark.parametrize(
    "text", ["abc", "1234", "1" * 18, "13800138000;", "++8613800138000", "１３８００１３８０００"]
)
def test_a_telephone_number_is_refused(text: str) -> None:
    with pytest.raises(PhoneRefused):
        tidy_phone(text)


def test_only_deciding_and_issuing_need_an_agency() -> None:
    assert {power for power in Power if needs_agency([power])} == {Power.DECIDE, Power.ISSUE}
    assert not needs_agency([])


ANY = Scope(ScopeKind.ANY)
MATTER = Scope(ScopeKind.MATTER, "m1")
CASE = Scope(ScopeKind.CASE, "c1")


@pytest.mark.parametrize(
    ("scope", "matter_code", "case_id", "reaches"),
    [
        (ANY, "m1", None, True),
        (ANY, "m2", "c9", True),
        (MATTER, "m1", None, True),
        (MATTER, "m1", "c9", True),
        (MATTER, "m2", "m1", False),
        (CASE, "m1", "c1", True),
        (CASE, "m1", "c2", False),
        (CASE, "c1", None, False),
    ],
)
def test_how_far_a_mandate_reaches(
    scope: Scope, matter_code: str, case_id: str | None, *, reaches: bool
) -> None:
    assert covers(scope, matter_code=matter_code, case_id=case_id) is reaches


def _fault(
    *,
    agent_id: str = "b",
    scope: Scope = MATTER,
    starts_on: date = TODAY,
    ends_on: date = TODAY,
    ground: Ground = Ground.ONLINE,
    document_id: str | None = None,
) -> MandateFault | None:
    return mandate_fault(
        principal_id="a",
        agent_id=agent_id,
        scope=scope,
        starts_on=starts_on,
        ends_on=ends_on,
        ground=ground,
        document_id=document_id,
        today=TODAY,
    )


def test_what_stands_against_a_mandate() -> None:
    yesterday, tomorrow = date(2026, 11, 1), date(2026, 11, 3)
    assert _fault() is None
    assert _fault(ground=Ground.PAPER, document_id="d") is None
    assert _fault(starts_on=yesterday) is None
    assert _fault(agent_id="a") is MandateFault.SELF
    assert _fault(starts_on=tomorrow) is MandateFault.DATES
    assert _fault(starts_on=yesterday, ends_on=yesterday) is MandateFault.DATES
    assert _fault(scope=Scope(ScopeKind.ANY, "m1")) is MandateFault.SCOPE
    assert _fault(scope=Scope(ScopeKind.CASE)) is MandateFault.SCOPE
    assert _fault(ground=Ground.PAPER) is MandateFault.PAPER
    assert _fault(document_id="d") is MandateFault.PAPER


def _person(actor_id: str, behalf: str | None = None, mandate_id: str | None = None) -> Acting:
    return Acting(
        actor_kind=ActorKind.PERSON,
        actor_id=actor_id,
        channel=Channel.PORTAL,
        on_behalf_of=behalf,
        mandate_id=mandate_id,
    )


def _clerk(
    behalf: str | None,
    presence: Presence = Presence.DOCUMENT_SEEN,
    post_id: str | None = "p1",
) -> Acting:
    return Acting(
        actor_kind=ActorKind.STAFF,
        actor_id="s1",
        channel=Channel.WINDOW,
        post_id=post_id,
        on_behalf_of=behalf,
        presence=presence,
    )


SYSTEM = Acting(actor_kind=ActorKind.SYSTEM, actor_id="a", channel=Channel.WORKER)


@pytest.mark.parametrize(
    ("acting", "online", "paper", "withdraw"),
    [
        (_person("a"), True, False, True),
        (_person("a", "a"), True, False, True),
        (_person("b"), False, False, True),  # the agent may give it up, never give it
        (_person("c"), False, False, False),
        (_person("b", "a", "m1"), False, False, False),  # an agent can't pass the power on
        (_person("a", "b", "m2"), False, False, False),
        (_clerk("a"), False, True, True),
        (_clerk("a", Presence.FACE_COMPARED), False, True, True),
        (_clerk("b"), False, False, True),
        (_clerk("a", Presence.LOGIN), False, False, False),
        (_clerk("a", post_id=None), False, False, False),
        (_clerk(None), False, False, False),
        (SYSTEM, False, False, False),
    ],
)
def test_who_may_give_and_end_a_mandate(
    acting: Acting, *, online: bool, paper: bool, withdraw: bool
) -> None:
    assert may_grant(acting, principal_id="a", ground=Ground.ONLINE) is online
    assert may_grant(acting, principal_id="a", ground=Ground.PAPER) is paper
    assert may_withdraw(acting, principal_id="a", agent_id="b") is withdraw
