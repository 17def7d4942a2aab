"""Text set in the display serif of pages: as wide as it may be, in letters that it has."""

from __future__ import annotations

import unicodedata
from functools import cache

from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont

from potluck.settings import ROOT

# FreeType reads it as browsers do.
FONT = ROOT / "static" / "vendor" / "instrument-serif-5.3.0-latin-400.woff2"
# More letters than this that the font lacks, and the text is left out.
LACKING_SHARE_MAX = 0.1


@cache
def font(size: int) -> FreeTypeFont:
    """The serif at this size in pixels."""
    return ImageFont.truetype(FONT, size)


def lines(text: str, size: int, width: int, lines_max: int) -> list[str]:
    """The words in as many lines as there is room for; the last says whether there are more."""
    found: list[str] = []
    words = text.split()
    while words and len(found) < lines_max:
        line = _fitting(words, font(size), width)
        del words[: max(1, len(line.split()))]
        found.append(line)
    if words and found:
        found[-1] = _shortened(found[-1], font(size), width)
    return found


def letters(text: str) -> str:
    """The text in letters that the font has, or none of it where it lacks too many."""
    kept = "".join(_letter(character) for character in text)
    lacking = len(text) - len(kept)
    return kept if lacking <= len(text) * LACKING_SHARE_MAX else ""


def _fitting(words: list[str], face: FreeTypeFont, width: int) -> str:
    line = words[0]
    for word in words[1:]:
        if face.getlength(f"{line} {word}") > width:
            break
        line = f"{line} {word}"
    return _shortened(line, face, width) if face.getlength(line) > width else line


def _shortened(line: str, face: FreeTypeFont, width: int) -> str:
    while line and face.getlength(f"{line}…") > width:
        line = line[:-1]
    return line.rstrip(" .,;:…") + "…"


def _letter(character: str) -> str:
    """The letter, the same without its accent, or nothing."""
    plain = unicodedata.normalize("NFKD", character)[:1]
    return next((each for each in (character, plain) if each and _is_in_font(each)), "")


@cache
def _lacking() -> bytes:
    return bytes(font(32).getmask("\uffff"))


def _is_in_font(character: str) -> bool:
    return character.isspace() or bytes(font(32).getmask(character)) != _lacking()
