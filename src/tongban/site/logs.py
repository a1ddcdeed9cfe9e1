"""Logs: one JSON object a line, without personal data.

An exception is logged by its class and where it was raised: its text may hold what a person typed
(a database puts the offending value into it), and so may a path or a query string.
"""

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

_FRAMES = 12
"""Innermost frames of an exception that a line carries."""

_ROUTED = ("django.request", "django.security")
"""Loggers of Django whose text holds a path or a header: replaced by the route's name."""


def exception_without_values(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replace ``exc_info`` by the exception's class and its frames (file, line, function)."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[1] is not None:
        frames = traceback.extract_tb(info[2])[-_FRAMES:]
        event["error"] = f"{info[0].__module__}.{info[0].__qualname__}"
        event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def route_instead_of_path(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replace the text of Django's request log by the route that matched and the status."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and record.name.startswith(_ROUTED):
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        event["event"] = "request refused" if record.name != "django.request" else "request failed"
        event["route"] = getattr(match, "route", None)
        event["status"] = getattr(record, "status_code", None)
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]


def configure(level: str) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING: everything to stderr as JSON."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            exception_without_values,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    route_instead_of_path,
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    exception_without_values,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # Statements carry values: never logged, whatever the level.
            "django.db.backends": {"level": "WARNING"},
            # One line for a page that does not exist is noise; a defect is logged as an error.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        },
    }
