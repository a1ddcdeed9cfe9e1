"""A failure after each statement of each verb of cases: all of it happens, or nothing."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from faults.injection import fail_after_each_statement
from support.contents import everything
from support.scene import (
    DACHANG,
    OFFICES,
    PDF,
    TONGZHOU,
    Walk,
    checked,
    edition_id,
    form,
    key,
    person_id,
    walk_to,
)
from tongban.agreements.api import SilenceFrom
from tongban.agreements.models import Opening
from tongban.cases import api as cases
from tongban.cases.actions.silence import accept_by_silence
from tongban.cases.api import Done, State, Verb
from tongban.cases.models import Case, CaseEvent, CasePaper
from tongban.documents import api as documents
from tongban.documents import store
from tongban.kernel import clock

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(databases=["default", "keys"], transaction=True),
    pytest.mark.usefixtures("region"),
]

Call = Callable[[], Any]
REASON = "经营场所不在本辖区内，本机关无权登记。"
REACHED = [State.DRAFT, State.SUBMITTED, State.CORRECTING, State.ACCEPTED, State.REVIEWED]


def at(walk: Walk) -> dict[str, Any]:
    return {"case_id": walk.done.case_id, "seq": walk.done.seq, "key": key()}


def draft(mode: str) -> Call:
    walk = Walk(place=TONGZHOU, mode=mode)
    return partial(
        cases.draft,
        acting=walk.starter,
        edition_id=edition_id(TONGZHOU),
        mode=mode,
        applicant_id=person_id("ma"),
        receiving_office_id=OFFICES[DACHANG] if mode == "received" else None,
        form=form(TONGZHOU),
        key=key(),
    )


def submit() -> Call:
    walk = walk_to(State.DRAFT)
    return partial(
        cases.submit, **checked(walk.applicant, walk.done.case_id), consent=True, key=key()
    )


def receive() -> Call:
    walk = walk_to(State.DRAFT, mode="received")
    return partial(
        cases.receive,
        acting=walk.window,
        form=form(TONGZHOU),
        originals=[cases.Original(material_key="premises", copies=1)],
        consent=True,
        **at(walk),
    )


def ask_correction() -> Call:
    walk = walk_to(State.SUBMITTED)
    wanted = [cases.Wanted(path="paper.premises", text="租赁合同缺少出租方签字。")]
    return partial(cases.ask_correction, acting=walk.officer, wanted=wanted, **at(walk))


def correct(mode: str) -> Call:
    walk = walk_to(State.CORRECTING, mode=mode)
    return partial(cases.correct, acting=walk.starter, form=form(TONGZHOU), **at(walk))


def by_officer(verb: Callable[..., Done], state: State, mode: str = "online", **said: Any) -> Call:  # noqa: ANN401 - any argument of a verb
    walk = walk_to(state, mode=mode)
    return partial(verb, acting=walk.officer, **said, **at(walk))


def arrive() -> Call:
    Opening.objects.update(silence_from=SilenceFrom.DECIDING.value)
    return by_officer(cases.arrive, State.RECEIVED, "received")


def void() -> Call:
    walk = walk_to(State.RECEIVED, mode="received")
    return partial(cases.void, acting=walk.window, reason=REASON, **at(walk))


def decide(*, grant: bool) -> Call:
    walk = walk_to(State.REVIEWED)
    reason = "" if grant else REASON
    return partial(cases.decide, acting=walk.decider, grant=grant, reason=reason, **at(walk))


def deliver() -> Call:
    walk = walk_to(State.CLOSED)
    return partial(cases.deliver, acting=walk.applicant, **at(walk))


def withdraw(state: State) -> Call:
    walk = walk_to(state)
    return partial(cases.withdraw, acting=walk.applicant, reason=REASON, **at(walk))


KEYED: dict[str, tuple[Verb, Callable[[], Call]]] = {
    "draft online": (Verb.DRAFT, lambda: draft("online")),
    "draft received": (Verb.DRAFT, lambda: draft("received")),
    "submit": (Verb.SUBMIT, submit),
    "receive": (Verb.RECEIVE, receive),
    "arrive": (Verb.ARRIVE, arrive),
    "ask correction": (Verb.ASK_CORRECTION, ask_correction),
    "correct online": (Verb.CORRECT, lambda: correct("online")),
    "correct received": (Verb.CORRECT, lambda: correct("received")),
    "accept": (Verb.ACCEPT, lambda: by_officer(cases.accept, State.SUBMITTED)),
    "decline": (Verb.DECLINE, lambda: by_officer(cases.decline, State.SUBMITTED, reason=REASON)),
    "review": (
        Verb.REVIEW,
        lambda: by_officer(cases.review, State.ACCEPTED, grant=True, opinion="材料齐全。"),
    ),
    "decide grant": (Verb.DECIDE, lambda: decide(grant=True)),
    "decide refuse": (Verb.DECIDE, lambda: decide(grant=False)),
    "produce": (
        Verb.PRODUCE,
        lambda: by_officer(cases.produce, State.GRANTED, licence_number="92110112MA00000001"),
    ),
    "issue": (Verb.ISSUE, lambda: by_officer(cases.issue, State.PRODUCED, "received")),
    "close": (Verb.CLOSE, lambda: by_officer(cases.close, State.ISSUED, "received")),
    "deliver": (Verb.DELIVER, deliver),
    "void": (Verb.VOID, void),
    **{
        f"withdraw {state}": (Verb.WITHDRAW, lambda state=state: withdraw(state))  # type: ignore[misc] # mypy infers no type for the default
        for state in REACHED
    },
}
"""Each verb that takes a form's key: what it is called, and how to bring a case before it."""


