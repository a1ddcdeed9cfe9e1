"""Receipts 存证凭证 of a case and of looks: what the person keeps, whatever becomes of the node."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.channels import casefile
from tongban.channels.access import for_person
from tongban.channels.headers import as_receipt
from tongban.channels.portal.frame import crumb, page, read_head, reading
from tongban.channels.visitor import Request
from tongban.evidence import api as evidence


@for_person()
def of_case(request: Request, case_id: str) -> HttpResponse:
    """Show which entries of a case a receipt can hold now, and offer it."""
    head = read_head(request, case_id)
    lines = cases.entry_lines(acting=reading(request), case_id=case_id)
    title, _ = casefile.either(head.edition.title, head.edition.title_en)
    here = gettext("存证凭证")
    crumbs = [
        crumb(gettext("我的办件"), "portal:mine"),
        crumb(title, "portal:case", case_id),
        crumb(here),
    ]
    context = {
        **page(request, crumbs=crumbs),
        "title": here,
        "case_id": case_id,
        "entries": casefile.entry_rows(lines),
        "ready": any(line.provable for line in lines),
    }
    return render(request, "portal/evidence.html", context)


@for_person()
def of_looks(request: Request, look_id: str) -> HttpResponse:
    """Hand out the receipt of a look at the person, with those that stand in its row."""
    me = str(request.visitor.person_id)
    looks = casefile.looks_alike(me, evidence.look_at(person_id=me, look_id=look_id))
    issued = evidence.issue_looks(person_id=me, look_ids=[look.id for look in looks])
    return as_receipt(issued.data, look_id)
