"""The database is what the models say, and the app may do with it what it must, no more."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from potluck.database import APP_ROLE, db
from potluck.models import Base

LEDGER = ("accounts", "transfers", "entries", "holds")
OWNED = text("""
    SELECT relname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname = :role
    UNION ALL
    SELECT proname FROM pg_proc JOIN pg_roles ON pg_roles.oid = proowner WHERE rolname = :role
    UNION ALL
    SELECT nspname FROM pg_namespace JOIN pg_roles ON pg_roles.oid = nspowner WHERE rolname = :role
""")
FORBIDDEN = (
    *(f"DELETE FROM {table}" for table in LEDGER),  # noqa: S608 - ours
    *(f"TRUNCATE {table} CASCADE" for table in LEDGER),
    "UPDATE transfers SET kind = kind",
    "UPDATE entries SET amount = amount",
    "UPDATE holds SET amount = amount",
    "UPDATE accounts SET user_id = user_id",
    "UPDATE model_prices SET model = model",
    "UPDATE operator_acts SET reason = reason",
    "DELETE FROM operator_acts",
    "TRUNCATE operator_acts",
    "ALTER TABLE accounts DISABLE TRIGGER ALL",
    "DROP TABLE entries",
    "CREATE TABLE mine (id int)",
    "SET session_replication_role = replica",
    "UPDATE alembic_version SET version_num = '0'",
)


def test_models_and_migrations_agree(owner: Engine) -> None:
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_is_migrating_once(app: Flask, owner: Engine) -> None:
    def version() -> list[str]:
        with owner.connect() as connection:
            return list(connection.scalars(text("SELECT version_num FROM alembic_version")))

    before = version()
    result = app.test_cli_runner().invoke(args=["migrate"])
    assert result.exit_code == 0, result.output
    assert version() == before
    assert len(before) == 1


def test_the_app_connects_as_somebody_who_owns_nothing(app: Flask, owner: Engine) -> None:
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == APP_ROLE
    with owner.connect() as connection:
        assert connection.scalars(OWNED, {"role": APP_ROLE}).all() == []


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_app_cannot_undo_what_was_written(database: None, statement: str) -> None:
    with db.engine.connect() as connection, pytest.raises(ProgrammingError) as refusal:
        connection.execute(text(statement))
    assert getattr(refusal.value.orig, "sqlstate", None) == "42501", "insufficient privilege"
