"""What a peer that was put back from a backup has lost, and this node keeps, is given back to it.

A node keeps what it sent, with the other's answer, and what it took, as the other signed it. So it
gives nothing back that the other can't check by its own signature or by ours.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from tongban.federation import memos
from tongban.federation.actions.sending import pack, send, unseal
from tongban.federation.actions.taking import unseal_taken
from tongban.federation.document import Document
from tongban.federation.errors import EnvelopeUnfit
from tongban.federation.models import InMessage, OutFile, OutMessage
from tongban.federation.rules import MOST_ANSWERED, MOST_LANES
from tongban.federation.shapes import FileRef, Message
from tongban.federation.signing import read
from tongban.kernel import clock
from tongban.kernel.errors import Refusal
from tongban.kernel.ids import new_id

ASKED, GIVEN, NOTICE = "recall.asked", "recall.given", "recall.files"
BACKUP = "a backup?"
"""How the trouble of a message ends that was given up because a node has lost its number."""
Json = dict[str, Any]


def give_back(line: str) -> bytes:
    """Answer what a trusted node asks of its own lanes here; a sealed memo a line.

    EnvelopeUnfit, PeerUnknown.
    """
    asked, peer = memos.opened(line, fresh=True)
    if asked.get("kind") != ASKED:
        raise EnvelopeUnfit(why="nothing is asked back")
    steps = {"numbers": _numbers, "messages": _messages, "done": _open_again}
    if asked.get("step") not in steps:
        raise EnvelopeUnfit(why="nothing is asked back")
    given = steps[asked["step"]](asked, peer)
    lines = (memos.sealed({"kind": GIVEN, **one}, to=peer) for one in given)
    return "".join(f"{one}\n" for one in lines).encode("ascii")


def _numbers(asked: Json, peer: Document) -> Iterator[Json]:
    """Tell the last number of each lane either way, in the order of the lanes after one."""
    after = str(asked.get("after", ""))
    sent = OutMessage.objects.filter(to=peer.node, lane__gt=after).exclude(answered_at=None)
    taken = InMessage.objects.filter(sender=peer.node, lane__gt=after)
    found: dict[str, list[int]] = {}
    for way, rows in enumerate((sent, taken)):
        lasts = rows.values_list("lane").annotate(last=Max("seq")).order_by("lane")[:MOST_LANES]
        for lane, last in lasts:
            found.setdefault(lane, [0, 0])[way] = last
    lanes = dict(sorted(found.items())[:MOST_LANES])
    yield {"lanes": lanes, "more": len(found) > len(lanes) or len(lanes) == MOST_LANES}


def _messages(asked: Json, peer: Document) -> Iterator[Json]:
    """Give the messages of lanes after numbers, either way, each with what was answered to it."""
    found: list[tuple[bool, str, str, list[FileRef]]] = []
    size = 0
    for mine, signed, answer in _kept(asked["lanes"], peer):
        size += len(signed)
        if found and size > MOST_ANSWERED:
            break  # it asks for the rest
        found.append((mine, signed, answer, _refs(signed)))
    anew = _packed_anew([ref for *_, refs in found for ref in refs], peer)
    for mine, signed, answer, refs in found:
        named = [anew[ref.id] for ref in refs if ref.id in anew]
        yield {"yours": mine, "signed": signed, "answer": answer, "files": named}


def _kept(lanes: Json, peer: Document) -> Iterator[tuple[bool, str, str]]:
    """Yield whether the peer said it, what was signed, and the answer, lane by lane.

    A message that was emptied, as the person was erased, can't be given: its lane ends before it.
    """
    for lane, (sent_after, taken_after) in sorted(lanes.items()):
        ours = OutMessage.objects.filter(to=peer.node, lane=lane, seq__gt=int(sent_after))
        for row in ours.exclude(answered_at=None).order_by("seq"):
            if not row.sealed:  # emptied with a person's erasure: the lane is given no further
                break
            yield False, unseal(row), row.answer
        theirs = InMessage.objects.filter(sender=peer.node, lane=lane, seq__gt=int(taken_after))
        for taken in theirs.order_by("seq"):
            if not taken.sealed:
                break
            yield True, unseal_taken(taken), taken.answer


def _refs(signed: str) -> list[FileRef]:
    names = ("id", "size", "media_type", "digest")
    return [
        FileRef(**{name: one[name] for name in names})
        for one in read(signed).value["data"]["files"]
    ]


def _packed_anew(refs: list[FileRef], peer: Document) -> dict[str, Json]:
    """Have files wait to be fetched again; a message of its own names them until it is answered."""
    if not refs:
        return {}
    with transaction.atomic():
        lane = new_id(settings.NODE)
        notice = send(to=peer.node, kind=NOTICE, lane=lane, data={"files": len(refs)})
        found: dict[str, Json] = {}
        for ref in {one.id: one for one in refs}.values():
            try:
                told, digest = pack(ref)
            except Refusal:  # it isn't here any more: the other one hears so
                continue
            OutFile.objects.create(token_digest=digest, message_id=notice)
            found[ref.id] = told
    return found


def take_notice(_message: Message) -> None:
    """Nothing is left to do: its files were fetched when they were given back."""


def _open_again(asked: Json, peer: Document) -> Iterator[Json]:
    """Send on in lanes that stood still because the other had lost a number."""
    rows = OutMessage.objects.filter(
        to=peer.node, lane__in=list(asked["lanes"]), answered_at=None, given_up=True
    )
    now = clock.now()
    opened = rows.filter(trouble__endswith=BACKUP).update(
        given_up=False, refusals=0, attempts=0, next_at=now, trouble=""
    )
    yield {"opened": opened}
