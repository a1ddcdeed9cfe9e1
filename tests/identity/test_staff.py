"""Staff, posts and sign-ins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from tongban.evidence import api as evidence
from tongban.evidence.models import PendingEntry
from tongban.identity import api, errors
from tongban.identity.models import Post, Staff, StaffSession
from tongban.kernel import clock
from tongban.kernel.acting import Channel
from tongban.kernel.changes import Changes
from tongban.kernel.errors import Refusal
from tongban.vault import api as vault

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("country")]

TODAY = date(2026, 11, 2)
WANG = api.StaffRow(id="staff-wang", login="wangmin", name="王敏")
WINDOW = api.PostRow(
    id="post-window",
    staff_id="staff-wang",
    place_id="110112",
    office_id="office-tongzhou",
    title="跨省通办窗口",
    powers=("deliver_result", "receive"),
    starts_on=date(2026, 1, 1),
)
DECIDE = api.PostView(
    id="post-decide",
    staff_id="staff-li",
    staff_name="李雷",
    place_id="131028",
    agency_id="agency-dachang",
    office_id=None,
    title="首席代表",
    title_en="Chief representative",
    powers=frozenset({api.Power.ACCEPT, api.Power.DECIDE}),
)


def bodies(kind: str) -> list[dict[str, Any]]:
    """Return what the entries of a kind say: subject, place, who acted, facts."""
    key = vault.node_key("evidence")
    rows = PendingEntry.objects.filter(kind=kind).order_by("position")
    entries = [evidence.open_entry(entry_id=row.entry_id, key=key) for row in rows]
    return [
        {
            "subject": entry.subject,
            "place": entry.place_id,
            "by": (entry.body["acting"]["actor_kind"], entry.body["acting"]["actor_id"]),
            "facts": entry.body["facts"],
        }
        for entry in entries
    ]


def test_a_post_on_the_days_it_is_held() -> None:
    with CaptureQueriesContext(connection) as statements:
        assert api.post("post-decide", TODAY) == DECIDE
    assert len(statements) == 1
    assert api.post("post-decide", date(2026, 1, 1)) == DECIDE
    assert api.post("post-decide", date(2026, 12, 31)) == DECIDE
    assert api.post("post-window", date(2099, 1, 1)).id == "post-window"
    for day in (date(2025, 12, 31), date(2027, 1, 1)):
        with pytest.raises(errors.PostEnded):
            api.post("post-decide", day)
    with pytest.raises(errors.PostMissing):
        api.post("x", TODAY)


def test_the_posts_of_a_login() -> None:
    assert api.staff_posts("lilei") == [DECIDE]
    assert api.staff_posts("lilei", on=date(2027, 1, 1)) == []
    with pytest.raises(errors.StaffMissing):
        api.staff_posts("x")


def test_who_has_left_holds_no_post() -> None:
    gone = api.StaffRow(id="staff-li", login="lilei", name="李雷", active=False)
    token = api.open_staff_session("post-decide", Channel.DESK)
    assert api.put_staff([gone], apply=True).lines == ["~ staff staff-li: active True → False"]
    assert api.staff_session(token) is None
    with pytest.raises(errors.PostEnded):
        api.post("post-decide", TODAY)
    with pytest.raises(errors.StaffMissing):
        api.staff_posts("lilei")


def test_a_sign_in_holds_for_ten_hours_and_until_the_sign_out() -> None:
    token = api.open_staff_session("post-decide", Channel.DESK)
    other = api.open_staff_session("post-decide", Channel.DESK)
    assert len(token) == 43
    with CaptureQueriesContext(connection) as statements:
        assert api.staff_session(token) == DECIDE
    assert len(statements) == 1
    now = clock.now()
    with clock.held_at(now + timedelta(hours=10) - timedelta(seconds=1)):
        assert api.staff_session(token) == DECIDE
    with clock.held_at(now + timedelta(hours=10)):
        assert api.staff_session(token) is None
    api.close_staff_session(token)
    api.close_staff_session(token)
    api.close_staff_session("never given out")
    assert api.staff_session(token) is None
    assert api.staff_session(other) == DECIDE
    assert api.staff_session("") is None
    assert api.staff_session("\ud800") is None


def test_a_staff_member_is_signed_out_everywhere() -> None:
    tokens = [api.open_staff_session("post-decide", Channel.DESK) for _ in range(2)]
    window = api.open_staff_session("post-window", Channel.WINDOW)
    assert api.close_staff_sessions("staff-li") == 2
    assert [api.staff_session(token) for token in tokens] == [None, None]
    assert api.staff_session(window) is not None
    assert api.close_staff_sessions("staff-li") == 0


def test_the_token_is_not_kept() -> None:
    token = api.open_staff_session("post-decide", Channel.DESK)
    assert token not in str(StaffSession.objects.values().get())


def test_no_sign_in_on_a_post_that_is_not_held() -> None:
    with clock.held_at(datetime(2027, 1, 1, tzinfo=UTC)), pytest.raises(errors.PostEnded):
        api.open_staff_session("post-decide", Channel.DESK)
    assert StaffSession.objects.count() == 0


def test_the_day_is_that_of_shanghai() -> None:
    # 17:00 UTC on 31 December is 1 January in Shanghai: the post has ended.
    with clock.held_at(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)):
        token = api.open_staff_session("post-decide", Channel.DESK)
    with clock.held_at(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)):
        assert api.staff_session(token) is None


def test_long_ended_sign_ins_go() -> None:
    api.open_staff_session("post-window", Channel.WINDOW)
    with clock.held_at(clock.now() + timedelta(days=31)):
        api.open_staff_session("post-window", Channel.WINDOW)
    assert StaffSession.objects.count() == 1


def test_loads_are_idempotent_and_a_change_of_powers_holds_at_once() -> None:
    token = api.open_staff_session("post-window", Channel.WINDOW)
    assert api.put_staff([WANG], apply=True) == Changes(0, 0, 1, [])
    assert api.put_posts([WINDOW], apply=True) == Changes(0, 0, 1, [])
    fewer = api.PostRow(
        id="post-window",
        staff_id="staff-wang",
        place_id="110112",
        office_id="office-tongzhou",
        title="跨省通办窗口",
        powers=("receive",),
        starts_on=date(2026, 1, 1),
    )
    told = Changes(
        0, 1, 0, ["~ post post-window: powers ['deliver_result', 'receive'] → ['receive']"]
    )
    assert api.put_posts([fewer], apply=False) == told
    assert Post.objects.get(id="post-window").powers == ["deliver_result", "receive"]
    assert api.put_posts([fewer], apply=True) == told
    held = api.staff_session(token)
    assert held is not None
    assert held.powers == frozenset({api.Power.RECEIVE})


def test_a_trial_warns_of_what_is_not_there() -> None:
    row = _post(staff_id="s", place_id="p", agency_id="a", office_id="o")
    assert api.put_posts([row], apply=False) == Changes(
        1,
        0,
        0,
        [
            "+ post post-new 岗位",
            "! post post-new: staff_id s is not loaded yet",
            "! post post-new: place_id p is not loaded yet",
            "! post post-new: agency_id a is not loaded yet",
            "! post post-new: office_id o is not loaded yet",
        ],
    )
    assert Post.objects.count() == 2


def _post(**changed: object) -> api.PostRow:
    row: dict[str, object] = {
        "id": "post-new",
        "staff_id": "staff-wang",
        "place_id": "131028",
        "agency_id": "agency-dachang",
        "title": "岗位",
        "powers": ("receive",),
        "starts_on": date(2026, 1, 1),
    }
    return api.PostRow(**{**row, **changed})  # type: ignore[arg-type]  # a row as a file may hold it


def _staff(**changed: str) -> api.StaffRow:
    return api.StaffRow(**{"id": "staff-new", "login": "new", "name": "新", **changed})  # type: ignore[arg-type]  # likewise


@pytest.mark.parametrize(
    ("load", "refusal"),
    [
        (lambda: api.put_posts([_post(), _post()], apply=True), errors.RowRepeated),
        (lambda: api.put_posts([_post(powers=("rule",))], apply=True), errors.ValueRefused),
        (lambda: api.put_posts([_post(agency_id=None)], apply=True), errors.ValueRefused),
        (lambda: api.put_posts([_post(title=" ")], apply=True), errors.ValueRefused),
        (
            lambda: api.put_posts([_post(ends_on=date(2025, 1, 1))], apply=True),
            errors.ValueRefused,
        ),
        (
            lambda: api.put_posts(
                [_post(agency_id=None, office_id="office-tongzhou", powers=("issue",))], apply=True
            ),
            errors.PowerNeedsAgency,
        ),
        (lambda: api.put_posts([_post(staff_id="x")], apply=True), errors.ReferenceUnknown),
        (lambda: api.put_posts([_post(place_id="x")], apply=True), errors.ReferenceUnknown),
        (lambda: api.put_posts([_post(agency_id="x")], apply=True), errors.ReferenceUnknown),
        (lambda: api.put_posts([_post(office_id="x")], apply=True), errors.ReferenceUnknown),
        (lambda: api.put_staff([_staff(), _staff()], apply=True), errors.RowRepeated),
        (lambda: api.put_staff([_staff(), _staff(id="other")], apply=True), errors.RowRepeated),
        (lambda: api.put_staff([_staff(login="lilei")], apply=True), errors.ValueRefused),
        (lambda: api.put_staff([_staff(login="")], apply=True), errors.ValueRefused),
        (lambda: api.put_staff([_staff(name=" ")], apply=True), errors.ValueRefused),
    ],
)
def test_a_bad_row_stops_the_whole_load(load: Callable[[], object], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        load()
    assert (Post.objects.count(), Staff.objects.count()) == (2, 2)


def test_every_sign_in_and_its_end_leave_an_entry() -> None:
    token = api.open_staff_session("post-decide", Channel.DESK)
    mine = {
        "subject": ("post", "post-decide"),
        "place": "131028",
        "by": ("staff", "staff-li"),
        "facts": {},
    }
    assert (bodies("staff.logged_in"), bodies("staff.logged_out")) == ([mine], [])
    api.close_staff_session(token)
    api.close_staff_session(token)
    api.close_staff_session("never given out")
    assert bodies("staff.logged_out") == [mine]
    api.open_staff_session("post-decide", Channel.DESK)
    api.close_staff_sessions("staff-li")
    operators = {**mine, "by": ("system", "operator")}
    assert bodies("staff.logged_out") == [mine, operators]


def test_without_its_entry_nobody_is_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> str:
        raise DatabaseError

    monkeypatch.setattr("tongban.identity.actions.sessions.evidence.record", broken)
    with pytest.raises(DatabaseError):
        api.open_staff_session("post-decide", Channel.DESK)
    assert StaffSession.objects.count() == 0


def test_who_is_known_and_not_let_in_leaves_an_entry() -> None:
    for login in ("lilei", "nobody"):
        api.refuse_staff_login(login=login, channel=Channel.DESK, fault=api.LoginFault.NO_POST)
    assert bodies("staff.login_refused") == [
        {
            "subject": ("staff", "staff-li"),
            "place": "131028",
            "by": ("staff", "staff-li"),
            "facts": {"fault": "no_post"},
        }
    ]


def test_posts_given_changed_and_ended_leave_an_entry_each_and_a_repetition_none() -> None:
    granted = bodies("post.granted")
    assert [(one["subject"][1], one["place"], one["by"]) for one in granted] == [
        ("post-window", "110112", ("system", "operator")),
        ("post-decide", "131028", ("system", "operator")),
    ]
    assert granted[0]["facts"] == {
        "staff_id": "staff-wang",
        "agency_id": None,
        "office_id": "office-tongzhou",
        "powers": ["deliver_result", "receive"],
        "starts_on": "2026-01-01",
        "ends_on": None,
    }
    api.put_posts([WINDOW], apply=True)
    api.put_staff([WANG], apply=True)
    assert (bodies("post.granted"), bodies("post.changed")) == (granted, [])
    api.put_posts([replace(WINDOW, powers=("receive",))], apply=False)
    assert bodies("post.changed") == []
    api.put_posts([replace(WINDOW, powers=("receive",))], apply=True)
    (changed,) = bodies("post.changed")
    assert changed["facts"] == {**granted[0]["facts"], "powers": ["receive"]}
    api.put_posts([replace(WINDOW, powers=("receive",), ends_on=TODAY)], apply=True)
    (ended,) = bodies("post.ended")
    assert ended["facts"] == {**changed["facts"], "ends_on": "2026-11-02"}


def test_who_leaves_ends_their_posts_in_evidence() -> None:
    api.put_staff([replace(WANG, active=False)], apply=True)
    (ended,) = bodies("post.ended")
    assert (ended["subject"], ended["facts"]["active"]) == (("post", "post-window"), False)
    api.put_staff([WANG], apply=True)
    (back,) = bodies("post.changed")
    assert (back["subject"], back["facts"]["active"]) == (("post", "post-window"), True)
