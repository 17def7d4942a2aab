"""Members by the thousand, with credits and sign-ins, written straight into the database."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

import psycopg

CREDITS = 1_000

# Past the triggers, which look at each entry: the sums are right, and the audit says so.
MEMBERS = """
    SET LOCAL session_replication_role = replica;
    WITH people AS (
        INSERT INTO users (name) SELECT 'Member ' || n FROM generate_series(1, {people}) n
        RETURNING id
    ), opened AS (
        INSERT INTO accounts (kind, user_id, posted)
        SELECT 'member', id, {credits} FROM people RETURNING id
    ), given AS (
        INSERT INTO transfers (key, kind, reference, account_id)
        SELECT 'grant:crowd:' || id, 'grant', 'A gift', id FROM opened RETURNING id, account_id
    )
    INSERT INTO entries (transfer_id, account_id, amount)
        SELECT id, account_id, {credits} FROM given
        UNION ALL
        SELECT given.id, accounts.id, -{credits} FROM given, accounts
        WHERE accounts.kind = 'promotions';
"""
SIGN_IN = """
    INSERT INTO sessions (token_digest, user_id, expires_at)
    VALUES (%s, %s, now() + interval '1 day')
"""


def make_members(
    connection: psycopg.Connection, *, people: int, credits: int = CREDITS
) -> list[int]:
    """So many members who can pay for rounds; their ids."""
    with connection.transaction():
        connection.execute(MEMBERS.format(people=people, credits=credits).encode())
    rows = connection.execute("SELECT id FROM users ORDER BY id DESC LIMIT %s", [people])
    return sorted(user_id for (user_id,) in rows)


def sign_in(connection: psycopg.Connection, user_ids: Sequence[int]) -> list[str]:
    """A session for each, in their order; the tokens of their cookies."""
    tokens = [secrets.token_urlsafe(32) for _ in user_ids]
    rows = [(digest(token), user_id) for token, user_id in zip(tokens, user_ids, strict=True)]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(SIGN_IN, rows)
    return tokens


def end_session(connection: psycopg.Connection, token: str) -> None:
    """Deletes its row, as somebody with psql would."""
    connection.execute("DELETE FROM sessions WHERE token_digest = %s", [digest(token)])


def digest(token: str) -> bytes:
    """What the row keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def source(number: int) -> str:
    """The address that the nth of a crowd comes from: a thousand share one."""
    return f"127.0.0.{2 + number // 1_000}"
