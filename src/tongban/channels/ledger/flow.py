"""What flows between this node and the others: a page for those who operate and oversee it."""

import sqlite3

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from tongban.cases import api as cases
from tongban.channels.access import POST, open_to_all
from tongban.channels.errors import PageNotFound
from tongban.channels.ledger import flow_words
from tongban.channels.loopback import is_local
from tongban.channels.parts import Fact
from tongban.channels.visitor import Request
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.kernel import clock

EVERY = "5"
"""Seconds after which the page comes anew by itself, for who asked for that."""


@open_to_all(reason="For operators on this machine, as the gauges are; elsewhere it is not there.")
def show(request: Request) -> HttpResponse:
    """Show what goes to and fro, what waits and what is stuck, the log and its witnesses.

    Figures, names of nodes, ids and codes: nothing of what a message says. 404 from elsewhere
    unless TONGBAN_METRICS lets everybody read the gauges.
    """
    if not settings.METRICS and not is_local(request):
        raise PageNotFound
    now = clock.now()
    letters = federation.letters()
    owners = cases.owners_of({one.lane for one in letters})
    minutes = federation.last_hour()
    may_revive = is_local(request)
    follows = request.GET.get("every") == EVERY
    context = {
        "now": now,
        "alone": federation.own() is None,
        "own": federation.own(),
        "peers": flow_words.peers(federation.flows(), now),
        "unreachable": flow_words.unreachable(federation.unreachable()),
        "letters": flow_words.letters(letters, owners, now) if letters else [],
        "may_revive": may_revive,
        "erased": len({one.person_id for one in cases.erased_elsewhere()}),
        "chart": flow_words.chart(minutes),
        "log": _log(),
        "done": request.GET.get("done") == "revived",
        "follows": follows,
    }
    response = render(request, "ledger/flow.html", context)
    if follows:  # asked for by a link, and ended by another: no page that moves by itself
        response["Refresh"] = EVERY
    return response


def _log() -> list[Fact]:
    try:
        return flow_words.log(evidence.status())
    except (OSError, sqlite3.Error):
        return flow_words.no_log()


@open_to_all(
    reason="For operators on this machine; elsewhere it is not there.",
    methods=POST,
)
def revive(request: Request, message_id: str) -> HttpResponse:
    """Try a message again that was given up; 404 from elsewhere, and where there is none."""
    if not is_local(request) or not federation.revive(message_id):
        raise PageNotFound
    return HttpResponseRedirect(f"{reverse('ledger:flow')}?done=revived#letters")
