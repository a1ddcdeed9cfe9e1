"""Whether what a region's rows point at stands in its files, or in a region it requires.

All of it is asked of the files alone, before the database is touched, so that every mistake is
told at once and with its place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tongban.kernel.checksums import read_resident_number
from tongban.kernel.errors import mark
from tongban.regions.errors import Problem
from tongban.regions.files import Folder, Found

Fits = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class _Known:
    """Ids that exist, by what they name. ``editions``: (matter, place) → modes published.

    ``parents``: place → the place above it.
    """

    ids: Mapping[str, frozenset[str]]
    parents: Mapping[str, str]
    editions: Mapping[tuple[str, str], frozenset[str]]


def reference_problems(
    folder: Folder, required: Sequence[Folder], settings: Mapping[str, Fits]
) -> list[Problem]:
    """Return rows that repeat an id, point at nothing, or contradict one another.

    ``required`` are the regions that this one stands on, already found right; ``settings`` the
    keys that a place may set, each with a test of its value. The folder has passed the checks of
    its shapes and of its editions' contents.
    """
    known = _known([*required, folder])
    problems = [
        *_region(folder),
        *_repeated(folder, required),
        *_dangling(folder, known),
        *_settings(folder, settings),
        *_openings(folder, known),
        *_spans(folder),
        *_numbers(folder),
    ]
    return sorted(problems, key=lambda problem: (problem.file, problem.path))


def _keyed(folder: Folder) -> Iterator[tuple[str, str, Found]]:
    """Yield (what, id, row) of everything that has an id of its own."""
    sources: tuple[tuple[str, str, str, Callable[[Mapping[str, Any]], str]], ...] = (
        ("place", "divisions", "divisions", lambda row: row["code"]),
        ("place", "places", "places", lambda row: row["id"]),
        ("english name", "names_en", "names_en", lambda row: row["code"]),
        ("agency", "agencies", "agencies", lambda row: row["id"]),
        ("office", "offices", "offices", lambda row: row["id"]),
        ("calendar", "calendars", "calendars", lambda row: row["name"]),
        ("setting", "settings", "settings", lambda row: f"{row['place']} {row['key']}"),
        ("matter", "matter", "matter", lambda row: row["code"]),
        ("edition", "matter", "editions", _edition_key),
        ("agreement", "agreement", "agreement", lambda row: row["id"]),
        ("login", "demo", "people", lambda row: row["login"]),
        ("login", "demo", "staff", lambda row: row["login"]),
        ("staff", "demo", "staff", lambda row: row["id"]),
    )
    for what, kind, key, id_of in sources:
        for found in folder.rows(kind, key):
            yield what, id_of(found.row), found
    for post in _posts(folder):
        yield "post", post.row["id"], post


def _edition_key(row: Mapping[str, Any]) -> str:
    return f"{row['matter']} {row['place']} {row['version']}"


def _posts(folder: Folder) -> Iterator[Found]:
    for staff in folder.rows("demo", "staff"):
        for position, post in enumerate(staff.row["posts"]):
            yield Found(file=staff.file, path=f"{staff.path}.posts[{position}]", row=post)


def _openings_of(folder: Folder) -> Iterator[tuple[Found, Found]]:
    for agreement in folder.rows("agreement"):
        for position, row in enumerate(agreement.row["openings"]):
            path = f"{agreement.path}.openings[{position}]"
            yield agreement, Found(file=agreement.file, path=path, row=row)


def _known(folders: Sequence[Folder]) -> _Known:
    # An English name stands beside the division that it names, in the same folder.
    ids = {"division": {found.row["code"] for found in folders[-1].rows("divisions")}}
    modes: dict[tuple[str, str], set[str]] = {}
    parents: dict[str, str] = {}
    for folder in folders:
        for found in (*folder.rows("divisions"), *folder.rows("places")):
            row = found.row
            parents[row.get("id") or row["code"]] = row.get("parent") or ""
        for what, key, _ in _keyed(folder):
            ids.setdefault(what, set()).add(key)
        for edition in folder.rows("matter", "editions"):
            if edition.row["state"] == "published":
                pair = (edition.row["matter"], edition.row["place"])
                # A content without modes is told by the check of the content itself.
                modes.setdefault(pair, set()).update(edition.row["content"]["modes"])
    return _Known(
        {what: frozenset(keys) for what, keys in ids.items()},
        parents,
        {pair: frozenset(each) for pair, each in modes.items()},
    )


def _region(folder: Folder) -> Iterator[Problem]:
    file = next(file for file in folder.files if file.kind == "region")
    if file.content["id"] != folder.region:
        yield Problem(
            file=file.name,
            path="id",
            what=mark("与文件夹名称不同。"),
            todo=mark("应为 {region}。"),
            fields={"region": folder.region},
        )
    if "divisions_source" not in file.content and any(folder.rows("divisions")):
        yield Problem(
            file=file.name,
            path="divisions_source",
            what=mark("没有注明 divisions.csv 的来源。"),
            todo=mark("请写 divisions_source。"),
        )


def _repeated(folder: Folder, required: Sequence[Folder]) -> Iterator[Problem]:
    seen = {(what, key): found.file for other in required for what, key, found in _keyed(other)}
    for what, key, found in _keyed(folder):
        first = seen.setdefault((what, key), f"{found.file} {found.path}")
        if first != f"{found.file} {found.path}":
            yield Problem(
                file=found.file,
                path=found.path,
                what=mark("{key} 已在 {first} 出现。"),
                todo=mark("请删去其中一个，或改用另一个编号。"),
                fields={"key": key, "first": first},
            )


def _pointers(folder: Folder) -> Iterator[tuple[Found, str, str, str]]:
    """Yield (row, field, what, id) of every pointer that isn't empty."""
    single: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
        ("divisions", "divisions", (("parent", "place"),)),
        ("names_en", "names_en", (("code", "division"),)),
        ("places", "places", (("parent", "place"),)),
        ("agencies", "agencies", (("place", "place"),)),
        ("offices", "offices", (("place", "place"),)),
        ("settings", "settings", (("place", "place"),)),
        ("matter", "editions", (("matter", "matter"), ("place", "place"), ("agency", "agency"))),
        ("demo", "people", (("place", "place"),)),
    )
    for kind, key, fields in single:
        for found in folder.rows(kind, key):
            yield from _fields(found, fields)
    for post in _posts(folder):
        yield from _fields(post, (("place", "place"), ("agency", "agency"), ("office", "office")))
    for _, opening in _openings_of(folder):
        yield from _fields(
            opening, (("matter", "matter"), ("deciding", "place"), ("receiving", "place"))
        )
    lists = (
        ("places", "places", "members", "place"),
        ("offices", "offices", "run_by", "agency"),
        ("agreement", "agreement", "parties", "place"),
    )
    for kind, key, field, what in lists:
        for found in folder.rows(kind, key):
            for position, value in enumerate(found.row.get(field, ())):
                yield found, f"{field}[{position}]", what, value


