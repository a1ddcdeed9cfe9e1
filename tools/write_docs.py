"""Write the pages of docs/ that the code itself knows: error codes and kinds of evidence.

``python tools/write_docs.py`` writes them, ``--check`` fails when one is outdated.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import django

if __name__ == "__main__":  # a test has set Django up already
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.site.settings")
    django.setup()

from tongban.evidence.api import KINDS
from tongban.federation import api as federation
from tongban.kernel.errors import Refusal, all_refusals
from tongban.site import wiring

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

_ERRORS = """\
# Error codes

Each refusal has a stable code, which screens show and programs can rely on. `make docs` writes
this page from the rooms' `errors.py`. The kind decides the HTTP status: invalid 400, login 401,
forbidden 403, not_found 404, conflict 409, too_large 413, unsupported 415, rule 422,
unavailable 503.

| code | kind | what happened | what to do |
|---|---|---|---|
"""

_KINDS = """\
# Kinds of evidence

What may stand in the log. `make docs` writes this page from `tongban/evidence/kinds.py`.

| kind | 中文 | what it proves |
|---|---|---|
"""


def refusals() -> list[type[Refusal]]:
    """Return the product's refusals, sorted by code; each stands in some room's errors.py."""
    source = ROOT / "src"
    for path in sorted(source.rglob("errors.py")):
        import_module(".".join(path.relative_to(source).with_suffix("").parts))
    return [refusal for refusal in all_refusals() if refusal.__module__.startswith("tongban.")]


def errors_page() -> str:
    """Return docs/errors.md."""
    return _ERRORS + "".join(
        f"| `{r.code}` | {r.kind} | {_cell(r.what)} | {_cell(r.todo)} |\n" for r in refusals()
    )


def evidence_page() -> str:
    """Return docs/evidence-kinds.md."""
    return _KINDS + "".join(
        f"| `{kind.code}` | {_cell(kind.title)} | {_cell(kind.description)} |\n"
        for kind in KINDS.values()
    )


def contract_page() -> str:
    """Return docs/asyncapi.json: what nodes say to one another."""
    wiring.wire()
    return json.dumps(federation.asyncapi(version="1"), ensure_ascii=False, indent=1) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "asyncapi.json": contract_page,
    "errors.md": errors_page,
    "evidence-kinds.md": evidence_page,
}


def main() -> int:
    """Write the pages, or check them; return the exit code."""
    parser = argparse.ArgumentParser(description="write the generated pages of docs/")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when outdated")
    check = parser.parse_args().check
    code = 0
    for name, write in PAGES.items():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == write():
            continue
        if check:
            print(f"docs/{name} is outdated: run make docs")
            code = 1
        else:
            path.write_text(write(), encoding="utf-8")
            print(f"wrote docs/{name}")
    return code


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    sys.exit(main())
