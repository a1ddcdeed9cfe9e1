"""Jobs of this app; the wiring registers them by name."""

from tongban.documents import actions

SWEEP_ORPHANS = "documents.sweep_orphans"


def sweep_orphans(_payload: dict[str, object]) -> None:
    """Remove files without a row; for once a day. Doing it twice is harmless."""
    actions.sweep_orphans()
