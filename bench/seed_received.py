"""Makes drafts at Dachang's window for Tongzhou: ``python -m bench.seed_received DRAFTS HANDED``.

What is there already counts. With HANDED, drafts beyond those wanted are taken in as well, until so
many cases wait to be handed over. Prints as JSON the drafts' ids and what a complete form says.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
django.setup()

from bench.seed import tell  # noqa: E402 - the product's models exist only from here on
from support import scene  # noqa: E402 - likewise
from tongban.cases.api import State  # noqa: E402 - likewise
from tongban.cases.models import Case, CaseAbroad  # noqa: E402 - likewise

_TELL_EVERY = 500


def main(wanted: int, handed: int) -> None:
    """Bring the place to ``wanted`` drafts and ``handed`` waiting cases, and tell the drafts."""
    waiting = CaseAbroad.objects.filter(answered_at=None).count()
    for made in range(handed - waiting):
        if made % _TELL_EVERY == 0:
            tell(f"{made} of {handed - waiting} cases taken in")
        _begun().hand_in()
    there = Case.objects.filter(state=State.DRAFT, place_id=scene.TONGZHOU, mode="received")
    missing = wanted - there.count()
    for made in range(missing):
        if made % _TELL_EVERY == 0:
            tell(f"{made} of {missing} drafts")
        _begun()
    drafts = list(there.order_by("id").values_list("id", flat=True)[:wanted])
    print(json.dumps({"drafts": drafts, "form": scene.form(scene.TONGZHOU)}))


def _begun() -> scene.Walk:
    return scene.Walk(place=scene.TONGZHOU, mode="received").begin()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
