"""The side that the places come to: shown, taken in one transaction, signed for."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from tongban.cases import api as cases
from tongban.documents import api as documents
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.federation.errors import SplitUnfit
from tongban.site.ports import is_ready
from tongban.site.split import bundle, plan
from tongban.vault import api as vault

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a folder would bring, and what is in the way of it."""

    found: bundle.Bundle
    plan: plan.Plan
    is_here: bool
    in_the_way: tuple[str, ...]


def show(folder: Path, *, host: str, port: int) -> Shown:
    """Return what would be taken; nothing is written. SplitUnfit, PeerUnknown, EnvelopeUnfit."""
    found = bundle.read(folder)
    told = found.plan()
    here = cases.splitting.are_here(told.cases.carried)
    is_here = _kept(found.digest).exists() and here == len(told.cases.carried)
    return Shown(
        found=found,
        plan=told,
        is_here=is_here,
        in_the_way=tuple(_in_the_way(host, port, here=0 if is_here else here)),
    )


def _in_the_way(host: str, port: int, *, here: int) -> Iterator[str]:
    if is_ready(host, port):
        yield "the web server runs: stop it"
    yield from (one for one in evidence.splitting.not_ready() if "worker runs" in one)
    if here:
        yield f"{here} of its cases stand here already, from elsewhere"


def take(shown: Shown) -> Json:
    """Take all, or nothing, and sign for it; again it says the same. Return what is here now.

    Files and keys come first: they are of no use without the rows, and a second time harmless.
    """
    found, told = shown.found, shown.plan
    if shown.in_the_way:
        raise SplitUnfit(why="; ".join(shown.in_the_way))
    kept = _kept(found.digest)
    if not shown.is_here:
        for row in found.rows("documents"):
            documents.splitting.take_in(row, found.folder / "files")
        vault.splitting.take(found.keys, found.erased)
        with transaction.atomic():
            for table, put in plan.TABLES.items():
                put(table, found.rows(table))
            _write(kept, _answer(found, told))
            cases.splitting.begin_here(told.cases, node=found.sender.node, bundle=found.digest)
            own = federation.own()
            facts = {
                "bundle": found.digest,
                "direction": "took",
                "places": [] if own is None else list(own.places),
            }
            federation.splitting.record(about=found.sender, facts=facts)
    federation.splitting.note_parted(found.sender.node)
    answer = kept.read_text(encoding="ascii")
    (found.folder / "answer").write_text(answer, encoding="ascii")
    tables: Json = found.said["tables"]
    return tables


def _answer(found: bundle.Bundle, told: plan.Plan) -> str:
    """Read all of it from this database again; SplitUnfit where that isn't what was given."""
    tally = bundle.Tally()
    for table, row in plan.carried(told, federation.hosts):
        tally.add(table, row)
    tables = json.loads(json.dumps(tally.as_json()))
    if tables != found.said["tables"]:
        apart = sorted(one for one in tables if tables[one] != found.said["tables"].get(one))
        raise SplitUnfit(why=f"what is here of {', '.join(apart)} is not what was given")
    return bundle.answer_of(found.manifest, tables, to=found.sender)


def _kept(digest: str) -> Path:
    return Path(settings.HOME) / "node" / "taken" / digest


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with place.open("w", encoding="ascii") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
