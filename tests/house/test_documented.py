"""Every setting, command, event kind and error code is documented."""

import re
from importlib import import_module

import pytest

import write_docs as generated
from support import house
from tongban.evidence.api import KINDS
from tongban.kernel.errors import all_refusals
from tongban.site.cli import COMMANDS

VARIABLE = re.compile(r"\bTONGBAN_[A-Z_]*[A-Z]\b")


def page(name: str) -> str:
    return (house.ROOT / "docs" / name).read_text(encoding="utf-8")


def rows(text: str) -> set[str]:
    """Return what stands in backquotes in the first cell of a table's rows."""
    return set(re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE))


def test_every_variable_is_documented_and_every_documented_one_exists() -> None:
    used = {
        name
        for path in house.committed()
        if path.suffix in {".py", ".sh"} or path.name in {"Makefile", "run"}
        for name in VARIABLE.findall(path.read_text(encoding="utf-8"))
    }
    assert used == rows(page("settings.md"))


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    assert {f"tongban {name}" for name in COMMANDS} == {
        row for row in rows(page("commands.md")) if row.startswith("tongban ")
    }


def test_every_target_of_make_is_documented() -> None:
    makefile = (house.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, flags=re.MULTILINE))
    assert {f"make {name}" for name in targets} == {
        row for row in rows(page("commands.md")) if row.startswith("make ")
    }


@pytest.mark.parametrize("name", generated.PAGES)
def test_a_generated_page_is_what_make_docs_would_write(name: str) -> None:
    assert page(name) == generated.PAGES[name]()


def test_every_error_code_has_a_row() -> None:
    assert rows(page("errors.md")) == {refusal.code for refusal in generated.refusals()}


def test_every_refusal_stands_in_an_errors_module() -> None:
    # `make docs` imports only those, so one declared elsewhere would be missing from the page.
    import_module("tongban.site.urls")
    declared = {r.__module__ for r in all_refusals() if r.__module__.startswith("tongban.")}
    assert {module for module in declared if not module.endswith(".errors")} == set()


def test_every_kind_of_evidence_has_a_row() -> None:
    assert rows(page("evidence-kinds.md")) == set(KINDS)
