"""The logs of this node as static files (C2SP tlog-tiles). No page, no session, no database."""

from django.http import FileResponse, HttpResponse, HttpResponseBase

from tongban.channels.access import open_to_all
from tongban.channels.visitor import Request
from tongban.evidence import api as evidence

_FOR_EVER = "public, max-age=31536000, immutable"
_FRESH = "no-cache"


@open_to_all(reason="Anyone may read and check the log: it holds nothing but salted commitments.")
def published(request: Request, shard: str, name: str) -> HttpResponseBase:  # noqa: ARG001 - a view's
    """Show a checkpoint, a verifier key or a tile; 404 for anything else."""
    found = evidence.published_file(shard, name)
    if found is None:
        return HttpResponse("not in this log\n", content_type="text/plain", status=404)
    response = FileResponse(found.path.open("rb"), content_type=found.content_type)
    response["Cache-Control"] = _FOR_EVER if found.final else _FRESH
    return response
