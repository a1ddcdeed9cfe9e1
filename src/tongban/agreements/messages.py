"""What nodes say to one another of agreements: that one signed a text, or that it ends."""

import hashlib
from typing import Any

from tongban.agreements.actions.rows import AgreementRow, OpeningRow
from tongban.agreements.rules import SilenceFrom
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.wire import day, optional_day, plain

SIGNED = "agreements.signed"

Json = dict[str, Any]
_TEXT: Json = {"type": "string", "pattern": r"^[^\x00]*\Z"}
_ID: Json = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,48}\Z"}
_CODE: Json = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"}
_DAY: Json = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"}


def _or_none(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _closed(properties: Json, **more: Any) -> Json:  # noqa: ANN401 - JSON
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": properties,
        **more,
    }


_OPENING = _closed(
    {
        "matter": _CODE,
        "deciding": _ID,
        "receiving": _or_none(_ID),
        "mode": {"enum": ["online", "received"]},
        "acts": {"type": "array", "items": _CODE, "maxItems": 10},
        "silence_from": {"enum": [each.value for each in SilenceFrom]},
        "sample": {"type": "boolean"},
    }
)
TERMS = _closed(
    {
        "v": {"const": 1},
        "id": {"type": "string", "pattern": r"^[a-z0-9][a-z0-9-]{2,48}\Z"},
        "title": _TEXT | {"maxLength": 200},
        "title_en": _TEXT | {"maxLength": 300},
        "number": _TEXT | {"maxLength": 100},
        "parties": {"type": "array", "items": _ID, "minItems": 2, "maxItems": 100},
        "starts_on": _DAY,
        "ends_on": _or_none(_DAY),
        "source": _TEXT,
        "sample": {"type": "boolean"},
        "openings": {"type": "array", "items": _OPENING, "maxItems": 2000},
    },
    description="What is signed: the SHA-256 of these canonical bytes (RFC 8785) is the digest.",
)
SCHEMA = _closed(
    {
        "terms": TERMS,
        "signature": {
            "type": "string",
            "maxLength": 4096,
            "description": (
                "JWS by the sender's key over {statement: 'agreement', agreement, digest, "
                "purpose: start or end, ends_on: the last day at an end, by, time}"
            ),
        },
    },
    title="A node's signature under an agreement, or under its end",
)
STATEMENT = {"statement", "agreement", "digest", "purpose", "ends_on", "by", "time"}


def terms_of(row: AgreementRow) -> Json:
    """Return what nodes sign of an agreement; its state is no part of it."""
    openings = [
        {
            "matter": one.matter_code,
            "deciding": one.deciding_place_id,
            "receiving": one.receiving_place_id,
            "mode": str(one.mode),
            "acts": sorted({str(act) for act in one.acts}),
            "silence_from": str(one.silence_from),
            "sample": one.sample,
        }
        for one in row.openings
    ]
    return {
        "v": 1,
        "id": row.id,
        "title": row.title,
        "title_en": row.title_en,
        "number": row.number,
        "parties": sorted(set(row.party_ids)),
        "starts_on": plain(row.starts_on),
        "ends_on": plain(row.ends_on),
        "source": row.source,
        "sample": row.sample,
        "openings": sorted(openings, key=canonical_bytes),
    }


def text_of(terms: Json) -> str:
    """Return the one spelling of the terms."""
    return canonical_bytes(terms).decode()


def digest_of(text: str) -> str:
    """Return what is signed of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def row_of(terms: Json) -> AgreementRow:
    """Return the agreement of terms that have their form; ValueError for a day that isn't one."""
    return AgreementRow(
        id=terms["id"],
        title=terms["title"],
        title_en=terms["title_en"],
        number=terms["number"],
        party_ids=tuple(terms["parties"]),
        starts_on=day(terms["starts_on"]),
        ends_on=optional_day(terms["ends_on"]),
        source=terms["source"],
        sample=terms["sample"],
        openings=tuple(
            OpeningRow(
                matter_code=one["matter"],
                deciding_place_id=one["deciding"],
                receiving_place_id=one["receiving"],
                mode=one["mode"],
                acts=tuple(one["acts"]),
                silence_from=SilenceFrom(one["silence_from"]),
                sample=one["sample"],
            )
            for one in terms["openings"]
        ),
    )
