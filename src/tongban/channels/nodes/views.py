"""The inbox, files on their way, and who this node says it is."""

import hashlib
import os
import re

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from tongban.channels.access import POST, open_to_all
from tongban.channels.nodes.signed import between_nodes
from tongban.channels.visitor import Request
from tongban.federation import api as federation
from tongban.kernel.errors import Refusal

_RANGE = re.compile(r"bytes=(\d{1,12})-")
_MOST_ASKED = 64 * 1024
_JOSE = "application/jose"
_SEALED = "application/octet-stream"
_BLOCK = 256 * 1024


# Exempt: the caller is another node without cookies, and its request is signed.
@open_to_all(
    reason="Other nodes deliver here: the request and each message are signed by a trusted one.",
    methods=POST,
)
@csrf_exempt
@between_nodes
def inbox(request: Request, caller: federation.Caller) -> HttpResponse:
    """Take envelopes, one a line; answer each in a line, signed. 404 where this node is alone."""
    # Of a body that is too long no more is read than shows that it is.
    body = request.read(federation.MOST_BODY + 1)
    if len(body) > federation.MOST_BODY:
        return HttpResponse(status=413)
    caller.check_body(body)
    return HttpResponse(federation.take_all(body), content_type=_JOSE)


# Exempt: as above.
@open_to_all(
    reason="A node put back from a backup asks for its own lanes: signed, answered for its eyes.",
    methods=POST,
)
@csrf_exempt
@between_nodes
def recall(request: Request, caller: federation.Caller) -> HttpResponse:
    """Give a trusted node back what it has lost; 404 where this node is alone."""
    body = request.read(_MOST_ASKED + 1)
    if len(body) > _MOST_ASKED:
        return HttpResponse(status=413)
    caller.check_body(body)
    try:
        given = federation.give_back(body.decode("ascii", errors="replace"))
    except Refusal as refusal:
        return HttpResponse(f"{refusal.code}\n", content_type="text/plain", status=403)
    return HttpResponse(given, content_type=_JOSE)


@open_to_all(reason="A file on its way, for the node whose message alone tells its secret name.")
@between_nodes
def file(request: Request, caller: federation.Caller, token: str) -> HttpResponseBase:
    """Hand out a sealed file, from a byte on where the caller has the others (RFC 9110, 14)."""
    content = federation.outgoing_file(token, to=caller.node)
    size = os.fstat(content.fileno()).st_size
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    start = 0 if found is None else int(found.group(1))
    if found is not None and start >= size:
        content.close()
        gone = HttpResponse(status=416, content_type=_SEALED)
        gone["Content-Range"] = f"bytes */{size}"
        return gone
    content.seek(start)
    digest = hashlib.sha256()
    for block in iter(lambda: content.read(_BLOCK), b""):
        digest.update(block)
    content.seek(start)
    part = FileResponse(content, content_type=_SEALED, status=200 if found is None else 206)
    if found is not None:
        part["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    part["Content-Digest"] = federation.digest_field(digest.digest())
    return part


@open_to_all(reason="Who this node is: its places, its address, its public keys, signed.")
def document(request: Request) -> HttpResponse:  # noqa: ARG001 - a view's
    """Show the node's document, one line; 404 where it has none."""
    own = federation.own()
    if own is None:
        return HttpResponse("this node is alone\n", content_type="text/plain", status=404)
    return HttpResponse(f"{own.text}\n", content_type=_JOSE)
