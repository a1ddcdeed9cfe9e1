"""What a node says to others of its catalogue: an edition that it published or withdrew."""

import hashlib
from typing import Any

PUBLISHED = "matters.edition_published"

_MOST_LANE = 49
_TEXT = {"type": "string", "pattern": r"^[^\x00]*\Z"}
_NAME = _TEXT | {"minLength": 1, "maxLength": 200}
_NAME_EN = _TEXT | {"maxLength": 300}
_ID = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,48}\Z"}
_CODE = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"}
_TASK_TYPE = {"type": "string", "pattern": r"^[0-9]{2}\Z"}


def _closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": properties,
        **more,
    }


SCHEMA: dict[str, Any] = _closed(
    {
        "matter": _closed(
            {
                "code": _CODE,
                "title": _NAME,
                "title_en": _NAME_EN,
                "aliases": {"type": "array", "items": _NAME, "maxItems": 100},
                "task_type": _TASK_TYPE,
                "source": _TEXT,
                "sample": {"type": "boolean"},
            }
        ),
        "place_id": _ID,
        "agency_id": _ID,
        "version": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
        "state": {"enum": ["published", "withdrawn"]},
        "handle_item_code": _TEXT | {"maxLength": 100},
        "content": {
            "type": "string",
            "description": "edition.schema.json as JSON text, keys sorted, without spaces",
        },
        "digest": {
            "type": "string",
            "description": "SHA-256 of that text",
            "pattern": r"^[0-9a-f]{64}\Z",
        },
        "published_on": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"},
        "source": _TEXT,
        "sample": {"type": "boolean"},
    },
    title="An edition of a matter, published or withdrawn by the node that hosts its place",
)


def lane_of(matter_code: str, place_id: str) -> str:
    """Return the lane of a place's editions of a matter: they arrive in the order of publication.

    >>> lane_of("getihu-sheli", "131028")
    'edition/131028/getihu-sheli'
    """
    lane = f"edition/{place_id}/{matter_code}"
    if len(lane) <= _MOST_LANE:
        return lane
    return f"edition/{hashlib.sha256(lane.encode()).hexdigest()[:32]}"
