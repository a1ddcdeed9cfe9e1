from pathlib import Path

import pytest

from tongban.cases.errors import NotNow
from tongban.cases.transitions import TABLE, Side, State, Verb, mermaid, require, verbs_after

DOCS = Path(__file__).parents[2] / "docs" / "case.md"


def test_every_verb_has_exactly_one_row() -> None:
    assert set(TABLE) == set(Verb)


def test_every_state_is_reached_and_every_unfinished_one_left() -> None:
    reached = {target for row in TABLE.values() for target in row.targets}
    assert reached == set(State)
    assert {state for state in State if not verbs_after(state)} == {
        State.DELIVERED,
        State.WITHDRAWN,
        State.VOIDED,
    }


def test_receiving_alone_never_accepts() -> None:
    assert set(TABLE[Verb.ACCEPT].sides) == {Side.AGENCY, Side.SYSTEM}
    assert Side.WINDOW not in TABLE[Verb.DECIDE].sides


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("state", list(State))
def test_a_verb_is_refused_in_every_state_but_its_own(verb: Verb, state: State) -> None:
    if state in TABLE[verb].sources:
        assert require(verb, state) is TABLE[verb]
    else:
        with pytest.raises(NotNow) as refused:
            require(verb, state)
        assert refused.value.fields == {"verb": verb.value, "state": state.value}


def test_the_diagram_in_the_docs_is_the_table() -> None:
    text = DOCS.read_text(encoding="utf-8")
    drawn = text.split("```mermaid\n")[1].split("```")[0]
    assert drawn == mermaid()
