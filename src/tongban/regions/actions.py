"""Loads a region: files checked first, then put through the doors of the apps, all or nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction

from tongban.agreements import api as agreements
from tongban.identity import api as identity
from tongban.kernel.changes import Changes
from tongban.matters import api as matters
from tongban.places import api as places
from tongban.regions import rows
from tongban.regions.calendars import published_rows
from tongban.regions.demo import put_people
from tongban.regions.files import ROOT, Folder
from tongban.regions.queries import checked_folders

Report = Callable[[str], None]


def load(*, region: str, apply: bool, report: Report, root: Path = ROOT) -> Changes:
    """Load a region and all that it requires; tell every change through ``report``.

    One transaction: either all of it stands, or nothing. The changes are told before they are
    committed. With ``apply=False`` the same writes are done and rolled back, so that what is told
    is what a load would do. The same files a second time change nothing. The made-up people of
    demo.yaml come along only where ``settings.DEMO`` is set.

    RegionUnknown, RegionInvalid (which names every file, path and what to do), or a refusal of
    the app whose rule a row breaks; nothing has been written then. RuntimeError within a
    transaction of the caller's.
    """
    folders = checked_folders(region, root)
    # Durable: within another transaction it would not be the caller's to say that it stands.
    with transaction.atomic(durable=True):
        changes = Changes()
        for folder in folders:
            for put in _puts(folder, apply=apply):
                changes += put
        for line in changes.lines:
            report(line)
        if not apply:
            transaction.set_rollback(True)
    return changes


def _puts(folder: Folder, *, apply: bool) -> Iterator[Changes]:
    """Yield the changes of each kind of row, in the order in which they point at one another.

    A trial applies as well: its transaction is rolled back. Only people are kept out of it, for
    their keys are in another database.
    """
    yield places.put_places(rows.place_rows(folder), apply=True)
    yield places.put_agencies(rows.agency_rows(folder), apply=True)
    yield places.put_offices(rows.office_rows(folder), apply=True)
    yield from _calendars(folder)
    yield places.put_settings(rows.setting_rows(folder), apply=True)
    yield matters.put_matters(rows.matter_rows(folder), apply=True)
    yield matters.put_editions(rows.edition_rows(folder), apply=True)
    yield agreements.put_agreements(rows.agreement_rows(folder), apply=True)
    if settings.DEMO:
        yield identity.put_staff(rows.staff_rows(folder), apply=True)
        yield identity.put_posts(rows.post_rows(folder), apply=True)
        yield put_people(folder, apply=apply)


def _calendars(folder: Folder) -> Iterator[Changes]:
    for found in folder.rows("calendars"):
        days, years = published_rows(found.row["from_year"])
        for own in found.row.get("days", ()):
            days[rows.day_of(own["day"])] = own["working"]
        yield places.put_calendar(
            found.row["name"],
            days,
            published_years=years,
            source=found.row["source"],
            apply=True,
        )
