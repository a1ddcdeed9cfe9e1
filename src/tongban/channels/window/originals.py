"""How many originals of each material the clerk took in."""

import re
import unicodedata

from tongban.cases.api import Original
from tongban.channels.visitor import Request
from tongban.channels.window.errors import CopiesUnclear
from tongban.channels.window.told import ToldAt
from tongban.matters.api import EditionView

_COPIES = re.compile(r"[0-9]{1,2}")


def box(material_key: str) -> str:
    """Return the name of the box for a material's originals."""
    return f"originals.{material_key}"


def posted_originals(request: Request, edition: EditionView) -> list[Original]:
    """Return the originals as typed; empty and 0 mean none. ToldAt the box that is no number."""
    found = []
    for material in edition.materials:
        name = box(material.key)
        text = unicodedata.normalize("NFKC", request.POST.get(name, "")).strip()
        if text and _COPIES.fullmatch(text) is None:
            raise ToldAt(CopiesUnclear(), name)
        if text and int(text):
            found.append(Original(material_key=material.key, copies=int(text)))
    return found
