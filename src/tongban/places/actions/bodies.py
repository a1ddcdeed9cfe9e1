"""Loads agencies and the offices that they run."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from tongban.kernel.changes import Changes, Comparison, compare_rows
from tongban.kernel.checksums import check_credit_code
from tongban.places.actions.loading import BATCH, absent, begin, finish, keyed, missing_lines, nfc
from tongban.places.actions.rows import AgencyRow, OfficeRow
from tongban.places.errors import MayNotLicense, ValueRefused
from tongban.places.models import Agency, Office, OfficeRun, Place
from tongban.places.rules import NATURE_CODES, OfficeKind, may_license

_AGENCY_FIELDS = (
    *("place_id", "name", "name_en", "credit_code", "nature_code", "can_license"),
    *("source", "sample"),
)
_OFFICE_FIELDS = ("place_id", "name", "name_en", "kind", "address", "source", "sample")


def put_agencies(rows: Iterable[AgencyRow], *, apply: bool) -> Changes:
    """Add and change agencies; those not named stay as they are.

    A credit code that fails its check is told in a line and kept. MayNotLicense,
    ReferenceUnknown, RowRepeated or ValueRefused stop the whole load.
    """
    by_id = keyed("agency", rows, lambda row: row.id)
    for row in by_id.values():
        _check_agency(row)
    wanted = {key: _wanted_agency(row) for key, row in by_id.items()}
    pointers = [(f"agency {key}", "place_id", row.place_id) for key, row in by_id.items()]
    with transaction.atomic():
        if apply:
            begin()
        told = missing_lines(pointers, absent(Place, {p for _, _, p in pointers}), apply=apply)
        present = {row["id"]: row for row in Agency.objects.values("id", *_AGENCY_FIELDS)}
        compared = compare_rows("agency", wanted, present)
        if apply and compared.to_write:
            Agency.objects.bulk_create(
                [Agency(id=key, **wanted[key]) for key in compared.to_write],
                batch_size=BATCH,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=_columns(_AGENCY_FIELDS),
            )
            finish()
    return compared.changes + Changes(lines=[*told, *_code_lines(by_id)])


def _columns(names: Iterable[str]) -> list[str]:
    return [name.removesuffix("_id") for name in names]


def _check_agency(row: AgencyRow) -> None:
    name = f"agency {row.id}"
    if row.nature_code not in NATURE_CODES:
        raise ValueRefused(row=name, field="nature_code", value=row.nature_code)
    if row.can_license and not may_license(row.nature_code):
        raise MayNotLicense(row=name)
    if not nfc(row.name):
        raise ValueRefused(row=name, field="name", value="")


def _wanted_agency(row: AgencyRow) -> dict[str, object]:
    return {
        "place_id": row.place_id,
        "name": nfc(row.name),
        "name_en": nfc(row.name_en),
        "credit_code": nfc(row.credit_code).upper() if row.credit_code else None,
        "nature_code": row.nature_code,
        "can_license": row.can_license,
        "source": row.source,
        "sample": row.sample,
    }


def _code_lines(rows: Mapping[str, AgencyRow]) -> list[str]:
    lines = []
    for key, row in rows.items():
        if row.credit_code:
            checked = check_credit_code(row.credit_code)
            if not checked.ok:
                lines.append(f"! agency {key}: credit_code {row.credit_code}: {checked.reason}")
    return lines


def put_offices(rows: Iterable[OfficeRow], *, apply: bool) -> Changes:
    """Add and change offices and who runs them; those not named stay as they are.

    ReferenceUnknown, RowRepeated or ValueRefused stop the whole load.
    """
    by_id = keyed("office", rows, lambda row: row.id)
    for row in by_id.values():
        _check_office(row)
    wanted = {key: _wanted_office(row) for key, row in by_id.items()}
    sites = [(f"office {key}", "place_id", row.place_id) for key, row in by_id.items()]
    runs = [(f"office {key}", "run_by", run) for key, row in by_id.items() for run in row.run_by]
    with transaction.atomic():
        if apply:
            begin()
        told = [
            *missing_lines(sites, absent(Place, {value for _, _, value in sites}), apply=apply),
            *missing_lines(runs, absent(Agency, {value for _, _, value in runs}), apply=apply),
        ]
        compared = compare_rows("office", wanted, _present_offices())
        if apply and compared.to_write:
            _write_offices(wanted, by_id, compared)
            finish()
    return compared.changes + Changes(lines=told)


def _check_office(row: OfficeRow) -> None:
    name = f"office {row.id}"
    if row.kind not in list(OfficeKind):
        raise ValueRefused(row=name, field="kind", value=row.kind)
    if not row.run_by:
        raise ValueRefused(row=name, field="run_by", value="")
    if not nfc(row.name):
        raise ValueRefused(row=name, field="name", value="")


def _wanted_office(row: OfficeRow) -> dict[str, object]:
    return {
        "place_id": row.place_id,
        "name": nfc(row.name),
        "name_en": nfc(row.name_en),
        "kind": str(row.kind),
        "address": nfc(row.address),
        "source": row.source,
        "sample": row.sample,
        "run_by": sorted(set(row.run_by)),
    }


def _present_offices() -> dict[str, dict[str, object]]:
    run_by: dict[str, list[str]] = {}
    pairs = OfficeRun.objects.order_by("agency_id").values_list("office_id", "agency_id")
    for office_id, agency_id in pairs:
        run_by.setdefault(office_id, []).append(agency_id)
    return {
        row["id"]: {**row, "run_by": sorted(run_by.get(row["id"], []))}
        for row in Office.objects.values("id", *_OFFICE_FIELDS)
    }


def _write_offices(
    wanted: Mapping[str, dict[str, object]], rows: Mapping[str, OfficeRow], compared: Comparison
) -> None:
    Office.objects.bulk_create(
        [
            Office(id=key, **{name: wanted[key][name] for name in _OFFICE_FIELDS})
            for key in compared.to_write
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_columns(_OFFICE_FIELDS),
    )
    OfficeRun.objects.filter(office_id__in=compared.changed).delete()
    OfficeRun.objects.bulk_create(
        [
            OfficeRun(office_id=key, agency_id=agency_id)
            for key in compared.to_write
            for agency_id in sorted(set(rows[key].run_by))
        ],
        batch_size=BATCH,
    )
