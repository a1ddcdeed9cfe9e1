"""The receipt of a case at the window, for the applicant who stands there."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.channels import casefile
from tongban.channels.access import for_staff
from tongban.channels.parts import NavItem
from tongban.channels.visitor import Request
from tongban.channels.window.page import POWERS, as_clerk, frame, read_head


@for_staff(*POWERS)
def of_case(request: Request, case_id: str) -> HttpResponse:
    """Show which entries of a case a receipt can hold now, and offer it."""
    head = read_head(request, case_id)
    lines = cases.entry_lines(acting=as_clerk(request), case_id=case_id)
    title, _ = casefile.either(head.edition.title, head.edition.title_en)
    here = gettext("存证凭证")
    context = {
        **frame(
            request,
            "ledger",
            NavItem(label=head.number or title, url=reverse("window:case", args=[case_id])),
            NavItem(label=here, url="", current=True),
        ),
        "title": here,
        "case_id": case_id,
        "entries": casefile.entry_rows(lines),
        "ready": any(line.provable for line in lines),
    }
    return render(request, "window/evidence.html", context)
