"""Whether each cell of an edition and each opening names a source, or says it is a sample.

A row's own mark is its schema's work. An edition that is a sample as a whole may still hold cells
that rest on a law, so each of its cells is asked; an opening rests on its agreement's source.
"""

from collections.abc import Iterator
from typing import Any

from tongban.kernel.errors import mark
from tongban.regions.errors import Problem
from tongban.regions.files import Folder

_CITING = ("statutory", "promised", "extension", "receive_answer_limit", "deliver_limit", "fee")
_WHOLE = ("modes", "assurance_online", "conditions", "form_schema", "result")


def mark_problems(folder: Folder) -> list[Problem]:
    """Return the cells and openings that have neither a source nor a sample's mark."""
    return [*_editions(folder), *_openings(folder)]


def _editions(folder: Folder) -> list[Problem]:
    return [
        Problem(
            file=found.file,
            path=f"{found.path}.content.{cell}",
            what=mark("没有注明依据，也没有标为样例。"),
            todo=mark("请写依据（basis），或者写 sample: true，或者列入 samples。"),
        )
        for found in folder.rows("matter", "editions")
        if found.row.get("sample", False)
        for cell in _unmarked(found.row["content"])
    ]


def _openings(folder: Folder) -> list[Problem]:
    return [
        Problem(
            file=found.file,
            path=f"{found.path}.openings[{position}]",
            what=mark("没有标为样例，而协议也没有注明来源。"),
            todo=mark("请在协议中写 source，或者在这一条写 sample: true。"),
        )
        for found in folder.rows("agreement")
        if not found.row.get("source", "")
        for position, opening in enumerate(found.row["openings"])
        if not opening.get("sample", False)
    ]


def _unmarked(content: dict[str, Any]) -> Iterator[str]:
    named = set(content.get("samples", ()))
    for name in (*_CITING, *_WHOLE):
        cell = content.get(name)
        if cell is None or name in named:
            continue
        if isinstance(cell, dict) and (cell.get("sample", False) or cell.get("basis", "")):
            continue
        yield name
    if "materials" not in named:
        for position, material in enumerate(content.get("materials", ())):
            if not material.get("sample", False) and f"materials.{material['key']}" not in named:
                yield f"materials[{position}]"
