"""Registers the made-up people of demo.yaml; staff and posts go the way of all other rows."""

from tongban.identity import api as identity
from tongban.kernel.acting import Acting, ActorKind, Assurance, Channel
from tongban.kernel.changes import Changes
from tongban.regions.files import Folder

_LOADER = Acting(actor_kind=ActorKind.SYSTEM, actor_id="regions", channel=Channel.WORKER)


def put_people(folder: Folder, *, apply: bool) -> Changes:
    """Register who is not there yet; nobody is changed. A line names the login alone.

    With ``apply=False`` nobody is registered: a person's key is written to the key store, which
    no rollback of the main database takes back. NameDiffers if a number stands under another name.
    """
    changes = Changes()
    for found in folder.rows("demo", "people"):
        row = found.row
        kind = identity.NumberKind(row["number_kind"])
        there = identity.find_person(number_kind=kind, number=row["number"]) is not None
        if apply:
            identity.register_person(
                acting=_LOADER,
                place_id=row["place"],
                name=row["name"],
                number_kind=kind,
                number=row["number"],
                phone=row["phone"],
                assurance=Assurance(row["assurance"]),
            )
        if there:
            changes += Changes(unchanged=1)
        else:
            changes += Changes(added=1, lines=[f"+ person {row['login']}"])
    return changes
