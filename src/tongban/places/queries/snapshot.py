"""All reference data as one snapshot in the process, and when it is looked at again.

A place is read many times in a request and changes a few times a year, so a process holds
everything (3,351 places: a few MB, read in eight statements) and asks the database at most every
``MAX_AGE_S`` seconds, in one statement, whether a load has happened since. A load in another
process is therefore seen within that time; one in this process at once.

A transaction that has itself loaded data reads a snapshot of its own, so that others don't see
what may still be rolled back.
"""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from tongban.kernel.workdays import Calendar as WorkCalendar
from tongban.places.models import (
    Agency,
    Calendar,
    CalendarDay,
    Office,
    OfficeRun,
    Place,
    PlaceSetting,
    ReferenceVersion,
    ZoneMember,
)
from tongban.places.queries.views import AgencyView, OfficeView, PlaceView, SettingView
from tongban.places.rules import full_name

if TYPE_CHECKING:
    from datetime import date

MAX_AGE_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The snapshot. ``chains`` holds a place's ids from the top down to itself."""

    token: str
    places: dict[str, PlaceView]
    chains: dict[str, tuple[str, ...]]
    children: dict[str | None, tuple[str, ...]]
    members: dict[str, frozenset[str]]
    agencies: dict[str, AgencyView]
    offices: dict[str, OfficeView]
    settings: dict[tuple[str, str], SettingView]
    calendars: dict[str, WorkCalendar]


@dataclass(slots=True)
class _Shared:
    reference: Reference | None = None
    checked: float = 0.0


class _Own(threading.local):
    """Of this thread: the transaction that has loaded data, and what it reads."""

    block: object = None
    reference: Reference | None = None


_shared = _Shared()
_own = _Own()


def reference() -> Reference:
    """Return the snapshot that holds for this thread now."""
    if _own.block is not None:  # hardly ever: only in and after a load of this thread's own
        if _own.block is _outermost():
            if _own.reference is None:
                _own.reference = _load(_token())
            return _own.reference
        _own.block = _own.reference = None
    held = _shared.reference
    if held is not None and time.monotonic() - _shared.checked < MAX_AGE_S:
        return held
    moment = time.monotonic()
    token = _token()
    if held is None or held.token != token:
        # The token is read first: a load in between makes this snapshot too new, never too old.
        held = _load(token)
    _shared.reference = held
    _shared.checked = moment
    return held


def forget() -> None:
    """Drop what is held: at once for this transaction, for the process when it commits.

    Loads do it by themselves; this is for whoever changes the tables past the door (a restore),
    or rolls a load back to a savepoint and goes on.
    """
    _own.block, _own.reference = _outermost(), None
    transaction.on_commit(_forget_shared)


def _forget_shared() -> None:
    _shared.reference = None


def _outermost() -> object:
    # Django keeps the open atomic blocks in a list; the first stands for the transaction.
    own = connections[DEFAULT_DB_ALIAS]  # looked up once: the proxy does at each name
    return own.atomic_blocks[0] if own.in_atomic_block else None


def _token() -> str:
    row = ReferenceVersion.objects.filter(id=1).values_list("token", flat=True)
    return next(iter(row), "")


def _load(token: str) -> Reference:
    rows = {row["id"]: row for row in Place.objects.order_by("id").values()}
    chains = {key: tuple(filter(None, row["path"].split("/"))) for key, row in rows.items()}
    places = {}
    below: defaultdict[str | None, list[str]] = defaultdict(list)
    for key, row in rows.items():
        chain = [rows[each] for each in chains[key]]
        places[key] = PlaceView(
            id=key,
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            level=row["level"],
            parent_id=row["parent_id"],
            full_name=full_name([(r["name"], r["level"], r["statistical_only"]) for r in chain]),
            full_name_en=", ".join(
                r["name_en"] or r["name"]
                for r in reversed(chain)
                if r is row or not (r["level"] == "city" and r["statistical_only"])
            ),
            statistical_only=row["statistical_only"],
            source=row["source"],
            sample=row["sample"],
        )
        below[row["parent_id"]].append(key)
    members: defaultdict[str, set[str]] = defaultdict(set)
    for zone_id, place_id in ZoneMember.objects.values_list("zone_id", "place_id"):
        members[zone_id].add(place_id)
    return Reference(
        token=token,
        places=places,
        chains=chains,
        children={parent: tuple(ids) for parent, ids in below.items()},
        members={zone: frozenset(ids) for zone, ids in members.items()},
        agencies={row["id"]: AgencyView(**row) for row in Agency.objects.order_by("id").values()},
        offices=_offices(),
        settings={
            (row["place_id"], row["key"]): SettingView(**row)
            for row in PlaceSetting.objects.values("place_id", "key", "value", "source", "sample")
        },
        calendars=_calendars(),
    )


def _offices() -> dict[str, OfficeView]:
    run_by: defaultdict[str, list[str]] = defaultdict(list)
    for office_id, agency_id in OfficeRun.objects.order_by("agency_id").values_list(
        "office_id", "agency_id"
    ):
        run_by[office_id].append(agency_id)
    return {
        row["id"]: OfficeView(**row, run_by=tuple(run_by[row["id"]]))
        for row in Office.objects.order_by("id").values()
    }


def _calendars() -> dict[str, WorkCalendar]:
    days: dict[str, dict[date, bool]] = defaultdict(dict)
    for name, day, working in CalendarDay.objects.values_list("calendar_id", "day", "working"):
        days[name][day] = working
    return {
        row.name: WorkCalendar(
            name=row.name,
            version=row.version,
            days=days[row.name],
            published_years=frozenset(row.published_years),
        )
        for row in Calendar.objects.all()
    }
