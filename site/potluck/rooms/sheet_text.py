"""A sheet's text: what it is called, how it begins, and how it stands on its page."""

from __future__ import annotations

import re

from markupsafe import Markup

from potluck.rooms import markdown

TITLE_CHARACTERS_MAX = 72
OPENING_CHARACTERS_MAX = 280
# What models put around a heading or a word they stress.
HEADING = re.compile(r"#{1,6}\s+(?P<heading>.+?)\s*#*")
BOLD_LINE = re.compile(r"\*\*(?P<heading>[^*]+)\*\*")
MARKS = re.compile(r"\*\*|__|^#{1,6}\s+|^>\s?|`", re.MULTILINE)
# Its end is followed by a space: 3.5 is no end.
SENTENCE = re.compile(r".+?[.!?…](?=\s|$)")


def title(text: str) -> str:
    """The heading that the model gave it, or else its first words, as poems have it."""
    return _title_and_rest(text)[0]


def opening(text: str) -> str:
    """How it goes on after its title, on one line."""
    return cut(_title_and_rest(text)[1], OPENING_CHARACTERS_MAX)


def html(text: str) -> Markup:
    """As the room shows it, without the heading that the page has as its title."""
    return markdown.rendered(_body(text))


def plain(text: str) -> str:
    """Without the marks of Markdown that would show."""
    return MARKS.sub("", text).strip()


def cut(text: str, characters_max: int) -> str:
    """As it is, or as many whole words as fit, with a sign that there is more."""
    if len(text) <= characters_max:
        return text
    kept = text[: characters_max - 1]
    words = kept.rpartition(" ")[0] or kept
    return words.rstrip(" ,.;:!?-\N{EN DASH}\N{EM DASH}") + "…"


def _title_and_rest(text: str) -> tuple[str, str]:
    heading = _heading(_first_line(text))
    flat = " ".join(plain(_body(text)).split())
    if heading:
        return cut(heading, TITLE_CHARACTERS_MAX), flat
    sentence = SENTENCE.match(plain(_first_line(text)))
    first = sentence[0] if sentence else plain(_first_line(text))
    if len(first) <= TITLE_CHARACTERS_MAX:
        return first.removesuffix("."), flat.removeprefix(first).strip()
    shortened = cut(flat, TITLE_CHARACTERS_MAX)
    return shortened, "…" + flat.removeprefix(shortened.removesuffix("…")).lstrip(" ,.;:")


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _heading(line: str) -> str | None:
    found = HEADING.fullmatch(line) or BOLD_LINE.fullmatch(line)
    return plain(found["heading"]) if found else None


def _body(text: str) -> str:
    first = _first_line(text)
    rest = text.strip().removeprefix(first).strip() if _heading(first) else ""
    return rest or text
