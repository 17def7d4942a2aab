"""Somebody with credits in a room of four that has played three rounds and made them public."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from tests.live import population

PEOPLE = 4
ROUNDS = 3
CODE = "abcdefgh"
TEXT = "# The keeper\\n\\n" + "The lamp at Skerry Point burned on, and *nobody* came. " * 16

ROOM = """
    WITH room AS (
        INSERT INTO rooms (code, host_id) VALUES ('{code}', {host}) RETURNING id
    ), seated AS (
        INSERT INTO room_members (room_id, user_id, seat)
        SELECT room.id, person, seat
        FROM room, unnest(ARRAY{people}) WITH ORDINALITY AS seats (person, seat)
    )
    INSERT INTO rounds (room_id, number, recipe, phase, ended_at)
    SELECT room.id, n, 'story', CASE WHEN n > {rounds} THEN 'collecting' ELSE 'done' END,
        CASE WHEN n > {rounds} THEN NULL ELSE now() END
    FROM room, generate_series(1, {rounds} + 1) n
"""
WRITTEN = """
    INSERT INTO generations (round_id, price_id, messages, output_tokens_max, state, text,
        cost_credits, input_tokens, output_tokens, ended_at)
    SELECT rounds.id, model_prices.id, '[]', 400, 'done', E'{text}', 12, 200, 300, now()
    FROM rounds, model_prices WHERE rounds.phase = 'done'
"""
LINES = """
    INSERT INTO contributions (round_id, user_id, text)
    SELECT rounds.id, person, 'Somebody has been answering the foghorn.'
    FROM rounds, unnest(ARRAY{people}) person WHERE rounds.phase = 'done'
"""
SHEETS = """
    WITH made AS (
        INSERT INTO sheets (slug, round_id, published_at)
        SELECT 'abcdefghjkm' || (number + 1), id, now() FROM rounds WHERE phase = 'done'
        RETURNING id
    )
    INSERT INTO sheet_people (sheet_id, user_id, hue)
    SELECT made.id, person, hue
    FROM made, unnest(ARRAY{people}) WITH ORDINALITY AS people (person, hue)
"""


@dataclass(frozen=True, slots=True)
class World:
    """Where they sit, and the token by which they come."""

    room_path: str
    token: str


def make(connection: psycopg.Connection) -> World:
    """Written straight into a database that is migrated and has one price."""
    people = population.make_members(connection, people=PEOPLE)
    for statement in (ROOM, WRITTEN, LINES, SHEETS):
        filled = statement.format(
            code=CODE, host=people[0], people=people, rounds=ROUNDS, text=TEXT
        )
        connection.execute(filled.encode())
    (token,) = population.sign_in(connection, people[:1])
    # The planner knows what is there, as it would after a while.
    connection.execute("ANALYZE")
    return World(room_path=f"/rooms/{CODE}", token=token)
