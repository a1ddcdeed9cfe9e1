"""The demo people and posts of 京津冀, and the steps that bring a case to any state."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tongban.cases import api as cases
from tongban.cases.api import Done, State
from tongban.cases.rules import day_of
from tongban.delivery import api as delivery
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel, Presence
from tongban.matters import api as matters

MATTER = "getihu-sheli"
TONGZHOU, DACHANG, SANHE = "110112", "131028", "131082"
OFFICES = {DACHANG: "office-dachang-centre", TONGZHOU: "office-fuzhongxin-centre"}
WINDOWS = {DACHANG: "post-dachang-window", TONGZHOU: "post-tongzhou-window"}
OFFICERS = {DACHANG: "post-dachang-officer", TONGZHOU: "post-tongzhou-officer"}
DECIDERS = {DACHANG: "post-dachang-decider", TONGZHOU: "post-tongzhou-decider"}
PEOPLE = {
    "ma": "13102819920308998X",
    "wang": "110112199806179992",
    "li": "131082199501229977",
}

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def key() -> str:
    """Return a fresh idempotency key."""
    return secrets.token_urlsafe(16)


def person_id(who: str) -> str:
    """Return the id of a demo person."""
    found = identity.find_person(number_kind=identity.NumberKind.RESIDENT, number=PEOPLE[who])
    assert found is not None
    return found


def as_person(who: str, assurance: Assurance = Assurance.HIGH) -> Acting:
    """Act as a demo person on the portal."""
    return Acting(
        actor_kind=ActorKind.PERSON,
        actor_id=person_id(who),
        channel=Channel.PORTAL,
        presence=Presence.LOGIN,
        assurance=assurance,
    )


def as_agent(who: str, principal: str, mandate_id: str) -> Acting:
    """Act as a demo person for another."""
    return Acting(
        actor_kind=ActorKind.PERSON,
        actor_id=person_id(who),
        channel=Channel.PORTAL,
        on_behalf_of=person_id(principal),
        mandate_id=mandate_id,
        presence=Presence.LOGIN,
        assurance=Assurance.HIGH,
    )


def as_post(post_id: str) -> Acting:
    """Act from a desk post."""
    return _staff(post_id, Channel.DESK, None, Presence.NONE)


def at_window(place: str, who: str, presence: Presence = Presence.DOCUMENT_SEEN) -> Acting:
    """Act at the window of a place for a person who stands there."""
    return at_post(WINDOWS[place], who, presence)


def at_post(post_id: str, who: str, presence: Presence = Presence.DOCUMENT_SEEN) -> Acting:
    """Act from a window post for a person who stands there."""
    return _staff(post_id, Channel.WINDOW, person_id(who), presence)


def _staff(post_id: str, channel: Channel, behalf: str | None, presence: Presence) -> Acting:
    return Acting(
        actor_kind=ActorKind.STAFF,
        actor_id=identity.post(post_id, on=day_of(clock.now())).staff_id,
        channel=channel,
        post_id=post_id,
        on_behalf_of=behalf,
        presence=presence,
        assurance=Assurance.HIGH if behalf else Assurance.ANONYMOUS,
    )


def edition_id(place: str) -> str:
    """Return the published edition of the demo matter in a place."""
    return matters.open_edition(matter_code=MATTER, place_id=place).id


def form(place: str) -> dict[str, Any]:
    """Return a complete form for a place's edition."""
    address = {TONGZHOU: "玉桥街道运河西大街88号1层101", DACHANG: "大厂镇大安街15号底商3号"}
    return {
        "business_name": {TONGZHOU: "北京市通州区晴川花店", DACHANG: "大厂回族自治县清荷小吃店"}[
            place
        ],
        "organisation_form": "personal",
        "business_scope": "餐饮服务；食品销售",
        "employee_count": 2,
        "premises_division": place,
        "premises_address": address[place],
        "operator_phone": "19900000001",
        "operator_address": "廊坊市大厂回族自治县祁各庄镇88号",
        "delivery_way": "window",
        "truth_pledge": True,
        **_own_fields(place),
    }


