"""Turns a region's files into the rows that the apps' doors take."""

from collections.abc import Iterator
from datetime import date

from tongban.agreements.api import AgreementRow, AgreementState, OpeningRow, SilenceFrom
from tongban.identity.api import PostRow, StaffRow
from tongban.matters.api import EditionFile, EditionState, MatterRow
from tongban.places.api import AgencyRow, OfficeRow, PlaceRow, SettingRow
from tongban.regions.files import Folder, Row


def place_rows(folder: Folder) -> Iterator[PlaceRow]:
    """Yield the places of divisions.csv, with their English names, and of places.yaml."""
    names_en = {found.row["code"]: found.row["name_en"] for found in folder.rows("names_en")}
    source = str(region_row(folder).get("divisions_source", ""))
    for found in folder.rows("divisions"):
        row = found.row
        yield PlaceRow(
            id=row["code"],
            code=row["code"],
            name=row["name"],
            name_en=names_en.get(row["code"], ""),
            level=row["level"],
            parent_id=row["parent"] or None,
            statistical_only=row["statistical_only"] == "1",
            source=source,
        )
    for found in folder.rows("places"):
        row = found.row
        yield PlaceRow(
            id=row["id"],
            code=row.get("code"),
            name=row["name"],
            name_en=row["name_en"],
            level=row["level"],
            parent_id=row.get("parent"),
            members=tuple(row.get("members", ())),
            statistical_only=row.get("statistical_only", False),
            source=row.get("source", ""),
            sample=row.get("sample", False),
        )


def region_row(folder: Folder) -> Row:
    """Return what region.yaml says."""
    row: Row = next(file.content for file in folder.files if file.kind == "region")
    return row


def agency_rows(folder: Folder) -> Iterator[AgencyRow]:
    """Yield the agencies."""
    for found in folder.rows("agencies"):
        row = found.row
        yield AgencyRow(
            id=row["id"],
            place_id=row["place"],
            name=row["name"],
            name_en=row["name_en"],
            credit_code=row["credit_code"],
            nature_code=row["nature_code"],
            can_license=row["can_license"],
            source=row.get("source", ""),
            sample=row.get("sample", False),
        )


def office_rows(folder: Folder) -> Iterator[OfficeRow]:
    """Yield the offices."""
    for found in folder.rows("offices"):
        row = found.row
        yield OfficeRow(
            id=row["id"],
            place_id=row["place"],
            name=row["name"],
            name_en=row["name_en"],
            kind=row["kind"],
            address=row["address"],
            run_by=tuple(row["run_by"]),
            source=row.get("source", ""),
            sample=row.get("sample", False),
        )


def setting_rows(folder: Folder) -> Iterator[SettingRow]:
    """Yield the settings of places."""
    for found in folder.rows("settings"):
        row = found.row
        yield SettingRow(
            place_id=row["place"],
            key=row["key"],
            value=row["value"],
            source=row.get("source", ""),
            sample=row.get("sample", False),
        )


def matter_rows(folder: Folder) -> Iterator[MatterRow]:
    """Yield the matters."""
    for found in folder.rows("matter"):
        row = found.row
        yield MatterRow(
            code=row["code"],
            title=row["title"],
            title_en=row["title_en"],
            aliases=tuple(row["aliases"]),
            task_type=row["task_type"],
            source=row.get("source", ""),
            sample=row.get("sample", False),
        )


def edition_rows(folder: Folder) -> Iterator[EditionFile]:
    """Yield the editions."""
    for found in folder.rows("matter", "editions"):
        row = found.row
        yield EditionFile(
            matter_code=row["matter"],
            place_id=row["place"],
            agency_id=row["agency"],
            version=row["version"],
            state=EditionState(row["state"]),
            published_on=day_or_none(row["published_on"]),
            handle_item_code=row["handle_item_code"],
            content=row["content"],
            source=row.get("source", ""),
            sample=row.get("sample", False),
        )


def staff_rows(folder: Folder) -> Iterator[StaffRow]:
    """Yield the made-up staff."""
    for found in folder.rows("demo", "staff"):
        row = found.row
        yield StaffRow(id=row["id"], login=row["login"], name=row["name"], sample=row["sample"])


def post_rows(folder: Folder) -> Iterator[PostRow]:
    """Yield the posts of the made-up staff."""
    for found in folder.rows("demo", "staff"):
        for post in found.row["posts"]:
            yield PostRow(
                id=post["id"],
                staff_id=found.row["id"],
                place_id=post["place"],
                agency_id=post["agency"],
                office_id=post["office"],
                title=post["title"],
                title_en=post["title_en"],
                powers=tuple(post["powers"]),
                starts_on=day_of(post["starts_on"]),
                ends_on=day_or_none(post["ends_on"]),
                sample=found.row["sample"],
            )


def agreement_rows(folder: Folder) -> Iterator[AgreementRow]:
    """Yield the agreements with their openings."""
    for found in folder.rows("agreement"):
        row = found.row
        yield AgreementRow(
            id=row["id"],
            title=row["title"],
            title_en=row["title_en"],
            number=row["number"],
            state=AgreementState(row["state"]),
            party_ids=tuple(row["parties"]),
            starts_on=day_of(row["starts_on"]),
            ends_on=day_or_none(row["ends_on"]),
            openings=tuple(_opening_row(opening) for opening in row["openings"]),
            source=row.get("source", ""),
            sample=row.get("sample", False),
        )


def _opening_row(row: Row) -> OpeningRow:
    return OpeningRow(
        matter_code=row["matter"],
        deciding_place_id=row["deciding"],
        receiving_place_id=row["receiving"],
        mode=row["mode"],
        acts=tuple(row["acts"]),
        silence_from=SilenceFrom(row["silence_from"]),
        sample=row.get("sample", False),
    )


def day_or_none(text: str | None) -> date | None:
    """Return the day that ``2026-01-31`` names; None for None."""
    return None if text is None else day_of(text)


def day_of(text: str) -> date:
    """Return the day that ``2026-01-31`` names."""
    return date.fromisoformat(text)
