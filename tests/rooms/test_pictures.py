"""A round that ends in a picture: drawn for all, paid for by all, shown to nobody else."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from potluck.database import db
from potluck.rooms import generation, leases, pictures, rounds
from potluck.rooms.leases import Lease
from potluck.rooms.models import Generation, Picture
from potluck.rooms.picture_folder import FolderStore
from potluck.rooms.recipes import recipe
from tests.conftest import RunBy, SignInAs
from tests.people import Browser
from tests.rooms.conftest import Seats, Table
from tests.rooms.painting import begin, being_drawn, drawn, use_painter

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PNG = PNG_MAGIC + b"\0\0\0\rIHDR" + b"\0\0\0\x01" * 2


@pytest.fixture(autouse=True)
def _painter(table: Table, painter_url: str) -> None:
    begin(table, painter_url)


def files(made: Generation) -> list[Path]:
    return [folder().path_of(picture.name) for picture in made.pictures]


def exported(browser: Browser) -> dict[str, Any]:
    content: dict[str, Any] = browser.get("/account/export").get_json(force=True)
    return content


def folder() -> FolderStore:
    store = pictures.store()
    assert isinstance(store, FolderStore)
    return store


def test_two_people_share_one_picture_and_its_cost(table: Table) -> None:
    table.add_lines("A heron in rubber boots.", "Fog.")
    table.start()
    held = [held for _, held in table.balances()]
    made = table.write().generation
    assert made
    assert (made.state, made.text, made.usage_estimated) == ("done", "", False)
    assert made.output_tokens == 1_056 + 2 * 100
    spent = sum(1000 - posted for posted, _ in table.balances())
    assert spent == made.cost_credits == 51
    assert spent < sum(held)
    assert [held for _, held in table.balances()] == [0, 0]


def test_a_stage_can_be_fetched_for_a_while_after_the_next_has_come(
    seats: Seats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was drawn with it may be slow to ask."""
    keep = pictures.keep

    def keep_twice(lease: Lease, data: bytes) -> None:
        """The model is read at one go here, and the last of several at once is kept."""
        for _ in range(2):
            keep(lease, data)

    def answers() -> list[int]:
        return [seats.browsers[1].get(f"/pictures/{name}").status_code for name in names]

    monkeypatch.setattr(pictures, "keep", keep_twice)
    made = drawn(seats.table)
    last, first = files(made)
    names = [last.name, first.name]
    pictures.clear_stages()
    assert answers() == [200, 200]
    (sheet,) = exported(seats.browsers[1])["sheets"]
    assert sheet["picture"] == last.name, "of several the newest is theirs"
    db.session.execute(text("UPDATE pictures SET superseded_at = superseded_at - interval '61 s'"))
    db.session.commit()
    pictures.clear_stages()
    assert answers() == [200, 404]
    assert last.read_bytes().startswith(PNG_MAGIC)
    assert not first.exists()
    left = db.session.scalars(select(Picture)).one()
    assert (left.name, left.media_type, left.width) == (last.name, "image/png", 512)


def test_stages_from_before_there_was_a_mark_are_marked(table: Table, owner: Engine) -> None:
    migration = importlib.import_module("migrations.versions.0022_pictures_are_superseded")
    lease = being_drawn(table)
    for _ in range(3):
        pictures.keep(lease, PNG)
    db.session.execute(text("UPDATE pictures SET superseded_at = NULL"))
    db.session.commit()
    with owner.begin() as connection:
        connection.execute(text(migration.LEFT))
    is_shown = Picture.superseded_at.is_(None)
    assert db.session.scalars(select(is_shown).order_by(Picture.id)).all() == [False, False, True]


def test_other_lines_make_another_picture(table: Table) -> None:
    first = files(drawn(table))[0].read_bytes()
    rounds.open_round(table.room, recipe("picture"))
    db.session.commit()
    table.add_lines("A lighthouse.")
    table.start()
    second = table.write().generation
    assert second
    assert files(second)[0].read_bytes() != first


@pytest.mark.fault("G3")
@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("painter-400", "provider_refused_request"),
        ("painter-429", "provider_busy"),
        ("painter-500", "provider_failed"),
        ("painter-html", "stream_cut"),
        ("painter-cut", "stream_cut"),
        ("painter-error", "provider_failed"),
        ("painter-empty", "stream_cut"),
        ("painter-svg", "bad_picture"),
        ("painter-huge", "bad_picture"),
        ("painter-heavy", "bad_picture"),
    ],
)
def test_nobody_is_charged_for_a_picture_that_did_not_come(
    table: Table, model: str, code: str
) -> None:
    use_painter(table, model)
    made = drawn(table)
    assert (made.state, made.error_code) == ("failed", code)
    assert table.balances() == [(1000, 0), (1000, 0)]
    # As with a text, what came before it broke off stays.
    assert bool(made.picture) is (model in {"painter-cut", "painter-error"})


