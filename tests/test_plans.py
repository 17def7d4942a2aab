"""PostgreSQL keeps its plan of what is asked again and again, also where it is asked of one."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from potluck.credits import holds, hot_reads
from potluck.database import db
from potluck.live import admission, pool
from potluck.plain_statements import rows
from potluck.rooms import leases, may_wait

# PostgreSQL plans the first five with what they are given, whatever they are.
# https://www.postgresql.org/docs/18/sql-prepare.html#SQL-PREPARE-NOTES
PLANNED_ANEW = 5
PLANNED = "SELECT custom_plans, generic_plans FROM pg_prepared_statements"
# Of tables with little in them any plan is as good as another.
FILL = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO users (name) SELECT 'Member ' || n FROM generate_series(1, 2000) n;
    INSERT INTO accounts (kind, user_id) SELECT 'member', id FROM users;
    INSERT INTO sessions (token_digest, user_id, expires_at)
        SELECT sha256(CAST(CAST(id AS text) AS bytea)), id, now() + interval '1 day' FROM users;
    INSERT INTO pool_entries (user_id, expires_at) SELECT id, now() FROM users;
    INSERT INTO generations (round_id, price_id, messages, output_tokens_max)
        SELECT n, 1, '[]', 1 FROM generate_series(1, 2000) n;
    INSERT INTO holds (account_id, generation_id, amount, expires_at)
        SELECT 1, n, 1, now() FROM generate_series(1, 2000) n
"""
ONE = {"ids": [1], "epochs": [0], "user_ids": [1], "digests": [b"digest"], "seconds": 7}
OF_ONE: dict[str, tuple[str, dict[str, Any]]] = {
    "a balance": (hot_reads.FIND, {}),
    "a socket's session": (admission.FIND, {}),
    "the locks of a hold": (holds.LOCK_ACCOUNTS, {}),
    "a hold": (holds.RESERVE, {"amounts": [1], "generation_id": 1, "ttl_seconds": 60}),
    "an order that is sent": (leases.DISPATCH, {}),
    "a text so far": (leases.SAVE, {"bodies": ["Once"], "tails": [""], "seqs": [1]}),
    "whether somebody may wait": (may_wait.READ, {}),
    "a place that is given up": (pool.LEAVE, {}),
}


@pytest.mark.parametrize("what", OF_ONE)
def test_what_is_asked_of_one_again_and_again_is_planned_once(
    database: None, owner: Engine, what: str
) -> None:
    with owner.begin() as filling:
        for statement in FILL.split(";\n"):
            filling.execute(text(statement))
        filling.execute(text("ANALYZE"))
    statement, values = OF_ONE[what]
    conninfo = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo) as connection:
        for _ in range(PLANNED_ANEW + 2):
            rows(connection, statement, ONE | values)
        planned = connection.execute(PLANNED).fetchone()
        connection.rollback()
    assert planned == (PLANNED_ANEW, 2)
