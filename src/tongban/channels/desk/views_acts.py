"""The acts on a case, each by one form of the file page."""

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from tongban.channels.access import POST, for_staff
from tongban.channels.desk.acts import ACTS, Sent, perform
from tongban.channels.desk.answers import SHOWN_IN_PLACE, case_url, seq_of, show_file
from tongban.channels.desk.chrome import POWERS, acting_of
from tongban.channels.desk.filepage import Refused
from tongban.channels.idempotency import form_key
from tongban.channels.visitor import Request
from tongban.kernel.errors import Refusal


@for_staff(*POWERS, methods=POST)
def act(request: Request, case_id: str, slug: str) -> HttpResponse:
    """Do one act; on a refusal that can be answered, show the file again with the form kept."""
    sent = Sent(
        acting=acting_of(request),
        case_id=case_id,
        seq=seq_of(request),
        key=form_key(request),
        slug=slug,
        post=request.POST,
    )
    try:
        perform(ACTS[slug], sent)
    except Refusal as refusal:
        if refusal.kind not in SHOWN_IN_PLACE:
            raise
        refused = Refused(slug=slug, post=request.POST, refusal=refusal, seq=sent.seq)
        return show_file(request, case_id, refused)
    return HttpResponseRedirect(f"{case_url(case_id)}?{urlencode({'done': slug})}")
