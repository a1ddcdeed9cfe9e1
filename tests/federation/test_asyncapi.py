"""What nodes understand is published as a document that AsyncAPI's own schema accepts."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft7Validator, Draft202012Validator

from tongban.federation import api as federation
from tongban.federation.document import Document
from tongban.federation.shapes import REGISTRY
from tongban.site import wiring

SCHEMA = Path(__file__).parent / "asyncapi" / "3.0.0-without-id.json.gz"


def document() -> dict[str, Any]:
    found = federation.asyncapi(version="1", host="beijing.example")
    read: dict[str, Any] = json.loads(json.dumps(found))
    return read


def test_it_is_asyncapi_by_its_own_schema(home: object) -> None:
    wiring.wire()
    with gzip.open(SCHEMA) as file:
        own = Draft7Validator(json.load(file))
    found = document()
    assert [error.message[:200] for error in own.iter_errors(found)] == []
    del found["info"]["title"]
    assert not own.is_valid(found)


def test_each_registered_kind_stands_in_it_with_its_form(home: object) -> None:
    wiring.wire()
    federation.register("test.kind", take=print, version=2)
    found = document()
    schemas, messages = found["components"]["schemas"], found["components"]["messages"]
    assert {one["name"] for one in messages.values()} == {"answer", *REGISTRY.types()}
    for kind, known in REGISTRY.kinds.items():
        for version, handling in known.versions.items():
            assert schemas[f"{kind}.v{version}"]["schema"] == {
                "type": "object",
                **json.loads(json.dumps(handling.schema or {})),
            }
    for one in schemas.values():
        Draft202012Validator.check_schema(one["schema"])


def test_every_reference_leads_somewhere(home: object) -> None:
    wiring.wire()
    found = document()

    def look(value: Any) -> None:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            if isinstance(ref := value.get("$ref"), str) and ref.startswith("#/"):
                place: Any = found
                for part in ref[2:].split("/"):
                    place = place[part]
            for part in value.values():
                look(part)
        elif isinstance(value, list):
            for part in value:
                look(part)

    look(found)


@pytest.mark.django_db(databases=["default", "keys"])
def test_the_node_shows_its_own(beijing: Document) -> None:
    wiring.wire()
    said = Client().get("/node/asyncapi.json").json()
    assert said["servers"]["node"]["host"] == "beijing.example"
    assert "case.handed.v1" in said["components"]["messages"]
