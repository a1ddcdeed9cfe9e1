"""Texts are collected, and a translation keeps its placeholders."""

import io

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

import messages


def catalogue(text: str | tuple[str, str], translation: str | tuple[str, str]) -> Catalog:
    made = Catalog(locale="en")
    made.add(text, translation)
    return made


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("由 {who} 更新", "updated by {who}"),
        ("%(count)s 件,100%%", "%(count)s cases, 100%%"),
        (("{count} 件", "{count} 件"), ("{count} case", "{count} cases")),
    ],
)
def test_a_good_translation_passes(
    text: str | tuple[str, str], translation: str | tuple[str, str]
) -> None:
    assert list(messages.wrong(catalogue(text, translation))) == []


@pytest.mark.parametrize(
    ("text", "translation", "problem"),
    [
        ("收件", "", "no English translation: 收件"),
        (("一", "多"), ("one", ""), "no English translation: 一"),
        ("由 {who} 更新", "updated", "the translation has other placeholders: 由 {who} 更新"),
        ("更新", "updated by {who}", "the translation has other placeholders: 更新"),
        ("%(n)s 件", "%(count)s cases", "the translation has other placeholders: %(n)s 件"),
    ],
)
def test_a_bad_translation_is_named(
    text: str | tuple[str, str], translation: str | tuple[str, str], problem: str
) -> None:
    assert list(messages.wrong(catalogue(text, translation))) == [problem]


def test_only_what_is_translated_is_compiled() -> None:
    texts = catalogue("收件", "Take in")
    texts.add("办结")
    texts.add(("{n} 件", "{n} 件"), ("", ""))
    compiled = read_mo(io.BytesIO(messages.as_mo(texts)))
    assert [message.id for message in compiled if message.id] == ["收件"]


def test_texts_of_python_and_of_templates_are_collected() -> None:
    found = {str(message.id): message.locations for message in messages.collected() if message.id}
    places = {name for locations in found.values() for name, _ in locations}
    assert any(name.endswith("/errors.py") for name in places)
    assert any(name.endswith(".html") for name in places)


def test_a_key_within_the_call_is_no_text() -> None:
    found = [messages._first(message.id) for message in messages.collected() if message.id]
    assert [text for text in found if text.isascii()] == []


def test_the_catalogue_does_not_change_by_itself() -> None:
    once = messages.as_po(messages.merged(messages.collected(), messages.stored()))
    again = messages.as_po(messages.merged(messages.collected(), messages.stored()))
    assert once == again
    assert b"/home/" not in once


def test_a_translation_survives_and_nothing_is_guessed() -> None:
    texts, old = Catalog(locale="en"), Catalog(locale="en")
    texts.add("收件")
    texts.add("收件人")
    old.add("收件", "Take in")
    merged = messages.merged(texts, old)
    assert (merged["收件"].string, merged["收件人"].string) == ("Take in", None)
