"""The main pages stay cheap: their statements, in the main database and in the keys'."""

import pytest

from channels.portal_people import nobody, person, statements
from support import scene
from support.scene import TONGZHOU, walk_to
from tongban.cases.api import State

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]


def test_home() -> None:
    walk_to(State.CLOSED)
    assert statements(nobody(), "/") == (2, 0)
    assert statements(person("ma"), "/") == (5, 1)


def test_guide() -> None:
    url = f"/matters/{scene.edition_id(TONGZHOU)}/"
    assert statements(nobody(), url) == (5, 0)
    assert statements(person("ma"), url) == (7, 0)


def test_edit() -> None:
    walk = walk_to(State.CORRECTING)
    assert statements(person("ma"), f"/cases/{walk.done.case_id}/edit/") == (8, 2)


def test_check() -> None:
    walk = walk_to(State.DRAFT)
    assert statements(person("ma"), f"/cases/{walk.done.case_id}/check/") == (8, 2)


def test_case() -> None:
    walk = walk_to(State.CLOSED)
    assert statements(person("ma"), f"/cases/{walk.done.case_id}/") == (12, 2)


def test_mine_costs_the_same_however_long() -> None:
    walk_to(State.CLOSED)
    one = statements(person("ma"), "/mine/")
    walk_to(State.CLOSED)
    walk_to(State.CORRECTING)
    assert statements(person("ma"), "/mine/") == one == (3, 1)
