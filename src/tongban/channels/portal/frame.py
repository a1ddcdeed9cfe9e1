"""What every page of the portal has: its navigation, and the Acting of the person at the screen."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseFile, CaseHead
from tongban.channels.errors import BadRequest
from tongban.channels.parts import NavItem
from tongban.channels.visitor import Request
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.kernel.acting import Acting, Channel
from tongban.kernel.errors import mark

AGENT_PURPOSE = mark("受托办理本办件")
"""What an agent opens a case's file for; the applicant reads it. Their own look is not recorded."""

_LONGEST_SEQ = 9


def page(request: Request, current: str = "", crumbs: Sequence[NavItem] = ()) -> dict[str, Any]:
    """Return the context of portal/base.html; ``current`` is the route of the page in the nav."""
    places = [("portal:home", gettext("办事"))]
    if request.visitor.is_person:
        places += [
            ("portal:mine", gettext("我的办件")),
            ("portal:mandates", gettext("委托代办")),
        ]
    items = [
        NavItem(label=label, url=reverse(route), current=route == current)
        for route, label in places
    ]
    own = [*items[1:], *_elsewhere(request)]
    return {"nav": items, "account_items": own, "crumbs": _crumbs(crumbs)}


def _elsewhere(request: Request) -> list[NavItem]:
    """Return where a person sees their logins between places; nothing where a node is alone."""
    if not request.visitor.is_person or federation.own() is None:
        return []
    return [NavItem(label=gettext("异地登录"), url=reverse("openid:elsewhere"))]


def _crumbs(crumbs: Sequence[NavItem]) -> tuple[NavItem, ...]:
    if not crumbs:
        return ()
    return (NavItem(label=gettext("首页"), url=reverse("portal:home")), *crumbs)


def crumb(label: str, route: str = "", *args: str) -> NavItem:
    """Return one crumb; without a route it is the page itself."""
    return NavItem(label=label, url=reverse(route, args=args) if route else "", current=not route)


def today() -> date:
    """Return the day in the places' time."""
    return localdate(clock.now())


def reading(request: Request) -> Acting:
    """Return who reads: the person as themself, whomever's case it is."""
    return request.visitor.acting(Channel.PORTAL)


def read_file(request: Request, case_id: str) -> CaseFile:
    """Return the file of a case of this person, or one that they handle for another."""
    return cases.case_file(acting=reading(request), case_id=case_id, purpose=AGENT_PURPOSE)


def read_head(request: Request, case_id: str) -> CaseHead:
    """Return what a form's sender needs to know of a case; nothing personal, so it is no look."""
    return cases.case_head(acting=reading(request), case_id=case_id)


def doing(request: Request, case: CaseFile | CaseHead) -> Acting:
    """Return who acts on a case: the applicant, or their agent by the mandate it was begun with."""
    if request.visitor.person_id == case.applicant_id:
        return reading(request)
    return request.visitor.acting(
        Channel.PORTAL, on_behalf_of=case.applicant_id, mandate_id=case.mandate_id
    )


def needed_assurance(request: Request, file: CaseFile) -> dict[str, int]:
    """Return for portal/assurance.html what an application needs; 0 if this login has it."""
    needed, has = file.edition.assurance_online, request.visitor.assurance
    return {"needs_assurance": needed if has < needed else 0, "has_assurance": int(has)}


def posted_seq(request: HttpRequest) -> int:
    """Return the last event that the sender of a form saw; BadRequest if it names none."""
    text = request.POST.get("seq", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_SEQ):
        raise BadRequest
    return int(text)
