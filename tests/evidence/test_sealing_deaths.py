"""The sequencer dies at every step, and the next one goes on: no fork, no entry lost or doubled."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from evidence.sealing_scene import leaves, log_home, promised, record, witnessed
from tongban.evidence import api, keyfile, tilefiles
from tongban.evidence.core.tree import leaf_hash, root_of
from tongban.evidence.models import PendingEntry, Seal, Waiting
from tongban.evidence.sealing import batches, opening, promise, publishing
from tongban.evidence.sealing.growth import Growth

pytestmark = [pytest.mark.django_db, pytest.mark.faults]

STEPS: list[tuple[object, str]] = [
    (batches, "take_batch"),
    (Growth, "grow"),
    (tilefiles, "_write"),
    (tilefiles.TileFiles, "write"),
    (promise.Promises, "swap"),
    (publishing, "gather"),
    (promise.Promises, "publish"),
    (tilefiles.TileFiles, "publish"),
    (tilefiles.TileFiles, "drop_partials"),
]
BEGINNING: list[tuple[object, str]] = [
    (keyfile, "generate"),
    (promise.Promises, "begin"),
    (opening, "settle"),
    (opening, "announce"),
    (opening, "record"),
    (tilefiles, "_write"),
    (promise.Promises, "close"),
    (opening, "forget_key"),
]


class Died(BaseException):
    """What a killed process does: nothing more."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    with log_home(tmp_path, settings):
        yield tmp_path


def dying(real: Callable[..., Any], at: int, *, after: bool) -> Callable[..., Any]:
    """Return ``real`` so that its call number ``at`` is the process's last."""
    calls = itertools.count()

    def step(*args: object, **options: object) -> object:
        is_last = next(calls) == at
        if is_last and not after:
            raise Died
        done = real(*args, **options)
        if is_last:
            raise Died
        return done

    return step


def die_once(patch: pytest.MonkeyPatch, owner: object, name: str, at: int, *, after: bool) -> bool:
    """Take a turn in which the process dies at a step; return whether it came so far."""
    with patch.context() as there:
        there.setattr(owner, name, dying(getattr(owner, name), at, after=after))
        try:
            api.Sequencer().turn(at_once=True)
        except Died:
            return True
    return False


def assert_sound() -> None:
    """Let the next process go on, and look whether the log holds every entry once."""
    sequencer = api.Sequencer()
    while sequencer.turn(at_once=True):
        pass
    assert not Waiting.objects.exists()
    assert Seal.objects.count() == PendingEntry.objects.count()
    assert not list(api.check_log())
    held = promised()
    assert root_of([*map(leaf_hash, leaves(held))]) == held.root
    assert api.proofs_of(entry_ids=list(PendingEntry.objects.values_list("entry_id", flat=True)))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "name"), STEPS)
def test_a_death_at_any_step_of_sealing(
    owner: object, name: str, *, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with witnessed(3) as small:
        deaths = 0
        for count, at in ((260, 0), (5, 0), (300, 2)):
            record(count)
            deaths += die_once(monkeypatch, owner, name, at, after=after)
            record(1)
        assert deaths > 0
        assert_sound()
        assert {one.size_of_origin("tongzhou/log/2026") for one in small} == {promised().size}
        api.monitor()
        assert not api.alarms()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "name"), BEGINNING)
def test_a_death_at_any_step_of_beginning_a_log(
    owner: object, name: str, *, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(2)
    die_once(monkeypatch, owner, name, 0, after=after)
    api.Sequencer().turn(at_once=True)
    first = promised()
    api.rotate()
    record(2)
    die_once(monkeypatch, owner, name, 0, after=after)
    assert_sound()
    assert (first.shard, promised().shard) == ("2026", "2026-2")
    assert not opening.key_path("2026").exists()
    opened = PendingEntry.objects.filter(kind="log.opened").order_by("position")
    assert list(opened.values_list("subject_id", flat=True)) == ["2026", "2026-2"]
