"""What a person's other node shows them of their cases here: a line each, pushed anew 指引.

Nothing is pushed before the person said so here, logged in: a node that hands a case over names
whom it likes, and must learn nothing of their other cases by that.
"""

from django.db import transaction

from tongban.cases.crossing.packing import Json, pointer, pointer_values
from tongban.cases.crossing.standing import abroad_of
from tongban.cases.errors import NotYours, PointedWrong
from tongban.cases.models import Case, PersonAbroad, Pointer
from tongban.cases.transitions import OVER
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind

POINTED, UNPOINTED = "case.pointed", "case.unpointed"
SHOWN, HIDDEN = "person.shown_abroad", "person.hidden_abroad"
_AT_FIRST = 200
"""Cases that are pushed when a person agrees: the newest that aren't over."""


def known_abroad(*, person_id: str, node: str, theirs: str) -> None:
    """Note that a person of ours is known at another node under an id of that node's.

    A case was handed over for them, or they logged in here through that node. Nothing is shown
    there until they agree, and then under the id that was known when they did.
    """
    found, made = PersonAbroad.objects.get_or_create(
        person_id=person_id, node=node, defaults={"theirs": theirs}
    )
    if not made and found.agreed_at is None:
        PersonAbroad.objects.filter(pk=found.pk).update(theirs=theirs)


def show_abroad(*, acting: Acting, node: str) -> None:
    """Have another node show the person's cases here from now on; again changes nothing.

    NotYours but for a person known there who acts for themselves.
    """
    with transaction.atomic():
        link = _link(acting, node)
        if link.agreed_at is not None:
            return
        link.agreed_at = clock.now()
        link.save(update_fields=["agreed_at"])
        _leave_entry(acting, SHOWN, node)
        running = Case.objects.filter(applicant_id=link.person_id, number__isnull=False)
        running = running.exclude(state__in=[state.value for state in OVER])
        for case in running.order_by("-id")[:_AT_FIRST]:
            _push(case, [link])


def hide_abroad(*, acting: Acting, node: str) -> None:
    """Have another node show the person's cases here no more, and forget them; again likewise."""
    with transaction.atomic():
        link = _link(acting, node)
        if link.agreed_at is None:
            return
        link.agreed_at = None
        link.save(update_fields=["agreed_at"])
        _leave_entry(acting, HIDDEN, node)
        if node in federation.trusted():
            federation.send(to=node, kind=UNPOINTED, lane=link.theirs, data={"person": link.theirs})


def _link(acting: Acting, node: str) -> PersonAbroad:
    found = None
    if acting.actor_kind is ActorKind.PERSON and acting.on_behalf_of is None:
        links = PersonAbroad.objects.select_for_update()
        found = links.filter(person_id=acting.actor_id, node=node).first()
    if found is None:
        raise NotYours
    return found


def _leave_entry(acting: Acting, kind: str, node: str) -> None:
    own = federation.own()
    evidence.record(
        kind=kind,
        at=clock.now(),
        place_id=own.places[0] if own is not None and own.places else "",
        acting=acting,
        subject=("person", acting.actor_id),
        facts={"node": node},
        key=None,
    )


def point(case: Case) -> None:
    """Push how a case stands to the nodes that show it to its applicant, as the case is changed.

    Not to the one that has a copy. No statement where there can be no other node, else one, and one
    more for a case that another node has.
    """
    if federation.own() is None or case.number is None:
        return
    links = list(PersonAbroad.objects.filter(person_id=case.applicant_id, agreed_at__isnull=False))
    if links:
        _push(case, links)


def _push(case: Case, links: list[PersonAbroad]) -> None:
    abroad = abroad_of(case)
    if abroad is not None and not abroad.ordered_here:
        return
    trusted = federation.trusted()
    for link in links:
        if link.node in trusted and (abroad is None or abroad.node != link.node):
            federation.send(
                to=link.node, kind=POINTED, lane=link.theirs, data=pointer(case, link.theirs)
            )


def take_pointed(message: federation.Message) -> None:
    """Keep what another node shows a person here of a case; what is newer takes its place.

    PointedWrong for a place that it doesn't host, a person who isn't here, or a case of another
    node's. A case that is here itself needs no pointer.
    """
    data: Json = message.data
    if (
        data["person"] != message.lane
        or federation.node_hosting(data["place_id"]) != message.sender
    ):
        raise PointedWrong
    if not identity.masked_names([data["person"]]):
        raise PointedWrong
    if Case.objects.filter(pk=data["case_id"]).exists():
        return
    held = Pointer.objects.filter(pk=data["case_id"]).values_list("node", flat=True).first()
    if held not in {None, message.sender}:
        raise PointedWrong
    values = pointer_values(data) | {"node": message.sender, "told_at": message.at}
    Pointer.objects.update_or_create(id=data["case_id"], defaults=values)


def answered(answer: federation.Answer) -> None:
    """End what a node doesn't take: it knows the person no more under that id."""
    if not answer.taken:
        links = PersonAbroad.objects.filter(node=answer.to, theirs=answer.lane)
        links.update(agreed_at=None)


def take_unpointed(message: federation.Message) -> None:
    """Forget what another node showed a person here."""
    if message.data["person"] != message.lane:
        raise PointedWrong
    Pointer.objects.filter(person_id=message.lane, node=message.sender).delete()
