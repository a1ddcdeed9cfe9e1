"""Run inside one of two nodes: ``python -m faults.inside_nodes VERB ...``; prints JSON.

``receive N`` takes in N cases at Tongzhou's window that Dachang decides; ``withdraw ID...`` asks
for their withdrawal there; ``ask``, ``accept`` and ``review`` are steps of Dachang's officer.
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
from support.scene import DACHANG, OFFICERS, TONGZHOU, Walk  # noqa: E402 - likewise
from tongban.agreements import api as agreements  # noqa: E402 - likewise
from tongban.cases import api as cases  # noqa: E402 - likewise
from tongban.cases.models import Case  # noqa: E402 - likewise
from tongban.matters import api as matters  # noqa: E402 - likewise
from tongban.matters.models import Edition  # noqa: E402 - likewise


def receive(count: str) -> list[str]:
    """Take in so many cases."""
    walks = [Walk(place=DACHANG, mode="received").begin().hand_in() for _ in range(int(count))]
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
    "withdraw": withdraw,
    "ask": ask,
    "accept": accept,
    "review": review,
    "publish": publish,
    "versions": versions,
    "opens": opens,
}

if __name__ == "__main__":
    json.dump(VERBS[sys.argv[1]](*sys.argv[2:]), sys.stdout)
