"""Run inside a node's environment: ``python -m faults.inside WHAT``; prints JSON.

``forms`` tells the editions open online and a complete form of each; ``silent N`` makes N cases
whose office has let its five days pass, and queues the job of each.
"""

import json
import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
django.setup()

from support import scene  # noqa: E402 - the product's models exist only from here on
from tongban.cases.actions.silence import queue_silent  # noqa: E402 - likewise
from tongban.cases.api import State  # noqa: E402 - likewise
from tongban.kernel import clock  # noqa: E402 - likewise


def forms() -> dict[str, dict[str, str]]:
    """Return by edition what a browser sends for a complete form."""
    return {
        scene.edition_id(place): {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in scene.form(place).items()
        }
        for place in (scene.TONGZHOU, scene.DACHANG)
    }


def silent(count: int) -> list[str]:
    """Return the ids of cases that are to be accepted by silence, each with its job queued."""
    with clock.held_at(clock.now() - timedelta(days=60)):
        made = [scene.walk_to(State.SUBMITTED).done.case_id for _ in range(count)]
    assert queue_silent() == count
    return made


if __name__ == "__main__":
    json.dump(silent(int(sys.argv[2])) if sys.argv[1] == "silent" else forms(), sys.stdout)
