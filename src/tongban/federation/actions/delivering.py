"""The worker threads: what waits is sent, what comes with it fetched. No peer holds up another."""

import random
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import close_old_connections, connections, transaction
from django.db.models import Exists, OuterRef, Q

from tongban.federation import known
from tongban.federation.actions.fetching import fetch_files
from tongban.federation.actions.refreshing import Refreshing
from tongban.federation.actions.sending import drop_files, unseal
from tongban.federation.actions.sweeping import sweep
from tongban.federation.answer import said_of
from tongban.federation.calls import CallFailed, post
from tongban.federation.document import Document
from tongban.federation.envelope import claimed, encrypt
from tongban.federation.errors import EnvelopeUnfit, NumberTaken, PeerUnknown, SenderUnsure
from tongban.federation.models import OutMessage
from tongban.federation.rules import (
    BATCH,
    GIVEN_UP_AFTER,
    GIVEN_UP_TRIES,
    MOST_BODY,
    MOST_REFUSALS,
    fetching_wait,
    retry_after,
    retry_refused,
)
from tongban.federation.shapes import REGISTRY, Answer
from tongban.kernel import clock
from tongban.kernel.errors import Refusal

_EVERY_S = 0.1
_NOTED_AT_ONCE = 10
_UNREACHED_S = 30.0
_BROKEN_S = 5.0
_SWEEP_EVERY_S = 3600.0
_UNSURE = frozenset({PeerUnknown.code, SenderUnsure.code})
"""What passes when operators have exchanged documents, or clocks agree: it is waited for."""
_log = structlog.get_logger("tongban.federation")


def deliver(*, stop: threading.Event, every_s: float = _EVERY_S) -> None:
    """Send and fetch until ``stop``; for a thread of its own, with one more for each peer."""
    running: dict[str, threading.Thread] = {}
    swept_at = float("-inf")
    while not stop.is_set():
        try:
            _start(running, stop, every_s)
            if time.monotonic() - swept_at >= _SWEEP_EVERY_S:
                swept_at = time.monotonic()
                sweep()
        except Exception:  # noqa: BLE001 - told with its trace; the next turn tries again
            _log.exception("delivery_failed")
            stop.wait(_BROKEN_S)
        finally:
            close_old_connections()
        stop.wait(1.0)
    connections.close_all()


def _start(running: dict[str, threading.Thread], stop: threading.Event, every_s: float) -> None:
    """Start a thread for each peer that has none."""
    for name in known.trusted() if known.own() is not None else ():
        thread = running.get(name)
        if thread is None or not thread.is_alive():
            thread = threading.Thread(
                target=_serve,
                kwargs={"name": name, "stop": stop, "every_s": every_s},
                daemon=True,
            )
            running[name] = thread
            thread.start()


def _serve(*, name: str, stop: threading.Event, every_s: float) -> None:
    """Serve one peer while it is trusted, in a thread of its own; raises nothing."""
    try:
        _rounds(name=name, stop=stop, every_s=every_s)
    finally:
        connections.close_all()


def _rounds(*, name: str, stop: threading.Event, every_s: float) -> None:
    """Make round after round with a peer while it is trusted.

    While it isn't reached its thread waits longer and longer: what waits for it may be much.
    """
    unreached = 0
    refreshing = Refreshing(name)
    while not stop.is_set():
        wait = every_s
        try:
            if name not in known.trusted():
                return
            refreshing.turn()
            done, reached = _round(known.peer(name))
            unreached = 0 if reached else unreached + 1
            if unreached:
                wait = min(_soon(unreached).total_seconds(), _UNREACHED_S)
            elif done:
                wait = 0.0
        except Exception:  # noqa: BLE001 - told with its trace; the next round tries again
            _log.exception("delivery_failed", to=name)
            wait = _BROKEN_S
        finally:
            close_old_connections()
        stop.wait(wait)


def _soon(attempts: int) -> timedelta:
    return retry_after(attempts, random.random())  # noqa: S311 - spreads load


def deliver_once() -> int:
    """Make one round with each peer; return how many messages were answered and files came."""
    return sum(round_with(name) for name in known.trusted()) if known.own() is not None else 0


