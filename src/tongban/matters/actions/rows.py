"""What a load hands in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tongban.matters.rules import EditionState


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterRow:
    """A matter. ``task_type`` is a code of GB/T 39046-2020 annex A (01 = 行政许可)."""

    code: str
    title: str
    title_en: str
    task_type: str
    aliases: tuple[str, ...] = ()
    source: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFile:
    """One place's edition. ``content`` has the form of ``edition.schema.json``.

    ``published_on`` is the day of publication; left out, it is the day of the load.
    """

    matter_code: str
    place_id: str
    agency_id: str
    version: int
    content: Mapping[str, Any]
    state: EditionState = EditionState.PUBLISHED
    handle_item_code: str = ""
    published_on: date | None = None
    source: str = ""
    sample: bool = False
