"""How other governments' nodes are called on screen: by the places that they host."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from tongban.channels.casefile import either
from tongban.federation import api as federation
from tongban.places import api as places
from tongban.places.errors import PlaceMissing

MANY = 8
"""More are not shown at once, but searched."""
_SHOWN = 3
_LONGEST_SEARCH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeChoice:
    """A node at which one may log in: its places in words, and where that begins."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """What the login page offers: some homes, and whether there are more to search for."""

    shown: tuple[HomeChoice, ...]
    searched: str
    many: bool


def homes_offered(request: HttpRequest, onward: str) -> Homes:
    """Return where one may log in at home; ``home`` of the query narrows it. No statement."""
    text = request.GET.get("home", "").strip()[:_LONGEST_SEARCH]
    own, found = federation.own(), federation.login_homes()
    # Begun at the address to which the home node sends people back: the cookie stands there.
    base = "" if own is None else own.address
    query = f"?{urlencode({'next': onward})}" if onward else ""
    chosen = [one for one in found if not text or text.casefold() in _all_names(one)]
    if text:  # a province before its counties
        chosen.sort(key=lambda one: len(_all_names(one)))
    return Homes(
        shown=tuple(
            HomeChoice(
                name=node_words(one.node, one.places),
                url=f"{base}{reverse('openid:start', args=[one.node])}{query}",
            )
            for one in chosen[:MANY]
        ),
        searched=text,
        many=len(found) > MANY,
    )


def peer_words(name: str) -> str:
    """Return what a trusted node is called on screen."""
    found = federation.trusted().get(name)
    return name if found is None else node_words(name, found.places)


def node_words(name: str, place_ids: tuple[str, ...]) -> str:
    """Return a node's places in words; its name where this node knows none of them."""
    words = [either(*names)[0] for one in place_ids if (names := _names(one)) is not None]
    shown = gettext("、").join(words[:_SHOWN])
    if len(words) > _SHOWN:
        return gettext("{places}等").format(places=shown)
    return shown or name


def _all_names(one: federation.Home) -> str:
    known = [names for place_id in one.places if (names := _names(place_id)) is not None]
    return " ".join([one.node, *(text for names in known for text in names)]).casefold()


def _names(place_id: str) -> tuple[str, str] | None:
    try:
        found = places.place(place_id)
    except PlaceMissing:
        return None
    return found.full_name, found.full_name_en