def round_with(name: str) -> int:
    """Fetch what this peer's messages want and send what waits for it; return how much was done."""
    done, _ = _round(known.peer(name))
    return done


def _round(peer: Document) -> tuple[int, bool]:
    """Return how much was done with a peer, and whether it was reached."""
    fetched = fetch_files(peer)
    sent, reached = _send(peer)
    return fetched + sent, reached


def _send(peer: Document) -> tuple[int, bool]:
    batch = [(row, *texts) for row in _due(peer.node) if (texts := _packed(row, peer))]
    if not batch:
        return 0, True
    body = "".join(f"{envelope}\n" for _, _, envelope in batch).encode()
    try:
        said = post(peer, "/node/inbox", body, most=MOST_BODY).decode("ascii")
    except (CallFailed, UnicodeDecodeError) as failed:
        for row, _, _ in batch:
            _put_off(row, f"no answer: {failed}")
        return 0, False
    answers = said.removesuffix("\n").split("\n")
    answers += [""] * (len(batch) - len(answers))  # none for those that weren't looked at
    return _noted(list(zip(batch, answers, strict=False)), peer), True


def _noted(said: Sequence[tuple[tuple[OutMessage, str, str], str]], peer: Document) -> int:
    """Note what a peer said of each message of a batch; return how many that settles.

    A few at a time share a transaction: each alone would wait for the disk, all at once keep
    others waiting. What isn't noted is asked for again.
    """
    done, stuck = 0, set[str]()
    for first in range(0, len(said), _NOTED_AT_ONCE):
        with transaction.atomic():
            for (row, signed, _), line in said[first : first + _NOTED_AT_ONCE]:
                if row.lane in stuck:  # one before it waits: what was said of this one is no news
                    continue
                if _answered(row, signed, line, peer):
                    done += 1
                else:
                    stuck.add(row.lane)
    return done


def _due(name: str) -> list[OutMessage]:
    """Return what may be sent now: of each lane from its first on, until one that must wait."""
    now = clock.now()
    waiting = OutMessage.objects.filter(to=name, answered_at=None)
    before = waiting.filter(lane=OuterRef("lane"), seq__lt=OuterRef("seq"))
    in_the_way = before.filter(Q(given_up=True) | Q(next_at__gt=now))
    ready = waiting.filter(~Exists(in_the_way), given_up=False, next_at__lte=now)
    found: list[OutMessage] = []
    size = 0
    # By number within a lane: ids of one moment may stand in any order.
    for row in sorted(ready.order_by("id")[:BATCH], key=lambda one: one.seq):
        size += len(bytes(row.sealed)) * 2
        if found and size > MOST_BODY:
            break
        found.append(row)
    return found


def _packed(row: OutMessage, peer: Document) -> tuple[str, str] | None:
    """Return a message as it was signed and as it goes; None, put off, where that can't be."""
    try:
        signed = unseal(row)
        return signed, encrypt(signed, peer)
    except Refusal as refusal:
        _put_off(row, f"not sent: {refusal.fields.get('why', refusal.code)}")
        return None


def _answered(row: OutMessage, signed: str, line: str, peer: Document) -> int:
    """Note what a peer said of a message; return 1 where that settles it.

    What isn't surely the peer's word about this message says nothing, as no answer does.
    """
    try:
        said, at = said_of(line, signed, peer)
    except SenderUnsure as unsure:
        known.ask_anew(peer.node)
        _put_off(row, f"no sure answer: {unsure.fields['why']}")
        return 0
    except Refusal as refusal:
        _put_off(row, f"no sure answer: {refusal.fields.get('why', refusal.code)}")
        return 0
    match said["outcome"]:
        case "taken" | "refused":
            return _settle(row, said, line, at)
        case "later":
            _put_off(row, "its files are being fetched", wait=fetching_wait(row.attempts))
        case "gap" if _was_answered(row, said["expected"]):
            _give_up(row, f"{peer.node} has lost number {said['expected']} of the lane: a backup?")
        case "gap":
            _put_off(row, f"{peer.node} expects number {said['expected']} of the lane")
        case "unfit" if said["code"] == NumberTaken.code:
            _give_up(row, f"{peer.node} has another number {row.seq} of the lane: a backup?")
        case "unfit" if said["code"] in _UNSURE:
            _put_off(row, f"{said['code']} {said['why']}")
        case "unfit":
            _refused(row, f"{said['code']} {said['why']}")
        case _:
            _put_off(row, f"{peer.node} could not take it: its log says why")
    return 0


