"""A link to a public sheet shows a picture of it elsewhere."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from potluck.rooms import previews
from potluck.rooms.previews import Picture
from potluck.settings import Settings
from tests.conftest import SignInAs
from tests.people import Browser
from tests.rooms.sheet_people import publish, visits, written_sheet

# On a slow machine; it takes about a twentieth of a second.
DRAWN_WITHIN_SECONDS = 5


def picture(**other: str) -> Picture:
    texts = {"title": "The frog", "opening": "Once.", "recipe": "A story", **other}
    return Picture(people=(("AB", 1), ("C", 8)), **texts)


def test_a_private_sheet_has_none(client: Browser) -> None:
    slug = written_sheet("Ada", "Ben")
    assert client.get(f"/sheets/{slug}/preview.png").status_code == 404


def test_a_public_one_has_it_at_the_size_that_its_page_says(
    client: Browser, settings: Settings
) -> None:
    slug = written_sheet("Ada", "Ben")
    publish(slug)
    html = client.get(f"/sheets/{slug}").get_data(as_text=True)
    said = dict(re.findall(r'<meta property="og:([\w:]+)" content="([^"]+)">', html))
    assert said["title"] == "The frog of Skerry Point"
    assert said["description"].startswith("Once there was a frog.")
    assert said["url"] == f"{settings.origin}/sheets/{slug}"
    answer = client.get(said["image"].removeprefix(settings.origin))
    assert answer.mimetype == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    size = (int(said["image:width"]), int(said["image:height"]))
    assert Image.open(io.BytesIO(answer.data)).size == size == (1200, 630)


def test_it_is_another_picture_once_somebody_took_their_name_off(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    slug = written_sheet("Ada", "Ben")
    publish(slug)
    (ben,) = visits(browser, sign_in_as, "Ben")
    path = f"/sheets/{slug}/preview.png"
    before = ben.browser.get(path).data
    ben.send(slug, "name", shown="no")
    assert ben.browser.get(path).data != before


def test_the_same_picture_is_drawn_once(tmp_path: Path) -> None:
    path = previews.drawn(picture(), tmp_path)
    drawn_at = path.stat().st_mtime_ns
    assert previews.drawn(picture(), tmp_path) == path
    assert path.stat().st_mtime_ns == drawn_at
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "FILES_MAX", 2)
    paths = [previews.drawn(picture(title=f"Frog {n}"), tmp_path) for n in range(4)]
    assert [path.exists() for path in paths] == [False, False, True, True]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 400,
        "word " * 80,
        "蛙が歌う" * 20,
        "\u202e\u0627\u0647" * 30,
        "a\0b\n\ufffd",
        "W" * 72,
    ],
)
def test_whatever_is_written_it_is_drawn_in_time(text: str) -> None:
    begun = time.monotonic()
    image = previews.draw(picture(title=text, opening=text, recipe=text))
    assert image.size == previews.SIZE
    assert time.monotonic() - begun < DRAWN_WITHIN_SECONDS


def test_no_letter_is_drawn_that_the_font_lacks() -> None:
    assert previews._letters("Žižek at the café") == "Zizek at the café"
    assert previews._letters("蛙が歌う") == ""
