"""What every page of the window has: who may open it, its frame, and the Acting of its verbs."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseFile, CaseHead
from tongban.channels.casefile import either
from tongban.channels.errors import PowerMissing
from tongban.channels.parts import NavItem
from tongban.channels.visitor import Request
from tongban.identity.api import PostView, Power
from tongban.kernel.acting import Acting, Channel, Presence
from tongban.kernel.errors import mark
from tongban.places import api as places

POWERS = (Power.RECEIVE, Power.DELIVER_RESULT, Power.VOID)
"""Any of these opens the window's pages; what may be done there is each verb's own rule."""

TO_READ = mark("窗口查看办件")
TO_RECEIVE = mark("窗口收件和补正")

_OFFERED = {Presence.DOCUMENT_SEEN.value: Presence.DOCUMENT_SEEN}
"""Ways to see who stands there. A face is compared by a device, and none is connected."""


def post_of(request: Request) -> PostView:
    """Return the clerk's post; PowerMissing without one."""
    post = request.visitor.post
    if post is None:
        raise PowerMissing
    return post


def office_of(request: Request) -> places.OfficeView:
    """Return the office at whose window the clerk works; PowerMissing for a post elsewhere."""
    post = post_of(request)
    if post.office_id is None:
        raise PowerMissing
    return places.office(post.office_id)


def frame(request: Request, current: str, *trail: NavItem) -> dict[str, Any]:
    """Return what ``window/base.html`` shows around a page; ``trail`` ends with the page itself."""
    office = office_of(request)
    items = (
        ("home", gettext("工作台")),
        ("new", gettext("新收件")),
        ("ledger", gettext("收件台账")),
    )
    home = NavItem(label=gettext("工作台"), url=reverse("window:home"))
    return {
        "where": either(office.name, office.name_en)[0],
        "nav": tuple(
            NavItem(label=label, url=reverse(f"window:{name}"), current=name == current)
            for name, label in items
        ),
        "crumbs": (home, *trail) if trail else (),
    }


def case_trail(file: CaseFile, *further: str) -> tuple[NavItem, ...]:
    """Return the crumbs of a page about a case, each further one below it."""
    title, _ = either(file.edition.title, file.edition.title_en)
    url = reverse("window:case", args=[file.id])
    trail = [NavItem(label=file.number or title, url=url, current=not further)]
    trail += [NavItem(label=label, url="", current=True) for label in further]
    return tuple(trail)


def as_clerk(request: Request) -> Acting:
    """Return the Acting of what the office does by itself: look, notify, send, void."""
    return request.visitor.acting(Channel.WINDOW)


def for_applicant(request: Request, case: CaseFile | CaseHead, name: str = "presence") -> Acting:
    """Return the Acting of what the clerk does for the applicant, seen as the control says.

    A case begun on a letter of authority goes on under the same mandate.
    """
    return request.visitor.acting(
        Channel.WINDOW,
        on_behalf_of=case.applicant_id,
        mandate_id=case.mandate_id,
        presence=_OFFERED.get(request.POST.get(name, ""), Presence.NONE),
    )


def posted_seq(request: Request, name: str = "seq") -> int:
    """Return the last event that the page showed; 0, which is always stale, if it is no number."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def read_file(request: Request, case_id: str, purpose: str) -> CaseFile:
    """Return the case's file; the applicant will see who opened it and for what."""
    return cases.case_file(acting=as_clerk(request), case_id=case_id, purpose=purpose)


def read_head(request: Request, case_id: str) -> CaseHead:
    """Return where the case stands and whose it is; nothing personal, so no look."""
    return cases.case_head(acting=as_clerk(request), case_id=case_id)
