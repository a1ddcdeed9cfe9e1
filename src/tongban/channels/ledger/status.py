"""How the log stands: a page for everybody, gauges for the operator's monitoring."""

import sqlite3

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from tongban.channels.access import open_to_all
from tongban.channels.errors import PageNotFound
from tongban.channels.ledger import chart, metrics, standing
from tongban.channels.loopback import is_local
from tongban.channels.visitor import Request
from tongban.evidence import api as evidence
from tongban.kernel import clock


@open_to_all(reason="Anyone may see how the log stands: figures, witnesses, alarms; no person.")
def show(request: Request) -> HttpResponse:
    """Show size, checkpoint, witnesses, backlog and alarms, and the last hour."""
    now = clock.now()
    try:
        found, samples, alarms = evidence.status(), evidence.last_hour(), evidence.alarms()
    except (OSError, sqlite3.Error):
        return render(
            request, "ledger/status.html", {"notices": [standing.unreadable()]}, status=503
        )
    context = {
        "now": now,
        "notices": standing.notices(found, alarms, now),
        "log": found.logs[-1] if found.logs else None,
        "facts": standing.facts(found, now),
        "quorum": standing.quorum_words(found),
        "witnesses": standing.witnesses(found),
        "earlier": standing.earlier(found),
        "chart": chart.chart(samples, now),
    }
    return render(request, "ledger/status.html", context)


@open_to_all(reason="For the operator's monitoring on this machine; elsewhere it is not there.")
def gauges(request: Request) -> HttpResponse:
    """Show the gauges; 404 from elsewhere unless TONGBAN_METRICS lets everybody read them."""
    if not settings.METRICS and not is_local(request):
        raise PageNotFound
    try:
        text = metrics.text_of(evidence.status(), evidence.alarms(), clock.now())
    except (OSError, sqlite3.Error):
        return HttpResponse("", content_type=metrics.CONTENT_TYPE, status=503)
    return HttpResponse(text, content_type=metrics.CONTENT_TYPE)
