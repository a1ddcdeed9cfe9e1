"""The inbox, files on their way, and who this node says it is."""

import os
import re

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from tongban.channels.access import POST, open_to_all
from tongban.channels.visitor import Request
from tongban.federation import api as federation
from tongban.kernel.errors import Refusal

_RANGE = re.compile(r"bytes=(\d{1,12})-")
_MOST_ASKED = 64 * 1024
_JOSE = "application/jose"
_SEALED = "application/octet-stream"


# Exempt: the caller is another node without cookies, and each envelope carries its signature.
@open_to_all(
    reason="Other nodes deliver here; each message is signed by its node, encrypted to this one.",
    methods=POST,
)
@csrf_exempt
def inbox(request: Request) -> HttpResponse:
    """Take envelopes, one a line; answer each in a line, signed. 404 where this node is alone."""
    if federation.own() is None:
        return HttpResponse(status=404)
    # Of a body that is too long no more is read than shows that it is.
    body = request.read(federation.MOST_BODY + 1)
    if len(body) > federation.MOST_BODY:
        return HttpResponse(status=413)
    return HttpResponse(federation.take_all(body), content_type=_JOSE)


# Exempt: as above.
@open_to_all(
    reason="A node put back from a backup asks for its own lanes: signed, answered for its eyes.",
    methods=POST,
)
@csrf_exempt
def recall(request: Request) -> HttpResponse:
    """Give a trusted node back what it has lost; 404 where this node is alone."""
    if federation.own() is None:
        return HttpResponse(status=404)
    body = request.read(_MOST_ASKED + 1)
    if len(body) > _MOST_ASKED:
        return HttpResponse(status=413)
    try:
        given = federation.give_back(body.decode("ascii", errors="replace"))
    except Refusal as refusal:
        return HttpResponse(f"{refusal.code}\n", content_type="text/plain", status=403)
    return HttpResponse(given, content_type=_JOSE)


@open_to_all(reason="A file on its way; its name is a secret that its message alone tells.")
def file(request: Request, token: str) -> HttpResponseBase:
    """Hand out a sealed file, from a byte on where the caller has the others (RFC 9110, 14)."""
    content = federation.outgoing_file(token)
    size = os.fstat(content.fileno()).st_size
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None:
        return FileResponse(content, content_type=_SEALED)
    start = int(found.group(1))
    if start >= size:
        content.close()
        gone = HttpResponse(status=416, content_type=_SEALED)
        gone["Content-Range"] = f"bytes */{size}"
        return gone
    content.seek(start)
    rest = FileResponse(content, content_type=_SEALED, status=206)
    rest["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    return rest


@open_to_all(reason="Who this node is: its places, its address, its public keys, signed.")
def document(request: Request) -> HttpResponse:  # noqa: ARG001 - a view's
    """Show the node's document, one line; 404 where it has none."""
    own = federation.own()
    if own is None:
        return HttpResponse("this node is alone\n", content_type="text/plain", status=404)
    return HttpResponse(f"{own.text}\n", content_type=_JOSE)
