"""``tongban demo nodes`` and ``tongban tour --nodes``: four governments on one machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WITHIN_S = 300


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name[:8] != "TONGBAN_"}
    return kept | {"TONGBAN_HOME": str(home)}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "tongban.site.cli", *words]


def test_without_the_demo_the_tour_says_what_to_start(tmp_path: Path) -> None:
    done = subprocess.run(
        command("tour", "--nodes"),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "start that first" in done.stderr


@pytest.mark.faults
def test_the_tour_walks_over_the_demos_nodes(tmp_path: Path) -> None:
    with (tmp_path / "demo.log").open("wb") as log:
        demo = subprocess.Popen(
            command("demo", "nodes"), env=environment(tmp_path), stdout=log, stderr=log
        )
        try:
            end = time.monotonic() + WITHIN_S
            while not (tmp_path / "demo-nodes" / "addresses.json").exists():
                assert demo.poll() is None, (tmp_path / "demo.log").read_text()
                assert time.monotonic() < end, (tmp_path / "demo.log").read_text()
                time.sleep(0.5)
            done = subprocess.run(
                command("tour", "--nodes"),
                env=environment(tmp_path),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout[-600:]
            assert "65 steps, all as they should be" in done.stdout
        finally:
            demo.send_signal(signal.SIGTERM)
            assert demo.wait(timeout=60) == 0
