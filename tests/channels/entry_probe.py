"""Routes for the tests of the core: a view for each rule, and one for each way to fail."""

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from tongban.channels.access import (
    GET_POST,
    POST,
    for_person,
    for_person_or_staff,
    for_staff,
    open_to_all,
)
from tongban.channels.idempotency import form_key
from tongban.channels.visitor import Request
from tongban.identity.api import Power
from tongban.kernel.acting import Channel
from tongban.kernel.errors import Kind, Refusal, mark

SECRET = "131028199001010011"


class Probe(Refusal):
    what = mark("办件 {number} 被拒绝")
    todo = mark("请联系 {office}")


BY_KIND: dict[Kind, type[Refusal]] = {
    kind: type(f"Probe{kind.name}", (Probe,), {"kind": kind, "code": f"probe.{kind.value}"})
    for kind in Kind
}


@open_to_all(reason="a test", methods=GET_POST)
def refuse(request: Request, kind: str) -> HttpResponse:
    raise BY_KIND[Kind(kind)](number="A-1", office="<b>窗口</b>")


@open_to_all(reason="a test")
def fail(request: Request) -> HttpResponse:
    try:
        int(f"x{SECRET}")
    except ValueError as error:
        raise RuntimeError(SECRET) from error
    raise AssertionError


@open_to_all(reason="a test")
def no_database(request: Request) -> HttpResponse:
    raise OperationalError(SECRET)


@open_to_all(reason="a test")
def denied(request: Request) -> HttpResponse:
    raise PermissionDenied


def ruleless(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ran")


@open_to_all(reason="a test")
def plain(request: Request) -> HttpResponse:
    return HttpResponse("plain")


@open_to_all(reason="a test", methods=POST)
def keyed(request: Request) -> HttpResponse:
    return HttpResponse(form_key(request))


@open_to_all(reason="a test", methods=POST)
def upload(request: Request) -> JsonResponse:
    (file,) = request.FILES.getlist("file")
    assert isinstance(file, UploadedFile)
    return JsonResponse({"kept": type(file).__name__, "size": file.size})


@open_to_all(reason="a test")
def who(request: Request) -> JsonResponse:
    visitor = request.visitor
    return JsonResponse(
        {
            "kind": visitor.kind,
            "person_id": visitor.person_id,
            "post": visitor.post and visitor.post.id,
            "assurance": visitor.assurance,
        }
    )


@for_person(methods=GET_POST)
def person(request: Request) -> JsonResponse:
    return JsonResponse(request.visitor.acting(Channel.PORTAL).as_json())


@for_staff(Power.RECEIVE, Power.STEWARD)
def clerk(request: Request) -> JsonResponse:
    return JsonResponse(request.visitor.acting(Channel.WINDOW).as_json())


@for_staff()
def any_staff(request: Request) -> HttpResponse:
    return HttpResponse("staff")


@for_person_or_staff()
def known(request: Request) -> HttpResponse:
    return HttpResponse("known")


urlpatterns = [
    path("probe/refuse/<str:kind>/", refuse),
    path("probe/fail/", fail),
    path("probe/no-database/", no_database),
    path("probe/denied/", denied),
    path("probe/ruleless/", ruleless),
    path("probe/plain/", plain),
    path("probe/keyed/", keyed),
    path("probe/upload/", upload),
    path("probe/who/", who),
    path("probe/person/", person),
    path("probe/clerk/", clerk),
    path("probe/any-staff/", any_staff),
    path("probe/known/", known),
    path("", include("tongban.channels.urls")),
]

handler400 = "tongban.channels.problems.bad_request"
handler403 = "tongban.channels.problems.forbidden"
handler404 = "tongban.channels.problems.not_found"
handler500 = "tongban.channels.problems.server_error"
