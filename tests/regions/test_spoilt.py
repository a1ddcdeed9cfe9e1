"""However a file is spoilt, the answer is a list of problems or a region that is right."""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongban.regions.errors import Problem, RegionInvalid, RegionUnknown
from tongban.regions.queries import checked_folders

FIXTURE = Path(__file__).parent / "fixture"
NAMES = sorted(p.relative_to(FIXTURE).as_posix() for p in FIXTURE.rglob("*.yaml"))
VALUES = [None, True, 0, -1, 2.5, "", "x", " ", "2026-02-30", "990101", [], ["x"], {}, {"x": "y"}]
GONE = object()

Steps = tuple[str | int, ...]


def paths(node: Any, above: Steps = ()) -> list[Steps]:  # noqa: ANN401 - any YAML value
    """Return the way to every value within ``node``."""
    match node:
        case dict():
            steps = list(node)
        case list():
            steps = list(range(len(node)))
        case _:
            return []
    return [way for s in steps for way in [(*above, s), *paths(node[s], (*above, s))]]


CONTENTS = {name: yaml.safe_load((FIXTURE / name).read_text("utf-8")) for name in NAMES}
PLACES = [(name, way) for name in NAMES for way in paths(CONTENTS[name])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path_factory.mktemp("spoilt") / "regions"))


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(PLACES), value=st.sampled_from([*VALUES, GONE]))
def test_any_one_value_changed(folder: Path, place: tuple[str, Steps], value: object) -> None:
    name, way = place
    content = copy.deepcopy(CONTENTS[name])
    at = content
    for step in way[:-1]:
        at = at[step]
    if value is GONE:
        del at[way[-1]]
    else:
        at[way[-1]] = value
    (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    problems: tuple[Problem, ...] = ()
    try:
        checked_folders("river", folder)
    except RegionUnknown:
        assert way[0] == "requires"
    except RegionInvalid as refused:
        problems = refused.problems
    finally:
        shutil.copy(FIXTURE / name, folder / name)
    for problem in problems:
        assert (FIXTURE / problem.file).exists()
        assert str(problem).startswith(problem.file)


@given(text=st.text(max_size=200))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_in_place_of_a_file(folder: Path, text: str) -> None:
    name = "river/offices.yaml"
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        with pytest.raises(RegionInvalid) as refused:
            checked_folders("river", folder)
        assert {problem.file for problem in refused.value.problems} == {name}
    finally:
        shutil.copy(FIXTURE / name, folder / name)
