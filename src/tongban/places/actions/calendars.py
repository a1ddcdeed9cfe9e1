"""Loads working calendars and the settings of places."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from django.db import transaction

from tongban.evidence import api as evidence
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Acting
from tongban.kernel.changes import Changes, compare_rows
from tongban.places.actions.loading import BATCH, absent, begin, finish, keyed, missing_lines
from tongban.places.actions.rows import SettingRow
from tongban.places.errors import ValueRefused
from tongban.places.models import Calendar, CalendarDay, Place, PlaceSetting
from tongban.places.rules import NAME_LENGTH, SETTINGS
from tongban.work import api as work

_SETTING_FIELDS = ("value", "source", "sample")

CALENDAR_CHANGED = "calendar.changed"
"""The job that tells the apps above of a new version; its payload: ``calendar``, ``version``."""


def put_calendar(
    name: str,
    rows: Mapping[date, bool],
    *,
    published_years: Collection[int],
    source: str,
    apply: bool,
) -> Changes:
    """Replace the years that the load speaks of; other years stay.

    ``rows``: True = working. A year is spoken of if it is in ``published_years`` or has a row; a
    day of it that is no longer given is taken away, for the State Council does amend its notice.
    The version grows by one if a day's kind or a published year changed, not for a source alone;
    whoever reckons with days is then told by the job CALENDAR_CHANGED.
    """
    if not 0 < len(name) <= NAME_LENGTH:
        raise ValueRefused(row="calendar", field="name", value=name)
    wanted = {
        str(day): {"working": working, "source": source} for day, working in sorted(rows.items())
    }
    with transaction.atomic():
        if apply:
            begin()
        held = Calendar.objects.filter(name=name).first()
        kept = _days(name)
        compared = compare_rows(f"day of {name}", wanted, kept, label="working")
        years = {str(year) for year in published_years} | {key[:4] for key in wanted}
        gone = [key for key in sorted(kept) if key not in wanted and key[:4] in years]
        published = sorted({*(held.published_years if held else ()), *published_years})
        renewed = held is None or held.published_years != published
        told = [f"- day of {name} {key}" for key in gone]
        if renewed:
            told.append(f"~ calendar {name}: published years {published}")
        changes = compared.changes + Changes(changed=len(gone) + renewed, lines=told)
        if apply and not changes.nothing:
            turned = any(kept[k]["working"] != wanted[k]["working"] for k in compared.changed)
            grows = bool(gone or compared.added or turned or renewed)
            version = (held.version if held else 0) + grows
            Calendar.objects.update_or_create(
                name=name, defaults={"version": version, "published_years": published}
            )
            _write_days(name, {key: wanted[key] for key in compared.to_write}, gone)
            if grows:
                work.enqueue(name=CALENDAR_CHANGED, payload={"calendar": name, "version": version})
            finish()
    return changes


def _days(name: str) -> dict[str, dict[str, object]]:
    days = CalendarDay.objects.filter(calendar_id=name)
    return {
        str(day): {"working": working, "source": source}
        for day, working, source in days.values_list("day", "working", "source")
    }


def _write_days(name: str, rows: Mapping[str, Mapping[str, object]], gone: list[str]) -> None:
    CalendarDay.objects.filter(calendar_id=name, day__in=gone).delete()
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(calendar_id=name, day=date.fromisoformat(key), **row)
            for key, row in rows.items()
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["calendar", "day"],
        update_fields=["working", "source"],
    )


def put_settings(rows: Iterable[SettingRow], *, apply: bool, acting: Acting = OPERATOR) -> Changes:
    """Add and change settings of places; those not named stay as they are.

    Each that is added or changed leaves an evidence entry.
    A key that is not in SETTINGS, or a value that its setting does not take, is ValueRefused;
    ReferenceUnknown and RowRepeated as elsewhere. Each stops the whole load.
    """
    by_key = keyed("setting", rows, lambda row: f"{row.place_id} {row.key}")
    for name, row in by_key.items():
        if row.key not in SETTINGS:
            raise ValueRefused(row=f"setting {name}", field="key", value=row.key)
        if not SETTINGS[row.key].fits(row.value):
            raise ValueRefused(row=f"setting {name}", field="value", value=str(row.value))
    wanted = {
        name: {"value": row.value, "source": row.source, "sample": row.sample}
        for name, row in by_key.items()
    }
    pointers = [(f"setting {name}", "place_id", row.place_id) for name, row in by_key.items()]
    with transaction.atomic():
        if apply:
            begin()
        told = missing_lines(pointers, absent(Place, {p for _, _, p in pointers}), apply=apply)
        present = {
            f"{row['place_id']} {row['key']}": row
            for row in PlaceSetting.objects.values("place_id", "key", *_SETTING_FIELDS)
        }
        compared = compare_rows("setting", wanted, present, label="value")
        if apply and compared.to_write:
            PlaceSetting.objects.bulk_create(
                [
                    PlaceSetting(
                        place_id=by_key[name].place_id, key=by_key[name].key, **wanted[name]
                    )
                    for name in compared.to_write
                ],
                batch_size=BATCH,
                update_conflicts=True,
                unique_fields=["place", "key"],
                update_fields=list(_SETTING_FIELDS),
            )
            for name in compared.to_write:
                _record(by_key[name], acting)
            finish()
    return compared.changes + Changes(lines=told)


def _record(row: SettingRow, acting: Acting) -> None:
    evidence.record(
        kind="setting.changed",
        at=clock.now(),
        place_id=row.place_id,
        acting=acting,
        subject=("place", row.place_id),
        facts={"key": row.key, "value": row.value},
        key=None,
    )
