"""The consent before it is given: a sheet to print, read and sign at the counter."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext

from tongban.cases.api import CONSENT_CLAUSES
from tongban.channels.access import for_staff
from tongban.channels.casefile import either, person_words
from tongban.channels.visitor import Request
from tongban.channels.window.page import POWERS, TO_RECEIVE, office_of, read_file
from tongban.kernel import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What ``papers/base.html`` is given; it has no number, since it is no document of record."""

    issuer: str
    title: str
    issued_on: date
    number: str = ""
    addressee: str = ""
    foot: str = ""
    lang: str = ""
    sample: bool = False


@for_staff(*POWERS)
def consent(request: Request, case_id: str) -> HttpResponse:
    """Show the clauses with a line to sign; the numbered consent is written at intake."""
    file = read_file(request, case_id, TO_RECEIVE)
    office = office_of(request)
    context = {
        "paper": Sheet(
            issuer=either(office.name, office.name_en)[0],
            title=gettext("服务同意书"),
            issued_on=localdate(clock.now()),
            foot=gettext("本页供申请人阅读和签字；编号的同意书在收件时生成。"),
        ),
        "name": person_words(file.applicant),
        "matter": either(file.edition.title, file.edition.title_en)[0],
        "agency": either(file.agency.name, file.agency.name_en)[0],
        "clauses": tuple(gettext(clause) for clause in CONSENT_CLAUSES),
        "back_url": reverse("window:case", args=[file.id]),
    }
    return render(request, "window/consent.html", context)
