"""Pictures of pages beside those that are kept with the code."""

from __future__ import annotations

import html
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Page

from tests.stack import ROOT

EXPECTED = Path(__file__).parent / "expected"
FOLDER = ROOT / "var" / "quality"
COMMAND = "POTLUCK_SCREENSHOTS=keep bin/test tests/browser/test_quality_pages.py"
JPEG_QUALITY = 80
# What is kept is small: enough to see that something moved, and not what it says.
SHRINK = 3
WEBP_QUALITY = 20
KEPT_BYTES_MAX = 25_000
# Letters drawn a little otherwise are alike once they are blurred; a line that moved isn't.
BLUR_PX = 2
TILE_PX = 24
TILE_DIFFERENCE_MAX = 14
TILES_SHARE_MAX = 0.004
LOOKS_MAX = 3
# The frame after the next is drawn when the next one is done.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Album:
    """Takes pictures into a folder, and keeps new ones instead of comparing if told to."""

    is_keeping: bool
    folder: Path = FOLDER
    taken: dict[str, str] = field(default_factory=dict)

    def take(self, page: Page, name: str) -> Iterator[str]:
        """What is wrong with this picture, in a sentence."""
        kept = EXPECTED / f"{name}.webp"
        self.folder.mkdir(parents=True, exist_ok=True)
        # On a busy machine Chromium may not have drawn all of a window that has just grown.
        for _ in range(LOOKS_MAX):
            page.evaluate(DRAWN)
            shot = page.screenshot(type="jpeg", quality=JPEG_QUALITY)
            (self.folder / f"{name}.jpg").write_bytes(shot)
            image = small(Image.open(io.BytesIO(shot)))
            said = complaint(image, kept)
            if not said:
                break
        if said and self.is_keeping:
            _keep(image, kept)
            said = ""
        self.taken[name] = said
        if said:
            yield f"{said} Compare {self.folder / name}.jpg with {kept}; if it is meant: {COMMAND}"

    def bind(self) -> None:
        """A page that shows them all."""
        groups: dict[str, list[str]] = defaultdict(list)
        for name in self.taken:
            groups[name.rsplit("-", 2)[0]].append(name)
        parts = "".join(map(self._section, groups, groups.values()))
        head = "<!doctype html><meta charset=utf-8><title>Every page</title>"
        style = "<style>img{vertical-align:top;margin:4px;max-width:24%}</style>"
        (self.folder / "index.html").write_text(head + style + parts)

    def _section(self, title: str, names: list[str]) -> str:
        said = " ".join(sorted({self.taken[name] for name in names if self.taken[name]}))
        images = "".join(
            f'<a href="{name}.jpg"><img loading="lazy" src="{name}.jpg" alt="{name}"></a>'
            for name in names
        )
        return f"<h2>{html.escape(title)}</h2><p>{html.escape(said)}</p>{images}"


def small(image: Image.Image) -> Image.Image:
    """As it is kept."""
    return image.convert("RGB").reduce(SHRINK)


def complaint(image: Image.Image, kept: Path) -> str:
    """What differs from the picture that is kept; nothing where they are alike."""
    if not kept.exists():
        return "There is no picture of it to compare with."
    expected = Image.open(kept).convert("RGB")
    share, worst = difference(image, expected)
    if share <= TILES_SHARE_MAX:
        return ""
    heights = f"{expected.height * SHRINK} px high, now {image.height * SHRINK}"
    return (
        f"It looks otherwise: {share:.1%} of it, by {worst:.0f} of 255 at most; it was {heights}."
    )


def difference(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """The share of tiles that differ, and by how much the worst does."""
    size = (max(one.width, other.width), max(one.height, other.height))
    apart = ImageChops.difference(*(_blurred(each, size) for each in (one, other)))
    # Each pixel of it is the mean of a tile; of its colours the one that differs most counts.
    bands = apart.reduce(TILE_PX).split()
    worst = reduce(ImageChops.lighter, bands)
    tiles = worst.histogram()
    differing = sum(tiles[TILE_DIFFERENCE_MAX + 1 :])
    return differing / sum(tiles), max(value for value, count in enumerate(tiles) if count)


def _blurred(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    # What one of them doesn't have differs from whatever the other has there.
    whole = Image.new("RGB", size, (255, 0, 255))
    whole.paste(image)
    return whole.filter(ImageFilter.GaussianBlur(BLUR_PX))


def _keep(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    image.save(path, quality=WEBP_QUALITY, method=6)
    assert path.stat().st_size <= KEPT_BYTES_MAX, path
