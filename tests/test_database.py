"""Connections are kept, and those that died while they lay about are not handed out."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from potluck.database import db

TERMINATE = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
""")
BACKEND = text("SELECT pg_backend_pid()")


def test_after_a_restart_a_request_finds_a_living_connection(
    database: None, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use()
    with owner.connect() as connection:
        connection.execute(TERMINATE)
    # Instead of waiting until they have lain about for long enough.
    monkeypatch.setattr("potluck.database.PING_AFTER_SECONDS", 0)
    assert _use()


def test_a_connection_that_was_just_used_is_used_again(database: None) -> None:
    assert _use() == _use()


def _use() -> int:
    with db.engine.connect() as connection:
        backend: int = connection.execute(BACKEND).scalar_one()
    return backend
