"""The queue and the file as pages: what they offer, what they cost, what they say when empty."""

import pytest

from channels.desk_forms import decider, officer, panels, url
from channels.portal_people import staff, statements, text
from support import scene
from support.scene import DACHANG, OFFICERS, TONGZHOU, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.cases.queries import lists
from tongban.channels.desk.acts import ACTS

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

QUEUE = (6, 1)
FILE = (9, 2)
"""Statements in the main database and in the keys'."""

NUMBERED = [state for state in scene._ROUTES if state is not State.DRAFT]


@pytest.mark.parametrize("state", NUMBERED, ids=str)
def test_the_file_offers_exactly_what_can_be_done(state: State) -> None:
    walk = walk_to(state, mode="received" if state is State.RECEIVED else "online")
    for client, acting in ((officer(), walk.officer), (decider(), walk.decider)):
        file = cases.case_file(acting=acting, case_id=walk.done.case_id, purpose="test")
        offered = panels(client, walk.done.case_id)
        assert {ACTS[slug].verb for slug in offered} == file.verbs
        shown = client.get(url(walk.done.case_id)).context["panels"]
        assert sum(panel.shown for panel in shown) == any(panel.main for panel in shown)


def test_the_queue_costs_the_same_however_long() -> None:
    walk_to(State.SUBMITTED)
    statements(officer(), "/desk/")  # whatever this process holds for a while, it holds now
    one = statements(officer(), "/desk/")
    for _ in range(4):
        walk_to(State.ACCEPTED)
    assert statements(officer(), "/desk/") == one == QUEUE
    assert statements(officer(), "/desk/?number=110112") == QUEUE


def test_the_file_costs_what_it_shows() -> None:
    online = walk_to(State.SUBMITTED)
    assert statements(officer(), url(online.done.case_id)) == FILE
    received = walk_to(State.CLOSED, mode="received")
    main, keys = statements(officer(), url(received.done.case_id))
    # two papers in custody, and the posts of window, officer and decider
    assert (main, keys) == (FILE[0] + 2 + 3, FILE[1])


def test_piles_and_search() -> None:
    waiting = walk_to(State.CORRECTING)
    ended = walk_to(State.CLOSED)
    todo = walk_to(State.SUBMITTED)
    works = officer()

    def ids(query: str) -> set[str]:
        return {row.id for row in works.get(f"/desk/{query}").context["page"].rows}

    assert ids("") == {todo.done.case_id}
    assert ids("?pile=waiting") == {waiting.done.case_id}
    assert ids("?pile=ended") == {ended.done.case_id}
    assert ids("?pile=all") == {one.done.case_id for one in (todo, waiting, ended)}
    assert ids("?pile=nonsense") == {todo.done.case_id}
    number = str(ended.done.number)
    assert ids(f"?number={number}") == {ended.done.case_id}
    wide = number.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})
    assert ids(f"?number={wide}") == {ended.done.case_id}


def test_pages_of_a_long_pile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    made = [walk_to(State.SUBMITTED).done.case_id for _ in range(5)]
    works, address, found = officer(), "/desk/", []
    while address:
        page = works.get(address)
        found += [row.id for row in page.context["page"].rows]
        address = page.context["pager"].next_url
    assert found == made  # the oldest first, none twice, none left out


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("", "没有待办的办件"),
        ("?pile=waiting", "没有等待补正的办件"),
        ("?pile=ended", "还没有办结的办件"),
        ("?pile=all", "还没有办件"),
        ("?number=999999", "没有编号以“999999”开头的办件"),
    ],
)
def test_an_empty_list_says_why(query: str, title: str) -> None:
    page = text(officer().get(f"/desk/{query}"))
    assert title in page
    assert "没有寄往本机关的原件。" in page


def test_the_queue_masks_names_and_opens_no_file() -> None:
    walk_to(State.SUBMITTED)
    page = text(officer().get("/desk/"))
    assert "马**" in page
    assert "马清荷" not in page


def test_where_one_is_in_both_languages() -> None:
    assert "北京市通州区市场监督管理局" in text(officer().get("/desk/"))
    english = text(staff(OFFICERS[TONGZHOU], language="en").get("/desk/"))
    assert "Tongzhou District Administration for Market Regulation" in english


def test_an_agency_sees_its_own_queue_only() -> None:
    here = walk_to(State.SUBMITTED, place=DACHANG)
    walk_to(State.SUBMITTED, place=TONGZHOU)
    rows = officer(DACHANG).get("/desk/").context["page"].rows
    assert [row.id for row in rows] == [here.done.case_id]
