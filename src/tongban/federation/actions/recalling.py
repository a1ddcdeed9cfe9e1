"""A node that was put back from a backup asks a peer for what it has lost of their lanes.

What comes is believed as far as signatures go: what this node said itself, by its own, with the
peer's answer; what the peer said, by the peer's, with the answer that this node gave, by its own.
Each is put back in the order in which it happened here, by this node's clock, and once.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Max, Min

from tongban.evidence import api as evidence
from tongban.federation import known, memos
from tongban.federation.actions.fetching import fetch_files
from tongban.federation.actions.giving_back import ASKED
from tongban.federation.actions.sending import written
from tongban.federation.actions.taking import taken_row
from tongban.federation.answer import said_of
from tongban.federation.calls import CallFailed, post
from tongban.federation.document import Document
from tongban.federation.envelope import verify
from tongban.federation.errors import EnvelopeUnfit, FileGone, NoDocument, NumberTaken, PeerSilent
from tongban.federation.incoming import forget, missing, received, want
from tongban.federation.models import InMessage, OutMessage
from tongban.federation.rules import BATCH, MOST_BODY, kind_of
from tongban.federation.shapes import MESSAGE, REGISTRY, Answer, Message
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR
from tongban.kernel.errors import Refusal
from tongban.kernel.ids import node_of

Json = dict[str, Any]
_FETCH_WITHIN_S = 120.0
_log = structlog.get_logger("tongban.federation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A message that a peer holds and this node has lost; ``own`` where this node said it.

    ``at`` is when it happened here: when it was signed, or answered.
    """

    own: bool
    event: Json
    signed: str
    answer: str
    said: Json
    answered_at: datetime
    at: datetime
    files: tuple[Json, ...]

    @property
    def lane(self) -> str:
        """What it is about."""
        return str(self.event["subject"])


@dataclass(slots=True, kw_only=True)
class Recalled:
    """What was put back, by direction, and lanes that can't be: with the reason."""

    own: int = 0
    theirs: int = 0
    opened: int = 0
    apart: dict[str, str] = field(default_factory=dict)


def recall(name: str) -> Recalled:
    """Ask a peer for what this node has lost, and put it back; again there is nothing left.

    PeerUnknown, NoDocument, PeerSilent. Before web server and worker go on: what this node says
    meanwhile under numbers that it had used keeps those lanes apart.
    """
    me, peer = known.own(), known.peer(name)
    if me is None:
        raise NoDocument
    done = Recalled()
    for lanes in _parts(_differing(peer)):
        found = [one for one in _fetched(peer, me, lanes) if one.lane not in done.apart]
        for one in sorted(found, key=lambda each: each.at):
            if one.lane not in done.apart:
                _put_back(one, peer, done)
        settled = [lane for lane in lanes if lane not in done.apart]
        done.opened += sum(said["opened"] for said in _ask(peer, step="done", lanes=settled))
    with transaction.atomic():
        evidence.record(
            kind="peer.recalled",
            at=clock.now(),
            place_id=me.places[0] if me.places else "",
            acting=OPERATOR,
            subject=("node", peer.node),
            facts={
                "node": peer.node,
                "own": done.own,
                "theirs": done.theirs,
                "apart": sorted(done.apart),
            },
            key=None,
        )
    return done


def _ask(peer: Document, **asked: object) -> list[Json]:
    line = memos.sealed({"kind": ASKED, **asked}, to=peer)
    try:
        told = post(peer, "/node/recall", line.encode("ascii"), most=2 * MOST_BODY)
        lines = told.decode("ascii").splitlines()
    except (CallFailed, UnicodeDecodeError) as failed:
        raise PeerSilent(node=peer.node, why=str(failed)) from None
    found = [memos.opened(one, fresh=True) for one in lines]
    if any(sender.node != peer.node for _, sender in found):
        raise EnvelopeUnfit(why="another node answered")
    return [said for said, _ in found]


def _differing(peer: Document) -> dict[str, list[int]]:
    """Return the lanes in which the peer holds later numbers, with the last that stand here."""
    said = OutMessage.objects.filter(to=peer.node)
    lasts = _by_lane(said, Max("seq")), _by_lane(said.filter(answered_at=None), Min("seq"))
    taken = _by_lane(InMessage.objects.filter(sender=peer.node), Max("seq"))
    found: dict[str, list[int]] = {}
    after, more = "", True
    while more:
        [page] = _ask(peer, step="numbers", after=after)
        for lane, (theirs, ours) in page["lanes"].items():
            # What waits for its answer still may be another message than the one that was lost.
            settled = lasts[1].get(lane, lasts[0].get(lane, 0) + 1) - 1
            if theirs > taken.get(lane, 0) or ours > settled:
                found[lane] = [taken.get(lane, 0), settled]
            after = max(after, lane)
        more = page["more"]
    return found


def _by_lane(rows: Any, which: Max | Min) -> dict[str, int]:  # noqa: ANN401 - of either table
    return dict(rows.values_list("lane").annotate(found=which).order_by("lane"))


def _parts(lanes: dict[str, list[int]]) -> Iterator[dict[str, list[int]]]:
    names = sorted(lanes)
    for start in range(0, len(names), BATCH):
        yield {name: lanes[name] for name in names[start : start + BATCH]}


