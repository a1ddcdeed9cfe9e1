"""An import-linter contract: a room is entered by its door only.

import-linter's own ``protected`` contract must name every module that it protects, so that a
module added later would stand open. Here every module of a room is closed unless it is a door.
"""

from dataclasses import dataclass
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


@dataclass(frozen=True, slots=True)
class _Trespass:
    importer: str
    imported: str
    line_numbers: tuple[int, ...]


class DoorsContract(Contract):
    """Rooms are the children of ``container``; others may import only their ``doors``.

    ``open_rooms`` are public as a whole. The package ``wiring`` may also import what ``wired``
    names (handlers, to register them). There is no list of exceptions.
    """

    type_name = "doors"

    # import-linter replaces each field by its parsed value
    container = cast("str", fields.StringField())
    doors = cast("list[str]", fields.ListField(subfield=fields.StringField()))
    open_rooms = cast("list[str]", fields.ListField(subfield=fields.StringField()))
    wiring = cast("str", fields.StringField())
    wired = cast("list[str]", fields.ListField(subfield=fields.StringField()))

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - import-linter's signature
        """Look at every import that crosses from one room into another."""
        trespasses = [
            _Trespass(importer, imported, self._lines(graph, importer, imported))
            for imported in sorted(graph.find_descendants(self.container))
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if self._is_trespass(importer, imported)
        ]
        return ContractCheck(kept=not trespasses, metadata={"trespasses": trespasses})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that goes round a door."""
        for found in check.metadata["trespasses"]:
            lines = ", ".join(str(number) for number in found.line_numbers)
            output.print_error(f"- {found.importer} -> {found.imported} (l.{lines})", bold=False)
        output.new_line()

    def _is_trespass(self, importer: str, imported: str) -> bool:
        room, _, inside = imported.removeprefix(f"{self.container}.").partition(".")
        if room in self.open_rooms or _within(importer, f"{self.container}.{room}"):
            return False
        if inside in self.doors:
            return False
        return not (inside in self.wired and _within(importer, self.wiring))

    @staticmethod
    def _lines(graph: ImportGraph, importer: str, imported: str) -> tuple[int, ...]:
        details = graph.get_import_details(importer=importer, imported=imported)
        return tuple(detail["line_number"] for detail in details)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
