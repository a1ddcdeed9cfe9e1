"""The architecture, where import-linter doesn't look: tables, sizes, names, pages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import PROTECT, Field, Model

from support import house

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}


def pointers() -> Iterator[tuple[type[Model], "Field[object, object]"]]:
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("tongban."):
            for field in model._meta.get_fields():
                if isinstance(field, Field) and field.is_relation:
                    yield model, field


def room_of(model: type[Model] | None) -> str:
    assert model is not None
    return model.__module__.split(".")[1]


def test_there_are_pointers_to_look_at() -> None:
    assert len(list(pointers())) > 10


def test_no_foreign_key_points_upward() -> None:
    upward = [
        f"{model.__name__}.{field.name} -> {room_of(field.related_model)}"
        for model, field in pointers()
        if room_of(model) != room_of(field.related_model)
        and house.level_of(room_of(field.related_model)) >= house.level_of(room_of(model))
    ]
    assert upward == []


def test_a_pointer_into_another_room_leaves_no_trace_there_and_protects_its_target() -> None:
    careless = [
        f"{model.__name__}.{field.name}"
        for model, field in pointers()
        if room_of(model) != room_of(field.related_model)
        and (
            field.remote_field is None
            or not field.remote_field.hidden
            or getattr(field.remote_field, "on_delete", PROTECT) is not PROTECT
        )
    ]
    assert careless == []


@pytest.mark.parametrize("path", house.modules(), ids=house.here)
def test_modules_and_functions_stay_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(house.tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 >= LONGEST_FUNCTION
    ]
    assert lines < LONGEST_MODULE
    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [house.here(path) for path in house.modules() if path.stem in FORBIDDEN_NAMES] == []


def test_no_model_overrides_save_and_nobody_listens_to_signals() -> None:
    found = []
    for path in house.modules():
        for node in ast.walk(house.tree_of(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("signals"):
                found.append(f"{house.here(path)}: {node.module}")
            if isinstance(node, ast.FunctionDef) and node.name == "save" and path.stem == "models":
                found.append(f"{house.here(path)}: save")
    assert found == []


def test_the_clock_of_the_kernel_is_the_only_one() -> None:
    other = re.compile(r"\bdatetime\.(?:now|utcnow|today)\(|\bdate\.today\(|\btimezone\.now\(")
    clock = house.PACKAGE / "kernel" / "clock.py"
    found = [
        f"{house.here(path)}:{number}"
        for path in house.modules()
        if path != clock and house.PACKAGE in path.parents
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if other.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("room", house.rooms())
def test_a_room_has_its_page_and_stands_in_the_contract(room: str) -> None:
    page = house.PACKAGE / room / "README.md"
    assert page.is_file()
    assert len(page.read_text(encoding="utf-8").splitlines()) >= 5
    assert house.level_of(room) >= 0
