"""Run inside a node before, between and after a split: ``python -m faults.inside_split VERB ...``.

``begin`` takes cases of each kind to each state; ``states`` tells them; ``step NAME ID ...`` has
whoever it is up to take that step, as ``support.scene.Walk`` names it; all print JSON.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
django.setup()

from support import scene  # noqa: E402 - the product's models exist only from here on
from support.scene import DACHANG, PEOPLE, TONGZHOU, Walk  # noqa: E402 - likewise
from tongban.cases import api as cases  # noqa: E402 - likewise
from tongban.cases.models import Case  # noqa: E402 - likewise
from tongban.delivery import api as delivery  # noqa: E402 - likewise
from tongban.site import wiring  # noqa: E402 - likewise
from tongban.site.split import giving  # noqa: E402 - likewise
from tongban.vault import api as vault  # noqa: E402 - likewise

ROUTES = {
    "draft": (),
    "handed_in": ("hand_in",),
    "correcting": ("hand_in", "ask"),
    "accepted": ("hand_in", "accept"),
    "issued": ("hand_in", "accept", "review", "decide", "produce", "issue"),
    "closed": ("hand_in", "accept", "review", "decide", "produce", "issue", "close"),
}
KINDS = {
    "online Dachang": (DACHANG, "online", "ma"),
    "received for Dachang": (DACHANG, "received", "wang"),
    "received for Tongzhou": (TONGZHOU, "received", "ma"),
    "online Tongzhou": (TONGZHOU, "online", "wang"),
}


def begin() -> dict[str, str]:
    """Take a case of each kind to each state; return their ids."""
    found = {}
    for kind, (place, mode, who) in KINDS.items():
        for state, route in ROUTES.items():
            walk = Walk(place=place, mode=mode, who=who).begin()
            for step in route:
                getattr(walk, step)()
            found[f"{kind} {state}"] = walk.done.case_id
            cases.case_file(acting=walk.starter, case_id=walk.done.case_id, purpose="test")
    return found


def states() -> dict[str, list[Any]]:
    """Tell state and events of each case, and what is held of it, by id."""
    found = {}
    for case in Case.objects.order_by("id"):
        held = [
            (item.label, item.state.value, item.holder.id, item.seq)
            for item in delivery.items_of(("case", case.id))
        ]
        found[case.id] = [case.state, case.seq, case.number, sorted(held)]
    return found


def step(name: str, *case_ids: str) -> list[str]:
    """Take a step in each of these cases, as whoever is next."""
    for case_id in case_ids:
        walk = _walk(case_id)
        if name == "withdraw":
            cases.withdraw(acting=walk.starter, reason="不办了", **walk._at())
        else:
            getattr(walk, name)()
    return list(case_ids)


def papers(verb: str, *case_ids: str) -> list[str]:
    """Move the papers of these cases that can be moved so."""
    for case_id in case_ids:
        walk = _walk(case_id)
        for item in delivery.items_of(("case", case_id)):
            at: dict[str, Any] = {"case_id": case_id, "item_id": item.id, "seq": item.seq}
            agency = item.holder.kind is delivery.HolderKind.AGENCY
            if verb == "dispatch" and agency:
                cases.dispatch(acting=walk.officer, carrier="EMS", waybill="EB123456789CN", **at)
            elif verb == "sign" and item.state is delivery.ItemState.IN_TRANSIT:
                cases.sign_for(acting=walk.window, **at)
            elif verb == "hand_over" and not agency:
                cases.hand_over(acting=walk.window, **at)
    return list(case_ids)


def reads(*case_ids: str) -> list[list[str]]:
    """Read the files of these cases as their applicants."""
    found = []
    for case_id in case_ids:
        walk = _walk(case_id)
        file = cases.case_file(acting=walk.applicant, case_id=case_id, purpose="test")
        named = [paper for material in file.materials for paper in material.papers]
        found.append([str(file.form.get("business_name")), *(one.name for one in named)])
    return found


def receipt(case_id: str, file: str) -> int:
    """Take the receipt of a case as its applicant; return how many entries it proves."""
    issued = cases.receipt(acting=_walk(case_id).applicant, case_id=case_id)
    Path(file).write_bytes(issued.data)
    return issued.sealed


def keys(*case_ids: str) -> int:
    """Tell how many keys of these cases are here."""
    return len(list(vault.splitting.keys_in_cases(case_ids)))


def broken_finish(folder: str) -> str:
    """Let go, and break off when the rows are gone and the keys aren't."""
    wiring.wire()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault.splitting, "destroy", _broken)
        try:
            giving.finish(giving.look_at_end(Path(folder)))
        except InterruptedError:
            return "broken off"
    return "went through"


def _broken(*_: object, **__: object) -> int:
    raise InterruptedError


def _walk(case_id: str) -> Walk:
    case = Case.objects.get(pk=case_id)
    who = next(one for one in PEOPLE if scene.person_id(one) == case.applicant_id)
    walk = Walk(place=case.place_id, mode=case.mode, who=who)
    walk.done = cases.Done(
        case_id=case.id, number=case.number, state=cases.State(case.state), seq=case.seq
    )
    return walk


VERBS: dict[str, Any] = {
    "begin": begin,
    "states": states,
    "step": step,
    "papers": papers,
    "reads": reads,
    "keys": keys,
    "receipt": receipt,
    "broken_finish": broken_finish,
}

if __name__ == "__main__":
    json.dump(VERBS[sys.argv[1]](*sys.argv[2:]), sys.stdout, ensure_ascii=False)
