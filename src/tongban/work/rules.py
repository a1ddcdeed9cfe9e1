"""How long a failed job waits, and what is kept of an error. No Django."""

import traceback
from datetime import timedelta

from tongban.kernel.errors import Refusal

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
MAX_ATTEMPTS = 8
"""With the waits below, a job is given up after about two and a half hours."""


def wait_after(attempts: int, roll: float) -> timedelta:
    """Return the wait after the ``attempts``-th failure (from 1): 5 s, 20 s, 80 s … at most 1 h.

    ``roll`` in [0, 1) takes off up to half, so that jobs which failed together don't come back
    together.
    """
    whole: timedelta = min(LONGEST_WAIT, FIRST_WAIT * 4 ** min(attempts - 1, 10))
    return whole * (1 - roll / 2)


def describe(error: BaseException) -> str:
    """Return class and place of an error, and a refusal's code; never its message.

    A message may quote a person's data.
    """
    kind = type(error)
    text = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, Refusal):
        text += f" [{error.code}]"
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        last = frames[-1]
        text += f" in {last.name}:{last.lineno}"
    return text[:200]
