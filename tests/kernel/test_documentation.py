"""The examples in the kernel's docstrings, and what the kernel may import."""

import ast
import doctest
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tongban.kernel

ROOT = Path(tongban.kernel.__file__).parent


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py")) if name_of(path)}


def test_the_kernel_has_its_modules() -> None:
    assert {"acting", "canonical", "checksums", "clock", "errors", "ids", "workdays"} <= set(
        MODULES
    )
    assert {"suites", "suites.gm", "suites.intl", "suites.libcrypto", "suites.pq"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    assert doctest.testmod(import_module(f"tongban.kernel.{name}")).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_the_kernel_is_plain_python(name: str) -> None:
    path = MODULES[name]
    imported = {
        node.module or ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    } | {
        alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    foreign = {
        one
        for one in imported
        if one.split(".")[0] not in sys.stdlib_module_names and not one.startswith("tongban.kernel")
    }
    if name.startswith("suites."):
        foreign = {one for one in foreign if one.split(".")[0] != "cryptography"}
    foreign = {one for one in foreign if one.split(".")[0] != "jsonschema"}
    if name == "validation":
        foreign = {one for one in foreign if one.split(".")[0] != "jsonschema"}
    assert foreign <= {"uuid_utils", "stdnum.cn"}
