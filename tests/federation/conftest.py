"""A node of Beijing's with a home of its own, and Hebei's, which it trusts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from federation.other_node import SPEAKING, OtherNode
from tongban.federation import api as federation
from tongban.federation.shapes import REGISTRY
from tongban.kernel import clock
from tongban.vault import keyfiles

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test a home without keys, a node's name, no kinds and a clock that stands still."""
    settings.HOME, settings.NODE = tmp_path, "beijing"
    monkeypatch.setattr(REGISTRY, "kinds", {})
    with clock.held_at(NOW):
        yield tmp_path
    keyfiles.forget()


@pytest.fixture
def beijing(home: Path, db: None, region: None) -> federation.Document:
    """Be a node that hosts Beijing."""
    return federation.announce(address="https://beijing.example", hosted=["110000"])


@pytest.fixture
def hebei(beijing: federation.Document) -> OtherNode:
    """Trust Hebei's node, and send requests as it does."""
    SPEAKING[:] = [OtherNode("hebei", ["130000"]).trusted()]
    return SPEAKING[0]