def _own_fields(place: str) -> dict[str, Any]:
    """Return what one place's form asks for and the other's does not."""
    schema = matters.edition(edition_id(place)).form_schema
    extra = set(schema["required"]) - {
        "business_name",
        "organisation_form",
        "business_scope",
        "employee_count",
        "premises_division",
        "premises_address",
        "operator_phone",
        "operator_address",
        "delivery_way",
        "truth_pledge",
    }
    return {name: _some(schema["properties"][name]) for name in extra}


def _some(field_schema: dict[str, Any]) -> Any:  # noqa: ANN401 - a JSON value
    if "oneOf" in field_schema:
        return field_schema["oneOf"][0]["const"]
    if field_schema["type"] == "integer":
        return field_schema.get("minimum", 1)
    if field_schema["type"] == "boolean":
        return True
    return "样例内容一二三四"


def checked(acting: Acting, case_id: str) -> dict[str, Any]:
    """Return what ``cases.submit`` is given by a person who has just looked at their draft."""
    return {
        "acting": acting,
        "case": cases.case_head(acting=acting, case_id=case_id),
        "seq": 1,
        "seen": cases.case_file(acting=acting, case_id=case_id, purpose="test").draft_mark,
    }


@dataclass(slots=True)
class Walk:
    """One case as it is walked through its verbs; ``done`` is the last answer."""

    place: str
    mode: str
    who: str = "ma"
    done: Done = field(init=False)

    @property
    def receiving(self) -> str:
        """The place of the window in received mode."""
        return TONGZHOU if self.place == DACHANG else DACHANG

    @property
    def applicant(self) -> Acting:
        """The applicant at the portal."""
        return as_person(self.who)

    @property
    def window(self) -> Acting:
        """The window that takes in, the applicant before it."""
        return at_window(self.receiving, self.who)

    @property
    def officer(self) -> Acting:
        """The case officer of the deciding agency."""
        return as_post(OFFICERS[self.place])

    @property
    def decider(self) -> Acting:
        """The decider of the deciding agency."""
        return as_post(DECIDERS[self.place])

    @property
    def starter(self) -> Acting:
        """Who hands the case in: the applicant online, the window otherwise."""
        return self.applicant if self.mode == "online" else self.window

    def _at(self) -> dict[str, Any]:
        return {"case_id": self.done.case_id, "seq": self.done.seq, "key": key()}

    def begin(self) -> "Walk":
        """Draft it and hand in the proof of premises."""
        self.done = cases.draft(
            acting=self.starter,
            edition_id=edition_id(self.place),
            mode=self.mode,
            applicant_id=person_id(self.who),
            receiving_office_id=OFFICES[self.receiving] if self.mode == "received" else None,
            form=form(self.place),
            key=key(),
        )
        cases.attach(
            acting=self.starter,
            case_id=self.done.case_id,
            material_key="premises",
            stream=[PDF],
            filename="房屋租赁合同.pdf",
        )
        return self

    def hand_in(self) -> "Walk":
        """Submit it, or receive it with the original lease."""
        if self.mode == "online":
            self.done = cases.submit(
                **checked(self.applicant, self.done.case_id), consent=True, key=key()
            )
        else:
            self.done = cases.receive(
                acting=self.window,
                form=form(self.place),
                originals=[cases.Original(material_key="premises", copies=1)],
                consent=True,
                **self._at(),
            )
        return self

    def ask(self) -> "Walk":
        """Ask for one correction."""
        wanted = [cases.Wanted(path="paper.premises", text="租赁合同缺少出租方签字。")]
        self.done = cases.ask_correction(acting=self.officer, wanted=wanted, **self._at())
        return self

    def correct(self) -> "Walk":
        """Answer the notice."""
        self.done = cases.correct(acting=self.starter, form=form(self.place), **self._at())
        return self

    def accept(self) -> "Walk":
        """Accept it."""
        self.done = cases.accept(acting=self.officer, **self._at())
        return self

    def decline(self) -> "Walk":
        """Decline it."""
        self.done = cases.decline(
            acting=self.officer, reason="经营场所不在本辖区内，本机关无权登记。", **self._at()
        )
        return self

    def review(self, *, grant: bool = True) -> "Walk":
        """Review it."""
        self.done = cases.review(
            acting=self.officer, grant=grant, opinion="材料齐全，符合法定形式。", **self._at()
        )
        return self

    def decide(self, *, grant: bool = True) -> "Walk":
        """Decide it."""
        reason = "" if grant else "字号与已登记的个体工商户相同。"
        self.done = cases.decide(acting=self.decider, grant=grant, reason=reason, **self._at())
        return self

    def produce(self) -> "Walk":
        """Make the licence."""
        self.done = cases.produce(
            acting=self.officer, licence_number="92110112MA00000001", **self._at()
        )
        return self

    def issue(self) -> "Walk":
        """Hand it down."""
        self.done = cases.issue(acting=self.officer, **self._at())
        return self

    def close(self) -> "Walk":
        """Close it."""
        self.done = cases.close(acting=self.officer, **self._at())
        return self

    def carry_home(self) -> "Walk":
        """Send what the agency holds to the window and put it into the applicant's hands."""
        case_id = self.done.case_id
        for item in delivery.items_of(("case", case_id)):
            if item.holder.kind is not delivery.HolderKind.AGENCY:
                continue
            at = {"case_id": case_id, "item_id": item.id}
            cases.dispatch(
                acting=self.officer, seq=item.seq, carrier="EMS", waybill="EB123456789CN", **at
            )
            cases.sign_for(acting=self.window, seq=delivery.item(item.id).seq, **at)
            cases.hand_over(acting=self.window, seq=delivery.item(item.id).seq, **at)
        return self

    def deliver(self) -> "Walk":
        """Confirm that the result is in the applicant's hands."""
        self.done = cases.deliver(acting=self.starter, **self._at())
        return self


