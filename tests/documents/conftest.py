"""A HOME of its own for each test, and the key of one made-up person's case."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from tongban.documents import api
from tongban.vault import api as vault
from tongban.vault import keyfiles

PLACE = "131028"
PERSON = "tz-0192f3c57c007a3e8b2f5a1d9c4e7b60"
CASE = "tz-0192f3c57c007a3e8b2f5a1d9c4e7b70"
OWNER = ("case", CASE)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME = tmp_path
    keyfiles.forget()
    return tmp_path


@pytest.fixture
def key(home: Path, db: None) -> vault.DataKey:
    return vault.make_key(place_id=PLACE, person_id=PERSON, case_id=CASE)


@pytest.fixture
def take(key: vault.DataKey) -> Callable[..., api.DocumentView]:
    """Return a function that takes a file of the case; any argument can be given another value."""

    def taken(**given: object) -> api.DocumentView:
        arguments: dict[str, object] = {
            "place_id": PLACE,
            "owner": OWNER,
            "key": key,
            "key_person": PERSON,
            "key_case": CASE,
            "filename": "身份证.pdf",
            **given,
        }
        return api.take(**arguments)  # type: ignore[arg-type]  # the tests' own shorthand

    return taken
