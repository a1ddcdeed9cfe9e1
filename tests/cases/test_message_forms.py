"""What crosses is of its published form, and no spoilt message is more than refused."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model

from cases.another_node import DECIDER, TAKER, Line, Undone, at_the_taker, handed, line
from cases.mutants import mutants
from support.scene import DACHANG, PDF, Walk
from tongban.cases import api as cases
from tongban.cases.actions.records import WORDS
from tongban.cases.crossing import forms, handing
from tongban.cases.crossing.record_forms import RECORD_KINDS
from tongban.cases.errors import HandedWrong, ToldOutOfStep
from tongban.cases.handlers import register_handlers
from tongban.cases.models import Case, CaseAbroad, CaseEvent, CasePaper, DocumentOfRecord, Proposal
from tongban.delivery import api as delivery
from tongban.delivery.errors import MoveUnfit
from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.evidence.models import PendingEntry
from tongban.federation import api as federation
from tongban.federation import incoming, keys, known
from tongban.federation.actions import taking
from tongban.federation.envelope import Opened
from tongban.federation.errors import DataUnfit
from tongban.federation.rules import kind_of
from tongban.federation.shapes import FILE_TABLE, REGISTRY, file_key
from tongban.federation.signing import read
from tongban.identity.models import Person
from tongban.kernel import clock
from tongban.vault import api as vault

__all__ = ["line"]

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region", "at_home"),
]
KEPT: tuple[type[Model], ...] = (
    *(Case, CaseEvent, CasePaper, DocumentOfRecord, CaseAbroad, Proposal),
    *(CustodyItem, CustodyMove, PendingEntry, Person),
)
MESSAGE = f"{TAKER}-{'0' * 31}1"
SECRET = b"k" * 32


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:  # noqa: ANN401
    """Have keys and a document of this node beside those of the tests' home, and all kinds."""
    monkeypatch.setattr(known, "folder", lambda: tmp_path / "node")
    monkeypatch.setattr(known, "_own_place", lambda _: tmp_path / "node" / "document")
    monkeypatch.setattr(keys, "path", lambda: tmp_path / "node.jwks")
    monkeypatch.setattr(REGISTRY, "kinds", {})
    register_handlers()
    settings.NODE = DECIDER
    federation.announce(address="https://dachang.example", hosted=[DACHANG])


def event(sent: dict[str, Any], sender: str, body: dict[str, Any], line: Line) -> dict[str, Any]:
    """Return a message as it comes, its files put where they are looked for."""
    return {
        "specversion": "1.0",
        "id": f"{sender}-{'0' * 31}1",
        "source": sender,
        "type": f"cn.tongban.{sent['kind']}.v1",
        "subject": sent["lane"],
        "recipient": line.settings.NODE,
        "seq": 1,
        "data": {
            "body": body,
            "files": [arrived(ref, sender, line) for ref in sent.get("files", ())],
        },
    }


def arrived(ref: federation.FileRef, sender: str, line: Line) -> dict[str, Any]:
    path = incoming.folder() / f"{sender}-{'0' * 31}1" / ref.id
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            b"".join(
                vault.seal_stream(
                    key=file_key(ref.id, SECRET),
                    table=FILE_TABLE,
                    row=ref.id,
                    column="file",
                    clear=[line.files[ref.id]],
                )
            )
        )
    return {
        "id": ref.id,
        "size": ref.size,
        "media_type": ref.media_type,
        "digest": ref.digest,
        "sealed_size": path.stat().st_size,
        "token": "0" * 64,
        "key": SECRET.hex(),
    }


def take(said: dict[str, Any]) -> str:
    """Take a message; return "" or the code with which it was refused."""
    answer = read(taking.take(Opened(event=said, signed="signed", at=clock.now()))).value
    assert answer["outcome"] in {"taken", "refused"}
    return str(answer["code"])


def kept() -> list[int]:
    return [model._default_manager.count() for model in KEPT]


@contextmanager
def undone() -> Iterator[None]:
    """Have no trace of what is done; what it raises is raised."""
    with suppress(Undone), transaction.atomic():
        yield
        raise Undone


def spoil(said: dict[str, Any], look: Callable[[], object]) -> Counter[str]:
    """Take each mutant and undo it; return the codes, and what was a defect."""
    codes: Counter[str] = Counter()
    defects = []
    stood = kept()
    form = REGISTRY.kinds[kind_of(said["type"])[0]].versions[1].form
    assert form is not None
    for number, (what, mutant) in enumerate(mutants(said["data"]["body"])):
        # What isn't of its form is refused unread: one in fifty shows it.
        if number % 50 and not form.is_valid(mutant):
            codes[DataUnfit.code] += 1
            continue
        try:
            with undone():
                code = take(said | {"data": {**said["data"], "body": mutant}})
                if code:
                    assert kept() == stood, what
                else:
                    look()
                codes[code] += 1
        except Exception as fault:  # noqa: BLE001 - all of them are shown at once
            defects.append(f"{what}: {type(fault).__name__} {fault}"[:200])
    assert defects == [], "\n".join(defects)
    return codes


def seen(walk: Walk, as_whom: str) -> Callable[[], object]:
    """Return a look at the case as its staff see it, and at all that must agree.

    But for dates: those are the other node's to reckon, and ``tongban verify`` tells of odd ones.
    """

    def look() -> None:
        cases.case_file(acting=getattr(walk, as_whom), case_id=walk.done.case_id, purpose="test")
        odd = [found.what for found in cases.check_cases()]
        assert [what for what in odd if not what.startswith(("header says", "queued for"))] == []
        assert list(delivery.check_custody()) == []

    return look


