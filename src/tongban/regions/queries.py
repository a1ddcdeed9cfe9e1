"""Reads of the folders: which there are, whether they are right, whether they have changed."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tongban.agreements.api import AgreementRow
from tongban.kernel.errors import mark
from tongban.matters import api as matters
from tongban.places import api as places
from tongban.regions.calendars import library_version
from tongban.regions.errors import Problem, RegionInvalid
from tongban.regions.files import (
    ROOT,
    Folder,
    paths_of,
    read_agreement,
    read_folder,
    read_region_file,
    region_names,
)
from tongban.regions.rows import agreement_rows
from tongban.regions.rules import mark_problems, reference_problems, shape_problems


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """A made-up person of demo.yaml. ``login`` is stable, the person's id is not."""

    login: str
    name: str
    name_en: str
    place_id: str
    number_kind: str
    number: str
    phone: str
    assurance: int
    role: str
    note: str
    note_en: str


_LOADED_BY = ("regions", "places", "identity", "matters", "agreements")

_AS_GIVEN = (
    *("login", "name", "name_en", "number_kind", "number", "phone", "assurance"),
    *("role", "note", "note_en"),
)


def regions(*, root: Path = ROOT) -> list[str]:
    """Return the names of the regions there are, sorted."""
    return region_names(root)


def chain(region: str, *, root: Path = ROOT) -> list[str]:
    """Return the regions that ``region`` requires, nearest last, and then itself.

    Only the region.yaml files are read. RegionUnknown, RegionInvalid.
    """
    found: list[str] = []
    _gather(region, root, found, ())
    return found


def _gather(region: str, root: Path, found: list[str], above: tuple[str, ...]) -> None:
    # A ring of regions ends here: one that is being gathered already is not gathered again.
    if region in found or region in above:
        return
    file = read_region_file(root, region)
    problems = shape_problems(Folder(region=region, files=(file,)))
    if problems:
        raise RegionInvalid(region=region, problems=problems)
    for other in file.content["requires"]:
        _gather(other, root, found, (*above, region))
    found.append(region)


def checked_folders(region: str, root: Path) -> list[Folder]:
    """Return the region and what it requires, required first, with every check of the files made.

    RegionUnknown; RegionInvalid with all problems of the first folder that has any.
    """
    fits = {key: setting.fits for key, setting in places.SETTINGS.items()}
    folders: list[Folder] = []
    for name in chain(region, root=root):
        folder = read_folder(root, name)
        # A row of the wrong shape can't be asked what it points at.
        problems = (
            shape_problems(folder)
            or _content_problems(folder)
            or [*reference_problems(folder, folders, fits), *mark_problems(folder)]
        )
        if problems:
            raise RegionInvalid(region=name, problems=problems)
        folders.append(folder)
    return folders


def _content_problems(folder: Folder) -> list[Problem]:
    return [
        Problem(
            file=found.file,
            path=re.sub(r"\.(\d+)", r"[\1]", f"{found.path}.content.{problem.path}".rstrip(".")),
            what="{told}。",
            todo=mark("请对照 matters 的 edition.schema.json 和 README.md 改正。"),
            fields={"told": problem.message},
        )
        for found in folder.rows("matter", "editions")
        for problem in matters.content_problems(found.row["content"])
    ]


def fingerprint(*, region: str, demo: bool, root: Path = ROOT) -> str:
    """Return 64 hex digits that change when a load of ``region`` might do something else.

    They cover the files of the region and of those it requires, the code and schemas of the
    loader and of the apps that it loads into, the version of the calendar library, and whether
    the made-up people are loaded. A start that finds the digits of the last load unchanged can
    skip loading, as long as it still has the same database. The data is not checked.
    RegionUnknown, RegionInvalid.
    """
    digest = hashlib.sha256(f"{region}\n{demo}\n{library_version()}\n".encode())
    code = [path for app in _LOADED_BY for path in (ROOT.parent / app).rglob("*.py")]
    own = sorted([*code, *ROOT.glob("schema/*.json")])
    data = [path for each in chain(region, root=root) for _, path in paths_of(root, each)]
    for path in [*own, *data]:
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def agreement_of(path: Path) -> AgreementRow:
    """Return the agreement that a file of its own states, in the form of ``agreements/*.yaml``.

    RegionInvalid; what it points at is checked where it is put.
    """
    folder = Folder(region=path.parent.name, files=(read_agreement(path),))
    problems = [*shape_problems(folder), *mark_problems(folder)]
    if problems:
        raise RegionInvalid(region=path.name, problems=problems)
    return next(agreement_rows(folder))


def demo_people(*, region: str, root: Path = ROOT) -> list[DemoPerson]:
    """Return the made-up people of a region alone, in the order of its file.

    RegionUnknown, RegionInvalid.
    """
    folder = read_folder(root, region)
    problems = shape_problems(folder)
    if problems:
        raise RegionInvalid(region=region, problems=problems)
    return [
        DemoPerson(place_id=found.row["place"], **{f: found.row[f] for f in _AS_GIVEN})
        for found in folder.rows("demo", "people")
    ]
