"""Who may open a page: the decorator that every view carries.

>>> @for_staff(Power.RECEIVE, methods=POST)
... def take_in(request): ...
>>> take_in.access.kind
<RuleKind.STAFF: 'staff'>

The rule opens the page only. Whether this visitor may see or change *this* case is asked of the
app that owns it. A view without a rule does not run at all (``middleware.Problems``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import update_wrapper
from typing import Concatenate, Generic, ParamSpec, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

from tongban.channels import problems
from tongban.channels.errors import (
    LoginRequired,
    MethodNotAllowed,
    PersonsOnly,
    PowerMissing,
    StaffOnly,
)
from tongban.channels.paths import address_with_next
from tongban.channels.visitor import Request, Visitor
from tongban.identity.api import Power
from tongban.kernel.errors import Refusal

GET = ("GET",)
POST = ("POST",)
GET_POST = ("GET", "POST")

_P = ParamSpec("_P")
_View = Callable[Concatenate[Request, _P], HttpResponseBase]


class RuleKind(StrEnum):
    """Whom a page is for."""

    OPEN = "open"
    PERSON = "person"
    STAFF = "staff"
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One page's rule. ``reason`` says why an open page is open; ``powers``: any one suffices."""

    kind: RuleKind
    powers: frozenset[Power] = frozenset()
    reason: str = ""

    def refusal(self, visitor: Visitor) -> Refusal | None:
        """Return why ``visitor`` may not open the page, or None. Open pages never look."""
        if self.kind is RuleKind.OPEN:
            return None
        if visitor.is_nobody:
            return LoginRequired()
        if self.kind is RuleKind.PERSON and not visitor.is_person:
            return PersonsOnly()
        if self.kind is RuleKind.STAFF and not visitor.is_staff:
            return StaffOnly()
        if self.kind is RuleKind.STAFF and not visitor.holds(*self.powers):
            return PowerMissing()
        return None


class Guarded(Generic[_P]):
    """A view behind its rule. The route walk reads ``access`` and ``methods``."""

    def __init__(self, view: _View[_P], access: Rule, methods: tuple[str, ...]) -> None:
        """Guard ``view``; ``methods`` are GET and POST only, HEAD comes with GET."""
        if not methods or not {*methods} <= {*GET_POST}:
            message = f"a page takes GET and POST only, not {methods}"
            raise ValueError(message)
        update_wrapper(self, view)
        self.view = view
        self.access = access
        self.methods = methods

    def __call__(
        self, request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs
    ) -> HttpResponseBase:
        """Answer: 405 before who, who before the view."""
        asked = "GET" if request.method == "HEAD" else request.method
        if asked not in self.methods:
            return self._wrong_method(request)
        seen = cast("Request", request)
        refusal = self.access.refusal(seen.visitor)
        if isinstance(refusal, LoginRequired):
            return _to_login(seen, refusal)
        if refusal is not None:
            return problems.respond(request, refusal)
        return self.view(seen, *args, **kwargs)

    def _wrong_method(self, request: HttpRequest) -> HttpResponse:
        response = problems.respond(request, MethodNotAllowed(), status=405)
        heads = ("HEAD",) if "GET" in self.methods else ()
        response["Allow"] = ", ".join((*self.methods, *heads))
        return response


def _to_login(request: Request, refusal: LoginRequired) -> HttpResponseBase:
    """Send a reader to the login page and back; tell a writer that nothing was kept.

    A form that was posted can't be posted again by a redirect, so its sender is told.
    """
    if request.htmx:
        here = request.htmx.current_url_abs_path
        return HttpResponseClientRedirect(address_with_next("entry:login", here))
    if request.method == "POST":
        return problems.respond(request, refusal)
    return HttpResponseRedirect(address_with_next("entry:login", request.get_full_path()))


def open_to_all(
    *, reason: str, methods: tuple[str, ...] = GET
) -> Callable[[_View[_P]], Guarded[_P]]:
    """Open a page to everyone; ``reason`` is a sentence that the route list prints."""
    if not reason.strip():
        message = "an open page says why it is open"
        raise ValueError(message)
    rule = Rule(kind=RuleKind.OPEN, reason=reason)
    return lambda view: Guarded(view, rule, methods)


def for_person(*, methods: tuple[str, ...] = GET) -> Callable[[_View[_P]], Guarded[_P]]:
    """Open a page to a logged-in person."""
    rule = Rule(kind=RuleKind.PERSON)
    return lambda view: Guarded(view, rule, methods)


def for_staff(*powers: Power, methods: tuple[str, ...] = GET) -> Callable[[_View[_P]], Guarded[_P]]:
    """Open a page to staff whose post holds at least one of ``powers``; none named: any post."""
    rule = Rule(kind=RuleKind.STAFF, powers=frozenset(powers))
    return lambda view: Guarded(view, rule, methods)


def for_person_or_staff(*, methods: tuple[str, ...] = GET) -> Callable[[_View[_P]], Guarded[_P]]:
    """Open a page to anyone logged in, for papers and files that both sides read."""
    rule = Rule(kind=RuleKind.KNOWN)
    return lambda view: Guarded(view, rule, methods)
