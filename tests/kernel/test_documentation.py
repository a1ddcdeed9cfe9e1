"""The examples in the kernel's docstrings, and what the kernel may import."""

import ast
import doctest
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tongban.kernel

MODULES = sorted(path.stem for path in Path(tongban.kernel.__file__).parent.glob("[a-z]*.py"))


def test_the_kernel_has_its_modules() -> None:
    assert {"acting", "canonical", "checksums", "clock", "errors", "ids", "workdays"} <= set(
        MODULES
    )


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    assert doctest.testmod(import_module(f"tongban.kernel.{name}")).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_the_kernel_is_plain_python(name: str) -> None:
    path = Path(tongban.kernel.__file__).parent / f"{name}.py"
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
    assert foreign <= {"uuid_utils", "stdnum.cn"}
