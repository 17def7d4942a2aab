"""The operator stops new rounds: nothing begins, nothing is lost, and what runs ends as ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from potluck.database import db
from potluck.live import pool
from potluck.rooms import matching, rooms, starting
from tests.conftest import RunBy, SignInAs
from tests.people import Browser, make_user
from tests.rooms.conftest import Seats, Table

SENTENCE = "The kitchen is closed until eight."
RING = text("UPDATE rounds SET closes_at = now() - interval '1 second' WHERE phase = 'collecting'")
WAITED = text("UPDATE pool_entries SET joined_at = now() - interval '1 minute'")


@pytest.fixture
def operator(browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy) -> Browser:
    own = browser()
    run_by(sign_in_as(own, "Olga"))
    return own


def pause(operator: Browser, sentence: str = SENTENCE) -> None:
    path = "/admin/switches/rounds/pause"
    assert operator.submit(path, page="/admin/switches", sentence=sentence).status_code == 303


def resume(operator: Browser) -> None:
    path = "/admin/switches/rounds/resumption"
    assert operator.submit(path, page="/admin/switches").status_code == 303


def test_nothing_starts_while_rounds_are_paused_and_lines_stay(
    seats: Seats, operator: Browser
) -> None:
    pause(operator)
    seats.add_lines()
    assert (seats.table.round.phase, len(seats.table.round.contributions)) == ("collecting", 2)
    assert seats.balances() == [(1000, 0), (1000, 0)]
    ada, bens = seats.browsers
    for browser in (ada, bens):
        assert SENTENCE in browser.get(seats.path).get_data(as_text=True)
    refused = seats.send(ada, "generation")
    assert refused.status_code == 503
    assert SENTENCE in refused.get_data(as_text=True)
    resume(operator)
    assert SENTENCE not in ada.get(seats.path).get_data(as_text=True)
    assert seats.send(ada, "generation").status_code == 303
    assert seats.table.write().phase == "done"


def test_a_round_that_runs_comes_to_its_end(seats: Seats, operator: Browser) -> None:
    seats.add_lines()
    pause(operator)
    assert seats.table.write().phase == "done"
    assert all(posted < 1000 for posted, _ in seats.balances())
    assert [held for _, held in seats.balances()] == [0, 0]


def test_a_round_whose_time_is_up_waits_for_somebody_to_start_it(
    seats: Seats, operator: Browser
) -> None:
    seats.send(seats.browsers[0], "contribution", line="A frog.")
    pause(operator)
    db.session.execute(RING)
    db.session.commit()
    starting.start_due()
    waiting = seats.table.round
    assert (waiting.phase, waiting.closes_at) == ("collecting", None)
    assert len(waiting.contributions) == 1


def test_what_failed_is_not_tried_again_while_rounds_are_paused(
    seats: Seats, operator: Browser
) -> None:
    seats.table.use_model("scripted-500")
    seats.add_lines()
    assert seats.table.write().phase == "failed"
    pause(operator)
    ada = seats.browsers[0]
    assert seats.send(ada, "retries").status_code == 503
    assert (seats.table.round.phase, seats.table.round.number) == ("failed", 1)
    resume(operator)
    assert seats.send(ada, "retries").status_code == 303
    assert seats.table.round.number == 2


def test_nobody_joins_the_pool_and_those_who_wait_keep_their_places(
    table: Table,
    operator: Browser,
    browser: Callable[[], Browser],
    sign_in_as: SignInAs,
) -> None:
    chiyo, dara = (make_user(name, credits=1000).id for name in ("Chiyo", "Dara"))
    for user_id in (chiyo, dara):
        pool.join(user_id)
    db.session.execute(WAITED)
    db.session.commit()
    pause(operator)
    matching.match_waiting()
    assert pool.count() == 2
    eves = browser()
    sign_in_as(eves, "Eve", credits=1000)
    for page in ("/", "/pool"):
        assert SENTENCE in eves.get(page).get_data(as_text=True)
    refused = eves.submit("/pool/join", page="/pool")
    assert refused.status_code == 503
    assert SENTENCE in refused.get_data(as_text=True)
    resume(operator)
    matching.match_waiting()
    assert rooms.current_room(chiyo) == rooms.current_room(dara) is not None


def test_programs_are_told_by_a_code(seats: Seats, operator: Browser) -> None:
    seats.send(seats.browsers[0], "contribution", line="A frog.")
    pause(operator)
    ada = seats.browsers[0]
    html = ada.get(seats.path).get_data(as_text=True)
    token = html.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = ada.post(
        f"{seats.path}/generation",
        data={"csrf_token": token},
        headers={"Accept": "application/json"},
    )
    assert answer.get_json()["error"]["code"] == "paused"
    assert answer.get_json()["error"]["message"] == SENTENCE


@pytest.mark.parametrize("sentence", ["", "  \0 ", "x" * 301])
def test_a_pause_has_a_sentence_for_members(
    operator: Browser, client: Browser, sentence: str
) -> None:
    path = "/admin/switches/rounds/pause"
    assert operator.submit(path, page="/admin/switches", sentence=sentence).status_code == 422
    assert operator.submit("/admin/switches/everything/pause", page="/admin").status_code == 404


def test_the_sentence_can_be_changed_and_is_shown_as_text(
    app: Flask, operator: Browser, client: Browser, sign_in_as: SignInAs
) -> None:
    sign_in_as(client, "Ada", credits=1000)
    pause(operator)
    pause(operator, "Back <b>soon</b>.")
    page = client.get("/").get_data(as_text=True)
    assert "Back &lt;b&gt;soon&lt;/b&gt;." in page
    assert SENTENCE not in page
    assert "stopped" in app.test_cli_runner().invoke(args=["pause", "rounds", "Again."]).output
    assert "can begin" in app.test_cli_runner().invoke(args=["resume", "rounds"]).output
    assert "Again." not in client.get("/").get_data(as_text=True)
