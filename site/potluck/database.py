"""PostgreSQL: the engine, the session of each request, and the listener on NOTIFY."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from gevent import monkey
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from potluck import own_server
from potluck.cooperation import CooperativeConnection
from potluck.lone_statements import RETRIED_STATES, Elsewhere, LoneStatements, WorthATry
from potluck.outages import Outage, is_absence
from potluck.plain_statements import Row, rows_within
from potluck.quick_reads import QuickReads

if TYPE_CHECKING:
    from potluck.settings import Settings

logger = logging.getLogger(__name__)

# The role that owns no table: it can't alter, truncate, or rewrite the ledger. Made by the
# first migration; the role in DATABASE_URL is its member and becomes it on connecting.
APP_ROLE = "potluck_app"
POOL_CONNECTIONS_MAX = 30
CONNECT_TIMEOUT_SECONDS = 5
STATEMENT_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 5_000
PING_AFTER_SECONDS = 1.0
TRANSACTION_TRIES_MAX = 4
RETRY_AFTER_SECONDS = 0.05

T = TypeVar("T")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """One engine a process; `session` is the current greenlet's."""

    engine: Engine

    def __init__(self) -> None:
        self.session: scoped_session[Session] = scoped_session(sessionmaker())
        self._outage = Outage("the database", logger)
        self._quick: QuickReads | None = None
        self._lone: LoneStatements | None = None

    def connect(self, settings: Settings) -> None:
        """Binds to the installation's database; opens no connection yet."""
        self.url = database_url(settings)
        self.engine = create_engine(
            self.url,
            pool_size=POOL_CONNECTIONS_MAX,
            max_overflow=0,
            # Those in use stay warm, and the rest lie about.
            pool_use_lifo=True,
            # What a failing statement was given may be a secret, and errors go to the log.
            hide_parameters=True,
            connect_args=_connect_args(),
        )
        if monkey.is_module_patched("select"):
            event.listen(self.engine, "do_connect", connect_cooperatively)
        event.listen(self.engine, "handle_error", self._note_absence)
        event.listen(self.engine, "connect", self._note_presence)
        event.listen(self.engine, "checkin", _note_return)
        event.listen(self.engine, "checkout", self._ping_after_a_pause)
        self.session.remove()
        self.session.configure(bind=self.engine)

    @property
    def quick(self) -> QuickReads:
        """Beside the engine, for the few reads that are worth it."""
        if self._quick is None or self._quick.engine is not self.engine:
            self._quick = QuickReads(self.engine, **_connect_args())
        return self._quick

    def first(self, statement: str, parameters: Mapping[str, object]) -> Row | None:
        """The first row of `all`."""
        rows = self.all(statement, parameters)
        return rows[0] if rows else None

    def all(self, statement: str, parameters: Mapping[str, object]) -> list[Row]:
        """The rows of a read that stands alone, by the quick way, or else the engine's.

        The engine says what is wrong where something is; raises what it raises. It must be one
        that waits for nobody's lock: others share its connection.
        """
        if not self.is_away:
            try:
                return self.quick.all(statement, parameters)
            except psycopg.Error:
                pass
        return self.all_alone(statement, parameters)

    def all_alone(
        self, statement: str, parameters: Mapping[str, object], *, is_patient: bool = True
    ) -> list[Row]:
        """The rows of a statement that is a transaction of its own; it may wait for a lock.

        Made again as `transact` does its work, so doing it twice must be doing it once. Raises what
        the engine raises; where somebody was in the way, it says so at once to who isn't patient.
        """
        tries_left = 0 if self.is_away else TRANSACTION_TRIES_MAX - 1
        while tries_left:
            tries_left -= 1
            try:
                return self._lone_statements.all(statement, parameters)
            except WorthATry:
                if not is_patient:
                    raise
                _pause()
            except Elsewhere:
                break
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            rows = connection.exec_driver_sql(statement, dict(parameters)).all()
            return [tuple(row) for row in rows]

    def all_within(self, statement: str, parameters: Mapping[str, object]) -> list[Row]:
        """The rows of a statement of the session's transaction, without what the ORM knows."""
        return rows_within(self.session.connection(), statement, parameters)

    @property
    def _lone_statements(self) -> LoneStatements:
        if self._lone is None or self._lone.engine is not self.engine:
            self._lone = LoneStatements(self.engine)
        return self._lone

    @property
    def is_away(self) -> bool:
        """Whether the last that the engine heard of the database is that it can't be reached."""
        return self._outage.goes_on

    def _note_absence(self, context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, psycopg.Error) and is_absence(error):
            self._outage.begin(error)

    def _note_presence(self, _connection: object, _record: object) -> None:
        """When one breaks the pool drops all, so whoever comes next makes a new one."""
        self._outage.end()

    def _ping_after_a_pause(
        self, connection: Any, record: ConnectionPoolEntry, _proxy: object
    ) -> None:
        """One that has lain about may be dead; to ask each time is a round trip each time."""
        idle_seconds = time.monotonic() - record.info.get("returned_at", time.monotonic())
        if idle_seconds < PING_AFTER_SECONDS:
            return
        try:
            self.engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    def read_without_transaction(self) -> None:
        """For a view that only reads: spares it the BEGIN and the ROLLBACK, each a way there.

        What it writes all the same counts at once. Until the next commit, where there is one.
        """
        if not self.session().in_transaction():
            self.session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})

    def transact(
        self, work: Callable[[], T], *, is_done: Callable[[T], bool] = lambda _: False
    ) -> T:
        """Runs `work` and commits; again, a few times, where another transaction was in the way.

        Also where the connection broke, and then nobody knows whether the commit was done: `work`
        must be such that doing it twice is doing it once, or `is_done` says of what it gave before
        whether it is there. Raises what the last try raised.
        """
        given: list[T] = []
        for tries_left in reversed(range(TRANSACTION_TRIES_MAX)):
            try:
                if not (given and is_done(given[-1])):
                    given.append(work())
                self.session.commit()
            except OperationalError as error:
                self.session.rollback()
                if not (tries_left and _is_worth_a_retry(error)):
                    raise
                _pause()
            else:
                return given[-1]
        raise AssertionError

    def notifications(
        self, *channels: str, timeout_seconds: float
    ) -> Iterator[psycopg.Notify | None]:
        """Yields what arrives on `channels`, or None after each `timeout_seconds` of silence.

        The first None comes as soon as the subscription stands, so that the caller can read
        whatever happened before it. Raises `psycopg.OperationalError` when the connection goes.
        """
        conninfo = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(
            conninfo,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            # A listener may be silent for long; keepalives notice a peer that is gone.
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=2,
        ) as connection:
            for channel in channels:
                connection.execute(f'LISTEN "{channel}"'.encode())
            yield None
            while True:
                seen = False
                for notify in connection.notifies(timeout=timeout_seconds, stop_after=1):
                    seen = True
                    yield notify
                if not seen:
                    yield None


db = Database()


def database_url(settings: Settings) -> URL:
    """`DATABASE_URL` for SQLAlchemy, or that of our own server in `var/`."""
    if settings.database_url:
        url = make_url(settings.database_url.get_secret_value())
    else:
        url = make_url(own_server.url(settings.potluck_var))
    return url.set(drivername="postgresql+psycopg")


def connect_cooperatively(
    _dialect: object, _record: object, words: list[Any], named: dict[str, Any]
) -> psycopg.Connection[Any]:
    """What the engine calls for a new connection where gevent runs the process."""
    return CooperativeConnection.connect(*words, **named)


def _note_return(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["returned_at"] = time.monotonic()


def _pause() -> None:
    """Those who met wait for different times, so that they don't meet again."""
    time.sleep(random.uniform(0.5, 1.5) * RETRY_AFTER_SECONDS)  # noqa: S311


def _is_worth_a_retry(error: OperationalError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in RETRIED_STATES


def _connect_args() -> dict[str, Any]:
    return {"options": _options(), "connect_timeout": CONNECT_TIMEOUT_SECONDS}


def _options() -> str:
    settings: dict[str, Any] = {
        "role": APP_ROLE,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": STATEMENT_TIMEOUT_MS,
        "timezone": "UTC",
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())
