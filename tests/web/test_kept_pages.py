"""A room's page that is kept is the page that the app would make, or it is made by the app."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from potluck.credits import ledger
from potluck.database import db
from potluck.rooms import kept_pages
from potluck.settings import Settings
from tests.conftest import SignInAs
from tests.patience import until
from tests.people import Browser
from tests.web import room_states
from tests.web.conftest import World
from tests.web.kept_rooms import TOKEN, Look, Room, looked_at
from tests.web.statements import statements

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# What somebody did elsewhere, by its statement; `:room`, `:round` and `:earlier` are of the room.
CHANGES = {
    "a name": "UPDATE users SET name = 'Somebody else' WHERE id = :ben",
    "the host": "UPDATE rooms SET host_id = :ben WHERE id = :room",
    "seats": "UPDATE rooms SET seats = 3 WHERE id = :room",
    "doors": "UPDATE rooms SET doors_opened_at = now() WHERE id = :room",
    "somebody left": "UPDATE room_members SET left_at = now() WHERE user_id = :ben",
    "somebody came": "INSERT INTO room_members (room_id, user_id, seat) VALUES (:room, :cy, 3)",
    "a line": "INSERT INTO contributions (round_id, user_id, text) VALUES (:round, :ben, 'Frogs')",
    "a line is gone": "DELETE FROM contributions WHERE round_id = :round",
    "a line is short": "UPDATE contributions SET short_since = now() WHERE round_id = :round",
    "who pays a line": "UPDATE contributions SET paid_by = :ben WHERE round_id = :round",
    "an earlier line": "UPDATE contributions SET text = 'Toads' WHERE round_id = :earlier",
    "a draft": "INSERT INTO drafts (room_id, user_id, text) VALUES (:room, :ada, 'Once')",
    "what is made": "UPDATE rounds SET recipe = 'poem' WHERE id = :round",
    "a treat": "UPDATE rounds SET treated_by = :ben WHERE id = :round",
    "the pot pays": "UPDATE rounds SET from_pot = true WHERE id = :round",
    "a clock": "UPDATE rounds SET closes_at = now() + interval '1 minute' WHERE id = :round",
    "its end": "UPDATE rounds SET phase = 'stopped', ended_at = now() WHERE id = :round",
    "an earlier text": "UPDATE generations SET text = 'Toads sing.' WHERE round_id = :earlier",
    "a picture": """
        INSERT INTO pictures (generation_id, name, media_type, width, height, size_bytes)
        SELECT id, repeat('frog', 8) || '.png', 'image/png', 1, 1, 9 FROM generations
        WHERE round_id = :earlier
    """,
    "a price": """
        INSERT INTO model_prices (model, input_credits_per_million, output_credits_per_million)
        SELECT model, 90000, 90000 FROM model_prices LIMIT 1
    """,
    "a pause": "INSERT INTO pauses (what, sentence) VALUES ('rounds', 'Back at nine.')",
    "the room ends": "UPDATE rooms SET closed_at = now(), host_id = NULL WHERE id = :room",
    "a ban": "UPDATE users SET banned_at = now() WHERE id = :ada",
    "a seat that is lost": "UPDATE room_members SET left_at = now() WHERE user_id = :ada",
    "a session that ended": "DELETE FROM sessions",
    "a session that ran out": "UPDATE sessions SET expires_at = now()",
}
# To what came of a round, wherever it was.
OUTCOMES = (
    "UPDATE generations SET text = 'A newt.' WHERE text <> ''",
    "DELETE FROM pictures",
    "UPDATE sheet_people SET hue = 9 - hue",
    "UPDATE sheet_people SET vote = NULL",
    "UPDATE sheets SET published_at = now()",
)


@pytest.fixture
def room(app: Flask, settings: Settings, client: Browser, sign_in_as: SignInAs) -> Iterator[Room]:
    with looked_at(app, settings, client, sign_in_as) as room:
        yield room


def test_what_is_kept_is_the_page_to_the_letter(room: Room) -> None:
    room.look.keep()
    assert room.look.is_as_the_app_says()
    assert "Once there was a frog." in room.look.again().text


def test_of_a_crowd_two_have_it_made_and_the_others_have_what_is_kept(
    app: Flask, settings: Settings, room: Room
) -> None:
    # Her forms' token is with the session after the first.
    room.look.again()
    room.look.__exit__()
    behind, made = app.wsgi_app, threading.Lock()
    answers: list[TestResponse] = []
    calls: list[threading.Thread] = []

    def counted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with made:
            others = [threading.Thread(target=look_too) for _ in range(3)] if not calls else []
            calls.append(threading.current_thread())
        for other in others:
            # They come while it is made for the first time, and would have it made once each.
            other.start()
            waiting.append(other)
            other.join(0.1)
        return behind(environ, start_response)

    def look_too() -> None:
        answers.append(look.again())

    waiting: list[threading.Thread] = []
    app.wsgi_app = counted  # type: ignore[method-assign]
    with Look(app, settings, room.look.client, room.look.path) as look:
        look_too()
        for other in waiting:
            other.join()
    app.wsgi_app = behind  # type: ignore[method-assign]
    assert len(calls) == 2
    assert {(each.status_code, TOKEN.sub(b"", each.data)) for each in answers} == {
        (200, TOKEN.sub(b"", answers[0].data))
    }
    assert len(answers) == 4


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_at_the_next_look(room: Room, owner: Engine, change: str) -> None:
    room.look.keep()
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        statement = text(CHANGES[change])
        known = {name: room.ids[name] for name in statement.compile().params}
        assert connection.execute(statement, known).rowcount > 0
    assert not room.look.is_kept()
    assert room.look.is_as_the_app_says()


@pytest.mark.parametrize(
    "state",
    [
        room_states.written,
        room_states.paid_by_the_pot,
        room_states.drawn,
        room_states.failed,
        room_states.put_away,
    ],
)
def test_what_came_of_a_round_is_kept_until_it_changes(
    app: Flask,
    settings: Settings,
    ada: Browser,
    world: World,
    owner: Engine,
    *,
    state: Callable[[World], None],
) -> None:
    state(world)
    with Look(app, settings, ada, f"/rooms/{world.room_code}") as look:
        for change in OUTCOMES:
            look.keep()
            assert look.is_as_the_app_says()
            with owner.begin() as connection:
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                connection.execute(text(change))
            assert look.is_as_the_app_says(), change


@pytest.mark.parametrize("state", [room_states.being_written, room_states.begun_as_a_remix])
def test_what_changes_by_itself_is_not_kept(
    app: Flask,
    settings: Settings,
    ada: Browser,
    world: World,
    *,
    state: Callable[[World], None],
) -> None:
    state(world)
    with Look(app, settings, ada, f"/rooms/{world.room_code}") as look:
        assert not any(look.is_kept() for _ in range(4))


def test_credits_that_come_are_seen(room: Room) -> None:
    room.look.keep()
    ledger.grant(user_id=room.ids["ada"], amount_credits=5, key="more", reason="A gift")
    db.session.commit()
    assert "9,998" in room.look.again().text


def test_each_has_a_page_of_their_own(room: Room, app: Flask, sign_in_as: SignInAs) -> None:
    room.look.keep()
    other = app.test_client()
    assert isinstance(other, Browser)
    sign_in_as(other, "Ben")
    assert f'data-me="{room.ids["ben"]}"' in other.get(room.look.path).text
    assert f'data-me="{room.ids["ada"]}"' in room.look.again().text


def test_it_is_kept_in_the_language_that_it_was_asked_for_in(room: Room) -> None:
    room.look.keep()
    room.look.client.set_cookie("language", "de")
    assert '<html lang="de">' in room.look.again().text


def test_a_part_and_a_question_are_the_apps(room: Room) -> None:
    room.look.keep()
    for words in ({"headers": {"HX-Request": "true"}}, {"query_string": "from=here"}):
        db.session.remove()
        with statements() as asked:
            room.look.client.get(room.look.path, **words)
        assert len(asked) == 3


def test_it_is_made_anew_after_a_minute(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.look.keep()
    monkeypatch.setattr(kept_pages, "KEPT_SECONDS", -1.0)
    assert not room.look.is_kept()


@pytest.mark.parametrize(
    ("late", "is_noted"),
    [
        (
            "UPDATE rooms SET active_at = now() - interval '5 minutes'",
            "SELECT now() - active_at < interval '1 minute' FROM rooms WHERE id = :room",
        ),
        (
            "UPDATE sessions SET last_seen_at = now() - interval '5 minutes'",
            "SELECT now() - max(last_seen_at) < interval '1 minute' FROM sessions",
        ),
    ],
)
def test_a_visit_is_noted_as_by_the_app(
    room: Room, owner: Engine, late: str, is_noted: str
) -> None:
    room.look.keep()
    with owner.begin() as connection:
        connection.execute(text(late))
    room.look.again()
    until(lambda: _says(owner, is_noted, room))


def test_the_oldest_page_is_forgotten(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pages, "KEPT_MAX", 1)
    room.look.keep()
    room.look.client.set_cookie("language", "de")
    room.look.again()
    room.look.client.set_cookie("language", "en")
    assert not room.look.is_kept()


def _says(owner: Engine, question: str, room: Room) -> bool:
    with owner.begin() as connection:
        return bool(connection.execute(text(question), room.ids).scalar_one())
