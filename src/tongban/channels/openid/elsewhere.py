"""What a person sees of their logins between places: told, linked, used; and how to end a link."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from tongban.channels.access import GET_POST, for_person
from tongban.channels.openid.naming import peer_words
from tongban.channels.parts import HappeningRow
from tongban.channels.portal.frame import crumb, page
from tongban.channels.visitor import Request
from tongban.evidence import api as evidence
from tongban.evidence.api import KINDS, Entry
from tongban.identity import api as identity
from tongban.kernel.acting import Channel

_MOST = 50
_NOT_SHOWN = ("person.registered", "erasure.done")


@for_person(methods=GET_POST)
def elsewhere(request: Request) -> HttpResponse:
    """Show which accounts are linked and what happened, newest first; end a link. 3 statements."""
    if request.method == "POST":
        identity.unlink_home(
            acting=request.visitor.acting(Channel.PORTAL), peer=request.POST.get("peer", "")
        )
        return HttpResponseRedirect(f"{reverse('openid:elsewhere')}?done=unlinked")
    me = str(request.visitor.person_id)
    entries = evidence.open_entries(subject=("person", me), without=_NOT_SHOWN)
    title = gettext("异地登录")
    context = {
        **page(request, crumbs=[crumb(title)]),
        "title": title,
        "links": [(peer, peer_words(peer), since) for peer, since in identity.links_of(me)],
        "entries": [_row(one) for one in reversed(entries[-_MOST:])],
        "done": request.GET.get("done", ""),
    }
    return render(request, "openid/elsewhere.html", context)


def _row(entry: Entry) -> HappeningRow:
    peer = str(entry.body["facts"].get("peer", ""))
    return HappeningRow(
        title=gettext(KINDS[entry.kind].title), at=entry.at, who=peer_words(peer) if peer else ""
    )
