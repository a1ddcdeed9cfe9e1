"""The one sequencer of a node: entries come into the log, the log into checkpoints.

A turn, always in this order:

1. take up the log in use: what it promised, its tree's edge, its key;
2. once a process, and after a missed quorum: has a witness seen more than this node remembers?
3. give the entries that wait their places (rows, a batch a transaction);
4. once a second, while there is something new: grow the tree and write its tiles, durable;
5. sign the checkpoint, and swap it for the one promised before; whoever loses that race stops;
6. show it to the witnesses and publish it.

A process may die anywhere in it: what stands in the rows and isn't promised is promised by the
next, tiles beyond the promise are written again, a promise that isn't published is published.
Nothing here holds up a request.
"""

import hashlib
import time
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import IntegrityError, transaction

from tongban.evidence.actions.entries import record
from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import Fault
from tongban.evidence.core.keys import Signer
from tongban.evidence.core.note import sign_note
from tongban.evidence.core.policy import Policy
from tongban.evidence.core.tiles import Tile
from tongban.evidence.kinds import POLICY_CHANGED
from tongban.evidence.sealing import batches, opening, promise, publishing
from tongban.evidence.sealing.causes import Cause, SealingStopped
from tongban.evidence.sealing.growth import Growth
from tongban.evidence.sealing.promise import Promise, Raced
from tongban.evidence.shards import folder_of, origin_of, year_of
from tongban.evidence.tilefiles import TileFiles
from tongban.evidence.witnessing import known
from tongban.kernel import clock

BATCH = 1_000
"""Entries of a transaction at most."""
MOST_AT_ONCE = 20_000
"""Entries of a checkpoint at most, so that a long backlog takes no more memory."""

_POLICY = "policy"
_CHECKPOINT_EVERY_S = 1.0
_ASK_AGAIN_S = 10.0
_ASK_THE_REST_S = 600.0


@dataclass(slots=True)
class _Taken:
    """The log in use, taken up."""

    held: Promise
    growth: Growth
    signer: Signer
    files: TileFiles
    signed_at: float = float("-inf")
    asked_at: float = float("-inf")
    full: tuple[Tile, ...] = ()  # tiles whose partial files the next checkpoint makes needless


class Sequencer:
    """One process's turns; only one process of a node takes them (``sole.holding``)."""

    def __init__(self) -> None:
        """Take nothing up yet."""
        self._taken: _Taken | None = None
        self._sure: Promise | None = None  # nobody had seen more than this
        self._closed_at = float("-inf")  # when closed logs were last shown to witnesses

    def turn(self, *, at_once: bool = False) -> int:
        """Do what is due and return how many entries got their places.

        ``at_once`` signs without waiting for the second to pass. Raises SealingStopped where
        nothing may be signed, OutOfStep where the rows aren't those that were promised, Raced for
        another sequencer, and what disk and database raise: the next turn begins at 1.
        """
        try:
            return self._turn(at_once=at_once)
        except IntegrityError:
            self._taken = None
            raise Raced("rows") from None  # noqa: EM101 - what was raced for
        except BaseException:
            self._taken = None
            raise

    def _turn(self, *, at_once: bool) -> int:
        policy = _readable_policy()
        taken = self._take_up()
        self._make_sure(taken.held)
        while _is_over(taken.held):
            self._end(taken)
            taken = self._take_up()
        opening.prepare(taken.held)
        _note_policy(policy)
        count = _give_places(taken.held)
        if at_once or time.monotonic() - taken.signed_at >= _CHECKPOINT_EVERY_S:
            self._sign(taken)
        if _is_to_be_asked(taken, at_once=at_once):
            self._publish(taken)
        if at_once or time.monotonic() - self._closed_at >= _ASK_AGAIN_S:
            self._closed_at = time.monotonic()
            _publish_closed()
        self._sure = taken.held
        return count

    def _make_sure(self, held: Promise) -> None:
        """Make sure, once a process, that nobody has seen more than this node remembers.

        Not where the process has seen the promise grow to where it stands, or begun the log.
        """
        sure = self._sure
        if sure is not None and sure.shard == held.shard and sure.size <= held.size:
            return
        with promise.reading() as promises:
            logs = promises.all()
        for one in logs:
            batches.check_size(one.shard, one.size)
            publishing.check_file(one)
        publishing.check_with_witnesses(held)
        self._sure = held

    def _take_up(self) -> _Taken:
        """Take up the log in use, or the one taken up before if nothing has moved since."""
        with promise.reading() as promises:
            held = promises.latest()
        if self._taken is not None and self._taken.held == held:
            return self._taken
        if held is None or held.closed:
            if held is not None:
                opening.forget_key(held)
            held = self._sure = opening.begin(held)
        signer = opening.settle(held)
        opening.announce(held)
        files = TileFiles(folder_of(held.shard))
        try:
            growth = Growth.read(held.size, files)
        except (LookupError, Fault) as fault:
            message = (
                f"the tiles of the log {held.shard}: {fault}; run `tongban evidence reconcile`"
            )
            raise SealingStopped(message) from None
        if growth.frontier.root != held.root:
            message = (
                f"the tiles of the log {held.shard} don't lead to the root that it has signed: run "
                "`tongban evidence fsck`, then `tongban evidence reconcile`"
            )
            raise SealingStopped(message)
        self._taken = _Taken(held, growth, signer, files)
        return self._taken

    def _sign(self, taken: _Taken) -> None:
        """Grow the tree to what the rows hold, write it, and promise it; nothing if they agree."""
        held = taken.held
        size = min(batches.size_of(held.shard), held.size + MOST_AT_ONCE)
        if size <= held.size:
            return
        growth, files = taken.growth.grow(batches.leaves_of(held.shard, held.size, size))
        taken.files.write(files)
        root = growth.frontier.root
        note = sign_note(Checkpoint(origin_of(held.shard), size, root).text, [taken.signer]).data
        at = int(clock.now().timestamp())
        with promise.writing() as promises:
            promises.swap(held, size=size, root=root, note=note, at=at)
        taken.held = replace(held, size=size, root=root, note=note, at=at)
        taken.growth, taken.signed_at = growth, time.monotonic()
        taken.full += tuple(tile for tile, _ in files if tile.is_full)
        self._publish(taken)

    def _publish(self, taken: _Taken) -> None:
        """Show the promise to the witnesses and publish it; what it makes needless is removed."""
        reached = publishing.publish(taken.held)
        with promise.reading() as promises:
            taken.held = promises.of(taken.held.shard)
        taken.asked_at = time.monotonic()
        if not reached:
            publishing.check_with_witnesses(taken.held, wait=False)
        for tile in taken.full:
            taken.files.drop_partials(tile)
        taken.full = ()

    def _end(self, taken: _Taken) -> None:
        """Sign what has places in a log that is over, publish it, and close the log."""
        batches.check_size(taken.held.shard, taken.held.size)
        while batches.size_of(taken.held.shard) > taken.held.size:
            self._sign(taken)
        if _is_missing(taken.held):
            self._publish(taken)
        with promise.writing() as promises:
            promises.close(taken.held)


