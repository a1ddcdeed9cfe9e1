"""Views that trusted nodes alone may ask, told by the signature of the request (RFC 9421)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext

from tongban.channels import problems
from tongban.channels.visitor import Request
from tongban.federation import api as federation
from tongban.federation.errors import RequestUnsigned

_P = ParamSpec("_P")
_ASKED = (
    'tongban=("@method" "@target-uri" "tongban-node" "content-digest" "content-type");'
    'created;expires;nonce;keyid;alg="ed25519";tag="tongban-node"'
)
_DIGEST = "Content-Digest"


def between_nodes(
    view: Callable[Concatenate[Request, federation.Caller, _P], HttpResponseBase],
) -> Callable[Concatenate[Request, _P], HttpResponseBase]:
    """Let a trusted node alone in, before its body is read, and sign what it is answered.

    404 where this node is alone, 401 with a code for everybody else.
    """

    @wraps(view)
    def answered(request: Request, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponseBase:
        if federation.own() is None:
            return HttpResponse(status=404)
        try:
            caller = federation.caller(
                method=str(request.method), path=request.get_full_path(), headers=request.headers
            )
            response = view(request, caller, *args, **kwargs)
        except RequestUnsigned as refusal:
            return _unsigned(refusal)
        if isinstance(response, HttpResponse):
            response[_DIGEST] = federation.digest(response.content)
        signed = caller.signed(status=response.status_code, headers=dict(response.items()))
        for name in ("Signature-Input", "Signature"):
            response[name] = signed[name]
        return response

    return cast("Callable[Concatenate[Request, _P], HttpResponseBase]", answered)


def _unsigned(refusal: RequestUnsigned) -> HttpResponse:
    """Return a problem for a program (RFC 9457), and what a signature is to cover."""
    status = problems.STATUS[refusal.kind]
    said = {
        "title": gettext(refusal.what).format(**refusal.fields),
        "status": status,
        "code": refusal.code,
    }
    response = JsonResponse(said, status=status, content_type="application/problem+json")
    response["WWW-Authenticate"] = 'Signature realm="tongban-node"'
    response["Accept-Signature"] = _ASKED
    return response
