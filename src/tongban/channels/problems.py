"""How a refusal, a defect or a wrong address looks: the one mapping from ``Kind`` to HTTP.

Every problem page shows a code, what happened and what to do. A page gets ``problem.html``, an
htmx request the fragment ``parts/problem.html``. A defect gets an incident number that is in the
log too (``incidents``).
"""

import sys
from collections.abc import Mapping
from types import MappingProxyType

from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from tongban.channels import errors, incidents
from tongban.channels.visitor import NOBODY, visitor_of
from tongban.kernel.errors import Kind, Refusal

STATUS: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.INVALID: 400,
        Kind.LOGIN: 401,
        Kind.FORBIDDEN: 403,
        Kind.NOT_FOUND: 404,
        Kind.CONFLICT: 409,
        Kind.RULE: 422,
        Kind.TOO_LARGE: 413,
        Kind.UNSUPPORTED: 415,
        Kind.UNAVAILABLE: 503,
    }
)

MAX_REQUEST_BYTES = 24 * 2**20
"""The largest request: one document of 20 MiB and its form. A page takes one file at a time."""

_RETRY_AFTER_S = "60"


def text_of(refusal: Refusal) -> tuple[str, str]:
    """Return what happened and what to do, in the active language, with the fields filled in."""
    return (
        gettext(refusal.what).format(**refusal.fields),
        gettext(refusal.todo).format(**refusal.fields),
    )


def respond(
    request: HttpRequest, refusal: Refusal, *, status: int | None = None, incident: str = ""
) -> HttpResponse:
    """Return the page (or the htmx fragment) that tells of ``refusal``.

    ``status`` overrides the mapping where HTTP has a more exact code (405, 500).
    """
    answer = STATUS[refusal.kind] if status is None else status
    what, todo = text_of(refusal)
    # Who is logged in but not surely enough gains nothing by the login page.
    login_offered = refusal.kind is Kind.LOGIN and visitor_of(request).is_nobody
    context = {
        "code": refusal.code,
        "what": what,
        "todo": todo,
        "status": answer,
        "incident": incident,
        "login_offered": login_offered,
        "back_url": "" if login_offered else reverse("portal:home"),
        "back_label": gettext("返回首页"),
    }
    fragment = bool(getattr(request, "htmx", False))
    template = "parts/problem.html" if fragment else "problem.html"
    response = HttpResponse(render_to_string(template, context, request), status=answer)
    if answer == STATUS[Kind.LOGIN]:
        # RFC 9110 section 11.6.1 asks for a challenge; browsers pass over a scheme they lack.
        response["WWW-Authenticate"] = 'Form realm="tongban"'
    if answer == STATUS[Kind.UNAVAILABLE]:
        response["Retry-After"] = _RETRY_AFTER_S
    return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's
    """Answer a form without a valid anti-forgery token (settings.CSRF_FAILURE_VIEW)."""
    return respond(request, errors.FormExpired())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django could not read (handler400); too much of it is 413."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return too_large(request)
    return respond(request, errors.BadRequest())


def too_large(request: HttpRequest) -> HttpResponse:
    """Answer a request that is larger than any page takes."""
    return respond(request, errors.RequestTooLarge(megabytes=MAX_REQUEST_BYTES // 2**20))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    """Answer Django's PermissionDenied (handler403)."""
    return respond(request, errors.Forbidden())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    """Answer an address that leads nowhere (handler404)."""
    return respond(request, errors.PageNotFound())


def unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer while the database is away, without asking it who is there."""
    request.visitor = NOBODY  # type: ignore[attr-defined] # set by middleware.Visiting as well
    return respond(request, errors.Unavailable(), incident=incidents.report(exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a defect of ours (handler500)."""
    incident = incidents.report(sys.exception())
    try:
        return respond(request, errors.Broken(), status=500, incident=incident)
    except Exception as second:  # noqa: BLE001 - the last page must come whatever is broken
        incidents.report(second)
        return _last_resort(incident)


def _last_resort(incident: str) -> HttpResponse:
    """Return the page that needs no template, no database and no catalogue."""
    what, todo = text_of(errors.Broken())
    page = format_html(
        '<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>{what}</title>'
        "<h1>{what}</h1><p>{todo}</p><p>{code} · {incident}</p></html>",
        what=what,
        todo=todo,
        code=errors.Broken.code,
        incident=incident,
    )
    return HttpResponse(page, status=500)