def _is_missing(held: Promise) -> bool:
    return publishing.is_missing(held, publishing.policy_of(held))


def _publish_closed() -> None:
    """Show closed logs to the witnesses until they reach their quorum; no key is needed for it."""
    with promise.reading() as promises:
        closed = [one for one in promises.all() if one.closed]
    for one in closed:
        if _is_missing(one):
            publishing.publish(one)


def _is_to_be_asked(taken: _Taken, *, at_once: bool) -> bool:
    """Tell whether witnesses are asked again for what is promised.

    At once and often for a quorum. Where it is reached, now and then for those that missed it:
    in a quiet log nothing else would bring them up to it, and they would show an old view.
    """
    waited = time.monotonic() - taken.asked_at
    if _is_missing(taken.held):
        return at_once or waited >= _ASK_AGAIN_S
    return waited >= _ASK_THE_REST_S and publishing.lacks_somebody(taken.held)


def _is_over(held: Promise) -> bool:
    """Tell whether another log follows: a new year, or the operator asked for a new key."""
    if opening.this_year() > year_of(held.shard):
        return True
    with promise.reading() as promises:
        return promises.noted(opening.ROTATE) == held.shard


def _give_places(held: Promise) -> int:
    count = 0
    while (more := batches.take_batch(held.shard, least=held.size, limit=BATCH)) > 0:
        count += more
        if more < BATCH or count >= MOST_AT_ONCE:
            break
    return count


def _readable_policy() -> Policy | None:
    try:
        return known.policy()
    except Fault as fault:
        message = f"log/policy can't be read: {fault}"
        raise SealingStopped(message, Cause.POLICY) from None


def _note_policy(policy: Policy | None) -> None:
    """Let a change of the operator's policy stand in the log, once."""
    digest = hashlib.sha256(b"" if policy is None else policy.data).hexdigest()
    with promise.reading() as promises:
        noted = promises.noted(_POLICY)
    if noted == digest or (noted is None and policy is None):
        return
    witnesses = () if policy is None else policy.witnesses
    with transaction.atomic():
        record(
            kind=POLICY_CHANGED,
            at=clock.now(),
            place_id="",
            acting=opening.acting(),
            subject=("log", settings.NODE),
            facts={
                "digest": digest,
                "quorum": None if policy is None else policy.quorum,
                "witnesses": [line.key.vkey for line in witnesses],
            },
            key=None,
        )
    with promise.writing() as promises:
        promises.note(_POLICY, digest)
