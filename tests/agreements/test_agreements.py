"""What an agreement opens, to whom, from when to when; and its load."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tongban.agreements import api, errors
from tongban.agreements.models import Agreement, AgreementParty, Opening
from tongban.agreements.rules import acts_fit, places_fit, undecided_only
from tongban.evidence import api as evidence
from tongban.kernel import clock
from tongban.kernel.changes import Changes
from tongban.matters import api as matters
from tongban.matters.errors import MatterUnknown
from tongban.places import api as places
from tongban.places.errors import PlaceMissing
from tongban.vault import api as vault

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

DACHANG, SANHE, TONGZHOU, YONGSHUN, NORTH = (
    "131028",
    "131082",
    "110112",
    "110112005",
    "zone-beisanxian",
)
STARTS_ON, ENDS_ON = date(2026, 1, 1), date(2026, 12, 31)
MIDYEAR = date(2026, 6, 1)
ALL_ACTS = ("receive", "notify_once", "verify_originals", "deliver_result")

RECEIVED = api.OpeningRow(
    matter_code="nurse",
    deciding_place_id=DACHANG,
    receiving_place_id=TONGZHOU,
    mode="received",
    acts=ALL_ACTS,
)
ONLINE = api.OpeningRow(
    matter_code="nurse", deciding_place_id=DACHANG, receiving_place_id=None, mode="online"
)
PAIR = api.AgreementRow(
    id="tongzhou-dachang",
    title="通州大厂合作协议",
    title_en="Tongzhou and Dachang",
    party_ids=(TONGZHOU, DACHANG),
    starts_on=STARTS_ON,
    ends_on=ENDS_ON,
    openings=(RECEIVED, ONLINE),
)


@pytest.fixture(autouse=True)
def _reference() -> None:
    rows = (
        ("110000", "北京市", "province", None),
        (TONGZHOU, "通州区", "county", "110000"),
        (YONGSHUN, "永顺镇", "town", TONGZHOU),
        ("130000", "河北省", "province", None),
        ("131000", "廊坊市", "city", "130000"),
        (DACHANG, "大厂回族自治县", "county", "131000"),
        (SANHE, "三河市", "county", "131000"),
    )
    zone = places.PlaceRow(
        id=NORTH, name="北三县", level="zone", parent_id="131000", members=(DACHANG, SANHE)
    )
    divisions = [
        places.PlaceRow(id=code, code=code, name=name, level=level, parent_id=parent)
        for code, name, level, parent in rows
    ]
    places.put_places([*divisions, zone], apply=True)
    matters.put_matters(
        [
            matters.MatterRow(code="nurse", title="护士执业注册", title_en="Nurse", task_type="01"),
            matters.MatterRow(code="proof", title="参保证明", title_en="Proof", task_type="20"),
        ],
        apply=True,
    )


def put(*rows: api.AgreementRow, apply: bool = True) -> Changes:
    return api.put_agreements(rows, apply=apply)


def opening(**asked: Any) -> api.OpeningView:  # noqa: ANN401 - any argument of opening
    usual: dict[str, Any] = {
        "matter_code": "nurse",
        "deciding_place_id": DACHANG,
        "receiving_place_id": TONGZHOU,
        "mode": "received",
        "on": MIDYEAR,
    }
    return api.opening(**(usual | asked))


def test_an_opening_says_what_was_agreed_in_one_statement() -> None:
    put(PAIR)
    opening()  # places are read once by the process
    with CaptureQueriesContext(connection) as asked:
        found = opening()
    assert len(asked) == 1
    assert found == api.OpeningView(
        id=Opening.objects.get(mode="received").id,
        agreement_id="tongzhou-dachang",
        agreement_title="通州大厂合作协议",
        agreement_title_en="Tongzhou and Dachang",
        matter_code="nurse",
        deciding_place_id=DACHANG,
        receiving_place_id=TONGZHOU,
        mode="received",
        acts=frozenset(api.Act),
        silence_from=api.SilenceFrom.DECIDING,
        ends_on=ENDS_ON,
        sample=False,
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"matter_code": "proof"},
        {"deciding_place_id": SANHE},
        {"receiving_place_id": SANHE},
        {"receiving_place_id": "110000"},  # above the party: it has not signed
        {"mode": "online"},
        {"receiving_place_id": None},
        {"on": STARTS_ON - timedelta(days=1)},
    ],
)
def test_nothing_else_is_opened(asked: dict[str, Any]) -> None:
    put(PAIR)
    with pytest.raises(errors.NoAgreement):
        opening(**asked)


def test_online_is_open_from_anywhere() -> None:
    put(PAIR)
    found = opening(mode="online", receiving_place_id=None)
    assert (found.receiving_place_id, found.acts) == (None, frozenset())


@pytest.mark.parametrize("day", [STARTS_ON, ENDS_ON])
def test_the_first_and_the_last_day_count(day: date) -> None:
    put(PAIR)
    assert opening(on=day).agreement_id == "tongzhou-dachang"


def test_the_day_after_the_last_is_told_with_the_day() -> None:
    put(PAIR)
    with pytest.raises(errors.AgreementEnded) as refused:
        opening(on=ENDS_ON + timedelta(days=1))
    assert refused.value.fields == {
        "agreement_title": "通州大厂合作协议",
        "ended_on": "2026-12-31",
    }


@given(day=st.dates(date(2025, 1, 1), date(2028, 1, 1)))
def test_an_agreement_holds_exactly_between_its_days(day: date) -> None:
    if not Agreement.objects.exists():
        put(PAIR)
    try:
        held = opening(on=day).agreement_id == PAIR.id
    except (errors.NoAgreement, errors.AgreementEnded):
        held = False
    assert held is (STARTS_ON <= day <= ENDS_ON)


def test_a_town_below_the_party_may_receive() -> None:
    put(PAIR)
    assert opening(receiving_place_id=YONGSHUN).receiving_place_id == TONGZHOU


def test_a_member_of_a_zone_that_signed_may_receive_and_the_nearest_place_wins() -> None:
    to_zone = api.OpeningRow(
        matter_code="proof",
        deciding_place_id=TONGZHOU,
        receiving_place_id=NORTH,
        mode="received",
        acts=("receive",),
    )
    whole = replace(PAIR, id="zone", party_ids=(TONGZHOU, NORTH), openings=(to_zone,))
    asked = {
        "matter_code": "proof",
        "deciding_place_id": TONGZHOU,
        "receiving_place_id": YONGSHUN,
    }
    put(whole)
    assert opening(**asked | {"receiving_place_id": SANHE}).agreement_id == "zone"
    with pytest.raises(errors.NoAgreement):
        opening(**asked)
    near = replace(to_zone, receiving_place_id=YONGSHUN, acts=ALL_ACTS)
    wide = replace(to_zone, receiving_place_id=TONGZHOU)
    put(replace(PAIR, id="both-ends", openings=(near, wide)))
    assert opening(**asked).receiving_place_id == YONGSHUN


def test_of_two_agreements_the_younger_holds() -> None:
    put(PAIR, replace(PAIR, id="renewed", starts_on=MIDYEAR, ends_on=None))
    assert opening(on=MIDYEAR - timedelta(days=1)).agreement_id == "tongzhou-dachang"
    assert opening(on=MIDYEAR).agreement_id == "renewed"


def test_an_act_that_was_not_granted_is_refused_by_name() -> None:
    put(replace(PAIR, openings=(replace(RECEIVED, acts=("receive",)),)))
    found = opening()
    api.require_act(found, api.Act.RECEIVE)
    with pytest.raises(errors.ActNotGranted) as refused:
        api.require_act(found, api.Act.NOTIFY_ONCE)
    assert refused.value.fields["agreement_title"] == "通州大厂合作协议"


def test_a_draft_opens_nothing_and_an_ended_one_no_longer() -> None:
    put(replace(PAIR, state=api.AgreementState.DRAFT))
    with pytest.raises(errors.NoAgreement):
        opening()
    put(PAIR)
    assert opening().agreement_id == PAIR.id
    today = datetime(2026, 6, 30, 4, tzinfo=UTC)
    with clock.held_at(today):
        put(replace(PAIR, state=api.AgreementState.ENDED, ends_on=date(2026, 5, 31)))
    with pytest.raises(errors.AgreementEnded) as refused:
        opening()
    assert refused.value.fields["ended_on"] == "2026-05-31"
    with pytest.raises(errors.EndGoesBack):
        put(PAIR)
    assert Agreement.objects.get().state == "ended"


def test_an_opening_left_out_is_closed_from_that_day_and_can_come_back() -> None:
    put(PAIR)
    kept = Opening.objects.get(mode="received").id
    with clock.held_at(datetime(2026, 6, 30, 16, tzinfo=UTC)):  # 1 July in Beijing
        shown = put(replace(PAIR, openings=(ONLINE,)))
    assert (shown.added, shown.changed) == (0, 1)
    assert opening(on=date(2026, 6, 30)).id == kept
    with pytest.raises(errors.AgreementEnded) as refused:
        opening(on=date(2026, 7, 1))
    assert refused.value.fields["ended_on"] == "2026-07-01"
    assert put(replace(PAIR, openings=(ONLINE,))) == Changes(0, 0, 3, [])
    assert put(PAIR).changed == 1
    assert opening(on=date(2026, 7, 1)).id == kept


def test_a_window_sees_what_it_may_receive_in_two_statements() -> None:
    put(PAIR)
    api.openings_from(receiving_place_id=YONGSHUN, on=MIDYEAR)
    with CaptureQueriesContext(connection) as asked:
        found = api.openings_from(receiving_place_id=YONGSHUN, on=MIDYEAR)
    assert len(asked) == 2
    assert [(row.matter_code, row.receiving_place_id) for row in found] == [("nurse", TONGZHOU)]
    assert api.openings_from(receiving_place_id=DACHANG, on=MIDYEAR) == []
    assert api.openings_from(receiving_place_id=YONGSHUN, on=date(2027, 1, 1)) == []


def test_what_is_open_online() -> None:
    put(PAIR)
    with CaptureQueriesContext(connection) as asked:
        found = api.openings_online(on=MIDYEAR)
    assert len(asked) == 1
    assert [(row.matter_code, row.mode) for row in found] == [("nurse", "online")]
    assert len(api.openings_online(on=MIDYEAR, deciding_place_id=DACHANG)) == 1
    assert api.openings_online(on=MIDYEAR, deciding_place_id=SANHE) == []
    assert api.openings_online(on=STARTS_ON - timedelta(days=1)) == []


def test_a_load_is_shown_first_and_repeats_without_change() -> None:
    lines = [
        "+ agreement tongzhou-dachang 通州大厂合作协议",
        "+ opening tongzhou-dachang nurse 131028 ← 110112 received",
        "+ opening tongzhou-dachang nurse 131028 ← * online",
    ]
    assert put(PAIR, apply=False) == Changes(3, 0, 0, lines)
    assert Agreement.objects.count() == 0
    assert put(PAIR) == Changes(3, 0, 0, lines)
    assert put(PAIR) == Changes(0, 0, 3, [])
    assert api.agreement("tongzhou-dachang") == api.AgreementView(
        id="tongzhou-dachang",
        title="通州大厂合作协议",
        title_en="Tongzhou and Dachang",
        number="",
        party_ids=(TONGZHOU, DACHANG),
        starts_on=STARTS_ON,
        ends_on=ENDS_ON,
        state=api.AgreementState.IN_FORCE,
        source="",
        sample=False,
    )


def test_what_a_load_changes_leaves_one_entry_for_each_agreement() -> None:
    def kinds() -> list[str]:
        rows = evidence.entries_of(subject=("agreement", "tongzhou-dachang"))
        assert {row.key_id for row in rows} <= {"node:evidence"}
        return [row.kind for row in rows]

    put(PAIR, apply=False)
    assert kinds() == []
    put(PAIR)
    put(PAIR)
    assert kinds() == ["agreement.published"]
    put(replace(PAIR, openings=(ONLINE,)))  # the agreement's own row stays as it was
    assert kinds() == ["agreement.published", "agreement.changed"]
    first, closed = (
        evidence.open_entry(entry_id=row.id, key=vault.node_key("evidence")).body["facts"]
        for row in evidence.entries_of(subject=("agreement", "tongzhou-dachang"))
    )
    assert (first["party_ids"], first["openings"]) == ([TONGZHOU, DACHANG], 2)
    assert closed["openings"] == 1
    assert closed["openings_sha256"] != first["openings_sha256"]
    ended = replace(PAIR, openings=(ONLINE,), state=api.AgreementState.ENDED, ends_on=STARTS_ON)
    put(ended)
    put(ended)
    assert kinds() == ["agreement.published", "agreement.changed", "agreement.ended"]


def test_parties_are_kept_in_step() -> None:
    put(PAIR)
    changed = put(replace(PAIR, party_ids=(TONGZHOU, DACHANG, SANHE)))
    assert changed.changed == 1
    put(replace(PAIR, party_ids=(TONGZHOU, DACHANG)))
    assert api.agreement(PAIR.id).party_ids == (TONGZHOU, DACHANG)
    assert AgreementParty.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"id": "Bad Id"}, errors.AgreementInvalid),
        ({"title_en": " "}, errors.AgreementInvalid),
        ({"party_ids": (TONGZHOU, TONGZHOU)}, errors.AgreementInvalid),
        ({"ends_on": date(2025, 12, 31)}, errors.AgreementInvalid),
        ({"state": api.AgreementState.ENDED, "ends_on": None}, errors.AgreementInvalid),
        ({"party_ids": (TONGZHOU, SANHE)}, errors.AgreementInvalid),
        ({"party_ids": (TONGZHOU, "999999")}, PlaceMissing),
        ({"openings": (RECEIVED, RECEIVED)}, errors.AgreementInvalid),
        ({"openings": (replace(RECEIVED, matter_code="none"),)}, MatterUnknown),
        ({"openings": (replace(RECEIVED, mode="joint"),)}, errors.AgreementInvalid),
        ({"openings": (replace(RECEIVED, acts=("notify_once",)),)}, errors.AgreementInvalid),
        ({"openings": (replace(RECEIVED, acts=("receive", "decide")),)}, errors.AgreementUnlawful),
        ({"openings": (replace(RECEIVED, receiving_place_id=None),)}, errors.AgreementInvalid),
        ({"openings": (replace(ONLINE, receiving_place_id=TONGZHOU),)}, errors.AgreementInvalid),
    ],
)
def test_a_wrong_agreement_stops_the_whole_load(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        put(replace(PAIR, id="good-one"), replace(PAIR, **changes))
    assert (Agreement.objects.count(), Opening.objects.count()) == (0, 0)


def test_an_agreement_twice_stops_the_load() -> None:
    with pytest.raises(errors.AgreementInvalid):
        put(PAIR, PAIR)
    assert Agreement.objects.count() == 0


def test_a_trial_warns_of_what_is_not_loaded_yet() -> None:
    shown = put(replace(PAIR, openings=(replace(RECEIVED, matter_code="none"),)), apply=False)
    assert shown.lines[-1] == "! agreement tongzhou-dachang: none is not loaded yet"


def test_the_database_itself_refuses_an_opening_twice() -> None:
    put(PAIR)
    for mode in ("received", "online"):
        fields = Opening.objects.filter(mode=mode).values().get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Opening.objects.create(**fields | {"id": "x-1"})
    with pytest.raises(IntegrityError), transaction.atomic():
        Opening.objects.filter(mode="received").update(receiving_place_id=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.update(state="ended", ends_on=None)
    assert Opening.objects.count() == 2


def test_article_24_an_agreement_grants_no_decision() -> None:
    assert undecided_only(ALL_ACTS)
    assert undecided_only(())
    for act in ("accept", "decline", "review", "decide", "issue"):
        assert not undecided_only(("receive", act))


def test_circular_35_of_2020_receiving_names_its_place_and_online_names_none() -> None:
    assert places_fit("received", TONGZHOU)
    assert not places_fit("received", None)
    assert places_fit("online", None)
    assert not places_fit("online", TONGZHOU)
    assert acts_fit("received", ("receive",))
    assert not acts_fit("received", ("deliver_result",))
    assert acts_fit("online", ("deliver_result",))
    assert not acts_fit("online", ("receive",))
