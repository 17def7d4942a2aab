"""Trouble in the database, made by the database: what a member's statement may run into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
