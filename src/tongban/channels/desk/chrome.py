"""What every page of the desk shares: who may open it, where one is, where one can go."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases.api import Pile
from tongban.channels.casefile import either
from tongban.channels.errors import PowerMissing
from tongban.channels.parts import NavItem
from tongban.channels.visitor import Request
from tongban.identity.api import PostView, Power
from tongban.kernel.acting import Acting, Channel
from tongban.kernel.errors import mark
from tongban.places import api as places

POWERS = (
    Power.ACCEPT,
    Power.REVIEW,
    Power.DECIDE,
    Power.PRODUCE,
    Power.ISSUE,
    Power.READ_ONLY,
    Power.SUPERVISE,
)
"""Any of these opens the desk; what a post may do to one case is for ``cases`` to say."""

PILES = {
    Pile.TODO: mark("待办"),
    Pile.WAITING: mark("等待补正"),
    Pile.ENDED: mark("已办结"),
    Pile.ALL: mark("全部"),
}


def post_of(request: Request) -> PostView:
    """Return the post at this desk; PowerMissing if it belongs to no agency."""
    post = request.visitor.post
    if post is None or post.agency_id is None:
        raise PowerMissing
    return post


def agency_of(request: Request) -> str:
    """Return the id of the agency that this desk stands in; PowerMissing if in none."""
    agency_id = post_of(request).agency_id
    if agency_id is None:  # post_of has seen to it; said for the type checker
        raise PowerMissing
    return agency_id


def acting_of(request: Request) -> Acting:
    """Return the Acting of whoever works at this desk; PowerMissing for a post of no agency."""
    post_of(request)
    return request.visitor.acting(Channel.DESK)


def chrome(request: Request, current: Pile | None = None) -> dict[str, Any]:
    """Return the context of desk/base.html: agency, name, the piles as the main navigation."""
    post = post_of(request)
    agency = places.agency(agency_of(request))
    return {
        "where": either(agency.name, agency.name_en)[0],
        "account_name": post.staff_name,
        "nav": [
            NavItem(label=gettext(label), url=pile_url(pile), current=pile is current)
            for pile, label in PILES.items()
        ],
    }


def pile_url(pile: Pile) -> str:
    """Return the address of a pile; the first one is the desk's home."""
    home = reverse("desk:home")
    return home if pile is Pile.TODO else f"{home}?pile={pile.value}"
