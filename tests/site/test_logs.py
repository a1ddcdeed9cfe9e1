"""A log line holds no personal data, whoever logs it."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from tongban.site.logs import configure

SECRET = "11010519491231002X"  # made up; passes the check digit


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Log into memory by the product's own configuration; return what came out."""
    stream = io.StringIO()
    configuration = configure("INFO")
    configuration["handlers"]["stderr"]["stream"] = stream
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before[0], before[1]


def test_an_exception_is_logged_without_its_text(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    try:
        int(SECRET)
    except ValueError:
        structlog.get_logger("tongban.test").exception("broken")
        logging.getLogger("elsewhere").exception("broken too")
    ours, theirs = lines()
    assert (ours["event"], ours["error"], ours["level"]) == (
        "broken",
        "builtins.ValueError",
        "error",
    )
    assert ours["frames"][-1].endswith(" test_an_exception_is_logged_without_its_text")
    assert theirs["error"] == "builtins.ValueError"
    assert SECRET not in json.dumps([ours, theirs])


def test_a_failed_request_is_logged_by_its_route(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    request = SimpleNamespace(resolver_match=SimpleNamespace(route="case/<str:case_id>/"))
    logging.getLogger("django.request").error(
        "Internal Server Error: %s", f"/{SECRET}", extra={"status_code": 500, "request": request}
    )
    (line,) = lines()
    assert (line["route"], line["status"]) == ("case/<str:case_id>/", 500)
    assert SECRET not in json.dumps(line)


def test_statements_are_never_logged(lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("django.db.backends").debug("SELECT '%s'", SECRET)
    logging.getLogger("django.db.backends").info("SELECT '%s'", SECRET)
    assert lines() == []
