import shutil
from pathlib import Path

import pytest

FIXTURE = Path(__file__).parent / "fixture"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a copy of the two fixture regions that a test may spoil."""
    return Path(shutil.copytree(FIXTURE, tmp_path / "regions"))


@pytest.fixture
def told() -> list[str]:
    """Return the list that a load reports into: pass ``told.append``."""
    return []
