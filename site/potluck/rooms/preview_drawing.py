"""How a preview looks: paper, ink and the people's marks, as its page by day."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from potluck.rooms.lettering import font, letters, lines
from potluck.rooms.preview_content import Picture

SIZE = (1200, 630)
MARGIN = 72
PAPER, INK, INK_SOFT, ACCENT, HAIRLINE = "#f8f4ec", "#261d16", "#63574d", "#b52e12", "#d8d0c3"
# The member hues of room.css by day, in their order.
HUES = ("#a33417", "#1b5f99", "#216937", "#7d3d96", "#7b5a05", "#0a676f", "#a82f5f", "#5a4aa6")
PEOPLE_MAX = 8
OPENING_LINES_MAX = 4
# Between two lines, in pixels.
LEADING = 8
# What is drawn and shown is square, so this cuts little off.
ART_PIXELS = 630
ART_FORMATS = ("PNG", "JPEG", "WEBP")


def draw(picture: Picture, art: bytes | None = None) -> Image.Image:
    """The picture that a round drew with its title beside, or else the first of its words."""
    image = Image.new("RGB", SIZE, PAPER)
    drawing = _opened(art) if art else None
    if drawing:
        image.paste(drawing, (0, 0))
        _draw_beside(image, picture)
    else:
        _draw_words(image, picture)
    return image


def _opened(art: bytes) -> Image.Image | None:
    """Nothing where it can't be read: its first bytes promised more than there is."""
    try:
        with Image.open(io.BytesIO(art), formats=ART_FORMATS) as drawing:
            return ImageOps.fit(drawing.convert("RGB"), (ART_PIXELS, ART_PIXELS))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None


def _draw_words(image: Image.Image, picture: Picture) -> None:
    """Recipe, title and first lines; of a text in other letters, who made it from how much."""
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 14), fill=ACCENT)
    pen.text((MARGIN, 52), letters(picture.recipe), font=font(34), fill=ACCENT)
    title = letters(picture.title)
    top = _draw_lines(pen, title or picture.byline, (MARGIN, 104), size=76, lines_max=2)
    if title:
        opening = letters(picture.opening) or picture.byline
        room = min(OPENING_LINES_MAX, (478 - top) // (36 + LEADING))
        _draw_lines(pen, opening, (MARGIN, top + 22), size=36, lines_max=room, fill=INK_SOFT)
        _draw_people(image, picture, (MARGIN, 546), size=60, step=76)
    else:
        _draw_people(image, picture, (MARGIN, 276), size=112, step=134)
    for x in range(MARGIN, SIZE[0] - MARGIN, 18):
        pen.line((x, 524, x + 9, 524), fill=HAIRLINE, width=3)
    pen.text((SIZE[0] - MARGIN, 576), "Potluck", font=font(52), fill=INK, anchor="rm")


def _draw_beside(image: Image.Image, picture: Picture) -> None:
    """The recipe, the title and the people, to the right of what they had drawn."""
    pen = ImageDraw.Draw(image)
    left = ART_PIXELS + 48
    pen.text((left, 48), letters(picture.recipe), font=font(34), fill=ACCENT)
    title = letters(picture.title) or picture.byline
    _draw_lines(pen, title, (left, 100), size=60, lines_max=4, right=48)
    _draw_people(image, picture, (left, 424), size=52, step=60)
    pen.text((left, 560), "Potluck", font=font(52), fill=INK, anchor="lm")


def _draw_lines(
    pen: ImageDraw.ImageDraw,
    text: str,
    at: tuple[int, int],
    *,
    size: int,
    lines_max: int,
    right: int = MARGIN,
    fill: str = INK,
) -> int:
    """As much of it as there is room for; where the next line would stand."""
    left, top = at
    for line in lines(text, size, SIZE[0] - left - right, lines_max):
        pen.text((left, top), line, font=font(size), fill=fill)
        top += size + LEADING
    return top


def _draw_people(
    image: Image.Image, picture: Picture, at: tuple[int, int], *, size: int, step: int
) -> None:
    pen = ImageDraw.Draw(image)
    for number, (initials, hue) in enumerate(picture.people[:PEOPLE_MAX]):
        x, y, half = at[0] + number * step, at[1], size // 2
        image.paste(HUES[hue - 1], (x, y), _disc(size))
        words = letters(initials)[:2]
        pen.text((x + half, y + half), words, font=font(half), fill=PAPER, anchor="mm")


@cache
def _disc(size: int) -> Image.Image:
    """Drawn large and made small, since Pillow's circles have steps."""
    large = Image.new("L", (size * 4, size * 4))
    ImageDraw.Draw(large).ellipse((0, 0, size * 4 - 1, size * 4 - 1), fill=255)
    return large.resize((size, size), Image.Resampling.LANCZOS)
