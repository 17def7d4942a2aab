"""A link to a public sheet shows a picture of it elsewhere."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from potluck.rooms import lettering, preview_drawing, previews
from potluck.rooms.preview_content import Picture
from potluck.settings import Settings
from tests.conftest import SignInAs
from tests.people import Browser
from tests.rooms.sheet_people import publish, visits, written_sheet

PAPER = (248, 244, 236)


def picture(**other: str) -> Picture:
    texts = {"title": "The frog", "opening": "Once.", "recipe": "A story", "byline": "Two."}
    return Picture(**(texts | other), people=(("AB", 1), ("C", 8)))


def no_art(name: str) -> bytes:
    """Nothing was drawn in its round."""
    raise AssertionError(name)


def test_a_private_sheet_has_none(client: Browser) -> None:
    slug = written_sheet("Ada", "Ben")
    assert client.get(f"/sheets/{slug}/preview.png").status_code == 404


def test_a_public_one_has_it_at_the_size_that_its_page_says(
    client: Browser, settings: Settings
) -> None:
    slug = written_sheet("Ada", "Ben")
    publish(slug)
    page = client.get(f"/sheets/{slug}").get_data(as_text=True)
    said = dict(re.findall(r'<meta property="og:([\w:]+)" content="([^"]+)">', page))
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


def test_it_is_in_the_language_of_the_page_whoever_fetches_it(client: Browser) -> None:
    slug = written_sheet("Ada", "Ben")
    publish(slug)
    page = client.get(f"/sheets/{slug}", headers={"Accept-Language": "de"}).text
    address = html.unescape(page.partition('property="og:image" content="')[2].partition('"')[0])
    german = client.get(urlsplit(address)._replace(scheme="", netloc="").geturl()).data
    plain = f"/sheets/{slug}/preview.png"
    assert german != client.get(plain, headers={"Accept-Language": "de"}).data
    assert client.get(plain).data == client.get(f"{plain}?language=tlh").data


def test_the_same_picture_is_drawn_once(tmp_path: Path) -> None:
    path = previews.drawn(picture(), tmp_path, no_art)
    drawn_at = path.stat().st_mtime_ns
    assert previews.drawn(picture(), tmp_path, no_art) == path
    assert path.stat().st_mtime_ns == drawn_at
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "FILES_MAX", 2)
    paths = [previews.drawn(picture(title=f"Frog {n}"), tmp_path, no_art) for n in range(4)]
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
def test_whatever_is_written_it_is_drawn(text: str) -> None:
    image = preview_drawing.draw(picture(title=text, opening=text, recipe=text))
    assert image.size == preview_drawing.SIZE


def test_no_letter_is_drawn_that_the_font_lacks() -> None:
    assert lettering.letters("Žižek at the café") == "Zizek at the café"
    assert lettering.letters("蛙が歌う") == ""


def test_of_a_text_in_other_letters_it_shows_who_made_it_from_how_much() -> None:
    frogs = picture(title="蛙が歌う", opening="蛙が歌う夜に")
    image = preview_drawing.draw(frogs)
    middle = image.crop((0, 260, 1200, 400))
    assert {PAPER, (163, 52, 23), (90, 74, 166)} <= colours(middle), "two people's marks"
    assert colours(image.crop((0, 100, 1200, 200))) > {PAPER}


def test_under_a_title_that_can_be_drawn_there_is_something() -> None:
    for opening in ("", "蛙が歌う夜に"):
        below = preview_drawing.draw(picture(opening=opening)).crop((72, 200, 1128, 300))
        assert colours(below) > {PAPER}


def test_what_a_round_drew_is_shown_with_its_title_beside(tmp_path: Path) -> None:
    art = io.BytesIO()
    Image.new("RGB", (512, 768), "#123456").save(art, "WEBP", lossless=True)
    shown = Picture("A heron", "", "A picture", "One.", (("AB", 1),), "heron.webp")
    path = previews.drawn(shown, tmp_path, {"heron.webp": art.getvalue()}.__getitem__)
    with Image.open(path) as image:
        assert colours(image.crop((0, 0, 630, 630))) == {(0x12, 0x34, 0x56)}
        assert colours(image.crop((678, 100, 1200, 180))) > {PAPER}
    assert previews.drawn(shown, tmp_path, no_art) == path, "it is read once"


@pytest.mark.parametrize("art", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF1234WEBP"])
def test_where_the_picture_cannot_be_read_there_are_words(art: bytes) -> None:
    image = preview_drawing.draw(picture(), art)
    assert image.tobytes() == preview_drawing.draw(picture()).tobytes()


def colours(image: Image.Image) -> set[tuple[int, ...]]:
    """Every colour that is in it."""
    found = image.convert("RGB").getcolors(maxcolors=image.width * image.height)
    assert found
    return {colour for _, colour in found if isinstance(colour, tuple)}
