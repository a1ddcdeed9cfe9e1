"""The run's home and databases, and the fixtures that several rooms ask for."""

import os

import hypothesis
import pytest

from support import home

if "DJANGO_SETTINGS_MODULE" in os.environ:
    message = "unset DJANGO_SETTINGS_MODULE: with it, Django is set up before the run has a home"
    raise pytest.UsageError(message)
HOME = home.settle()
os.environ["DJANGO_SETTINGS_MODULE"] = "tongban.site.settings"

import django  # noqa: E402 - the settings read the home that was settled just above
from django.conf import settings  # noqa: E402 - likewise

for _alias, _database in settings.DATABASES.items():
    if "sqlite" in _database["ENGINE"]:
        # A file, as in production: an in-memory database locks otherwise.
        _database["TEST"] = {"NAME": str(HOME / f"test_{_alias}.sqlite3")}

# A busy machine is no defect: how long an example takes is never asserted.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

django.setup()  # the fixtures import the product's doors
# A worker of xdist inherits the environment, and pytest-django would set Django up at once there.
del os.environ["DJANGO_SETTINGS_MODULE"]
pytest_plugins = ["support.fixtures", "support.finality"]


def pytest_unconfigure() -> None:
    home.clear_up()
