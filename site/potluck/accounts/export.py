"""Everything that an installation knows of somebody, as one file.

Each area says what it keeps of a member, so that this one needn't know the others.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO

from sqlalchemy import Connection, TextClause, text

from potluck.database import db

# A smaller file never touches the disk.
MEMORY_BYTES_MAX = 1024 * 1024
ROWS_PER_FETCH = 500

_parts: dict[str, TextClause] = {}

OWN_PARTS = {
    "user": text("SELECT name, reference, created_at FROM users WHERE id = :user_id"),
    "identities": text("""
        SELECT provider, subject, email, email_vouched, created_at FROM identities
        WHERE user_id = :user_id ORDER BY id
    """),
    # Not what the token is recognised by.
    "sessions": text("""
        SELECT created_at, last_seen_at, expires_at, host(ip) AS ip, user_agent FROM sessions
        WHERE user_id = :user_id ORDER BY id
    """),
}


def add(parts: Mapping[str, TextClause]) -> None:
    """Has every export hold the rows of these queries, each of the member `:user_id`."""
    _parts.update(parts)


def write(user_id: int) -> IO[bytes]:
    """The file, ready to be read: an object with a list of rows for each part.

    Written down in full before anything is sent, so that nobody who reads slowly keeps a
    connection of the database, and row by row, so that a long history takes no memory.
    """
    file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES_MAX)  # noqa: SIM115 - sent later
    try:
        _fill(file, user_id)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _fill(file: IO[bytes], user_id: int) -> None:
    # One moment's truth.
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    file.write(f'{{"exported_at": "{datetime.now(UTC).isoformat()}"'.encode())
    with db.engine.connect().execution_options(**snapshot) as connection:
        for name, query in _parts.items():
            file.write(f',\n"{name}": ['.encode())
            _fill_part(file, connection, query, user_id)
            file.write(b"]")
    file.write(b"}\n")


def _fill_part(file: IO[bytes], connection: Connection, query: TextClause, user_id: int) -> None:
    options = {"yield_per": ROWS_PER_FETCH}
    with connection.execute(query, {"user_id": user_id}, execution_options=options) as rows:
        for number, row in enumerate(rows.mappings()):
            file.write(b",\n" if number else b"\n")
            file.write(json.dumps(dict(row), default=_plain, ensure_ascii=False).encode())


def _plain(value: object) -> str:
    """Times and references, which JSON has no word for."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