def test_every_verb_of_a_case_is_tried() -> None:
    assert {verb for verb, _ in KEYED.values()} == {*Verb}


@pytest.mark.parametrize("name", KEYED)
def test_a_verb_that_fails_anywhere_changes_nothing_and_then_happens_once(name: str) -> None:
    verb, make = KEYED[name]
    call = make()
    before = CaseEvent.objects.count()
    done, failures = fail_after_each_statement(call)
    assert isinstance(done, Done)
    assert failures >= 6  # key of the form, lock, data key, header, event and entry at the least
    assert CaseEvent.objects.count() == before + 1
    assert CaseEvent.objects.get(case_id=done.case_id, seq=done.seq).verb == verb
    after = everything()
    assert call() == done  # its answer was lost: the same request comes again
    assert everything() == after
    assert list(cases.check_cases()) == []


def test_accepting_by_silence() -> None:
    walk = walk_to(State.SUBMITTED)
    with clock.held_at(clock.now() + timedelta(days=40)):
        call = partial(accept_by_silence, case_id=walk.done.case_id)
        accepted, failures = fail_after_each_statement(call)
        assert (accepted, failures >= 6) == (True, True)
        assert call() is False
    assert Case.objects.get(pk=walk.done.case_id).accepted_by_silence


def test_saving_a_draft() -> None:
    walk = walk_to(State.DRAFT)
    filled = form(TONGZHOU) | {"business_name": "北京市通州区晴川书店"}
    call = partial(cases.save_draft, acting=walk.applicant, case_id=walk.done.case_id, form=filled)
    _, failures = fail_after_each_statement(call)
    assert failures >= 3
    call()
    file = cases.case_file(acting=walk.applicant, case_id=walk.done.case_id, purpose="本人查看")
    assert file.form == filled
    assert len(file.events) == 1


def test_attaching_a_file() -> None:
    walk = walk_to(State.DRAFT)
    call = partial(
        cases.attach,
        acting=walk.applicant,
        case_id=walk.done.case_id,
        material_key="premises",
        stream=[PDF],
        filename="产权证.pdf",
    )
    paper_id, failures = fail_after_each_statement(call)
    assert failures >= 6
    assert CasePaper.objects.count() == 2  # the walk attached one
    _, content = cases.open_paper(
        acting=walk.applicant, case_id=walk.done.case_id, paper_id=str(paper_id)
    )
    assert b"".join(content) == PDF
    with clock.held_at(clock.now() + timedelta(days=2)):
        documents.sweep_orphans()
        assert len(list(store.written_before(clock.now()))) == 2


def test_removing_a_file() -> None:
    walk = walk_to(State.DRAFT)
    paper = CasePaper.objects.get()
    call = partial(
        cases.remove_paper, acting=walk.applicant, case_id=walk.done.case_id, paper_id=paper.id
    )
    _, failures = fail_after_each_statement(call)
    assert failures >= 2
    paper.refresh_from_db()
    assert paper.removed_at is not None
