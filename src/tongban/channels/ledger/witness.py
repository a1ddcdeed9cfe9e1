"""A witness over HTTP (C2SP tlog-witness). No page, no session, no database."""

import sqlite3

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from tongban.channels.access import POST, open_to_all
from tongban.channels.visitor import Request
from tongban.evidence import api as evidence

_TEXT = "text/plain; charset=utf-8"
_AWAY = "this witness can't answer at present\n"


# Exempt: the caller is another node without cookies, and the checkpoint carries its signature.
@open_to_all(
    reason="Logs of other governments ask for a cosignature; the checkpoint's signature decides.",
    methods=POST,
)
@csrf_exempt
def add_checkpoint(request: Request) -> HttpResponse:
    """Cosign a checkpoint; statuses as in tlog-witness, 413 over 64 KiB."""
    # Of a body that is too long no more is read than shows that it is.
    answer = evidence.answer_add_checkpoint(request.read(evidence.MAX_REQUEST_BODY + 1))
    return HttpResponse(answer.body, content_type=answer.content_type, status=answer.status)


@open_to_all(reason="Anyone may monitor a log: the checkpoint that this witness cosigned last.")
def checkpoint(request: Request, origin_hash: str) -> HttpResponse:  # noqa: ARG001 - a view's
    """Show the latest cosigned checkpoint of the origin with this SHA-256; 404 for none."""
    try:
        note = evidence.held_checkpoint(origin_hash)
    except (OSError, sqlite3.Error):
        return HttpResponse(_AWAY, content_type=_TEXT, status=503)
    if note is None:
        return HttpResponse("never cosigned\n", content_type=_TEXT, status=404)
    return HttpResponse(note, content_type=_TEXT)


@open_to_all(reason="The witness's public key, for governments that want their logs witnessed.")
def vkey(request: Request) -> HttpResponse:  # noqa: ARG001 - a view's
    """Show the verifier key of this witness, one line; 404 where this node is none."""
    try:
        text = evidence.witness_vkey()
    except (evidence.WitnessUnfit, OSError, sqlite3.Error):
        return HttpResponse(_AWAY, content_type=_TEXT, status=503)
    if text is None:
        return HttpResponse("this node is no witness\n", content_type=_TEXT, status=404)
    return HttpResponse(f"{text}\n", content_type=_TEXT)