def _fetched(peer: Document, me: Document, lanes: dict[str, list[int]]) -> Iterator[Lost]:
    """Yield all that the peer holds of these lanes, in as many requests as it takes."""
    left = {lane: list(numbers) for lane, numbers in lanes.items()}
    while told := _ask(peer, step="messages", lanes=left):
        for one in told:
            found = _checked(one, peer, me)
            way = 1 if found.own else 0
            if found.event["seq"] != left[found.lane][way] + 1:
                raise EnvelopeUnfit(why="its numbers don't follow one another")
            left[found.lane][way] += 1
            yield found


def _checked(told: Json, peer: Document, me: Document) -> Lost:
    """Return a message whose signatures hold, either way; EnvelopeUnfit."""
    own = told["yours"] is True
    sender, taker = (me, peer) if own else (peer, me)
    event, at = verify(told["signed"], sender)
    said, answered_at = said_of(told["answer"], told["signed"], taker)
    fits = (
        event.get("source") == sender.node
        and event.get("recipient") == taker.node
        and MESSAGE.is_valid(event)
        and node_of(event["id"]) == sender.node
        and said["outcome"] in {"taken", "refused"}
    )
    if not fits:
        raise EnvelopeUnfit(why="not a message between these two nodes")
    return Lost(
        own=own,
        event=event,
        signed=told["signed"],
        answer=told["answer"],
        said=said,
        answered_at=answered_at,
        at=at if own else answered_at,
        files=tuple(told["files"]),
    )


def _put_back(one: Lost, peer: Document, done: Recalled) -> None:
    """Put one message back with its effect; what can't be keeps its lane apart, and is named."""
    rows: type[OutMessage | InMessage] = OutMessage if one.own else InMessage
    if rows.objects.filter(pk=one.event["id"]).exists():
        return  # it stands here; where it waits still, the peer gives its answer again
    try:
        files = _brought(one, peer)
        with transaction.atomic():
            if one.own:
                _own_again(one, peer, files)
            else:
                _theirs_again(one, files)
    except Exception as fault:  # noqa: BLE001 - told with its trace; other lanes go on
        why = fault.code if isinstance(fault, Refusal) else type(fault).__name__
        _log.warning("message_not_put_back", lane=one.lane, seq=one.event["seq"], why=why)
        done.apart[one.lane] = why
        return
    forget(one.event["id"])
    if one.own:
        done.own += 1
    else:
        done.theirs += 1


def _brought(one: Lost, peer: Document) -> tuple[Json, ...]:
    """Fetch the files of a message again, as the peer tells of them now; FileGone."""
    if one.said["outcome"] != "taken":
        return ()
    named = {told["id"]: told for told in one.event["data"]["files"]}
    anew = []
    for told in one.files:
        same = named.get(told["id"])
        if same is None or (same["digest"], same["size"]) != (told["digest"], told["size"]):
            raise FileGone
        anew.append(same | {key: told[key] for key in ("token", "key", "sealed_size")})
    if len(anew) != len(named):
        raise FileGone
    want(one.event["id"], anew, sender=peer.node)
    end = time.monotonic() + _FETCH_WITHIN_S
    while missing(one.event["id"], anew):
        if time.monotonic() > end:
            raise FileGone
        if not fetch_files(peer):
            time.sleep(0.1)
    return tuple(anew)


def _own_again(one: Lost, peer: Document, files: tuple[Json, ...]) -> None:
    """Put back what this node said, with its effect here and what the peer answered."""
    event = one.event
    kind, version = kind_of(event["type"])
    if OutMessage.objects.filter(to=peer.node, lane=one.lane, seq=event["seq"]).exists():
        raise NumberTaken(seq=event["seq"])
    taken = one.said["outcome"] == "taken"
    OutMessage.objects.create(
        **written(event, one.signed, kind=kind),
        created_at=one.at,
        next_at=one.at,
        answered_at=one.answered_at,
        taken=taken,
        code="" if taken else one.said["code"],
        answer=one.answer,
    )
    found = REGISTRY.kinds.get(kind)
    handling = None if found is None else found.versions.get(version)
    if handling is not None and handling.again is not None:
        handling.again(_message(one, files), peer.node)
    if found is not None and found.answered is not None:
        found.answered(
            Answer(
                message_id=event["id"],
                to=peer.node,
                kind=kind,
                lane=one.lane,
                taken=taken,
                code="" if taken else one.said["code"],
                at=one.answered_at,
            )
        )


def _theirs_again(one: Lost, files: tuple[Json, ...]) -> None:
    """Put back what this node has taken or refused, with its effect and the answer it gave."""
    taken = one.said["outcome"] == "taken"
    code = "" if taken else one.said["code"]
    InMessage.objects.create(
        **taken_row(one.event, one.signed, answer=one.answer, code=code, at=one.answered_at)
    )
    kind, version = kind_of(one.event["type"])
    found = REGISTRY.kinds.get(kind)
    handling = None if found is None else found.versions.get(version)
    if taken and handling is not None:
        (handling.retake or handling.take)(_message(one, files))


def _message(one: Lost, files: tuple[Json, ...]) -> Message:
    return Message(
        id=one.event["id"],
        sender=one.event["source"],
        kind=kind_of(one.event["type"])[0],
        lane=one.lane,
        seq=one.event["seq"],
        at=one.at,
        data=one.event["data"]["body"],
        files=tuple(received(one.event["id"], told) for told in files),
    )
