"""What a page says to people, and what of it is the same in English and in German."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

from tests.people import Browser

SPOKEN_ATTRIBUTES = {"alt", "aria-label", "data-label", "placeholder", "title"}
# What people typed, what machines call things, and the languages' own names for themselves.
NOT_OURS = {"bdi", "code", "script", "style"}
NOT_OUR_CLASSES = {"languages", "reference"}
WITHOUT_END = {"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
WORD = re.compile(r"[^\W\d_]{2,}")
SENTENCE_WORDS = 3


def untranslated(
    browser: Browser, path: str, *, words_min: int = SENTENCE_WORDS, **request: Any
) -> list[str]:
    """The texts of at least so many words that are the same to readers of both languages.

    `request` is what `browser.open` takes besides: `method`, `data`, `headers`.
    """
    english, german = (_texts(answer(browser, path, to, **request)) for to in ("en", "de"))
    return [text for text in german if text in english and len(WORD.findall(text)) >= words_min]


def answer(browser: Browser, path: str, language: str, **request: Any) -> TestResponse:
    """What somebody who reads this language is answered."""
    headers = {**request.pop("headers", {}), "Accept-Language": language}
    return browser.open(path, headers=headers, **request)


def _texts(response: TestResponse) -> list[str]:
    assert response.mimetype == "text/html", response.text
    page = _Page()
    page.feed(response.text)
    assert page.texts, "the page says nothing"
    return page.texts


class _Page(HTMLParser):
    """Every run of text between two tags, in one line, and what attributes say aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_foreign = tag in NOT_OURS or not NOT_OUR_CLASSES.isdisjoint(
            values.get("class", "").split()
        )
        if tag not in WITHOUT_END:
            self._open.append((tag, is_foreign))
        for name in sorted(SPOKEN_ATTRIBUTES & values.keys()):
            self._say(values[name])

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._say(data)

    def _say(self, text: str) -> None:
        text = " ".join(text.split())
        if text and not any(is_foreign for _, is_foreign in self._open):
            self.texts.append(text)
