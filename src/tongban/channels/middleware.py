"""What happens to every request before its view: language, visitor, limits, problems."""

import errno
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from tongban.channels import problems
from tongban.channels.sessions import read_visitor
from tongban.kernel.errors import Refusal

_Answer = Callable[[HttpRequest], HttpResponseBase]
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_log = logging.getLogger("tongban.channels")


class Language:
    """Speaks the language of the visitor's cookie, else Chinese.

    The browser's Accept-Language is not asked: many browsers in Chinese offices say English.
    """

    def __init__(self, get_response: _Answer) -> None:
        """Wrap ``get_response``."""
        self.get_response = get_response
        self.known = frozenset(code for code, _ in settings.LANGUAGES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in that language."""
        asked = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = asked if asked in self.known else settings.LANGUAGE_CODE
        with translation.override(language):
            response = self.get_response(request)
        response.setdefault("Content-Language", language)
        return response


class Visiting:
    """Sets ``request.visitor``, which is read from the session the first time it is asked for."""

    def __init__(self, get_response: _Answer) -> None:
        """Wrap ``get_response``."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the visitor at hand."""
        lazy = SimpleLazyObject(lambda: read_visitor(request))
        request.visitor = lazy  # type: ignore[attr-defined] # declared on visitor.Request
        return self.get_response(request)


class InMemory(MemoryFileUploadHandler):
    """Keeps every uploaded file in memory: a person's papers never lie on the disk unencrypted.

    Django would write the larger ones to a temporary file. ``Problems`` limits the request, so
    a web thread holds at most ``problems.MAX_REQUEST_BYTES``.
    """

    def handle_raw_input(self, *_args: object, **_kwargs: object) -> None:
        """Take the request whatever its size."""
        self.activated = True


class Problems:
    """Turns away what no page takes, and turns a verb's refusal into its page."""

    def __init__(self, get_response: _Answer) -> None:
        """Wrap ``get_response``."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Check the host and the declared size before anything reads the body.

        WSGI gives a body without a declared size as empty, so the declared size is the limit.
        """
        request.get_host()  # raises DisallowedHost, which handler400 answers
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            # No text that a database keeps: PostgreSQL takes none to look for either.
            return problems.bad_request(request, ValueError("U+0000"))
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not declared.isascii() or not declared.isdigit():
            return problems.bad_request(request, ValueError("content length"))
        if int(declared) > problems.MAX_REQUEST_BYTES:
            return problems.too_large(request)
        request.upload_handlers = [InMemory(request)]
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        view: Callable[..., HttpResponseBase],
        args: tuple[Any, ...],  # noqa: ARG002 - Django's signature
        kwargs: dict[str, Any],  # noqa: ARG002 - Django's signature
    ) -> None:
        """Run no view that has no rule: forgetting one closes the page, never opens it."""
        if not hasattr(view, "access"):
            message = f"the view {view!r} has no rule of channels.access"
            raise ImproperlyConfigured(message)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Answer a refusal, an absent database or a full disk; leave a defect to handler500."""
        if isinstance(exception, Refusal):
            _log.info("refused %s", exception.code)
            return problems.respond(request, exception)
        away = isinstance(exception, OperationalError | InterfaceError)
        full = isinstance(exception, OSError) and exception.errno in _DISK_FULL
        if away or full:
            return problems.unavailable(request, exception)
        return None
