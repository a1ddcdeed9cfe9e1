"""A document of record to read and print; a file of a case, streamed; its receipt."""

from itertools import chain

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse

from tongban.cases import api as cases
from tongban.channels.access import for_person_or_staff
from tongban.channels.casefile.words import is_english
from tongban.channels.headers import as_document, as_receipt
from tongban.channels.papers import code
from tongban.channels.papers.sheets import sheet
from tongban.channels.visitor import Request, Visitor
from tongban.kernel.acting import Acting, Channel

_EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


@for_person_or_staff()
def record(request: Request, record_id: str) -> HttpResponse:
    """Show a document of record as the sheet that is printed.

    The document is the Chinese text. On an English page its translation follows on a sheet of
    its own that says what it is.
    """
    found = cases.record(acting=_reading(request.visitor), record_id=record_id)
    paper = sheet(found, language="zh-hans")
    address = code.verify_address(request)
    context = {
        "code": code.drawn(address),
        "verify_address": address,
        "paper": paper,
        "translated": sheet(found, language="en") if is_english() else None,
        "back_url": _case_url(request.visitor, found.case_id),
    }
    return render(request, "papers/record.html", context)


@for_person_or_staff()
def file(request: Request, case_id: str, paper_id: str) -> HttpResponseBase:
    """Stream one file of a case, decrypted on the way; it opens in the browser.

    Its own name may be personal, so a saved copy is named by the paper's id.
    """
    media_type, pieces = cases.open_paper(
        acting=_reading(request.visitor), case_id=case_id, paper_id=paper_id
    )
    first = next(pieces, b"")  # a file that can't be read is refused before anything is sent
    response = StreamingHttpResponse(chain((first,), pieces), content_type=media_type)
    extension = _EXTENSIONS[media_type]
    response["Content-Disposition"] = f'inline; filename="{paper_id}.{extension}"'
    return as_document(response)


@for_person_or_staff()
def receipt(request: Request, case_id: str) -> HttpResponse:
    """Hand out the receipt of a case: a ZIP that proves its entries without this node.

    With ``?personal=no`` the personal fields are kept back; so they are for HEAD, which shows none.
    """
    issued = cases.receipt(
        acting=_reading(request.visitor),
        case_id=case_id,
        personal=request.method != "HEAD" and request.GET.get("personal") != "no",
    )
    return as_receipt(issued.data, case_id)


def _reading(visitor: Visitor) -> Acting:
    return visitor.acting(_channel_of(visitor))


def _channel_of(visitor: Visitor) -> Channel:
    """Return the door the reader came through: an office's post works at a window."""
    if visitor.post is None:
        return Channel.PORTAL
    return Channel.DESK if visitor.post.office_id is None else Channel.WINDOW


def _case_url(visitor: Visitor, case_id: str) -> str:
    """Return the page of the case behind the reader's own door."""
    return reverse(f"{_channel_of(visitor).value}:case", args=[case_id])