def body_of(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the data as the other node reads it."""
    found: dict[str, Any] = json.loads(json.dumps(sent["data"]))
    return found


@contextmanager
def at_the_decider(line: Line) -> Iterator[None]:
    """Do something as the node that decides the case of this database's copy; no trace stays."""
    line.play(DECIDER)
    try:
        with transaction.atomic():
            CaseAbroad.objects.update(ordered_here=True, told_papers={})
            yield
            raise Undone  # noqa: TRY301 - it ends the block that it stands in
    except Undone:
        line.play(TAKER)


def copy(line: Line) -> Walk:
    """Have a case at the window that the other node has taken, and no message yet."""
    walk = Walk(place=DACHANG, mode="received").begin().hand_in()
    handing.hand_over({"case_id": walk.done.case_id})
    CaseAbroad.objects.update(answered_at=clock.now())
    line.sent.clear()
    return walk


def test_a_spoilt_case_is_refused_or_does_no_harm(line: Line) -> None:
    walk = handed(line)
    [sent] = line.sent
    said = event(sent, TAKER, body_of(sent), line)
    codes = spoil(said, seen(walk, "officer"))
    assert codes[DataUnfit.code] > 1500
    assert codes[HandedWrong.code] > 10
    assert take(said) == ""


def test_what_is_told_spoilt_is_refused_or_does_no_harm(line: Line) -> None:
    walk = copy(line)
    with at_the_decider(line):
        walk.accept()
    [sent] = line.sent
    said = event(sent, DECIDER, body_of(sent), line)
    codes = spoil(said, seen(walk, "window"))
    assert codes[DataUnfit.code] > 500
    assert codes[ToldOutOfStep.code] > 5
    assert take(said) == ""


def test_moves_of_papers_told_spoilt_are_refused_or_do_no_harm(line: Line) -> None:
    walk = copy(line)
    [item] = delivery.items_of(("case", walk.done.case_id))
    at = {"case_id": walk.done.case_id, "item_id": item.id}
    cases.dispatch(acting=walk.window, seq=2, carrier="EMS", waybill="EB123456789CN", **at)
    line.sent.clear()
    with at_the_decider(line):
        cases.sign_for(acting=walk.officer, seq=3, **at)
    [sent] = line.sent
    said = event(sent, DECIDER, body_of(sent), line)
    codes = spoil(said, seen(walk, "window"))
    assert codes[DataUnfit.code] > 500
    assert codes[MoveUnfit.code] > 5
    assert take(said) == ""


def test_a_step_asked_for_spoilt_is_refused_or_does_no_harm(line: Line) -> None:
    walk = handed(line)
    handing.take_handed(line.message())
    CaseAbroad.objects.update(answered_at=clock.now())
    walk.ask()
    line.sent.clear()
    with at_the_taker(line):
        CaseAbroad.objects.update(ordered_here=False)
        cases.attach(
            acting=walk.window,
            case_id=walk.done.case_id,
            material_key="premises",
            stream=[PDF],
            filename="补正后的合同.pdf",
        )
        line.files |= dict.fromkeys(CasePaper.objects.values_list("document_id", flat=True), PDF)
        walk.correct()
    [sent] = line.sent
    said = event(sent, TAKER, body_of(sent), line)
    codes = spoil(said, seen(walk, "officer"))
    assert codes[DataUnfit.code] > 300
    assert take(said) == ""
    assert Case.objects.get(pk=walk.done.case_id).state == "received"


def test_what_a_whole_life_sends_is_of_its_form(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = handed(line)
    handing.take_handed(line.message())
    monkeypatch.setattr(federation, "hosts", lambda _: True)  # the window's steps need no asking
    for step in (
        *(Walk.ask, Walk.correct, Walk.accept, Walk.review, Walk.decide),
        *(Walk.produce, Walk.issue, Walk.close, Walk.carry_home, Walk.deliver),
    ):
        step(walk)
    for sent in line.sent:
        form = REGISTRY.kinds[sent["kind"]].versions[1].form
        assert form is not None
        assert [
            (error.json_path, error.instance) for error in form.iter_errors(body_of(sent))
        ] == []
    verbs = {one["verb"] for sent in line.sent for one in sent["data"].get("events", ())}
    assert verbs == {*forms.TOLD["properties"]["events"]["items"]["properties"]["verb"]["enum"]} - {
        *("submit", "arrive", "decline", "withdraw", "void")
    }


def test_forms_name_what_the_tables_have() -> None:
    assert {*RECORD_KINDS} == {*WORDS}


@pytest.mark.parametrize("step", [Walk.decline, Walk.ask])
def test_what_ends_otherwise_is_of_its_form_and_taken(
    line: Line, step: Callable[[Walk], Walk]
) -> None:
    walk = copy(line)
    with at_the_decider(line):
        step(walk)
        if step is Walk.decline:
            walk.close()
    for seq, sent in enumerate(line.sent, start=1):
        said = event(sent, DECIDER, body_of(sent), line)
        form = REGISTRY.kinds[sent["kind"]].versions[1].form
        assert form is not None
        assert [
            (error.json_path, error.instance) for error in form.iter_errors(body_of(sent))
        ] == []
        assert take(said | {"id": f"{DECIDER}-{seq:032x}", "seq": seq}) == ""
