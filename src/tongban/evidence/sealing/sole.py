"""Only one process of a node is its sequencer: a lock of the operating system says which."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tongban.evidence.shards import log_folder


@contextmanager
def holding() -> Iterator[bool]:
    """Try to be the sequencer for the block; yields whether this process is. A dead one is none."""
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "sequencer.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
