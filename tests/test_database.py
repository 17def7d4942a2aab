"""Connections are kept, and those that died while they lay about are not handed out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import Engine, text

from potluck.database import db
from tests.stack import ROOT

TERMINATE = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
""")
BACKEND = text("SELECT pg_backend_pid()")
# The second holds what the first waits for, and can give it back only if it gets to run.
TWO_GREENLETS = """
from gevent import monkey
monkey.patch_all()
import os, gevent
from pydantic import SecretStr
from sqlalchemy import text
from potluck.database import db
from potluck.settings import Settings

db.connect(Settings(database_url=SecretStr(os.environ["DATABASE_URL"]), secret_key=SecretStr("")))
lock, unlock = text("SELECT pg_advisory_lock(7)"), text("SELECT pg_advisory_unlock(7)")

def wait():
    with db.engine.connect() as connection:
        connection.execute(lock)

with db.engine.connect() as holder:
    holder.execute(lock)
    waiting = gevent.spawn(wait)
    gevent.sleep(0)
    holder.execute(unlock)
    waiting.get()
"""


def test_after_a_restart_a_request_finds_a_living_connection(
    database: None, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use()
    with owner.connect() as connection:
        connection.execute(TERMINATE)
    # Where tests before had several of the owner's open, the others are gone as well.
    owner.dispose()
    # Instead of waiting until they have lain about for long enough.
    monkeypatch.setattr("potluck.database.PING_AFTER_SECONDS", 0)
    assert _use()


def test_a_connection_that_was_just_used_is_used_again(database: None) -> None:
    assert _use() == _use()


def _use() -> int:
    with db.engine.connect() as connection:
        backend: int = connection.execute(BACKEND).scalar_one()
    return backend


def test_other_greenlets_run_while_one_waits_for_the_database(database: None) -> None:
    url = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environ = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT / "site")}
    done = subprocess.run(
        [sys.executable, "-c", TWO_GREENLETS], env=environ, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
