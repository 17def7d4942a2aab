"""A crowd that waits to be let in asks the database together, whoever comes meanwhile included."""

from __future__ import annotations

import psycopg
import pytest

from potluck.live.admission import Cookie
from potluck.waves import Found
from tests.live import population
from tests.live.wire import Client, Wire
from tests.stack import Stack

CROWD = 20
SECONDS_MAX = 30
ASKING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE state = 'active' AND query LIKE '%token_digest = ANY%' AND pid <> pg_backend_pid()
"""
EXCLUSIVELY = "LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"


def test_one_query_at_a_time_is_made_for_a_crowd(stack: Stack) -> None:
    wire = Wire(port=int(stack.url.rpartition(":")[2]), origin=stack.url)
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        members = population.make_members(connection, people=CROWD)
        tokens = population.sign_in(connection, members)
        with psycopg.connect(stack.env["DATABASE_URL"]) as other:
            other.execute(EXCLUSIVELY)
            crowd = [wire.connect("/members", cookie=token) for token in tokens]
            _await_an_answer(wire)
            assert connection.execute(ASKING).fetchone() == (1,)
            assert not any(each.joined for each in crowd)
        assert wire.run(lambda: all(each.is_joined for each in crowd), seconds_max=SECONDS_MAX)
    for each in crowd:
        each.cut()


def test_what_breaks_for_all_is_raised_for_each() -> None:
    with pytest.raises(ValueError, match="no"):
        assert Cookie(is_there=True, found=Found(None, ValueError("no"))).holder


def _await_an_answer(wire: Wire) -> None:
    """Who asks after them is answered: by then the server has read what they said."""
    client = wire.connect("/")
    assert wire.run(lambda: client.is_joined, seconds_max=SECONDS_MAX)
    for _ in range(3):
        _ask(wire, client)
    client.cut()


def _ask(wire: Wire, client: Client) -> None:
    answers: list[object] = []
    client.ask("get_connection_count", answered=answers.append)
    assert wire.run(lambda: bool(answers), seconds_max=SECONDS_MAX)
