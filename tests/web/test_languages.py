"""Everybody reads their own language: the one that they chose, or else their browser's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from potluck import languages
from tests.people import Browser

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def language_of(browser: Browser, **headers: str) -> str:
    page = browser.get("/", headers=headers).text
    return page.partition('<html lang="')[2][:2]


def test_a_browser_is_answered_in_its_language(client: Browser) -> None:
    assert language_of(client) == "en"
    assert language_of(client, **GERMAN) == "de"
    assert language_of(client, **{"Accept-Language": "de-AT, en;q=0.5"}) == "de"
    assert language_of(client, **{"Accept-Language": "fr, en;q=0.3, de;q=0.5"}) == "de"
    assert language_of(client, **{"Accept-Language": "fr, ja;q=0.5"}) == "en"


def test_whoever_chooses_a_language_keeps_it(browser: Callable[[], Browser]) -> None:
    visitor = browser()
    answer = visitor.post("/language", data={"language": "de", "next": "/gallery"})
    assert (answer.status_code, answer.location) == (303, "/gallery")
    assert language_of(visitor) == "de"
    visitor.post("/language", data={"language": "en"})
    assert language_of(visitor, **GERMAN) == "en"


@pytest.mark.parametrize("target", ["//elsewhere.example", "https://elsewhere.example", "/\\x"])
def test_choosing_a_language_leads_nobody_elsewhere(client: Browser, target: str) -> None:
    answer = client.post("/language", data={"language": "de", "next": target})
    assert answer.location == "/"


def test_a_language_that_nobody_offers_is_refused(client: Browser) -> None:
    answer = client.post("/language", data={"language": "tlh"})
    assert answer.status_code == 422
    assert "Choose one of the languages" in answer.text
    assert language_of(client) == "en"


def test_numbers_and_times_are_written_as_the_language_does(app: Flask) -> None:
    at = datetime(2026, 11, 26, 11, 5, tzinfo=UTC)
    with app.app_context():
        assert languages.number(-12_500) == "-12,500"
        assert languages.decimal(0.05, 2) == "0.05"
        assert languages.when(at) == "26 Nov 2026, 11:05 UTC"
        with force_locale("de"):
            assert languages.number(-12_500) == "-12.500"
            assert languages.decimal(0.05, 2) == "0,05"
            assert languages.when(at) == "26.11.2026, 11:05 UTC"
