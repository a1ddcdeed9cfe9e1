"""Run in a place by ``bench.evidence``: entries at a steady rate, and when each has its receipt.

``python -m bench.evidence_feed RATE SECONDS`` prints as JSON the seconds from an entry's commit
to the checkpoint that covers it and that a quorum of the witnesses has cosigned.
"""

import bisect
import json
import sys
import threading
import time
from datetime import UTC, datetime

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - Django is set up first

from tongban.evidence import api as evidence  # noqa: E402 - likewise
from tongban.evidence.core.checkpoint import Checkpoint  # noqa: E402 - likewise
from tongban.evidence.core.note import Note  # noqa: E402 - likewise
from tongban.evidence.models import Seal  # noqa: E402 - likewise
from tongban.evidence.sealing import promise  # noqa: E402 - likewise
from tongban.kernel.acting import Acting, ActorKind, Channel  # noqa: E402 - likewise
from tongban.vault.api import node_key  # noqa: E402 - likewise

_WAIT_S = 30
_ACTING = Acting(actor_kind=ActorKind.SYSTEM, actor_id="bench", channel=Channel.WORKER)


def main(rate: float, seconds: float) -> None:
    """Feed, watch the quorum's checkpoint grow, and tell how long each entry waited for it."""
    sizes: list[tuple[float, int]] = []
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(sizes, over))
    watcher.start()
    committed = _feed(rate, seconds)
    places = _places(list(committed))
    until = time.monotonic() + _WAIT_S
    while (not sizes or sizes[-1][1] <= max(places.values())) and time.monotonic() < until:
        time.sleep(0.05)
    over.set()
    watcher.join()
    reached = [size for _, size in sizes]
    waited = []
    for entry_id, at in committed.items():
        first = bisect.bisect_right(reached, places[entry_id])
        waited.append(sizes[first][0] - at)  # IndexError: one was never cosigned
    print(json.dumps({"waited": waited, "rate": len(committed) / seconds}))


def _feed(rate: float, seconds: float) -> dict[str, float]:
    committed = {}
    key = node_key("bench")
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        with transaction.atomic():
            entry_id = evidence.record(
                kind="case.received",
                at=datetime.now(UTC),
                place_id="110112",
                acting=_ACTING,
                subject=("case", f"bench-{number}"),
                key=key,
            )
        committed[entry_id] = time.monotonic()
    return committed


def _places(entry_ids: list[str]) -> dict[str, int]:
    until = time.monotonic() + _WAIT_S
    while True:
        found: dict[str, int] = {}
        for start in range(0, len(entry_ids), 500):
            part = Seal.objects.filter(entry__entry_id__in=entry_ids[start : start + 500])
            found |= dict(part.values_list("entry__entry_id", "leaf_index"))
        if len(found) == len(entry_ids) or time.monotonic() > until:
            return found
        time.sleep(0.1)


def _watch(sizes: list[tuple[float, int]], over: threading.Event) -> None:
    while not over.wait(0.02):
        with promise.reading() as promises:
            held = promises.latest()
        if held is None or held.cosigned is None:
            continue
        size = Checkpoint.parse(Note.parse(held.cosigned).text).size
        if not sizes or size > sizes[-1][1]:
            sizes.append((time.monotonic(), size))
    connection.close()


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
