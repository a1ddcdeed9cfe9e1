"""Run inside one of two nodes: ``python -m faults.inside_nodes VERB ...``; prints JSON.

``receive N`` takes in N cases at Tongzhou's window that Dachang decides, ``submit N`` applies for
as many online; ``withdraw ID...`` asks for their withdrawal there; ``ask``, ``accept``, ``review``
and ``decline`` are steps of Dachang's officer; ``correct`` and ``confirm`` are the applicant's on
the portal, ``give_back`` Tongzhou's window's. Papers: the window's ``send``, ``came_back`` and
``lost``, the agency's ``sign``, ``send_on`` and ``found``. ``files ID`` and ``papers ID`` tell what
a case has. ``keep_for_no_time`` ends every span of keeping.
``publish TEXT`` publishes Dachang's next edition with other conditions; ``versions`` tells the
editions of its cases; ``opens DAY`` what lets Tongzhou's window take in for Dachang on a day.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
django.setup()

from support import scene  # noqa: E402 - the product's models exist only from here on
from support.scene import DACHANG, DECIDERS, OFFICERS, TONGZHOU, Walk  # noqa: E402 - likewise
from tongban.agreements import api as agreements  # noqa: E402 - likewise
from tongban.cases import api as cases  # noqa: E402 - likewise
from tongban.cases.models import Case  # noqa: E402 - likewise
from tongban.delivery import api as delivery  # noqa: E402 - likewise
from tongban.matters import api as matters  # noqa: E402 - likewise
from tongban.matters.models import Edition  # noqa: E402 - likewise
from tongban.places import api as places  # noqa: E402 - likewise
from tongban.site import wiring  # noqa: E402 - likewise


def receive(count: str) -> list[str]:
    """Take in so many cases."""
    walks = [Walk(place=DACHANG, mode="received").begin().hand_in() for _ in range(int(count))]
    return [walk.done.case_id for walk in walks]


def submit(count: str) -> list[str]:
    """Have the applicant apply online to Dachang, so often."""
    walks = [Walk(place=DACHANG, mode="online").begin().hand_in() for _ in range(int(count))]
    return [walk.done.case_id for walk in walks]


def withdraw(*case_ids: str) -> list[str]:
    """Have the window ask for it."""
    for case_id in case_ids:
        acting = scene.at_window(TONGZHOU, "ma")
        cases.withdraw(acting=acting, reason="不办了", **_at(case_id))
    return list(case_ids)


def ask(*case_ids: str) -> list[str]:
    """Have the deciding agency ask for a correction."""
    wanted = [cases.Wanted(path="paper.premises", text="租赁合同缺少出租方签字。")]
    for case_id in case_ids:
        cases.ask_correction(acting=scene.as_post(OFFICERS[DACHANG]), wanted=wanted, **_at(case_id))
    return list(case_ids)


def correct(*case_ids: str) -> list[str]:
    """Have the applicant correct on this node's portal, with a new file."""
    acting = scene.as_person("ma")
    for case_id in case_ids:
        cases.attach(
            acting=acting,
            case_id=case_id,
            material_key="premises",
            stream=[scene.PDF],
            filename="补签的租赁合同.pdf",
        )
        cases.correct(acting=acting, form=scene.form(DACHANG), **_at(case_id))
    return list(case_ids)


def decline(*case_ids: str) -> list[str]:
    """Have the deciding agency decline and close."""
    acting = scene.as_post(OFFICERS[DACHANG])
    for case_id in case_ids:
        reason = "经营场所不在本辖区内，本机关无权登记。"
        cases.decline(acting=acting, reason=reason, **_at(case_id))
        cases.close(acting=acting, **_at(case_id))
    return list(case_ids)


def give_back(*case_ids: str) -> list[str]:
    """Put what the window holds into the applicant's hands."""
    acting = scene.at_window(TONGZHOU, "ma")
    for case_id in case_ids:
        for item in delivery.items_of(("case", case_id)):
            cases.hand_over(acting=acting, case_id=case_id, item_id=item.id, seq=item.seq)
    return list(case_ids)


def confirm(*case_ids: str) -> list[str]:
    """Have the applicant confirm on this node's portal that the answer came."""
    for case_id in case_ids:
        cases.deliver(acting=scene.as_person("ma"), **_at(case_id))
    return list(case_ids)


def files(case_id: str) -> list[str]:
    """Return the names of the files in force, each with the size of its clear bytes."""
    acting = scene.as_person("ma")
    file = cases.case_file(acting=acting, case_id=case_id, purpose="test")
    papers = [one for view in file.materials for one in view.papers]
    sizes = {
        one.id: len(b"".join(cases.open_paper(acting=acting, case_id=case_id, paper_id=one.id)[1]))
        for one in papers
    }
    return [f"{one.name} {sizes[one.id]}" for one in papers]


def _papers(case_id: str) -> list[delivery.ItemView]:
    return list(delivery.items_of(("case", case_id)))


def _of(case_id: str, item: delivery.ItemView) -> dict[str, Any]:
    return {"case_id": case_id, "item_id": item.id, "seq": item.seq}


def send(*case_ids: str) -> list[str]:
    """Have the window send its originals to the agency."""
    for case_id in case_ids:
        for item in _papers(case_id):
            at = _of(case_id, item)
            acting = scene.at_window(TONGZHOU, "ma")
            cases.dispatch(acting=acting, carrier="EMS", waybill="EB123456789CN", **at)
    return list(case_ids)


