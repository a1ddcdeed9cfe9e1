"""Whether a split was begun and not finished: then the node doesn't start. Plain Python."""

from pathlib import Path

from tongban.site.environment import Misconfigured


def folder(home: Path) -> Path:
    """Return where a split under way is remembered."""
    return home / "node" / "split"


def refuse_to_start(home: Path) -> None:
    """Raise Misconfigured while places are on their way to another node."""
    if folder(home).exists():
        message = (
            "places of this node are on their way to another one: "
            "run `tongban split finish` when that has them, then start this node"
        )
        raise Misconfigured(message)
