"""Files chosen beside the materials: each is taken by itself, and refused by itself."""

from django.core.files.uploadedfile import UploadedFile

from tongban.cases import api as cases
from tongban.cases import errors as cases_errors
from tongban.channels.problems import STATUS
from tongban.channels.visitor import Request
from tongban.channels.window.page import as_clerk
from tongban.channels.window.told import NOTHING, Told, sentence
from tongban.documents import errors as documents_errors

_SHOWN_HERE = (
    documents_errors.TooLarge,
    documents_errors.Empty,
    documents_errors.UnsupportedType,
    documents_errors.Disguised,
    documents_errors.BadName,
    documents_errors.ActiveContent,
    cases_errors.TooManyFiles,
)


def chosen(request: Request) -> bool:
    """Tell whether the form brought files."""
    return bool(request.FILES)


def keep(request: Request, case_id: str) -> Told:
    """Attach every chosen file to its material; tell at each material what was not taken."""
    messages: dict[str, str] = {}
    codes: dict[str, int] = {}
    for name in request.FILES:
        for one in request.FILES.getlist(name):
            try:
                _attach(request, case_id, name.removeprefix("paper."), one)
            except _SHOWN_HERE as refused:
                messages[name] = sentence(refused)
                codes[refused.code] = STATUS[refused.kind]
    if not codes:
        return NOTHING
    return Told(messages=messages, codes=tuple(codes), status=next(iter(codes.values())))


def _attach(request: Request, case_id: str, material_key: str, chosen: object) -> None:
    if isinstance(chosen, UploadedFile):
        cases.attach(
            acting=as_clerk(request),
            case_id=case_id,
            material_key=material_key,
            stream=chosen.chunks(),
            filename=chosen.name or "",
        )
