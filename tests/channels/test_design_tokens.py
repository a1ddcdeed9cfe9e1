"""Contrast of the tokens in both themes (WCAG 2.2, 1.4.3 and 1.4.11), and one source of them."""

import re
from pathlib import Path

import pytest

from tongban import channels

CSS = Path(channels.__file__).parent / "static" / "tongban" / "css"

TEXT = [
    *((ink, on) for ink in ("ink", "ink-2", "ink-3") for on in ("ground", "surface", "sunken")),
    *((ink, "raised") for ink in ("ink", "ink-2", "ink-3", "action")),
    *((link, on) for link in ("action", "action-hover") for on in ("ground", "surface")),
    *(("ink", f"{tone}-soft") for tone in ("action", "good", "warn", "bad")),
    *((tone, f"{tone}-soft") for tone in ("action", "good", "warn", "bad", "sample")),
    *((tone, on) for tone in ("good", "warn", "bad") for on in ("ground", "surface")),
    ("action", "good-soft"),
    ("action", "warn-soft"),
    ("action", "bad-soft"),
    ("on-action", "action"),
    ("on-action", "action-hover"),
    ("on-warn-fill", "warn-fill"),
    ("on-bad-fill", "bad-fill"),
    ("surface", "good"),
    ("surface", "bad"),
]
CONTROLS = [
    *((line, on) for line in ("line-strong", "focus") for on in ("ground", "surface")),
    ("focus", "sunken"),
    ("bad-fill", "surface"),
    ("bad", "surface"),
    ("action", "surface"),
]


def _themes() -> dict[str, dict[str, str]]:
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    light, media, attribute = re.split(
        r"@media screen and \(prefers-color-scheme: dark\)|@media screen \{", text
    )
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))
        for name, part in (("light", light), ("system dark", media), ("chosen dark", attribute))
    }


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert _contrast("#ffffff", "#000000") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "system dark"])
def test_text_and_controls_have_contrast(theme: str) -> None:
    colours = _themes()[theme]
    wanted = [(pair, 4.5) for pair in TEXT] + [(pair, 3.0) for pair in CONTROLS]
    low = {
        pair: round(_contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair, least in wanted
        if _contrast(colours[pair[0]], colours[pair[1]]) < least
    }
    assert low == {}


def test_dark_by_the_system_and_dark_by_choice_are_one_theme() -> None:
    themes = _themes()
    assert themes["system dark"] == themes["chosen dark"]
    assert themes["system dark"].keys() == themes["light"].keys()


def test_no_other_sheet_names_a_colour() -> None:
    named = {
        sheet.name: found
        for sheet in CSS.glob("*.css")
        if sheet.name not in {"tokens.css", "paper.css", "print.css"}
        and (found := set(re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", _plain(sheet))))
    }
    # The picture of a document lies on white in both themes.
    assert named == {"records.css": {"#ffffff"}}


def test_every_token_that_is_used_exists() -> None:
    known = set(re.findall(r"(--[\w-]+):", "".join(map(_plain, CSS.glob("*.css")))))
    used = set(re.findall(r"var\((--[\w-]+)", "".join(map(_plain, CSS.glob("*.css")))))
    assert used - known == set()


def _plain(sheet: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
