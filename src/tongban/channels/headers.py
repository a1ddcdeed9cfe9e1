"""Security headers beside those of Django: what may be loaded, kept, framed, asked for."""

from collections.abc import Callable

from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from tongban.channels.sessions import has_session_cookie

_DOCUMENT_POLICY = (
    "default-src 'none'; img-src 'self'; object-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
"""For one uploaded file: no script. The browser's own viewer of a PDF or a picture needs an
inline style and an object of the same origin; nothing of ours is in that response."""

_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)

_Answer = Callable[[HttpRequest], HttpResponseBase]


class SecurityHeaders:
    """Sets what Django's SecurityMiddleware leaves out, the content policy among it.

    Nothing that a session could have shaped is stored by the browser or a proxy; what is the
    same for everybody may be kept but is asked for again each time (it carries a form token).
    """

    def __init__(self, get_response: _Answer) -> None:
        """Wrap ``get_response``."""
        self.get_response = get_response
        # The same for every page: django-csp's own middleware puts it together at each answer.
        self._policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers on."""
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self._policy)
        response["Permissions-Policy"] = _PERMISSIONS
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["X-Frame-Options"] = "SAMEORIGIN"
        if has_session_cookie(request) or response.cookies:
            response["Cache-Control"] = "no-store"
        else:
            response.setdefault("Cache-Control", "private, no-cache")
        return response


def as_document(response: HttpResponseBase) -> HttpResponseBase:
    """Put the policy of an uploaded file on ``response`` and return it.

    The caller sets the media type from the allow-list, never from what the uploader claimed.
    """
    response["Content-Security-Policy"] = _DOCUMENT_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


def as_receipt(data: bytes, name: str) -> HttpResponse:
    """Return a receipt 存证凭证 to be saved; ``name`` is an id, since a file's name is seen."""
    response = HttpResponse(data, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="receipt-{name}.zip"'
    return response
