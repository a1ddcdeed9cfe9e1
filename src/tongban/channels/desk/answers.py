"""How the desk answers: the file, and the file again with what was not taken."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tongban.channels.desk.chrome import chrome, post_of
from tongban.channels.desk.filepage import Refused, context_of
from tongban.channels.errors import BadRequest
from tongban.channels.visitor import Request
from tongban.kernel.errors import Kind

SHOWN_IN_PLACE = frozenset({Kind.INVALID, Kind.RULE, Kind.CONFLICT})
"""Refusals that the officer can answer on the page itself, with the form kept."""

_MOST_DIGITS = 9


def show_file(request: Request, case_id: str, refused: Refused | None = None) -> HttpResponse:
    """Show the file; with ``refused``, say what was not done and keep what was typed."""
    post = post_of(request)
    context = context_of(request, case_id, post, refused)
    context |= chrome(request)
    return render(request, "desk/case.html", context, status=context["status"])


def seq_of(request: Request) -> int:
    """Return the number of the last event that the sender saw; BadRequest."""
    typed = request.POST.get("seq", "")
    if not typed.isascii() or not typed.isdigit() or len(typed) > _MOST_DIGITS:
        raise BadRequest
    return int(typed)


def case_url(case_id: str) -> str:
    """Return the address of a file."""
    return reverse("desk:case", args=[case_id])
