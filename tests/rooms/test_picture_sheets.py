"""The sheet of a round that ended in a picture: whoever may see the one may see the other."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from PIL import Image
from pydantic import SecretStr

from potluck.database import db
from potluck.rooms import rooms, sheets
from tests.conftest import RunBy, SignInAs
from tests.people import Browser, make_user
from tests.rooms.conftest import Seats
from tests.rooms.painting import begin, drawn
from tests.rooms.sheet_people import Visit, publish, words

# Of 255, between two ways of making the same picture smaller.
CLOSE = 12


@dataclass
class Hanging:
    """A sheet with a picture, and who looks at it."""

    slug: str
    picture: str
    ada: Browser
    mallory: Browser
    stranger: Browser
    olga: Browser

    def see(self, who: Browser) -> tuple[int, int]:
        """What its page and its picture answer."""
        return who.get(f"/sheets/{self.slug}").status_code, who.get(self.picture).status_code

    def decide(self, decision: str) -> None:
        """The operator does."""
        path = f"/admin/sheets/{self.slug}/decisions"
        assert self.olga.submit(path, page="/admin/sheets", decision=decision).status_code == 303


@pytest.fixture
def hanging(
    seats: Seats,
    painter_url: str,
    browser: Callable[[], Browser],
    sign_in_as: SignInAs,
    run_by: RunBy,
) -> Hanging:
    begin(seats.table, painter_url)
    made = drawn(seats.table)
    assert made.picture
    picture = f"/pictures/{made.picture.name}"
    slug = sheets.of_round(seats.table.room, seats.table.round.number).slug
    mallory, stranger, olga = browser(), browser(), browser()
    sign_in_as(mallory, "Mallory")
    run_by(sign_in_as(olga, "Olga"))
    return Hanging(slug, picture, seats.browsers[0], mallory, stranger, olga)


def test_its_people_see_it_with_their_lines_and_nobody_else_does(
    hanging: Hanging, seats: Seats
) -> None:
    for who in seats.browsers:
        page = who.get(f"/sheets/{hanging.slug}")
        assert f'src="{hanging.picture}"' in page.get_data(as_text=True)
        assert "A heron in rubber boots." in words(page)
        assert hanging.see(who) == (200, 200)
    for other in (hanging.mallory, hanging.stranger, hanging.olga):
        assert hanging.see(other) == (404, 404)


def test_anybody_sees_it_once_all_of_them_agreed(hanging: Hanging) -> None:
    Visit(hanging.ada).say(hanging.slug, "agree")
    assert hanging.see(hanging.stranger) == (404, 404)
    publish(hanging.slug)
    for other in (hanging.mallory, hanging.stranger, hanging.olga):
        page = other.get(f"/sheets/{hanging.slug}").get_data(as_text=True)
        assert f'src="{hanging.picture}"' in page
        assert hanging.see(other) == (200, 200)


def test_nobody_but_its_people_and_the_operator_sees_it_once_it_is_hidden(
    hanging: Hanging,
) -> None:
    publish(hanging.slug)
    hanging.decide("hide")
    assert [hanging.see(who) for who in (hanging.mallory, hanging.stranger)] == [(404, 404)] * 2
    assert [hanging.see(who) for who in (hanging.ada, hanging.olga)] == [(200, 200)] * 2
    hanging.decide("restore")
    assert hanging.see(hanging.stranger) == (200, 200)


def test_its_preview_shows_it_once_it_is_public(hanging: Hanging) -> None:
    preview = f"/sheets/{hanging.slug}/preview.png"
    assert hanging.stranger.get(preview).status_code == 404
    publish(hanging.slug)
    shown = Image.open(io.BytesIO(hanging.stranger.get(preview).data))
    drawn_there = Image.open(io.BytesIO(hanging.ada.get(hanging.picture).data))
    ours = shown.crop((0, 0, 630, 630)).resize((8, 8)).tobytes()
    theirs = drawn_there.convert("RGB").resize((8, 8)).tobytes()
    assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) < CLOSE


@pytest.mark.fault("G13")
def test_its_preview_waits_until_the_picture_can_be_read(hanging: Hanging, seats: Seats) -> None:
    publish(hanging.slug)
    before = seats.table.app.extensions["settings"].pictures_url
    seats.table.set(pictures_url=SecretStr("s3+http://k:s@127.0.0.1:9/nowhere"))
    preview = f"/sheets/{hanging.slug}/preview.png"
    answer = hanging.stranger.get(preview)
    assert answer.status_code == 503
    assert "Pictures can't be reached right now." in words(answer)
    seats.table.set(pictures_url=before)
    assert hanging.stranger.get(preview).status_code == 200


def test_whoever_watched_it_being_drawn_keeps_it_after_they_left(
    hanging: Hanging,
    seats: Seats,
    painter_url: str,
    browser: Callable[[], Browser],
    sign_in_as: SignInAs,
) -> None:
    begin(seats.table, painter_url)
    rooms.join(seats.table.room, make_user("Chiyo").id)
    db.session.commit()
    made = drawn(seats.table)
    assert made.picture
    hanging.picture = f"/pictures/{made.picture.name}"
    hanging.slug = sheets.of_round(seats.table.room, seats.table.round.number).slug
    rooms.leave(seats.table.room, make_user("Chiyo").id)
    db.session.commit()
    chiyo = browser()
    sign_in_as(chiyo, "Chiyo")
    assert hanging.see(chiyo) == (200, 200)


def test_a_remix_of_a_picture_begins_with_the_lines_that_it_was_made_from(hanging: Hanging) -> None:
    publish(hanging.slug)
    make_user("Mallory", credits=1000)
    page = f"/sheets/{hanging.slug}"
    answer = hanging.mallory.submit(f"{page}/remix", page=page)
    assert answer.status_code == 303
    assert "After “A heron in rubber boots”: Fog." in words(hanging.mallory.get(answer.location))


def test_a_picture_is_not_remixed_where_nobody_draws_any_more(
    hanging: Hanging, seats: Seats
) -> None:
    publish(hanging.slug)
    app = seats.table.app
    app.extensions["settings"] = app.extensions["settings"].model_copy(
        update={"openai_image_model": None}
    )
    page = f"/sheets/{hanging.slug}"
    make_user("Mallory", credits=1000)
    answer = hanging.mallory.submit(f"{page}/remix", page=page)
    assert answer.status_code == 503
    assert "there are no pictures" in answer.get_data(as_text=True)
