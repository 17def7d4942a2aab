"""After a storm the server is right about everybody, by the log of those who were in it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from potluck.settings import Settings
from tests.stack import ROOT

SECONDS = "120"


@pytest.fixture
def database_url(app: Flask, settings: Settings) -> Iterator[str]:
    """An empty database on the server of the run."""
    assert settings.database_url
    url = make_url(settings.database_url.get_secret_value())
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    name = f"potluck_storm_{secrets.token_hex(4)}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.mark.fault("S8")
def test_a_thousand_clients_in_a_storm_leave_every_count_true(
    database_url: str, tmp_path: Path
) -> None:
    seed = os.environ.get("POTLUCK_STORM_SEED", str(secrets.randbelow(1_000_000)))
    command = [sys.executable, "-m", "tests.live.storm", database_url, str(tmp_path), SECONDS, seed]
    done = subprocess.run(command, cwd=ROOT, env=_environ(), check=False, capture_output=True)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)])}
