"""What tests of the log have in common: entries to record, its promise, witnesses that know it."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from pytest_django import Settings

from evidence.core.small_log import suites, witness
from evidence.small_witnesses import SmallWitness, served
from support.finality import operator
from tongban.evidence import api
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Verifiers
from tongban.evidence.core.policy import Policy
from tongban.evidence.models import PendingEntry, Seal, Waiting
from tongban.evidence.sealing import promise
from tongban.evidence.sealing.promise import Promise
from tongban.evidence.witnessing.gathering import forget_sizes
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind, Channel
from tongban.vault.api import DataKey

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
KEY = DataKey("local-key", b"k" * 32)
CLERK = Acting(actor_kind=ActorKind.STAFF, actor_id="local-staff", channel=Channel.DESK)


class OneTurn(threading.Event):
    """Ends the sealing thread at its first rest."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as the class has it
        self.set()
        return True


def record(count: int) -> list[str]:
    """Record entries in one transaction and return their ids."""
    with transaction.atomic():
        return [
            api.record(
                kind="case.received",
                at=NOW,
                place_id="131028",
                acting=CLERK,
                subject=("case", f"local-{number}"),
                key=KEY,
            )
            for number in range(count)
        ]


def promised() -> Promise:
    """Return what the log in use has promised."""
    with promise.reading() as promises:
        held = promises.latest()
    assert held is not None
    return held


def leaves(held: Promise) -> list[bytes]:
    """Return a log's leaves as the rows have them."""
    rows = Seal.objects.filter(shard=held.shard).order_by("leaf_index")
    return [bytes(leaf) for leaf in rows.values_list("entry__leaf", flat=True)]


@contextmanager
def witnessed(count: int, quorum: int | None = None) -> Iterator[list[SmallWitness]]:
    """Serve witnesses that know this node's log, and ask for a quorum of them."""
    api.Sequencer().turn(at_once=True)  # the log begins: its key can be given to the witnesses
    key = NoteKey.parse(promised().vkey)
    small = [SmallWitness(witness(f"w{number}.example/witness")) for number in range(count)]
    with ExitStack() as stack:
        urls = {}
        for one in small:
            one.logs[key.name] = Verifiers([key], suites)
            urls[one.signer.key] = stack.enter_context(served(one))
        policy = Policy.k_of_n([key], list(urls), quorum)
        asked = tuple(line._replace(url=urls[line.key]) for line in policy.witnesses)
        path = Path(settings.HOME) / "log" / "policy"
        path.write_bytes(replace(policy, witnesses=asked).data)
        yield small


def lose(entry_ids: list[str]) -> None:
    """Lose rows, as where a backup of the database is put back."""
    with operator():
        entries = PendingEntry.objects.filter(entry_id__in=entry_ids)
        Seal.objects.filter(entry__in=entries).delete()
        Waiting.objects.filter(position__in=entries.values("position")).delete()
        entries.delete()


@contextmanager
def log_home(home: Path, settings: Settings) -> Iterator[None]:
    """Give a test a home without a log, a node and a clock that stands still."""
    settings.HOME = home
    settings.NODE = "tongzhou"
    forget_sizes()
    with clock.held_at(NOW):
        yield
    forget_sizes()


def know(small: Iterable[SmallWitness]) -> None:
    """Give the witnesses the key of the log in use."""
    key = NoteKey.parse(promised().vkey)
    for one in small:
        one.logs[key.name] = Verifiers([key], suites)
