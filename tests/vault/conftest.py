"""A HOME of its own for each test that asks, so that key files can be lost, cut and swapped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tongban.vault import keyfiles


@pytest.fixture
def own_home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Point HOME at an empty folder, and forget its keys afterwards."""
    settings.HOME = tmp_path
    yield tmp_path
    keyfiles.forget()