def walk_to(state: State, *, place: str = TONGZHOU, mode: str = "online") -> Walk:
    """Return a case in ``state``, walked there by its own verbs."""
    walk = Walk(place=place, mode=mode).begin()
    for step in _ROUTES[state]:
        step(walk)
    assert walk.done.state == state
    return walk


def _taken_in(walk: Walk) -> Walk:
    return walk.hand_in()


def _brought_home(walk: Walk) -> Walk:
    return walk.carry_home() if walk.mode == "received" else walk


_TO_ACCEPTED: list[Callable[[Walk], Walk]] = [_taken_in, Walk.accept]
_TO_REVIEWED = [*_TO_ACCEPTED, Walk.review]
_TO_GRANTED = [*_TO_REVIEWED, Walk.decide]
_TO_ISSUED = [*_TO_GRANTED, Walk.produce, Walk.issue]

_ROUTES: dict[State, list[Callable[[Walk], Walk]]] = {
    State.DRAFT: [],
    State.SUBMITTED: [_taken_in],
    State.RECEIVED: [_taken_in],
    State.CORRECTING: [_taken_in, Walk.ask],
    State.ACCEPTED: _TO_ACCEPTED,
    State.REVIEWED: _TO_REVIEWED,
    State.GRANTED: _TO_GRANTED,
    State.REFUSED: [*_TO_REVIEWED, lambda walk: walk.decide(grant=False)],
    State.PRODUCED: [*_TO_GRANTED, Walk.produce],
    State.ISSUED: _TO_ISSUED,
    State.DECLINED: [_taken_in, Walk.decline],
    State.CLOSED: [*_TO_ISSUED, Walk.close],
    State.DELIVERED: [*_TO_ISSUED, Walk.close, _brought_home, Walk.deliver],
}
