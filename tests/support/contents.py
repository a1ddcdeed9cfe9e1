"""Everything that the databases hold, to assert that a refusal changed nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps

from tongban.kernel.errors import Refusal

SPARED = {"vault.DataKey", "vault.PlaceKey"}
"""A key made for a draft that was then refused stays, unused; the vault's README says so."""


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables, by model."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for model in apps.get_models():
        if model._meta.label not in SPARED:
            rows = model._default_manager.order_by("pk").values_list()
            found[model._meta.label] = [
                tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
                for row in rows
            ]
    return found


@contextmanager
def refused(expected: type[Refusal]) -> Iterator[pytest.ExceptionInfo[Refusal]]:
    """Expect a refusal, and that it leaves every table as it was."""
    before = everything()
    with pytest.raises(expected) as caught:
        yield caught
    assert everything() == before
