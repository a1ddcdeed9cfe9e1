"""The queue and the file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate

from tongban.cases import api as cases
from tongban.cases.api import Pile
from tongban.channels.access import for_staff
from tongban.channels.desk import parcels, queue
from tongban.channels.desk.answers import show_file
from tongban.channels.desk.chrome import POWERS, acting_of, agency_of, chrome, post_of
from tongban.channels.visitor import Request
from tongban.kernel import clock


@for_staff(*POWERS)
def home(request: Request) -> HttpResponse:
    """Show a pile of this agency's cases, and the parcels to sign for and to send."""
    post = post_of(request)
    number = queue.number_of(request.GET)
    pile = Pile.ALL if number else queue.pile_of(request.GET)
    after = request.GET.get("after") or None
    page = cases.cases(acting=acting_of(request), pile=pile, after=after, number=number)
    heading = queue.heading_of(pile, number)
    empty_title, empty_text = queue.empty_words(pile, number)
    context = {
        **chrome(request, None if number else pile),
        "heading": heading,
        "number": number,
        "page": page,
        "table": queue.table_of(page, heading),
        "lights": queue.lights_of(page),
        "pager": queue.pager_of(page, pile, number, after),
        "between": cases.between_nodes(acting=acting_of(request)),
        "empty_title": empty_title,
        "empty_text": empty_text,
        "traffic": parcels.traffic(
            acting_of(request), agency_of(request), localdate(clock.now()), powers=post.powers
        ),
    }
    return render(request, "desk/home.html", context)


@for_staff(*POWERS)
def case(request: Request, case_id: str) -> HttpResponse:
    """Show a case's file with everything that this post can do to it now."""
    return show_file(request, case_id)
