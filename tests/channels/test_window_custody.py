"""Originals and results in the clerk's hands: which moves are offered, and what each does."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from channels.window_walk import Walker, clerk, other_post
from support.contents import everything
from support.scene import DACHANG, OFFICERS, TONGZHOU, Walk, as_post, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.channels.window.moves import possible
from tongban.channels.window.verb_forms import ROUTES
from tongban.delivery import api as delivery
from tongban.delivery.api import Holder, HolderKind, ItemKind, ItemState, ItemView, Verb
from tongban.delivery.rules import TABLE, Side, powers_for
from tongban.identity import api as identity
from tongban.identity.api import PostView, Power
from tongban.kernel import clock

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

OFFICE = "office-dachang-centre"
AGENCY = "agency-tongzhou-scjg"


def received() -> Walk:
    return walk_to(State.RECEIVED, place=TONGZHOU, mode="received")


def the_item(walk: Walk) -> ItemView:
    [item] = delivery.items_of(("case", walk.done.case_id))
    return item


def page(walk: Walk) -> Walker:
    return clerk().go(f"/window/cases/{walk.done.case_id}/")


def offered(walker: Walker) -> set[str]:
    return {form.action.split("/")[-2] for form in walker.forms if "/papers/" in form.action}


def send(walker: Walker, item: ItemView, waybill: str = "EMS00000001") -> Walker:
    prefix = f"{item.id}.dispatch"
    return walker.press(
        "/dispatch/", {f"{prefix}.carrier": "中国邮政", f"{prefix}.waybill": waybill}
    )


def test_an_original_goes_out_and_comes_back_undelivered_and_goes_out_again() -> None:
    walk = received()
    walker = page(walk)
    assert offered(walker) == {"dispatch", "hand_over", "lost"}
    send(walker, the_item(walk))
    assert offered(walker) == {"send_back", "lost"}
    item = the_item(walk)
    walker.press("/send_back/", {f"{item.id}.send_back.note": "收件人不在"})
    assert "已登记退回" in walker.page
    assert the_item(walk).state is ItemState.RETURNED
    send(walker, the_item(walk), "EMS00000002")
    item = the_item(walk)
    assert (item.state, item.waybill) == (ItemState.IN_TRANSIT, "EMS00000002")
    assert item.addressee == Holder(HolderKind.AGENCY, AGENCY)


def test_a_loss_is_reported_and_the_paper_found_again() -> None:
    walk = received()
    walker = page(walk)
    send(walker, the_item(walk))
    item = the_item(walk)
    walker.press(
        "/lost/", {f"{item.id}.lost.note": "邮政确认途中遗失", f"{item.id}.lost.confirm": "true"}
    )
    assert "已报告遗失" in walker.page
    assert the_item(walk).state is ItemState.LOST
    assert offered(walker) == {"send_back"}
    walker.press("/send_back/")
    assert the_item(walk).state is ItemState.RETURNED


@pytest.mark.parametrize(
    ("carrier", "waybill", "code"),
    [
        ("", "EMS00000001", "cases.text_refused"),
        ("快" * 41, "EMS00000001", "cases.text_refused"),
        ("中国邮政", "", "delivery.waybill_invalid"),
        ("中国邮政", "12", "delivery.waybill_invalid"),
        ("中国邮政", "<b>1234567</b>", "delivery.waybill_invalid"),
    ],
)
def test_a_parcel_without_carrier_or_number(carrier: str, waybill: str, code: str) -> None:
    walk = received()
    walker = page(walk)
    before = everything()
    prefix = f"{the_item(walk).id}.dispatch"
    walker.press("/dispatch/", {f"{prefix}.carrier": carrier, f"{prefix}.waybill": waybill})
    assert (walker.status, code in walker.page) == (400, True)
    assert walker.form("/dispatch/").values[f"{prefix}.waybill"] == [waybill]
    assert "<b>1234567" not in walker.page
    assert everything() == before


def test_a_loss_needs_its_story_and_a_tick_and_a_hand_over_somebody_there() -> None:
    walk = received()
    walker = page(walk)
    item = the_item(walk)
    before = everything()
    for tail, answers, status, code in (
        ("/lost/", {f"{item.id}.lost.confirm": "true"}, 400, "window.note_missing"),
        ("/lost/", {f"{item.id}.lost.note": "找不到"}, 400, "window.not_confirmed"),
        ("/hand_over/", {}, 422, "cases.presence_missing"),
    ):
        walker.press(tail, answers)
        assert (walker.status, code in walker.page) == (status, True)
    assert everything() == before


def test_a_move_sent_twice_is_made_once_and_one_seen_too_early_not_at_all() -> None:
    walk = received()
    walker = page(walk)
    item = the_item(walk)
    prefix = f"{item.id}.dispatch"
    path, sent = walker.filled(
        "/dispatch/", {f"{prefix}.carrier": "中国邮政", f"{prefix}.waybill": "EMS00000001"}
    )
    lost, lost_sent = walker.filled(
        "/lost/", {f"{item.id}.lost.note": "找不到", f"{item.id}.lost.confirm": "true"}
    )
    for _ in range(2):
        assert "已登记寄出" in walker.send(path, sent).page
    assert len([one for one in delivery.moves_of(item.id) if one.verb is Verb.SEND]) == 1
    before = everything()
    walker.send(lost, lost_sent)
    assert (walker.status, "delivery.stale" in walker.page) == (409, True)
    assert everything() == before


def test_a_paper_of_another_case_is_not_reached_through_this_one() -> None:
    one, other = received(), received()
    walker = page(one)
    before = everything()
    prefix = f"{the_item(other).id}.dispatch"
    path, sent = walker.filled("/dispatch/")
    sent |= {f"{prefix}.carrier": "中国邮政", f"{prefix}.waybill": "EMS00000001"}
    walker.send(path.replace(the_item(one).id, the_item(other).id), sent)
    assert (walker.status, "cases.paper_unknown" in walker.page) == (404, True)
    assert everything() == before


def test_the_first_page_tells_papers_by_where_they_are() -> None:
    to_send, sent, late, coming, here = (received() for _ in range(5))
    for walk in (sent, late):
        send(page(walk), the_item(walk))
    for walk in (coming, here):
        send(page(walk), the_item(walk))
        item = the_item(walk)
        officer = as_post(OFFICERS[TONGZHOU])
        cases.sign_for(acting=officer, case_id=walk.done.case_id, item_id=item.id, seq=item.seq)
        cases.dispatch(
            acting=officer,
            case_id=walk.done.case_id,
            item_id=item.id,
            seq=item.seq + 1,
            carrier="中国邮政",
            waybill="EMS00000009",
        )
    page(here).press("/sign/")
    assert heaps(clerk().go("/window/")) == {
        "sign": {coming.done.case_id},
        "send": {to_send.done.case_id},
        "sent": {sent.done.case_id, late.done.case_id},
        "give": {here.done.case_id},
    }
    with clock.held_at(clock.now() + timedelta(days=8)):
        found = heaps(clerk().go("/window/"))
    assert found["late"] == {sent.done.case_id, late.done.case_id, coming.done.case_id}
    assert "sent" not in found


def heaps(walker: Walker) -> dict[str, set[str]]:
    """Return the cases that each heap of papers links to."""
    found: dict[str, set[str]] = {}
    for part in walker.page.split('<section class="heap')[1:]:
        key = part.split('id="', 1)[1].split('"', 1)[0]
        links = {
            piece.split("/", 1)[0]
            for piece in part.split('href="/window/cases/')[1:]
            if "#p-" in piece.split('"', 1)[0]
        }
        if links:
            found[key] = links
    return found


def positions() -> Iterator[ItemView]:
    """Yield papers in every state, held, sent and awaited by everyone who can."""
    here, agency = Holder(HolderKind.OFFICE, OFFICE), Holder(HolderKind.AGENCY, AGENCY)
    carrier = Holder(HolderKind.CARRIER, "中国邮政")
    for kind in ItemKind:
        for state in ItemState:
            for holder in (here, agency, carrier):
                for sender, addressee in ((None, None), (here, agency), (agency, here)):
                    yield ItemView(
                        id="item",
                        place_id=TONGZHOU,
                        subject=("case", "case"),
                        label="经营场所使用证明",
                        kind=kind,
                        copies=1,
                        created_at=clock.now(),
                        seq=1,
                        state=state,
                        holder=holder,
                        sender=sender,
                        addressee=addressee,
                        carrier=None,
                        waybill=None,
                        expected_by=None,
                    )


def allowed(item: ItemView, post: PostView) -> set[Verb]:
    """Return the moves that delivery's own table gives the post's office."""
    here = Holder(HolderKind.OFFICE, post.office_id or "")
    ends = {Side.HOLDER: item.holder, Side.SENDER: item.sender, Side.ADDRESSEE: item.addressee}
    return {
        verb
        for (state, verb), row in TABLE.items()
        if state is item.state
        and any(ends[side] == here for side in row.sides)
        and post.powers & powers_for(verb, item.kind)
    }


def test_the_moves_shown_are_those_of_delivery_s_table() -> None:
    """But for two: preparing is part of sending, and a parcel on its way is not handed over."""
    posts = [
        identity.post("post-dachang-window", on=clock.now().date()),
        other_view(Power.RECEIVE),
        other_view(Power.DELIVER_RESULT),
        other_view(Power.VOID),
    ]
    looked = 0
    for post in posts:
        for item in positions():
            rule = allowed(item, post) - {Verb.PREPARE}
            if item.state is ItemState.IN_TRANSIT:
                rule -= {Verb.HAND_OVER}
            if Verb.PREPARE in allowed(item, post):
                rule |= {Verb.SEND}
            assert possible(item, post) == rule, (item.state, item.holder, post.powers)
            looked += len(rule)
    assert looked > 100
    compared = {Verb.FOUND, Verb.MISSING}  # offered only while two nodes differ
    own = {Verb.SEND, Verb.SIGN, Verb.SEND_BACK, Verb.REPORT_LOST, Verb.HAND_OVER}
    assert set(ROUTES) == own | compared


def other_view(power: Power) -> PostView:
    other_post(power, office=OFFICE, place=DACHANG)
    return identity.post(f"post-{power.value}-{OFFICE}", on=clock.now().date())
