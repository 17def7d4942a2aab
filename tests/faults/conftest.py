"""The processes that are killed, what they talk to, and the figures that come of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, make_url, text

from potluck.credits.audit import FIGURES
from potluck.settings import Settings
from tests.billing.stripe_line import SECRET_KEY, WEBHOOK_SECRET, Line, StandIn
from tests.conftest import MODEL
from tests.faults.tally import COUNTS
from tests.faults.workers import Crew, crew
from tests.figures import note
from tests.sandbox.processes import stand_in
from tests.stack import CONFIGURATION, ROOT

# Most of the time is spent waiting for a model that takes its time.
WORKERS = 4


@pytest.fixture(scope="session")
def killers(
    app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crew]:
    """Workers on databases of their own, with one stand-in of each kind between them."""
    folder = tmp_path_factory.mktemp("killed")
    line = Line()
    stripe = StandIn(folder, f"{line.url}/letter-box")
    try:
        with (
            stand_in("sandbox.models.scripted", ready_path="/health") as model_url,
            _databases(settings) as urls,
            (folder / "zygote.log").open("wb") as log,
        ):
            environ = {
                **os.environ,
                **dict.fromkeys(CONFIGURATION, ""),
                "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)]),
                "DATABASE_URL": urls[0],
                "SECRET_KEY": secrets.token_hex(32),
                "STRIPE_SECRET_KEY": SECRET_KEY,
                "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
                "STRIPE_API_URL": stripe.url,
                "OPENAI_API_KEY": "sandbox",
                "OPENAI_BASE_URL": f"{model_url}/v1",
                "OPENAI_MODEL": MODEL,
            }
            with crew(urls, environ=environ, log=log) as killers:
                yield killers
            for url in urls:
                note("drift", value=_drift(url))
    finally:
        stripe.stop()
        line.close()


@contextmanager
def _databases(settings: Settings) -> Iterator[list[str]]:
    """Empty databases on the server of the run."""
    assert settings.database_url
    url = make_url(settings.database_url.get_secret_value())
    server = create_engine(
        url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    names = [f"potluck_killed_{secrets.token_hex(4)}" for _ in range(WORKERS)]
    with server.connect() as connection:
        for name in names:
            connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield [url.set(database=name).render_as_string(hide_password=False) for name in names]
    finally:
        with server.connect() as connection:
            for name in names:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _drift(url: str) -> int:
    """Of the whole ledger, after all that was done to it."""
    server = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with server.connect() as connection:
        return int(connection.scalar(text(FIGURES["drift"])) or 0)


@pytest.fixture(scope="session")
def counts(pytestconfig: pytest.Config) -> list[str]:
    """Sentences for the end of the run."""
    return pytestconfig.stash.setdefault(COUNTS, [])
