"""Makes drafts that only need to be submitted: ``python -m bench.seed DRAFTS`` in a place.

What is there already counts, so a seeding that was broken off goes on where it was. Prints as JSON
the drafts' ids, each with its mark as the page that checks it holds one, and their edition.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
django.setup()

from support import scene  # noqa: E402 - the product's models exist only from here on
from tongban.cases.api import State  # noqa: E402 - likewise
from tongban.cases.models import Case  # noqa: E402 - likewise
from tongban.cases.queries.head import draft_mark  # noqa: E402 - likewise
from tongban.site import prepare, region  # noqa: E402 - likewise

_TELL_EVERY = 500


def main(wanted: int) -> None:
    """Bring the place to ``wanted`` drafts, and tell them."""
    prepare.migrate(tell)
    prepare.collect_static(tell)
    region.load(tell)
    there = Case.objects.filter(state=State.DRAFT, place_id=scene.TONGZHOU, papers__isnull=False)
    missing = wanted - there.count()
    for made in range(missing):
        if made % _TELL_EVERY == 0:
            tell(f"{made} of {missing} drafts")
        scene.Walk(place=scene.TONGZHOU, mode="online").begin()
    drafts = [
        (case_id, draft_mark(bytes(draft or b""), [document_id]))
        for case_id, draft, document_id in there.order_by("id").values_list(
            "id", "draft_form", "papers__document_id"
        )[:wanted]
    ]
    print(json.dumps({"drafts": drafts, "edition": scene.edition_id(scene.TONGZHOU)}))


def tell(line: str) -> None:
    """Say how far it is, where the result is not."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
