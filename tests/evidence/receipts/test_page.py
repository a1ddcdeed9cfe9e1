"""verify.html as a file: the texts that it shares with the command, and what it may not need."""

import json
import re

from tongban.evidence.receipts import PAGE, words

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_holds_the_texts_of_the_command() -> None:
    block = re.search(r'id="words">(.*?)</script>', TEXT, re.DOTALL)
    assert block is not None
    held = json.loads(block[1])
    told = words.as_data()
    # A new kind of entry, or another text, is written into the block as well.
    for part in held.keys() | told.keys():
        assert held.get(part) == told.get(part), f"{part} in {PAGE.name} and in words.py"


def test_the_page_needs_nothing_else() -> None:
    assert re.findall(r"\b(?:src|href)=|\burl\(|\bimport\b|\bfetch\b|https?:", TEXT) == []


def test_the_page_writes_nothing_as_markup() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert re.findall(forbidden, TEXT) == []
