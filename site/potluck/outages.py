"""What fails for a while is said once when that begins and once when it is over.

Twenty beats a second run into the same wall while PostgreSQL is away. A trace from each would
bury the one line that somebody who reads the log is looking for.
"""

from __future__ import annotations

import logging
import time

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError

# What a server that goes or comes tells those who are connected, or want to be.
# https://www.postgresql.org/docs/18/errcodes-appendix.html, class 57.
GOING_OR_COMING = (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow)


class Outage:
    """The times at which something fails."""

    def __init__(self, name: str, logger: logging.Logger) -> None:
        self._name = name
        self._logger = logger
        self._since: float | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it failed when it was last tried."""
        return self._since is not None

    def begin(self, error: Exception) -> None:
        """Says that it fails, and why; only that is new which wasn't said already."""
        if self._since is not None:
            return
        self._since = time.monotonic()
        if is_absence(error):
            self._logger.error("%s fails: %s", self._name, _first_line(error))
        else:
            self._logger.error("%s fails", self._name, exc_info=error)

    def end(self) -> None:
        """Says that it works again, where it didn't."""
        if self._since is not None:
            seconds = time.monotonic() - self._since
            self._since = None
            self._logger.warning("%s works again after %.1f s", self._name, seconds)


def is_absence(error: BaseException) -> bool:
    """Whether PostgreSQL is to blame: a connection broke, or none could be made.

    The engine has said so by then, so whoever ran into it need not.
    """
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(origin, GOING_OR_COMING):
        return True
    # The server had a code for whatever it said itself.
    return isinstance(origin, psycopg.OperationalError) and origin.sqlstate is None


def _first_line(error: Exception) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(origin).__name__}: {origin}".partition("\n")[0]
