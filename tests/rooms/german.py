"""What a page says to somebody who reads German, and the English that is left in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.people import Browser

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
SAID_IN_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title"}
# No German sentence has one of these, and hardly an English one has none.
ENGLISH = set(
    "the and you your of to it its is are be has have this that with what who by from for on "
    "nothing somebody everybody nobody people them they there their more show new public sheet "
    "round room pay not can".split()
)


def left_in_english(browser: Browser, path: str) -> list[str]:
    """The English that stands between a page's `main` tags."""
    answer = browser.get(path, headers=GERMAN)
    assert answer.status_code == 200, path
    page = _Said()
    page.feed(answer.get_data(as_text=True))
    assert page.said, f"{path} has no main part"
    return [each for each in page.said if _words(each) & ENGLISH]


class _Said(HTMLParser):
    """What somebody reads in the main part, or hears of it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._is_main = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_main = self._is_main or tag == "main"
        if self._is_main:
            self.said += [value for name, value in attrs if value and name in SAID_IN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self._is_main = self._is_main and tag != "main"

    def handle_data(self, data: str) -> None:
        if self._is_main and data.strip():
            self.said.append(" ".join(data.split()))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-zäöüß]+", text.lower()))
