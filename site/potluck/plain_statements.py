"""Statements by psycopg itself, prepared: SQLAlchemy's way around one is twice what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import psycopg
from sqlalchemy import Connection, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError

from potluck.outages import is_absence

Row = tuple[Any, ...]


def array(name: str, of: str) -> str:
    """A list of `of` as the parameter `name`, so that PostgreSQL plans a statement with it once.

    It reckons with ten of a list that it doesn't know yet and with as many as there are of one that
    it does. For one of them a plan of its own looks cheaper each time, and to make it is a third of
    what such a statement takes. Behind a SELECT it knows none; the outer CAST is for ANY, which
    would take the SELECT's rows for the list.
    https://www.postgresql.org/docs/18/sql-prepare.html#SQL-PREPARE-NOTES
    """
    return f"CAST((SELECT CAST(%({name})s AS {of}[])) AS {of}[])"


def driver(pooled: PoolProxiedConnection) -> psycopg.Connection[Any]:
    """The connection beneath the pool's."""
    connection = pooled.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection


def rows(
    connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, object]
) -> list[Row]:
    """All that it gives, if anything, numbers as numbers. Raises `psycopg.Error`."""
    cursor = connection.cursor(binary=True)
    cursor.execute(statement.encode(), parameters, prepare=True)
    return cursor.fetchall() if cursor.description else []


def rows_within(
    connection: Connection, statement: str, parameters: Mapping[str, object]
) -> list[Row]:
    """The same in SQLAlchemy's transaction. Raises what its own way raises."""
    try:
        return rows(driver(connection.connection), statement, parameters)
    except psycopg.Error as error:
        _raise_as_its_own(connection, statement, error)


def _raise_as_its_own(connection: Connection, statement: str, error: psycopg.Error) -> NoReturn:
    is_gone = is_absence(error)
    if is_gone:
        connection.invalidate(error)
    raised = DBAPIError.instance(
        statement,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=is_gone,
        dialect=connection.dialect,
    )
    raise raised from error
