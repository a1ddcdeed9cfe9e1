"""The door to encrypted files. It asks for keys, not for rights: the owning app decides those."""

from tongban.documents import splitting
from tongban.documents.actions import Staged, discard, keep, stage, sweep_orphans, take
from tongban.documents.queries import (
    DocumentView,
    Portable,
    digests,
    of_owner,
    owner_of,
    portable,
    read,
    view,
)

__all__ = [
    "DocumentView",
    "Portable",
    "Staged",
    "digests",
    "discard",
    "keep",
    "of_owner",
    "owner_of",
    "portable",
    "read",
    "splitting",
    "stage",
    "sweep_orphans",
    "take",
    "view",
]
