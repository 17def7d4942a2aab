"""The operator sees what is being made and what is held for it, and stops what must not go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from potluck.credits import holds, pricing
from potluck.database import db
from potluck.rooms import generation, leases, orders, rooms, rounds
from potluck.rooms.models import Generation, Room, Round
from potluck.rooms.recipes import recipe
from tests.admin.trails import page, told
from tests.credits import histories
from tests.orders import ordered_generation
from tests.people import Browser, make_user

SLOW = "scripted-slow"
REFUSE = text("""
    UPDATE generations SET state = 'failed', error_code = 'provider_refused',
        error_detail = 'It <b>broke</b>', provider_request_id = 'req_7', ended_at = now()
    WHERE id = :id
""")


@pytest.fixture
def slow_room(app: Flask, database: None, model_url: str) -> Iterator[int]:
    """The id of Ada's, whose line goes to a model that takes its time."""
    settings = app.extensions["settings"]
    pricing.set_price(SLOW, input_credits_per_million=1_000, output_credits_per_million=40_000)
    told = {"openai_base_url": f"{model_url}/v1", "openai_model": SLOW}
    app.extensions["settings"] = settings.model_copy(update=told)
    ada = make_user("Ada", credits=1000).id
    room = rooms.create_room([ada])
    rounds.open_round(room, recipe("story"))
    rounds.contribute(room, user_id=ada, line="A frog.")
    orders.order(room)
    db.session.commit()
    yield room.id
    app.extensions["settings"] = settings


def newest(room_id: int) -> tuple[Round, Generation]:
    round_ = rounds.current_round(db.session.get_one(Room, room_id))
    assert round_
    assert round_.generation
    return round_, round_.generation


def test_where_nothing_goes_on_the_pages_say_so(operator: Browser) -> None:
    assert "Nothing is being written" in page(operator, "/admin/streams")
    assert "All quiet: nothing failed" in page(operator, "/admin/streams")
    assert "credits are held." in page(operator, "/admin/holds")


def test_what_the_operator_stops_is_settled_as_for_a_member(
    operator: Browser, slow_room: int
) -> None:
    round_, ordered = newest(slow_room)
    code, generation_id = round_.room.code, ordered.id
    db.session.rollback()
    shown = page(operator, "/admin/streams")
    assert code in shown
    assert "waits for a process" in shown
    path = f"/admin/streams/{generation_id}/stop"
    assert operator.submit(path, reason="It rambles").status_code == 303
    assert "being stopped" in page(operator, "/admin/streams")
    lease = leases.claim()
    assert lease
    generation.run(lease)
    db.session.expire_all()
    round_, ended = newest(slow_room)
    assert (round_.phase, ended.state) == ("stopped", "stopped")
    assert "Nothing is being written" in page(operator, "/admin/streams")
    assert "credits are held." in page(operator, "/admin/holds")
    operator.submit(path, reason="Again")
    assert told() == [("stop", f"generation {generation_id}", "It rambles")]
    assert operator.submit("/admin/streams/999999/stop").status_code == 404


def test_what_failed_is_shown_with_what_the_provider_said(operator: Browser) -> None:
    ada = make_user("Ada", credits=100).id
    generation_id = histories.held_generation({ada: 30})
    histories.end_generation(generation_id, {})
    db.session.execute(REFUSE, {"id": generation_id})
    db.session.commit()
    shown = page(operator, "/admin/streams")
    for word in ("provider_refused", "It &lt;b&gt;broke&lt;/b&gt;", "req_7", "scripted"):
        assert word in shown


def test_open_holds_say_whose_for_what_and_since_when(operator: Browser) -> None:
    ada, ben = make_user("Ada", credits=100).id, make_user("Ben", credits=100).id
    first, second = histories.held_generation({ada: 30}), ordered_generation(ben)
    holds.reserve(amounts={ben: 41}, generation_id=second, ttl_seconds=-60)
    db.session.commit()
    shown = page(operator, "/admin/holds")
    assert shown.index(f"generation {first}") < shown.index(f"generation {second}")
    assert shown.count("overdue</strong>") == 1
    assert shown.index("<bdi>Ben</bdi>") < shown.index("overdue</strong>")
    histories.end_generation(first, {})
    histories.end_generation(second, {})
    assert "credits are held." in page(operator, "/admin/holds")
