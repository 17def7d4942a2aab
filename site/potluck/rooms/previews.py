"""The picture that other sites show beside a link to a sheet, drawn as the page looks by day."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import unicodedata
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import gevent
from gevent.lock import BoundedSemaphore
from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from potluck.settings import ROOT

# A drawing that looks different has another number, so that none of before is shown.
VERSION = 1
SIZE = (1200, 630)
MARGIN = 72
# The display serif that pages are set in; FreeType reads it as browsers do.
FONT = ROOT / "static" / "vendor" / "instrument-serif-5.3.0-latin-400.woff2"
PAPER, INK, INK_SOFT, ACCENT, HAIRLINE = "#f8f4ec", "#261d16", "#63574d", "#b52e12", "#d8d0c3"
# The member hues of room.css by day, in their order.
HUES = ("#a33417", "#1b5f99", "#216937", "#7d3d96", "#7b5a05", "#0a676f", "#a82f5f", "#5a4aa6")
TITLE_LINES_MAX = 2
OPENING_LINES_MAX = 4
PEOPLE_MAX = 8
FILES_MAX = 1000
# A face of FreeType's is nothing for two threads at once.
DRAWINGS_AT_ONCE_MAX = 1
# More letters than this that the font lacks, and the text is left out.
LACKING_SHARE_MAX = 0.1

_places = BoundedSemaphore(DRAWINGS_AT_ONCE_MAX)


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn, so that two pictures of the same are the same file."""

    title: str
    opening: str
    recipe: str
    people: tuple[tuple[str, int], ...]

    @property
    def digest(self) -> str:
        """What the file is called."""
        content = json.dumps([VERSION, asdict(self)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:32]


def drawn(picture: Picture, folder: Path) -> Path:
    """The file with the picture; drawn beside the loop, in a thread, where there is none yet."""
    path = folder / f"{picture.digest}.png"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with _places:
        if not path.exists():
            gevent.get_hub().threadpool.apply(_write, (picture, path))
    return path


def _write(picture: Picture, path: Path) -> None:
    """In one move, so that nobody reads half a file."""
    number, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            draw(picture).save(file, "PNG")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _forget_oldest(path.parent)


def _forget_oldest(folder: Path) -> None:
    """Another process may tidy up as well: what is gone is gone."""
    with suppress(OSError):
        files = sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime)
        for path in files[: max(0, len(files) - FILES_MAX)]:
            path.unlink()


def draw(picture: Picture) -> Image.Image:
    """Title and first lines on paper, recipe above, the people's marks below."""
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 14), fill=ACCENT)
    width = SIZE[0] - 2 * MARGIN
    pen.text((MARGIN, 52), _letters(picture.recipe), font=_font(34), fill=ACCENT)
    top = 104
    for line in _lines(_letters(picture.title), _font(76), width, TITLE_LINES_MAX):
        pen.text((MARGIN, top), line, font=_font(76), fill=INK)
        top += 82
    top += 22
    room = (500 - top) // 46
    for line in _lines(_letters(picture.opening), _font(36), width, min(room, OPENING_LINES_MAX)):
        pen.text((MARGIN, top), line, font=_font(36), fill=INK_SOFT)
        top += 46
    _draw_foot(image, pen, picture)
    return image


def _draw_foot(image: Image.Image, pen: ImageDraw.ImageDraw, picture: Picture) -> None:
    for x in range(MARGIN, SIZE[0] - MARGIN, 18):
        pen.line((x, 524, x + 9, 524), fill=HAIRLINE, width=3)
    for number, (initials, hue) in enumerate(picture.people[:PEOPLE_MAX]):
        x, y = MARGIN + number * 76, 546
        image.paste(HUES[hue - 1], (x, y), _disc(60))
        letters = _letters(initials)[:2]
        pen.text((x + 30, y + 30), letters, font=_font(30), fill=PAPER, anchor="mm")
    pen.text((SIZE[0] - MARGIN, 576), "Potluck", font=_font(52), fill=INK, anchor="rm")


@cache
def _disc(size: int) -> Image.Image:
    """Drawn large and made small, since Pillow's circles have steps."""
    large = Image.new("L", (size * 4, size * 4))
    ImageDraw.Draw(large).ellipse((0, 0, size * 4 - 1, size * 4 - 1), fill=255)
    return large.resize((size, size), Image.Resampling.LANCZOS)


@cache
def _font(size: int) -> FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def _lines(text: str, font: FreeTypeFont, width: int, lines_max: int) -> list[str]:
    """The words in as many lines as there is room for; the last says whether there are more."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < lines_max:
        line = _fitting(words, font, width)
        del words[: max(1, len(line.split()))]
        lines.append(line)
    if words and lines:
        lines[-1] = _shortened(lines[-1], font, width)
    return lines


def _fitting(words: list[str], font: FreeTypeFont, width: int) -> str:
    line = words[0]
    for word in words[1:]:
        if font.getlength(f"{line} {word}") > width:
            break
        line = f"{line} {word}"
    return _shortened(line, font, width) if font.getlength(line) > width else line


def _shortened(line: str, font: FreeTypeFont, width: int) -> str:
    while line and font.getlength(f"{line}…") > width:
        line = line[:-1]
    return line.rstrip(" .,;:…") + "…"


def _letters(text: str) -> str:
    """The text in letters that the font has, or none of it where it lacks too many."""
    kept = "".join(_letter(character) for character in text)
    lacking = len(text) - len(kept)
    return kept if lacking <= len(text) * LACKING_SHARE_MAX else ""


def _letter(character: str) -> str:
    """The letter, the same without its accent, or nothing."""
    plain = unicodedata.normalize("NFKD", character)[:1]
    return next((each for each in (character, plain) if each and _is_in_font(each)), "")


@cache
def _lacking() -> bytes:
    return bytes(_font(32).getmask("\uffff"))


def _is_in_font(character: str) -> bool:
    return character.isspace() or bytes(_font(32).getmask(character)) != _lacking()