def _was_answered(row: OutMessage, expected: int) -> bool:
    """Tell whether a peer asks for a message that it has answered: then it has lost that."""
    lane = OutMessage.objects.filter(to=row.to, lane=row.lane, seq=expected)
    return lane.exclude(answered_at=None).exists()


def settle_line(line: str, waiting: dict[str, tuple[OutMessage, str]], peer: Document) -> int:
    """Settle the message that an answer is about; return 1 where it did.

    ``waiting`` are messages and their texts, by the digests that answers name.
    """
    try:
        named = claimed(line, "message")
    except EnvelopeUnfit:
        return 0
    if named not in waiting:
        return 0
    row, signed = waiting[named]
    return _answered(row, signed, line, peer)


def _settle(row: OutMessage, said: dict[str, Any], line: str, at: datetime) -> int:
    """Keep the answer, and tell the app whose message it was; return 1 where that is done.

    Where the app fails at it, nothing is kept: the answer comes again, and its lane alone waits.
    """
    try:
        with transaction.atomic():
            _keep(row, said, line, at)
    except Exception:  # noqa: BLE001 - told with its trace; tried again
        _log.exception("answer_not_noted", to=row.to, id=row.id, kind=row.kind)
        _put_off(row, "its answer could not be noted here: the log says why")
        return 0
    return 1


def _keep(row: OutMessage, said: dict[str, Any], line: str, at: datetime) -> None:
    taken = said["outcome"] == "taken"
    code = "" if taken else said["code"]
    changed = OutMessage.objects.filter(pk=row.id, answered_at=None).update(
        answered_at=clock.now(),
        taken=taken,
        code=code,
        answer=line,
        trouble=said["understands"],
        given_up=False,
    )
    if not changed:
        return
    if said["understands"]:  # it is of another version: its operator or ours must upgrade
        _log.warning("message_not_understood", to=row.to, kind=row.kind, says=said["understands"])
    drop_files(row.id)
    known_kind = REGISTRY.kinds.get(row.kind)
    if known_kind is not None and known_kind.answered is not None:
        known_kind.answered(
            Answer(
                message_id=row.id,
                to=row.to,
                kind=row.kind,
                lane=row.lane,
                taken=taken,
                code=code,
                at=at,
            )
        )


def _put_off(row: OutMessage, trouble: str, *, wait: timedelta | None = None) -> None:
    """Try again later; give up what has waited for days."""
    if clock.now() - row.created_at > GIVEN_UP_AFTER and row.attempts >= GIVEN_UP_TRIES:
        _give_up(row, trouble)
        return
    attempts = row.attempts + 1
    if wait is None:
        wait = _soon(attempts)
    _note(row, attempts=attempts, next_at=clock.now() + wait, trouble=trouble[:100])


def _refused(row: OutMessage, trouble: str) -> None:
    """Count what a peer can't read or doesn't accept as ours, and give it up after a few times."""
    refusals = row.refusals + 1
    if refusals >= MOST_REFUSALS:
        _give_up(row, trouble, refusals=refusals)
        return
    wait = retry_refused(refusals, random.random())  # noqa: S311 - spreads load
    _note(row, refusals=refusals, next_at=clock.now() + wait, trouble=trouble[:100])


def _give_up(row: OutMessage, trouble: str, **more: int) -> None:
    """Send it no more until someone has looked."""
    _log.error("message_given_up", to=row.to, id=row.id, kind=row.kind)
    _note(row, given_up=True, trouble=trouble[:100], **more)


def _note(row: OutMessage, **values: Any) -> None:  # noqa: ANN401 - columns
    OutMessage.objects.filter(pk=row.id, answered_at=None).update(**values)


def revive(message_id: str) -> bool:
    """Try a message again that was given up; tell whether there was one.

    It has as many tries as a new one.
    """
    rows = OutMessage.objects.filter(pk=message_id, answered_at=None, given_up=True)
    now = clock.now()
    return bool(rows.update(given_up=False, refusals=0, attempts=0, next_at=now, trouble=""))
