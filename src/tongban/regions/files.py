"""Reads a region's folder: which files it has, and what stands in them.

YAML is read by PyYAML's safe loader, made stricter: a key that stands twice is an error, where
YAML would silently take the later one. A date is handed on as text (``2026-01-01``), so that one
JSON Schema can check every file.
"""

import csv
import io
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from tongban.kernel.errors import mark
from tongban.regions.errors import Problem, RegionInvalid, RegionUnknown

ROOT = Path(__file__).parent
"""The folder that holds the regions of this package."""

Row = Mapping[str, Any]

_KINDS = (
    ("region", "region.yaml"),
    ("divisions", "divisions.csv"),
    ("names_en", "names_en.csv"),
    ("places", "places.yaml"),
    ("agencies", "agencies.yaml"),
    ("offices", "offices.yaml"),
    ("calendars", "calendars.yaml"),
    ("settings", "settings.yaml"),
    ("matter", "matters/**/*.yaml"),
    ("agreement", "agreements/*.yaml"),
    ("demo", "demo.yaml"),
)

_COLUMNS = {
    "divisions": ["code", "name", "level", "parent", "statistical_only"],
    "names_en": ["code", "name_en"],
}

_NOTES = frozenset({".md"})


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file: ``name`` relative to the folder of regions, ``kind`` = the name of its schema."""

    name: str
    kind: str
    content: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One row, and where it stands."""

    file: str
    path: str
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A region's files, read but not yet checked."""

    region: str
    files: tuple[File, ...]

    def rows(self, kind: str, key: str | None = None) -> Iterator[Found]:
        """Yield the rows of the files of ``kind`` that stand in a list (or alone) under ``key``.

        Only for a folder that has passed ``schemas.shape_problems``.
        """
        name = key or kind
        for file in self.files:
            if file.kind != kind or name not in file.content:
                continue
            value = file.content[name]
            if isinstance(value, list):
                for position, row in enumerate(value):
                    yield Found(file=file.name, path=f"{name}[{position}]", row=row)
            else:
                yield Found(file=file.name, path=name, row=value)


def region_names(root: Path) -> list[str]:
    """Return the names of the folders that hold a region.yaml, sorted."""
    return sorted(path.parent.name for path in root.glob("*/region.yaml"))


def paths_of(root: Path, region: str) -> list[tuple[str, Path]]:
    """Return (kind, path) of each data file of a region; RegionUnknown, RegionInvalid."""
    known = region_names(root)
    if region not in known:
        raise RegionUnknown(region=region, known="、".join(known))
    folder = root / region
    found = [(kind, path) for kind, glob in _KINDS for path in sorted(folder.glob(glob))]
    expected = {path for _, path in found}
    strays = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path not in expected and path.suffix not in _NOTES
    ]
    if strays:
        problems = [
            Problem(
                file=path.relative_to(root).as_posix(),
                path="",
                what=mark("不认识这个文件，它不会被载入。"),
                todo=mark("请改用 README.md 所列的文件名，或移出该文件夹。"),
            )
            for path in strays
        ]
        raise RegionInvalid(region=region, problems=problems)
    return found


def read_region_file(root: Path, region: str) -> File:
    """Read a region's region.yaml alone; RegionUnknown, RegionInvalid."""
    paths = dict(reversed(paths_of(root, region)))
    files = _read(root, region, [("region", paths["region"])])
    return files[0]


def read_agreement(path: Path) -> File:
    """Read one agreement's file, wherever it stands; RegionInvalid."""
    return _read(path.parent, path.parent.name, [("agreement", path)])[0]


def read_folder(root: Path, region: str) -> Folder:
    """Read every data file of a region; RegionInvalid names each that cannot be read."""
    return Folder(region=region, files=tuple(_read(root, region, paths_of(root, region))))


def _read(root: Path, region: str, paths: list[tuple[str, Path]]) -> list[File]:
    read: list[File] = []
    problems: list[Problem] = []
    for kind, path in paths:
        name = path.relative_to(root).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
            content = _table(kind, text) if path.suffix == ".csv" else _yaml(text)
        except UnicodeDecodeError:
            what, todo = mark("不是 UTF-8 编码。"), mark("请另存为 UTF-8 编码。")
            problems.append(Problem(file=name, path="", what=what, todo=todo))
        except _Unreadable as error:
            problems.append(Problem(file=name, path=error.path, what=error.what, todo=error.todo))
        else:
            read.append(File(name=name, kind=kind, content=content))
    if problems:
        raise RegionInvalid(region=region, problems=problems)
    return read


class _Unreadable(Exception):  # noqa: N818 - caught where it is raised, never shown as such
    """The text has no form at all; ``path`` says where."""

    def __init__(self, *, path: str, what: str, todo: str) -> None:
        """Keep the three parts of a Problem."""
        self.path, self.what, self.todo = path, what, todo
        super().__init__(what)


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, refusing a key that stands twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise _Unreadable(
                    path=_line(key.start_mark),
                    what=mark("同一个键出现了两次。"),
                    todo=mark("请删去其中一个。"),
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _line(place: yaml.Mark | None) -> str:
    return "" if place is None else f"第{place.line + 1}行"


def _yaml(text: str) -> Any:  # noqa: ANN401 - what YAML holds is known once the schema has seen it
    try:
        # Not yaml.load: the class of the loader stands a few lines above.
        return _plain(_StrictLoader(text).get_single_data())
    except yaml.YAMLError as error:
        raise _Unreadable(
            path=_line(getattr(error, "problem_mark", None)),
            what=mark("不是有效的 YAML。"),
            todo=mark("请检查这一行及其上一行的缩进、引号和冒号，并删去控制字符。"),
        ) from error
    except ValueError as error:  # PyYAML reads 2026-02-30 as a date, and fails
        raise _Unreadable(
            path="",
            what=mark("有不存在的日期或数值。"),
            todo=mark("请检查日期；不是日期的请加引号。"),
        ) from error
    except RecursionError as error:  # an alias (*x) within its own anchor (&x)
        raise _Unreadable(
            path="", what=mark("层次过深，或者引用了自身。"), todo=mark("请展开这些引用。")
        ) from error


def _plain(value: Any) -> Any:  # noqa: ANN401 - see _yaml
    match value:
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


def _table(kind: str, text: str) -> dict[str, list[dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    columns = _COLUMNS[kind]
    if next(reader, []) != columns:
        raise _Unreadable(
            path="第1行", what=mark("表头不对。"), todo=f"表头应为：{','.join(columns)}。"
        )
    rows = []
    for values in reader:
        if len(values) != len(columns):
            raise _Unreadable(
                path=f"第{reader.line_num}行",
                what=mark("列数与表头不同。"),
                todo=mark("请补齐或删去多余的列。"),
            )
        rows.append(dict(zip(columns, values, strict=True)))
    return {kind: rows}
