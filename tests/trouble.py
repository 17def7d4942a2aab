"""Trouble with the database: what a member's statement may run into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import psycopg
import pytest
from sqlalchemy import Engine, text

# The last is a restart, as far as the one who is connected can see.
TROUBLES = {
    "a serialisation failure": "RAISE EXCEPTION 'trouble' USING ERRCODE = '40001'",
    "a deadlock": "RAISE EXCEPTION 'trouble' USING ERRCODE = '40P01'",
    "a lock timeout": "RAISE EXCEPTION 'trouble' USING ERRCODE = '55P03'",
    "a restart": "PERFORM pg_terminate_backend(pg_backend_pid())",
}


@contextmanager
def trouble(owner: Engine, kind: str, *, table: str, times: int) -> Iterator[None]:
    """Lets the next `times` inserts into `table` fail.

    Counted by a sequence, which no rollback takes back.
    """
    with owner.begin() as connection:
        connection.execute(
            text(f"""
                CREATE SEQUENCE trouble;
                CREATE FUNCTION make_trouble() RETURNS trigger
                    LANGUAGE plpgsql SECURITY DEFINER AS $$
                BEGIN
                    IF nextval('trouble') <= {times} THEN {TROUBLES[kind]}; END IF;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER trouble AFTER INSERT ON {table}
                    FOR EACH STATEMENT EXECUTE FUNCTION make_trouble();
            """)
        )
    try:
        yield
    finally:
        with owner.begin() as connection:
            connection.execute(
                text(f"""
                    DROP TRIGGER trouble ON {table};
                    DROP FUNCTION make_trouble();
                    DROP SEQUENCE trouble;
                """)
            )


def break_after_commit(monkeypatch: pytest.MonkeyPatch, question: str) -> list[str]:
    """Breaks the connection once, after the commit from which on `question` has an answer.

    Is filled with the question when that happens.
    """
    commit = psycopg.Connection.commit
    lost: list[str] = []

    def commit_and_break(connection: psycopg.Connection[Any]) -> None:
        commit(connection)
        if not lost and connection.execute(question.encode()).fetchone():
            lost.append(question)
            break_connection(connection)

    monkeypatch.setattr(psycopg.Connection, "commit", commit_and_break)
    return lost


def break_connection(connection: psycopg.Connection[Any]) -> NoReturn:
    """As whoever uses it is told."""
    connection.close()
    message = "server closed the connection unexpectedly"
    raise psycopg.OperationalError(message)