def _fields(
    found: Found, fields: Iterable[tuple[str, str]]
) -> Iterator[tuple[Found, str, str, str]]:
    for field, what in fields:
        if found.row.get(field):
            yield found, field, what, found.row[field]


def _dangling(folder: Folder, known: _Known) -> Iterator[Problem]:
    for found, field, what, value in _pointers(folder):
        if value not in known.ids.get(what, frozenset()):
            yield Problem(
                file=found.file,
                path=f"{found.path}.{field}",
                what=mark("指向不存在的 {value}。"),
                todo=mark("请更正，或在本地区（或 requires 所列地区）的 {what} 资料中补上它。"),
                fields={"value": value, "what": what},
            )


def _settings(folder: Folder, settings: Mapping[str, Fits]) -> Iterator[Problem]:
    for found in folder.rows("settings"):
        key = found.row["key"]
        if key not in settings:
            yield Problem(
                file=found.file,
                path=f"{found.path}.key",
                what=mark("没有名为 {key} 的设置。"),
                todo=mark("可用的有：{known}。"),
                fields={"key": key, "known": "、".join(sorted(settings))},
            )
        elif not settings[key](found.row["value"]):
            yield Problem(
                file=found.file,
                path=f"{found.path}.value",
                what=mark("设置 {key} 不接受这个值。"),
                todo=mark("请对照该设置的说明改正。"),
                fields={"key": key},
            )


def _openings(folder: Folder, known: _Known) -> Iterator[Problem]:
    for agreement, opening in _openings_of(folder):
        row = opening.row
        for field in ("deciding", "receiving"):
            if row[field] and not _within(row[field], agreement.row["parties"], known.parents):
                yield Problem(
                    file=opening.file,
                    path=f"{opening.path}.{field}",
                    what=mark("{value} 不是本协议的一方，也不在任何一方之内。"),
                    todo=mark("请把它列入 parties，或更正。"),
                    fields={"value": row[field]},
                )
        if row["mode"] not in known.editions.get((row["matter"], row["deciding"]), frozenset()):
            yield Problem(
                file=opening.file,
                path=f"{opening.path}.mode",
                what=mark("{place} 的 {matter} 没有以 {mode} 方式办理的已发布实施清单。"),
                todo=mark("请先发布该地的实施清单，或更正办理地和方式。"),
                fields={"place": row["deciding"], "matter": row["matter"], "mode": row["mode"]},
            )


def _within(place: str, above: Sequence[str], parents: Mapping[str, str]) -> bool:
    # A file whose places go round in a ring must not hold this up: each is looked at once.
    seen: set[str] = set()
    while place and place not in seen:
        if place in above:
            return True
        seen.add(place)
        place = parents.get(place, "")
    return False


def _spans(folder: Folder) -> Iterator[Problem]:
    for found in (*folder.rows("agreement"), *_posts(folder)):
        ends_on = found.row["ends_on"]
        if ends_on is not None and ends_on < found.row["starts_on"]:
            yield Problem(
                file=found.file,
                path=f"{found.path}.ends_on",
                what=mark("结束日期早于开始日期。"),
                todo=mark("请更正；没有期限的写 null。"),
            )


def _numbers(folder: Folder) -> Iterator[Problem]:
    for found in folder.rows("demo", "people"):
        try:
            read_resident_number(found.row["number"])
        except ValueError:
            yield Problem(
                file=found.file,
                path=f"{found.path}.number",
                what=mark("公民身份号码没有通过校验（GB 11643）。"),
                todo=mark("请改用能通过校验的虚构号码。"),
            )
