"""The catalogues have every text of the source in every language, and are what browsers get."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message

import catalogue
from potluck.languages import LANGUAGES, SOURCE

MEND = "run bin/catalogues, translate what is new, and run it again"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!\{)\{\w+\}")


@pytest.fixture(params=catalogue.languages())
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_there_is_a_catalogue_for_each_language_that_is_offered() -> None:
    assert {SOURCE, *catalogue.languages()} == set(LANGUAGES), MEND


def test_translators_find_every_text_of_the_source_and_no_other(language: str) -> None:
    kept, found = _ids(catalogue.read(language)), _ids(catalogue.texts())
    assert sorted(map(str, found - kept)) == [], f"missing: {MEND}"
    assert sorted(map(str, kept - found)) == [], f"nobody says this any more: {MEND}"


def test_everything_is_translated(language: str) -> None:
    missing = [
        each.id for each in _messages(catalogue.read(language)) if not all(_forms(each.string))
    ]
    assert missing == [], f"to be translated: {MEND}"


def test_a_translation_keeps_what_is_filled_in(language: str) -> None:
    wrong = [
        (english, translated)
        for each in _messages(catalogue.read(language))
        for english, translated in _pairs(each)
        if set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(translated))
    ]
    assert wrong == [], f"something that is filled in is lost or invented: {MEND}"


def test_what_the_app_and_browsers_read_is_written_from_the_catalogue(language: str) -> None:
    written = catalogue.written(catalogue.brought_up_to_date(language))
    stale = [path.name for path, content in written.items() if path.read_bytes() != content]
    assert stale == [], f"not what is in messages.po: {MEND}"


def _messages(catalog: Catalog) -> Iterator[Message]:
    """All but the head."""
    return (each for each in catalog if each.id)


def _ids(catalog: Catalog) -> set[object]:
    return {each.id for each in _messages(catalog)}


def _forms(words: object) -> tuple[str, ...]:
    return tuple(map(str, words)) if isinstance(words, list | tuple) else (str(words or ""),)


def _pairs(message: Message) -> Iterator[tuple[str, str]]:
    """Each form of a translation with the English one; forms beyond two are like the second."""
    english = _forms(message.id)
    for number, translated in enumerate(_forms(message.string)):
        yield english[min(number, len(english) - 1)], translated
