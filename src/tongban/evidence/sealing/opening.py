"""A log is begun: its key, its promise, its public key beside the tiles, its first entry.

Key and promise belong together. A key whose promises are forgotten must not sign: it could sign
a second history. So the promise is committed first and the key gets its name after it.
"""

from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tongban.evidence import keyfile
from tongban.evidence.actions.entries import record
from tongban.evidence.core.keys import Algorithm, NoteKey, Signer
from tongban.evidence.core.text import base64_of
from tongban.evidence.kinds import LOG_OPENED
from tongban.evidence.models import PendingEntry
from tongban.evidence.sealing import batches, promise
from tongban.evidence.sealing.causes import Cause, SealingStopped
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.shards import folder_of, follower, log_folder, order, origin_of, traces
from tongban.evidence.tilefiles import TileFiles
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel

_ALGORITHMS = {
    "intl-1": Algorithm.ED25519,
    "gm-1": Algorithm.SM2,
    "pq-1": Algorithm.ML_DSA_44,
}
"""What a log signs with, by the suite that the operator has chosen for the next one."""
_NEXT = "next"
_DECEMBER = 12
ROTATE = "rotate"
"""Under this name the operator notes the log whose key is to be changed."""
GIVEN_UP = "given up"
"""Under this name stand logs of which nothing is left to go on with."""


def acting() -> Acting:
    """Return who acts where the log itself does something."""
    return Acting(actor_kind=ActorKind.SYSTEM, actor_id="evidence-log", channel=Channel.WORKER)


def this_year() -> int:
    """Return the year of the node's calendar, by which logs are named."""
    return timezone.localtime(clock.now()).year


def begin(after: Promise | None, name: str | None = None) -> Promise:
    """Begin the log that follows ``after``, None for the first of a node; return its promise.

    ``name`` is that of the log, by default the one that follows. SealingStopped where traces of a
    log of that name are there, but what it promised is forgotten.
    """
    shard = name or follower(None if after is None else after.shard, this_year())
    _check_nothing_is_forgotten(shard, first=after is None and name is None)
    vkey = _prepared(shard)
    with promise.writing() as promises:
        if promises.latest() != after:
            raise promise.Raced(shard)
        promises.begin(shard, vkey, int(clock.now().timestamp()))
    (log_folder() / _NEXT).unlink(missing_ok=True)
    with promise.reading() as promises:
        return promises.of(shard)


def prepare(held: Promise) -> None:
    """Make the key of next year's log in December, so that the witnesses have it in time."""
    today = timezone.localtime(clock.now())
    shard = follower(held.shard, today.year + 1)
    if today.month == _DECEMBER and not _draft(shard).exists():
        TileFiles(log_folder()).publish(_NEXT, f"{_prepared(shard)}\n".encode())


def next_vkey() -> str | None:
    """Return the public key of next year's log where it has been made."""
    path = log_folder() / _NEXT
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _prepared(shard: str) -> str:
    """Return the public key of a log that is to begin; its private one waits as a draft."""
    draft, origin, algorithm = _draft(shard), origin_of(shard), _ALGORITHMS[settings.LOG_SUITE]
    with suppress(keyfile.KeyUnfit):
        return keyfile.signer_from(draft, origin, algorithm).key.vkey
    return keyfile.key_of(origin, algorithm, keyfile.generate(draft, algorithm)).vkey


def settle(held: Promise) -> Signer:
    """Return the signer of a log, finishing what a begin that was interrupted has left.

    SealingStopped where its key can't be used.
    """
    path = key_path(held.shard)
    origin, algorithm = origin_of(held.shard), key_of(held).algorithm
    draft = _draft(held.shard)
    if not path.exists() and draft.exists():
        with suppress(keyfile.KeyUnfit):
            if keyfile.signer_from(draft, origin, algorithm).key.vkey == held.vkey:
                draft.rename(path)
                keyfile.sync_folder(path.parent)
    try:
        signer = keyfile.signer_from(path, origin, algorithm)
    except keyfile.KeyUnfit as unfit:
        raise SealingStopped(str(unfit), Cause.KEY) from unfit
    if signer.key.vkey != held.vkey:
        message = (
            f"keys/{path.name} isn't the key of the log {held.shard}: put the right key and "
            "TONGBAN_NODE back"
        )
        raise SealingStopped(message, Cause.KEY)
    files = TileFiles(folder_of(held.shard))
    if not (folder_of(held.shard) / "vkey").exists():
        files.publish("vkey", f"{held.vkey}\n".encode())
    return signer


def forget_key(held: Promise) -> None:
    """Destroy the private key of a closed log: nobody signs for it again."""
    key_path(held.shard).unlink(missing_ok=True)


def key_path(shard: str) -> Path:
    """Return where the private key of a log stands."""
    return keyfile.path_of(f"log-{shard}.key")


def key_of(held: Promise) -> NoteKey:
    """Return the public key of a log."""
    return NoteKey.parse(held.vkey)


def _draft(shard: str) -> Path:
    return key_path(shard).with_suffix(".key.new")


def _check_nothing_is_forgotten(shard: str, *, first: bool) -> None:
    traces = traces_of_logs()
    traces = traces if first else traces & {shard}
    if traces:
        message = (
            f"log/{promise.NAME} has forgotten what the log {max(traces, key=order)} has signed "
            "for: put it back as it was last, or run `tongban evidence reconcile`"
        )
        raise SealingStopped(message, Cause.FORGOTTEN)


def vkey_of(shard: str) -> str:
    """Return the public key of a log whose promise is forgotten, from its files; "" for none."""
    published = folder_of(shard) / "vkey"
    if published.is_file():
        return published.read_text(encoding="utf-8").strip()
    algorithm = _ALGORITHMS[settings.LOG_SUITE]
    with suppress(keyfile.KeyUnfit):
        return keyfile.signer_from(key_path(shard), origin_of(shard), algorithm).key.vkey
    return ""


def traces_of_logs() -> set[str]:
    """Return the logs of which files or rows know, but for those that were given up."""
    with promise.reading() as promises:
        given_up = set((promises.noted(GIVEN_UP) or "").split())
    return (traces() | batches.shards()) - given_up


def announce(held: Promise) -> None:
    """Let a new log's key, and the end of the log before it, stand in the log; once."""
    about = PendingEntry.objects.filter(subject_kind="log", subject_id=held.shard)
    if held.size > 0 or about.exists():
        return
    facts = {"origin": origin_of(held.shard), "vkey": held.vkey}
    with promise.reading() as promises:
        before = [one for one in promises.all() if one.closed]
    if before:
        facts |= {
            "previous_origin": origin_of(before[-1].shard),
            "previous_size": str(before[-1].size),
            "previous_root": base64_of(before[-1].root),
        }
    with transaction.atomic():
        record(
            kind=LOG_OPENED,
            at=clock.now(),
            place_id="",
            acting=acting(),
            subject=("log", held.shard),
            facts=facts,
            key=None,
        )
