"""Runs migrations as the owner of the tables, which the app itself never is."""

from alembic import context
from sqlalchemy import Connection

from potluck.models import Base

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
