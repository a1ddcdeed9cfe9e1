"""Messages spoilt in one place each, and what taking one of them comes to."""

import copy
from collections.abc import Iterator
from typing import Any

OTHERS: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**40,
    "",
    "x",
    "\0",
    "长" * 5000,
    [],
    {},
    [{}],
    {"x": 1},
)
"""What stands in a field's place: of each type, and of sizes that no column holds."""
_ALIKE = {
    "Z": "2026-02-30T25:00:00.000000Z",  # a moment that is none
    "-": "2026-02-30",
}


def paths(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - JSON
    """Yield where something stands, at every depth."""
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for name, part in parts:
        yield (*at, name)
        yield from paths(part, (*at, name))


def mutants(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Yield what was done, and the value with that done to it, one thing at a time."""
    for path in paths(value):
        where = ".".join(map(str, path))
        yield f"{where} dropped", _changed(value, path, "drop")
        now = _at(value, path)
        for other in (*OTHERS, *_alike(now)):
            if other != now or type(other) is not type(now):
                yield f"{where} is {str(other)[:30]!r}", _changed(value, path, "put", other)
        if isinstance(now, dict):
            yield f"{where} has more", _changed(value, path, "put", {**now, "another": 1})
        if isinstance(now, list) and now:
            yield f"{where} twice", _changed(value, path, "put", [*now, now[-1]])


def _alike(now: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield texts that look like what stands there, and aren't it."""
    if not isinstance(now, str) or not now:
        return
    if now[:3] == "202" and now[4:5] == "-":
        yield _ALIKE["Z" if now.endswith("Z") else "-"]
    head, _, tail = now.rpartition("-")
    if head and len(tail) == 32:
        yield f"{head}-{'0' * 32}"
        yield f"other-{tail}"
    yield f"{now}\n"
    yield now[:-1] + ("1" if now[-1] != "1" else "2")


def _at(value: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - JSON
    for name in path:
        value = value[name]
    return value


def _changed(value: Any, path: tuple[str | int, ...], how: str, other: Any = None) -> Any:  # noqa: ANN401 - JSON
    made = copy.deepcopy(value)
    holder = _at(made, path[:-1])
    if how == "drop":
        del holder[path[-1]]
    else:
        holder[path[-1]] = copy.deepcopy(other)
    return made
