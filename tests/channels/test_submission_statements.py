"""A submission over HTTP stays cheap: session, head of the case, verb, on both databases."""

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from channels.portal_people import hidden, person, text
from support.scene import TONGZHOU, Walk, walk_to
from tongban.cases.api import State

MOST = 14

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"], transaction=True),
    pytest.mark.usefixtures("region"),
]


def test_a_submission_over_http_takes_14_statements() -> None:
    walk_to(State.SUBMITTED)  # fills what a process keeps
    walk = Walk(place=TONGZHOU, mode="online").begin()
    client, url = person("ma"), f"/cases/{walk.done.case_id}/check/"
    sent = hidden(text(client.get(url)))
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        answer = client.post(url, {**sent, "consent": "true"})
    assert answer["Location"] == f"/cases/{walk.done.case_id}/?done=submitted"
    asked = [query["sql"] for query in (*main.captured_queries, *keys.captured_queries)]
    counted = [sql for sql in asked if not sql.startswith(("BEGIN", "COMMIT"))]
    assert len(counted) == MOST, "\n".join(counted)
