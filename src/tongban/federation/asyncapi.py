"""What this node understands of others, as an AsyncAPI 3.0 document, from what is registered."""

from typing import Any

from tongban.federation.envelope import JWE_ALGORITHMS
from tongban.federation.rules import BATCH, MOST_BODY, MOST_DATA, MOST_ENVELOPE, SKEW, type_of
from tongban.federation.shapes import EVENT, REGISTRY
from tongban.federation.signing import ALGORITHM

Json = dict[str, Any]

_FORMAT = "application/schema+json;version=draft-2020-12"
_ABOUT = f"""\
Messages between the nodes of governments. Each is a CloudEvent in JSON, signed by its sender (JWS,
{ALGORITHM}), then encrypted to its receiver (JWE, {" with ".join(JWE_ALGORITHMS)}); one a line,
at most {BATCH} and {MOST_BODY} bytes a request. The JSON is canonical (RFC 8785): keys in order, no
fractions, no text with U+0000; a message's data have at most {MOST_DATA} bytes, an envelope
{MOST_ENVELOPE} characters. `subject` is a lane: its messages are numbered by `seq` from 1 and
taken in that order, each once.

A type ends in its major version. What a receiver may pass over stands in `data.more`; all else is
closed. A kind or version that isn't known is refused, and the answer names under `understands` what
is.

Each line is answered by a line, signed (JWS): `taken` and `refused` are for good; `later` (its
files are being fetched), `gap` (an earlier number is missing), `failed` and `unfit` are said once,
and it comes again. Requests and answers carry an HTTP message signature (RFC 9421) with a digest of
the body (RFC 9530); clocks may lie {int(SKEW.total_seconds() // 60)} minutes apart.
"""
_ANSWER: Json = {
    "type": "object",
    "required": ["time", "by", "message", "outcome"],
    "properties": {
        "time": EVENT["properties"]["time"],
        "by": EVENT["properties"]["source"],
        "message": {
            "type": "string",
            "pattern": "^([0-9a-f]{64})?$",
            "description": "SHA-256 of the JWS that is answered; empty where it couldn't be read",
        },
        "outcome": {
            "type": "string",
            "enum": ["taken", "refused", "later", "gap", "failed", "unfit"],
        },
        "code": {"type": "string", "pattern": "^[a-z0-9_.]{0,64}$"},
        "why": {"type": "string"},
        "files": {"type": "integer", "description": "how many are still to be fetched"},
        "expected": {"type": "integer", "description": "the number that the lane waits for"},
        "understands": {"type": "array", "items": {"type": "string"}},
    },
}


def asyncapi(*, version: str, host: str = "") -> Json:
    """Return the document; with a host it names this node's inbox as a server."""
    names = {
        _name(kind, number): (kind, number, handling.schema)
        for kind, known in sorted(REGISTRY.kinds.items())
        for number, handling in sorted(known.versions.items())
    }
    found: Json = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tongban between nodes",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "inbox": {
                "address": "/node/inbox",
                "description": "Where other nodes deliver.",
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in (*names, "answer")
                },
            }
        },
        "operations": {
            "take": _operation("receive", list(names)),
            "send": _operation("send", list(names)),
        },
        "components": {
            "messages": {
                **{name: _message(name, *one) for name, one in names.items()},
                "answer": {
                    "name": "answer",
                    "title": "what the receiver says of a message, signed",
                    "contentType": "application/jose",
                    "payload": {"$ref": "#/components/schemas/answer"},
                },
            },
            "schemas": {
                "event": _schema(EVENT),
                "answer": _schema(_ANSWER),
                **{name: _schema(schema or {}) for name, (_, _, schema) in names.items()},
            },
        },
    }
    if host:
        found["servers"] = {"node": {"host": host, "protocol": "https"}}
    return found


def _operation(action: str, names: list[str]) -> Json:
    inbox = {"$ref": "#/channels/inbox"}
    return {
        "action": action,
        "channel": inbox,
        "messages": [{"$ref": f"#/channels/inbox/messages/{name}"} for name in names],
        "reply": {"channel": inbox, "messages": [{"$ref": "#/channels/inbox/messages/answer"}]},
    }


def _name(kind: str, version: int) -> str:
    """Return a kind and its version as a component's name."""
    return f"{kind}.v{version}"


def _schema(schema: Json) -> Json:
    return {"schemaFormat": _FORMAT, "schema": {"type": "object", **schema}}


def _message(name: str, kind: str, version: int, schema: Json | None) -> Json:
    made = type_of(kind, version)
    body = {"$ref": f"#/components/schemas/{name}/schema"}
    own = {
        "type": {"const": made},
        "data": {"type": "object", "properties": {"body": body}},
    }
    event = {"$ref": "#/components/schemas/event/schema"}
    return {
        "name": made,
        "title": kind,
        "description": (schema or {}).get("description", ""),
        "contentType": "application/jose",
        "payload": _schema({"allOf": [event, {"type": "object", "properties": own}]}),
    }
