"""Collect the Chinese texts of the product and compile their English translations.

``python tools/messages.py`` brings ``channels/locale/en/LC_MESSAGES/django.po`` up to date (new
texts come in without a translation, texts no longer used go) and compiles ``django.mo``. With
``--check`` nothing is written, and it fails when either is outdated, a translation is missing, or
one has other placeholders than its text.

Texts are what stands in gettext, ngettext, pgettext, their lazy forms and ``mark`` in Python, and
in ``translate`` and ``blocktranslate`` in templates.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "tongban"
CATALOGUE = SOURCE / "channels" / "locale" / "en" / "LC_MESSAGES" / "django.po"
COMPILED = CATALOGUE.with_suffix(".mo")

_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "mark": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}

_PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}|%\((\w+)\)[sd]|%([sd%])")
_STILL = datetime(2026, 1, 1, tzinfo=UTC)
"""The catalogue's dates: they would change with every run and say nothing."""

_HEADER = """\
# English texts of Tongban. `make messages` brings this file up to date; translate what is empty.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""

Key = tuple[str, str | None]
Text = str | tuple[str, ...] | list[str] | None


def main() -> int:
    """Bring the catalogue up to date, or check that it is; return the exit code."""
    parser = argparse.ArgumentParser(description="collect and compile the translations")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when outdated")
    check = parser.parse_args().check
    settings.configure(USE_I18N=True)  # templatize asks for nothing else
    catalogue = merged(collected(), stored())
    text, compiled = as_po(catalogue), as_mo(catalogue)
    if check:
        problems = [*outdated(text, catalogue), *wrong(catalogue)]
        for line in problems:
            print(line)
        return 1 if problems else 0
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_bytes(text)
    COMPILED.write_bytes(compiled)
    empty = sum(1 for message in _messages(catalogue) if not _is_translated(message))
    print(f"{sum(1 for _ in _messages(catalogue))} texts, {empty} without a translation")
    return 0


def collected() -> Catalog:
    """Return every text in the source, with the files that it stands in."""
    catalogue = _empty()
    for path in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = templatize(text, origin=str(path))
        place = path.relative_to(ROOT).as_posix()
        found = extract("python", io.BytesIO(text.encode()), keywords=_KEYWORDS)
        for _line, message, _comments, context in found:
            if not _first(message).isascii():  # else a key, as in gettext(WORDS["accept"])
                catalogue.add(message, locations=[(place, 1)], context=context)
    return catalogue


def stored() -> Catalog:
    """Return the catalogue as it is on disk; empty when there is none."""
    if not CATALOGUE.exists():
        return _empty()
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en", domain="django")


def merged(texts: Catalog, old: Catalog) -> Catalog:
    """Return ``texts`` with the translations of ``old``; nothing is guessed from a similar text."""
    for message in _messages(texts):
        before = old.get(message.id, message.context)
        if before is not None:
            message.string = before.string
            message.user_comments = before.user_comments
    return texts


def as_po(catalogue: Catalog) -> bytes:
    """Return the catalogue as text, in an order that does not depend on where texts stand."""
    body = io.BytesIO()
    write_po(body, catalogue, omit_header=True, sort_output=True, include_lineno=False, width=100)
    return _HEADER.encode() + body.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Return what is translated, compiled; Babel would put half-empty plurals in as well."""
    done = _empty()
    for message in _messages(catalogue):
        if _is_translated(message):
            done.add(message.id, message.string, context=message.context)
    body = io.BytesIO()
    write_mo(body, done)
    return body.getvalue()


def outdated(text: bytes, catalogue: Catalog) -> Iterator[str]:
    """Yield a line for each file that is not what this program would write."""
    if not CATALOGUE.exists() or CATALOGUE.read_bytes() != text:
        yield f"{CATALOGUE.relative_to(ROOT)} is outdated: run make messages"
    if not COMPILED.exists() or _translations(COMPILED) != _translated(catalogue):
        yield f"{COMPILED.relative_to(ROOT)} is outdated: run make messages"


def wrong(catalogue: Catalog) -> Iterator[str]:
    """Yield a line for each text without a translation, or with other placeholders in it."""
    for message in _messages(catalogue):
        if not _is_translated(message):
            yield f"no English translation: {_first(message.id)}"
            continue
        wanted = _placeholders(message.id)
        if any(_placeholders(string) != wanted for string in _forms(message.string)):
            yield f"the translation has other placeholders: {_first(message.id)}"


def _empty() -> Catalog:
    return Catalog(
        locale="en", domain="django", creation_date=_STILL, revision_date=_STILL, fuzzy=False
    )


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _forms(text: Text) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def _first(text: Text) -> str:
    return _forms(text)[0]


def _is_translated(message: Message) -> bool:
    return bool(message.string) and all(_forms(message.string)) and not message.fuzzy


def _placeholders(text: Text) -> frozenset[str]:
    """Return the names of the placeholders of all forms; ``%`` is no placeholder when doubled."""
    found = (match.groups() for form in _forms(text) for match in _PLACEHOLDER.finditer(form))
    names = (next(name for name in groups if name is not None) for groups in found)
    return frozenset(name for name in names if name != "%")


def _translated(catalogue: Catalog) -> dict[Key, list[str]]:
    return {
        (_first(message.id), message.context): _forms(message.string)
        for message in _messages(catalogue)
        if _is_translated(message)
    }


def _translations(path: Path) -> dict[Key, list[str]]:
    with path.open("rb") as file:
        return _translated(read_mo(file))


if __name__ == "__main__":
    sys.exit(main())