def send_on(*case_ids: str) -> list[str]:
    """Have the agency send what it holds to the window."""
    for case_id in case_ids:
        for item in _papers(case_id):
            at = _of(case_id, item)
            acting = scene.as_post(OFFICERS[DACHANG])
            cases.dispatch(acting=acting, carrier="EMS", waybill="EB987654321CN", **at)
    return list(case_ids)


def sign(*case_ids: str) -> list[str]:
    """Have the agency sign for what was sent to it."""
    for case_id in case_ids:
        for item in _papers(case_id):
            acting = scene.as_post(OFFICERS[DACHANG])
            cases.sign_for(acting=acting, case_id=case_id, item_id=item.id, seq=item.seq)
    return list(case_ids)


def came_back(*case_ids: str) -> list[str]:
    """Have the window note that its parcel came back."""
    for case_id in case_ids:
        for item in _papers(case_id):
            at = _of(case_id, item)
            cases.send_back(acting=scene.at_window(TONGZHOU, "ma"), note="", **at)
    return list(case_ids)


def lost(*case_ids: str) -> list[str]:
    """Have the window report its papers lost."""
    for case_id in case_ids:
        for item in _papers(case_id):
            at = _of(case_id, item)
            cases.report_lost(acting=scene.at_window(TONGZHOU, "ma"), note="不在本窗口", **at)
    return list(case_ids)


def found(*case_ids: str) -> list[str]:
    """Have the agency note that the papers are with it, and that both have compared."""
    acting = scene.as_post(OFFICERS[DACHANG])
    for case_id in case_ids:
        for item in _papers(case_id):
            at = _of(case_id, item)
            cases.compare_paper(acting=acting, found=True, note="原件在本机关", **at)
        cases.settle(acting=acting, case_id=case_id, note="电话核对，原件在大厂。")
    return list(case_ids)


def keep_for_no_time() -> list[str]:
    """Let no place keep its files any longer."""
    settings = [
        places.SettingRow(place_id=place, key="retention_years", value=0)
        for place in (DACHANG, TONGZHOU)
    ]
    places.put_settings(settings, apply=True)
    return []


def papers(case_id: str) -> list[str]:
    """Return where each paper is: state, holder, number of its last move."""
    return [f"{one.state} {one.holder.kind} {one.seq}" for one in _papers(case_id)]


def accept(*case_ids: str) -> list[str]:
    """Have the deciding agency accept."""
    for case_id in case_ids:
        cases.accept(acting=scene.as_post(OFFICERS[DACHANG]), **_at(case_id))
    return list(case_ids)


def review(*case_ids: str) -> list[str]:
    """Have the deciding agency review what it has accepted."""
    for case_id in case_ids:
        cases.review(
            acting=scene.as_post(OFFICERS[DACHANG]),
            grant=True,
            opinion="材料齐全，符合法定形式。",
            **_at(case_id),
        )
    return list(case_ids)


def decide(*case_ids: str) -> list[str]:
    """Have the deciding agency grant what it has reviewed."""
    for case_id in case_ids:
        cases.decide(acting=scene.as_post(DECIDERS[DACHANG]), grant=True, reason="", **_at(case_id))
    return list(case_ids)


def publish(conditions: str) -> list[str]:
    """Publish Dachang's next edition; return its version."""
    old = Edition.objects.get(place_id=DACHANG, matter_id=scene.MATTER, state="published")
    new = matters.EditionFile(
        matter_code=old.matter_id,
        place_id=old.place_id,
        agency_id=old.agency_id,
        version=old.version + 1,
        content={**old.content, "conditions": conditions},
        handle_item_code=old.handle_item_code,
        source=old.source,
        sample=old.sample,
    )
    matters.put_editions([new], apply=True)
    return [str(new.version)]


def versions() -> list[str]:
    """Return the version by which each case goes."""
    return [str(matters.edition(case.edition_id).version) for case in Case.objects.order_by("id")]


def opens(day: str) -> list[str]:
    """Return what opens a received case between the two, by agreement."""
    found = agreements.openings_from(receiving_place_id=TONGZHOU, on=date.fromisoformat(day))
    return sorted(one.agreement_id for one in found if one.deciding_place_id == DACHANG)


def _at(case_id: str) -> dict[str, Any]:
    seq = Case.objects.values_list("seq", flat=True).get(pk=case_id)
    return {"case_id": case_id, "seq": seq, "key": scene.key()}


VERBS: dict[str, Callable[..., list[str]]] = {
    "receive": receive,
    "submit": submit,
    "withdraw": withdraw,
    "ask": ask,
    "send": send,
    "send_on": send_on,
    "sign": sign,
    "came_back": came_back,
    "lost": lost,
    "found": found,
    "papers": papers,
    "keep_for_no_time": keep_for_no_time,
    "correct": correct,
    "decline": decline,
    "give_back": give_back,
    "confirm": confirm,
    "files": files,
    "accept": accept,
    "review": review,
    "decide": decide,
    "publish": publish,
    "versions": versions,
    "opens": opens,
}

if __name__ == "__main__":
    wiring.wire()
    json.dump(VERBS[sys.argv[1]](*sys.argv[2:]), sys.stdout)