@pytest.mark.fault("G4")
def test_a_picture_without_a_count_is_charged_by_estimate(table: Table) -> None:
    use_painter(table, "painter-nousage")
    made = drawn(table)
    assert made.state == "done"
    assert made.usage_estimated
    assert made.cost_credits


@pytest.mark.fault("M22")
def test_a_picture_that_costs_more_than_was_held_costs_the_members_what_was_held(
    table: Table,
) -> None:
    use_painter(table, "painter-dear")
    table.add_lines("A heron.", "Fog.")
    table.start()
    held = [held for _, held in table.balances()]
    table.write()
    assert [1000 - posted for posted, _ in table.balances()] == held


def test_a_server_that_answers_in_one_piece_is_understood(table: Table) -> None:
    use_painter(table, "painter-whole")
    made = drawn(table)
    assert made.picture
    assert made.output_tokens == 1_056


def test_a_picture_that_a_crash_cut_off_costs_nothing_and_keeps_its_last_stage(
    table: Table,
) -> None:
    lease = being_drawn(table)
    pictures.keep(lease, PNG)
    db.session.execute(text("UPDATE generations SET lease_expires_at = now() - interval '1 s'"))
    db.session.commit()
    generation.settle_abandoned()
    made = table.round.generation
    assert made
    assert (made.state, made.error_code) == ("failed", "interrupted")
    assert made.picture
    assert table.balances() == [(1000, 0), (1000, 0)]
    with pytest.raises(leases.LeaseLost):
        pictures.keep(lease, PNG)


def test_the_room_sees_it_and_a_stranger_does_not(
    seats: Seats, browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy
) -> None:
    made = drawn(seats.table)
    assert made.picture
    address = f"/pictures/{made.picture.name}"
    page = seats.browsers[0].get(seats.path).get_data(as_text=True)
    assert f'src="{address}" width="512" height="512"' in page
    assert 'alt="A picture made from: A heron in rubber boots.; Fog."' in page
    answer = seats.browsers[1].get(address)
    assert answer.status_code == 200
    assert answer.get_data().startswith(PNG_MAGIC)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    mallory, olga = browser(), browser()
    sign_in_as(mallory, "Mallory", credits=1000)
    run_by(sign_in_as(olga, "Olga"))
    assert [who.get(address).status_code for who in (mallory, olga)] == [404, 404]
    assert browser().get(address).status_code == 404


def test_who_had_a_line_in_it_keeps_it_after_they_left(seats: Seats) -> None:
    made = drawn(seats.table)
    assert made.picture
    seats.browsers[1].submit(f"{seats.path}/leave", page=seats.path)
    assert seats.browsers[1].get(f"/pictures/{made.picture.name}").status_code == 200


def test_a_picture_needs_no_model_that_writes(seats: Seats) -> None:
    before = seats.table.app.extensions["settings"]
    nobody_writes = {"openai_model": "unheard-of, nor-this"}
    seats.table.app.extensions["settings"] = before.model_copy(update=nobody_writes)
    assert drawn(seats.table).state == "done"
    assert "This round cost" in seats.browsers[0].get(seats.path).get_data(as_text=True)


def test_without_a_model_that_draws_pictures_are_not_offered(seats: Seats) -> None:
    drawn(seats.table)
    ada = seats.browsers[0]
    assert 'value="picture"' in ada.get(seats.path).get_data(as_text=True)
    seats.table.set(openai_image_model=None)
    assert 'value="picture"' not in ada.get(seats.path).get_data(as_text=True)
    answer = seats.send(ada, "rounds", recipe="picture")
    assert answer.status_code == 503
    assert "there are no pictures" in answer.get_data(as_text=True)


def test_a_picture_that_somebody_objects_to_is_taken_away_and_nobody_pays(table: Table) -> None:
    table.set(openai_moderation_model="moderator-strict")
    made = drawn(table)
    assert (made.state, made.error_code) == ("failed", "result_refused")
    assert made.error_detail == "harassment"
    assert made.picture is None
    assert table.balances() == [(1000, 0), (1000, 0)]
