"""A person who was erased here: the nodes that have data of theirs are told, messages are emptied.

Each node answers for what it holds: another is told, and decides by its own law and its own files.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from tongban.cases.errors import CaseNotFound
from tongban.cases.models import Case, CaseAbroad, PersonAbroad, Pointer
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel

ERASED = "person.erased"
FORGET_JOB = "cases.forget_erased"
KIND = "erasure.told"
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedElsewhere:
    """A person whom another node has erased and this one hasn't: its operator is to look."""

    person_id: str
    node: str
    at: datetime
    cases: int


def tell(person_id: str, ground: identity.ErasureGround) -> tuple[str, ...]:
    """Tell the nodes that have data of a person that they are erased here; return their names.

    In the caller's transaction. The lines that other nodes showed them here go, and the links.
    """
    links = dict(PersonAbroad.objects.filter(person_id=person_id).values_list("node", "theirs"))
    shared: dict[str, list[str]] = defaultdict(list)
    for node, case_id in CaseAbroad.objects.filter(case__applicant_id=person_id).values_list(
        "node", "case_id"
    ):
        shared[node].append(case_id)
    told = sorted({*links, *shared} & set(federation.trusted()))
    for node in told:
        federation.send(
            to=node,
            kind=ERASED,
            lane=person_id,
            data={
                "person": links.get(node, ""),
                "cases": sorted(shared[node]),
                "ground": ground.value,
            },
        )
    Pointer.objects.filter(person_id=person_id).delete()
    PersonAbroad.objects.filter(person_id=person_id).delete()
    return tuple(told)


def take_erased(message: federation.Message) -> None:
    """Note that another node has erased a person whom both know; CaseNotFound for anybody else.

    Nothing is erased here by that. The lines that it showed them go.
    """
    data = message.data
    shown = Pointer.objects.filter(person_id=data["person"], node=message.sender)
    was_shown = bool(shown.delete()[0])
    both = CaseAbroad.objects.filter(case_id__in=data["cases"], node=message.sender)
    people = set(both.values_list("case__applicant_id", flat=True))
    if not people and not was_shown:
        raise CaseNotFound
    both.update(erased_there_at=message.at)
    PersonAbroad.objects.filter(person_id__in=people, node=message.sender).delete()
    by = Acting(actor_kind=ActorKind.NODE, actor_id=message.sender, channel=Channel.API)
    own = federation.own()
    for person_id in sorted(people or {data["person"]}):
        evidence.record(
            kind=KIND,
            at=clock.now(),
            place_id=own.places[0] if own is not None and own.places else "",
            acting=by,
            subject=("person", person_id),
            facts={"node": message.sender, "ground": data["ground"], "cases": len(data["cases"])},
            key=None,
        )


def erased_elsewhere() -> tuple[ErasedElsewhere, ...]:
    """Return whom other nodes have erased and this one hasn't, the oldest first. One statement."""
    rows = CaseAbroad.objects.filter(erased_there_at__isnull=False)
    rows = rows.exclude(case__applicant__state="erased")
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for person_id, node, at in rows.values_list("case__applicant_id", "node", "erased_there_at"):
        if at is not None:
            found[person_id, node].append(at)
    views = (
        ErasedElsewhere(person_id=person_id, node=node, at=min(moments), cases=len(moments))
        for (person_id, node), moments in found.items()
    )
    return tuple(sorted(views, key=lambda one: one.at))


def forget() -> int:
    """Empty the settled messages about cases of people who were erased; return how many.

    What still waits is emptied once it was answered: this runs daily, and again after a restore.
    """
    people = Case.objects.filter(applicant__state="erased", abroad__isnull=False)
    lanes = set(people.values_list("id", flat=True)) | set(
        people.values_list("applicant_id", flat=True)
    )
    ordered = sorted(lanes)
    return sum(
        federation.forget(ordered[start : start + _BATCH])
        for start in range(0, len(ordered), _BATCH)
    )
