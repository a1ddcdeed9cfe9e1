"""Prints the id of a submitted case of the place, making one if there is none."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
django.setup()

from support import scene  # noqa: E402 - the product's models exist only from here on
from tongban.cases.api import State  # noqa: E402 - likewise

if __name__ == "__main__":
    print(scene.walk_to(State.SUBMITTED).done.case_id)
