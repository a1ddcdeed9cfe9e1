"""Fixtures that several rooms ask for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

import find_chromium
import find_font
from support.node import Node
from support.shelf import Shelf

_SHELF = pytest.StashKey[tuple[Shelf, DjangoDbBlocker]]()

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _is_transactional(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    asked = marker is not None and bool(marker.kwargs.get("transaction", False))
    return asked or not {"transactional_db", "live_server"}.isdisjoint(_fixtures(item))


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests with the region after those without: what these count must be theirs alone.

    Those with a browser come last: Playwright keeps an event loop on this thread, and beside one
    Django opens other database connections, or none.
    """
    # A stable sort: pytest-django has put rolled-back ones before those with real transactions.
    items.sort(key=lambda item: ("browser" in _fixtures(item), "region" in _fixtures(item)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Put the region back where the test before this one emptied the databases."""
    shelf, blocker = item.session.stash.get(_SHELF, (None, None))
    if shelf is None or blocker is None or "region" not in _fixtures(item):
        return
    if shelf.dirty:
        with blocker.unblock():
            shelf.put_back()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Remember that a test with real transactions ends in a flush."""
    shelf, _ = item.session.stash.get(_SHELF, (None, None))
    if shelf is not None and _is_transactional(item):
        shelf.dirty = True


@pytest.fixture(scope="session")
def _region_on_shelf(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    with django_db_blocker.unblock():
        shelf = Shelf(_load)
        request.session.stash[_SHELF] = (shelf, django_db_blocker)
    yield
    with django_db_blocker.unblock():
        shelf.close()
    del request.session.stash[_SHELF]


def _load() -> None:
    """Load the country, the region and its demo people, which come along in demo mode only."""
    from tongban.site import region  # noqa: PLC0415 - a kernel test does without the whole house

    with override_settings(DEMO=True):
        region.load(lambda _line: None)


@pytest.fixture
def region(_region_on_shelf: None) -> None:
    """Have the country, the region and its demo people in the databases, as after a first start.

    The test still asks for the database by its marker, with both aliases, with or without real
    transactions.
    """


@pytest.fixture(scope="session", autouse=True)
def _static_files() -> None:
    """Collect the static files once: a page names them by their hash."""
    from tongban.site import prepare  # noqa: PLC0415 - likewise

    prepare.collect_static(lambda _line: None)


@pytest.fixture(scope="session", autouse=True)
def _reference_stays() -> Iterator[None]:
    """Let no process look anew at reference data by itself: it would be one statement more.

    A test that counts statements would fail now and then, whenever 30 seconds end within it.
    """
    from tongban.places.queries import snapshot  # noqa: PLC0415 - likewise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "MAX_AGE_S", 24 * 3600)
        yield


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """Return a function that starts a node (``make_node(TONGBAN_DEMO="0")``); all end with it."""
    started: list[Node] = []

    def make(**variables: str) -> Node:
        node = Node(home=tmp_path / f"node{len(started)}", variables=variables)
        started.append(node.__enter__())
        return node

    yield make
    for node in started:
        node.__exit__()


@pytest.fixture(scope="session")
def live_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Run one node for all tests that only talk to it; a test that kills makes its own."""
    with Node(home=tmp_path_factory.mktemp("node")) as node:
        yield node


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Run one Chromium, with a Chinese font; what is missing is named and fails."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium.find(),
            args=CHROMIUM_ARGUMENTS,
            env={**os.environ, **find_font.variables(tmp_path_factory.mktemp("font"))},
        )
        yield chromium
        chromium.close()
