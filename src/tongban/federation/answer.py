"""What a node answers to a message: signed, about that very text, in one of a few words."""

import re
from datetime import datetime
from typing import Any

from tongban.federation.document import Document
from tongban.federation.envelope import digest_of, verify
from tongban.federation.errors import EnvelopeUnfit

_CODE = re.compile(r"[a-z0-9_.]{1,64}")


def said_of(line: str, signed: str, by: Document) -> tuple[dict[str, Any], datetime]:
    """Return what ``by`` said of a message, and when; EnvelopeUnfit where it isn't surely that.

    Only what could not be read is answered without naming the message.
    """
    said, at = verify(line, by)
    about = said.get("message")
    if said.get("by") != by.node or about not in [digest_of(signed), ""]:
        raise EnvelopeUnfit(why="an answer to something else")
    outcome = said.get("outcome")
    if not isinstance(outcome, str) or (about == "" and outcome not in {"unfit", "failed"}):
        raise EnvelopeUnfit(why="not of the form of an answer")
    if outcome == "gap" and type(said.get("expected")) is not int:
        raise EnvelopeUnfit(why="not of the form of an answer")
    code = said.get("code", "")
    if outcome in {"refused", "unfit"} and (
        not isinstance(code, str) or _CODE.fullmatch(code) is None
    ):
        raise EnvelopeUnfit(why="not of the form of an answer")
    understands = _shown(said.get("understands", ""), most=90)
    if understands:
        understands = f"understands {understands}"
    return said | {"why": _shown(said.get("why", "")), "understands": understands}, at


def _shown(words: object, *, most: int = 80) -> str:
    """Return a peer's words as they may stand in a line of a terminal."""
    text = ", ".join(map(str, words)) if isinstance(words, list) else str(words)
    return "".join(one for one in text[:most] if one.isprintable())
