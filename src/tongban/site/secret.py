"""The node's session secret: made once, readable by the operator alone."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def session_secret(path: Path) -> str:
    """Return the secret in ``path``, making it first where there is none.

    Several processes may start at once: the file appears whole or not at all, and the first wins.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process of this node was faster
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="ascii")
