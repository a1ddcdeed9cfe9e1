"""What the log learns of a defect: a number, the classes of the error, the places in the code.

Never the error's text and never a value: both may carry what a person typed (a database names
the offending row, a parser quotes its input).
"""

import secrets
import traceback
from pathlib import Path

import structlog

from tongban.kernel.clock import now

_FRAMES = 12
"""Innermost frames that a line carries, and the longest chain of causes."""

_log: structlog.stdlib.BoundLogger = structlog.get_logger("tongban.incidents")


def report(error: BaseException | None) -> str:
    """Log ``error`` without its text and return the incident's number, ``20261121-9f86d081``."""
    number = f"{now():%Y%m%d}-{secrets.token_hex(4)}"
    _log.error("incident", incident=number, errors=classes_of(error), frames=frames_of(error))
    return number


def classes_of(error: BaseException | None) -> list[str]:
    """Return the qualified class of ``error`` and of each cause behind it, outermost first."""
    classes: list[str] = []
    while error is not None and len(classes) < _FRAMES:
        classes.append(f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return classes


def frames_of(error: BaseException | None) -> list[str]:
    """Return the innermost frames of ``error`` as ``file:line function``, outermost first."""
    if error is None:
        return []
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
