"""Every address has a rule about who may open it, or stands on the reasoned list."""

from collections.abc import Callable, Iterator

from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver

WITHOUT_A_RULE: dict[str, str] = {}
"""Routes that carry no rule, each with its reason. Nothing at present: even the open pages carry
one that says why they are open."""


def routes(
    resolver: URLResolver | None = None, before: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, here)
        else:
            yield here, pattern


def rule_of(view: Callable[..., HttpResponseBase]) -> object:
    return getattr(view, "access", None)


def test_there_are_routes_to_look_at() -> None:
    assert len(list(routes())) >= 5


def test_every_route_has_a_rule_or_a_reason() -> None:
    open_routes = {route for route, pattern in routes() if rule_of(pattern.callback) is None}
    assert open_routes == set(WITHOUT_A_RULE)
    assert all(WITHOUT_A_RULE.values())


def test_what_is_open_to_all_says_why() -> None:
    silent = [
        route
        for route, pattern in routes()
        if getattr(rule_of(pattern.callback), "kind", None) == "open"
        and not getattr(rule_of(pattern.callback), "reason", "")
    ]
    assert silent == []
