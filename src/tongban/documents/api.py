"""The door to encrypted files. It asks for keys, not for rights: the owning app decides those."""

from tongban.documents.actions import discard, sweep_orphans, take
from tongban.documents.queries import DocumentView, digests, of_owner, owner_of, read, view

__all__ = [
    "DocumentView",
    "digests",
    "discard",
    "of_owner",
    "owner_of",
    "read",
    "sweep_orphans",
    "take",
    "view",
]
