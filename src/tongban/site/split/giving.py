"""The side that the places leave: shown, given, and, once the other node has all, let go."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from tongban.cases import api as cases
from tongban.delivery import api as delivery
from tongban.documents import api as documents
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.federation.errors import SplitUnfit
from tongban.identity import api as identity
from tongban.site.ports import is_ready
from tongban.site.split import bundle, plan, under_way
from tongban.vault import api as vault
from tongban.work import api as work

Json = dict[str, Any]


def state_folder() -> Path:
    """Return where a split under way is remembered."""
    return under_way.folder(Path(settings.HOME))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What would go, and what is in the way of it."""

    to: federation.Document
    plan: plan.Plan
    whole: dict[str, int]
    carried: dict[str, int]
    leaving: dict[str, int]
    in_the_way: tuple[str, ...]


def show(text: str, *, host: str, port: int) -> Shown:
    """Return what a split would do; nothing is written. ``text`` is the new node's document."""
    document = federation.splitting.examine(text)
    begun = _given()
    if begun is not None and begun["to"] != document.node:
        raise SplitUnfit(why=f"places are on their way to {begun['to']} already")
    goes = _goes(document)
    found = plan.make(goes, node=document.node)
    tally = bundle.Tally()
    for table, row in plan.carried(found, goes):
        tally.add(table, row)
    return Shown(
        to=document,
        plan=found,
        whole=plan.whole(),
        carried=tally.rows,
        leaving=plan.leaving_counts(found, goes),
        in_the_way=tuple(_in_the_way(found, host, port)),
    )


def _goes(document: federation.Document) -> Callable[[str], bool]:
    @cache
    def goes(place_id: str) -> bool:
        return federation.splitting.leaves(document, place_id)

    return goes


def _in_the_way(found: plan.Plan, host: str, port: int) -> list[str]:
    problems = list(found.cases.in_the_way)
    if is_ready(host, port):
        problems.append("the web server runs: stop it")
    if state_folder().exists():
        return problems  # begun before: what was looked at then stands still
    problems += evidence.splitting.not_ready()
    if waiting := federation.splitting.waiting():
        problems.append(
            f"{waiting} messages to other nodes have no answer: let the worker send them, or see "
            "`tongban node letters`"
        )
    if jobs := work.backlog().waiting:
        problems.append(f"{jobs} jobs are due: run `tongban worker --once`")
    return problems


def give(shown: Shown, folder: Path) -> str:
    """Let the places go: nobody moves their cases here any more, and the folder holds them all.

    Again it writes the folder anew, with the same content. Returns the bundle's digest.
    """
    if shown.in_the_way:
        raise SplitUnfit(why="; ".join(shown.in_the_way))
    document = shown.to
    state_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    federation.splitting.part_with(document)
    goes = _goes(document)
    with transaction.atomic():
        cases.splitting.stand_still(shown.plan.cases, node=document.node)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = federation.own()
    if own is not None:
        (folder / f"{own.node}.node").write_text(f"{own.text}\n", encoding="ascii")
    manifest = bundle.write(
        folder,
        to=document,
        plan=shown.plan,
        rows=plan.carried(shown.plan, goes),
        more={"whole": plan.whole(), "leaving": shown.leaving},
    )
    _keep("given.json", {"to": document.node, "manifest": manifest, "plan": shown.plan.as_json()})
    return bundle.digest_of(manifest)


def _keep(name: str, value: Json) -> None:
    draft = state_folder() / f".{name}.new"
    draft.write_text(json.dumps(value), encoding="utf-8")
    draft.replace(state_folder() / name)


def _given() -> Json | None:
    """Return what was given and isn't let go yet, None where there is nothing."""
    file = state_folder() / "given.json"
    if not file.exists():
        return None
    found: Json = json.loads(file.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is let go for good: what the other node has signed for, and what stays."""

    to: str
    manifest: str
    plan: plan.Plan
    has: Json
    given: Json


def look_at_end(folder: Path) -> Ending:
    """Return what would be let go, held against the other node's word; SplitUnfit."""
    kept = _given()
    if kept is None:
        raise SplitUnfit(why="no split is under way here")
    return Ending(
        to=kept["to"],
        manifest=kept["manifest"],
        plan=plan.Plan.of_json(kept["plan"]),
        has=bundle.check_answer(folder, kept["manifest"], by=kept["to"]),
        given=federation.memos.own_word(kept["manifest"]),
    )


def finish(ending: Ending) -> tuple[dict[str, int], int]:
    """Let go what the other node has; return the rows that stay, and how many keys went.

    Goes on where it broke off: rows and entries in one transaction, then keys, then files.
    """
    digest, document = bundle.digest_of(ending.manifest), federation.trusted()[ending.to]
    goes = _goes(document)
    if not _is_let_go(ending.to, digest):
        _keep("files.json", {"names": _stored_names(ending.plan, goes)})
        with transaction.atomic():
            _let_go(ending, goes, digest, document)
    destroyed = vault.splitting.destroy(
        ending.plan.keys_leaving, places=filter(goes, vault.splitting.places())
    )
    kept = json.loads((state_folder() / "files.json").read_text(encoding="utf-8"))
    documents.splitting.remove_files(kept["names"])
    federation.splitting.note_parted(ending.to)
    stays = plan.whole()
    shutil.rmtree(state_folder())
    return stays, destroyed


def _is_let_go(node: str, digest: str) -> bool:
    """Tell whether the rows of a bundle are gone: their entry is written with that."""
    return any(
        entry.kind == federation.splitting.ENTRY and entry.body["facts"].get("bundle") == digest
        for entry in evidence.open_entries(subject=("node", node))
    )


def _stored_names(found: plan.Plan, goes: plan.Goes) -> list[str]:
    rows = plan.leaving(found, goes)
    return sorted(row["stored_name"] for table, row in rows if table == "documents")


def _let_go(ending: Ending, goes: plan.Goes, digest: str, document: federation.Document) -> None:
    """Remove what left, in the caller's transaction; SplitUnfit where the rest isn't the rest."""
    found, people = ending.plan, ending.plan.people
    names = _stored_names(found, goes)
    delivery.splitting.remove(found.cases.going)
    cases.splitting.settle(found.cases, node=ending.to, bundle=digest)
    cases.splitting.forget_numbers(goes)
    cases.splitting.forget_people(people.leaving)
    identity.splitting.end_sign_ins(goes)
    identity.splitting.remove((), people.mandates_leaving)
    documents.splitting.remove(names)
    identity.splitting.remove(people.leaving, ())
    evidence.splitting.remove_looks(found.keys_leaving)
    facts = {"bundle": digest, "direction": "gave", "places": list(document.places)}
    federation.splitting.record(about=document, facts=facts)
    stays, given = plan.whole(), ending.given
    for table in stays.keys() - plan.NEVER_LEAVE:
        if stays[table] != given["whole"][table] - given["leaving"][table]:
            raise SplitUnfit(why=f"what stays of {table} is not the rest of the whole")
