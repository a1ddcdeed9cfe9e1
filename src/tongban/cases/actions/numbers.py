"""Numbers without gaps of meaning or duplicates: one row per issuer, series and year."""

import re

from tongban.cases.models import Case, NumberSequence
from tongban.federation import api as federation
from tongban.places import api as places
from tongban.work import api as work

_GIVEN = re.compile(r"(?:^\w[\w-]*?-|〔)(?P<year>\d{4})[-〕](?:[\w-]+-)?(?P<last>\d+)号?$")
_NEXT = """
INSERT INTO cases_numbersequence (issuer, series, year, last) VALUES (%s, %s, %s, 1)
ON CONFLICT (issuer, series, year) DO UPDATE SET last = cases_numbersequence.last + 1
RETURNING last
"""


def next_number(*, issuer: str, series: str, year: int) -> int:
    """Return the next number, inside the caller's transaction (1 statement).

    The row stays locked until that transaction ends, so that two callers never get the same
    number, and a rolled-back one gives its number back. The statement is the same on SQLite and
    PostgreSQL; the suite runs it under load on both.
    """
    [(last,)] = work.select(_NEXT, [issuer, series, year])
    return int(last)


def note_given(case: Case, kind: str, number: str) -> None:
    """Remember that a number was given that a restored database has forgotten."""
    found = _GIVEN.search(number)
    if found is None:
        return
    here = federation.hosts(case.place_id)
    row, _ = NumberSequence.objects.select_for_update().get_or_create(
        issuer=case.place_id if here else f"{case.place_id}/{case.receiving_place_id}",
        series=kind,
        year=int(found["year"]),
        defaults={"last": 0},
    )
    if row.last < int(found["last"]):
        row.last = int(found["last"])
        row.save(update_fields=["last"])


def next_serial(case: Case, series: str, year: int, *, digits: int = 1) -> str:
    """Return the next serial of the deciding place, of so many digits at least.

    Where another node gives those, an office that takes in for it counts its own, under its place.
    """
    if federation.hosts(case.place_id):
        return f"{next_number(issuer=case.place_id, series=series, year=year):0{digits}d}"
    taker = case.receiving_place_id or ""
    last = next_number(issuer=f"{case.place_id}/{taker}", series=series, year=year)
    return f"{code_of(taker)}-{last:06d}"


def code_of(place_id: str) -> str:
    """Return what stands for a place in numbers: its code, the id of a zone without one."""
    return places.place(place_id).code or place_id


def case_number(place_id: str, year: int, serial: str) -> str:
    """Return the number of a case: deciding place, year of intake, serial."""
    return f"{code_of(place_id)}-{year}-{serial}"


def is_takers_case_number(number: str, case: Case) -> bool:
    """Tell whether a number is of the series that an office counts for another node's place."""
    taker = code_of(case.receiving_place_id or "")
    return re.fullmatch(rf"{code_of(case.place_id)}-\d{{4}}-{taker}-\d{{6}}", number) is not None


def is_takers_record_number(number: str, case: Case) -> bool:
    """Tell the same of a document's number."""
    return f"〕{code_of(case.receiving_place_id or '')}-" in number


def record_number(prefix: str, word: str, year: int, last: int | str) -> str:
    """Return a document's number 文号, as in 通州受〔2026〕17号."""
    return f"{prefix}{word}〔{year}〕{last}号"
