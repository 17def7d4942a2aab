"""A copy of the database, to go back to, and what must be the same again after that."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from potluck.database import db
from tests.billing.people import rows


class Backup:
    """The whole database as it is now. Ids that are given out later will be given out again."""

    def __init__(self) -> None:
        with _as_owner() as connection:
            names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            self._tables = {
                name: _copied(connection, name) for (name,) in connection.execute(names)
            }
            last = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
            self._sequences = list(connection.execute(last))

    def restore(self) -> None:
        db.session.remove()
        with _as_owner() as connection:
            connection.execute("SET session_replication_role = replica")
            for name in self._tables:
                connection.execute(SQL("DELETE FROM {}").format(Identifier(name)))
            for name, data in self._tables.items():
                statement = SQL("COPY {} FROM STDIN").format(Identifier(name))
                with connection.cursor().copy(statement) as copy:
                    copy.write(data)
            for name, value in self._sequences:
                connection.execute("SELECT setval(%s, %s, %s)", (name, value or 1, bool(value)))


def books() -> dict[str, list[Any]]:
    """All that money and credits depend on, without the moments at which it was written."""
    queries = {
        "purchases": """
            SELECT id, user_id, credits, amount_minor, currency, state, source, paid_minor,
                clawed_credits, checkout_session_id, payment_intent_id
            FROM purchases WHERE state <> 'expired' ORDER BY id
        """,
        "refunds": "SELECT stripe_refund_id, purchase_id, amount_minor, state FROM refunds",
        "disputes": "SELECT id, purchase_id, amount_minor, state, reason FROM disputes",
        "members": "SELECT user_id, posted, held, owed, freezes FROM accounts",
        "transfers": """
            SELECT t.key, t.account_id, e.amount FROM transfers t
            JOIN entries e ON e.transfer_id = t.id JOIN accounts a ON a.id = e.account_id
            WHERE a.kind IN ('purchases', 'promotions')
        """,
    }
    return {noun: sorted(map(str, rows(query))) for noun, query in queries.items()}


def _as_owner() -> psycopg.Connection[Any]:
    url = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url)


def _copied(connection: psycopg.Connection[Any], table: str) -> bytes:
    statement = SQL("COPY {} TO STDOUT").format(Identifier(table))
    with connection.cursor().copy(statement) as copy:
        return b"".join(copy)
