"""The front page: what can be dealt with from here."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tongban.agreements import api as agreements
from tongban.cases import api as cases
from tongban.cases.api import Pile
from tongban.channels.access import open_to_all
from tongban.channels.casefile import either, state_words
from tongban.channels.parts import Choice, Tone
from tongban.channels.portal.frame import page, reading, today
from tongban.channels.visitor import Request
from tongban.identity.api import PostView
from tongban.matters import api as matters
from tongban.matters.api import EditionRow
from tongban.places import api as places

_LONGEST_SEARCH = 60
_MOST = 200
_SHOWN_TODO = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterCard:
    """A matter of a place that is open online."""

    url: str
    title: str
    title_lang: str
    place: str
    agency: str
    received: bool
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoCard:
    """A case that waits for the person at the screen."""

    url: str
    title: str
    place: str
    label: str
    tone: Tone


@open_to_all(reason="What can be applied for is told to everyone.")
def home(request: Request) -> HttpResponse:
    """Show what is open online, found by words and deciding place."""
    text = request.GET.get("q", "").strip()[:_LONGEST_SEARCH]
    chosen = request.GET.get("place", "")
    openings = agreements.openings_online(on=today())
    open_now = {(one.matter_code, one.deciding_place_id) for one in openings}
    deciding = sorted({one.deciding_place_id for one in openings})
    place_id = chosen if chosen in deciding else None
    rows = matters.editions_for(place_id=place_id, text=text, limit=_MOST)
    post = request.visitor.post
    context = {
        **page(request, "portal:home"),
        "cards": [_card(row) for row in rows if (row.matter_code, row.place_id) in open_now],
        "places": [_choice(each, chosen) for each in deciding],
        "q": text,
        "searched": bool(text or place_id),
        "todo": _todo(request) if request.visitor.is_person else (),
        "workplace": "" if post is None else _workplace(post),
    }
    return render(request, "portal/home.html", context)


def _card(row: EditionRow) -> MatterCard:
    place, agency = places.place(row.place_id), places.agency(row.agency_id)
    title, lang = either(row.title, row.title_en)
    return MatterCard(
        url=reverse("portal:guide", args=[row.id]),
        title=title,
        title_lang=lang,
        place=either(place.full_name, place.full_name_en)[0],
        agency=either(agency.name, agency.name_en)[0],
        received=matters.Mode.RECEIVED in row.modes,
        sample=row.sample,
    )


def _choice(place_id: str, chosen: str) -> Choice:
    place = places.place(place_id)
    label, lang = either(place.full_name, place.full_name_en)
    return Choice(value=place_id, label=label, label_lang=lang, selected=place_id == chosen)


def _todo(request: Request) -> tuple[TodoCard, ...]:
    found = cases.cases(acting=reading(request), pile=Pile.TODO)
    cards = []
    for row in found.rows[:_SHOWN_TODO]:
        words = state_words(row.state, row.outcome)
        cards.append(
            TodoCard(
                url=reverse("portal:case", args=[row.id]),
                title=either(row.title, row.title_en)[0],
                place=either(row.place, row.place_en)[0],
                label=words.label,
                tone=words.tone,
            )
        )
    return tuple(cards)


def _workplace(post: PostView) -> str:
    """Return where the holder of a post works."""
    return "/desk/" if post.office_id is None else "/window/"
