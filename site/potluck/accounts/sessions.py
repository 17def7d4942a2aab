"""The database session strategy: a cookie with a token, a row with a user and an expiry.

The cookie holds 256 random bits, the row their SHA-256, so that a copy of the table lets
nobody in. Pages and sockets are admitted by the same query.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import Flask, Request, Response, has_request_context, request, session
from flask.sessions import SessionInterface, SessionMixin
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Connection, TextClause

from potluck.accounts import visits
from potluck.accounts.models import User
from potluck.accounts.session_statements import (
    DELETE,
    DELETE_EXPIRED,
    FIND,
    INSERT,
    UPDATE,
)
from potluck.database import db
from potluck.settings import Settings

TOKEN_BYTES = 32
TOKEN_CHARACTERS_MAX = 64
MEMBER_SESSION_DAYS = 30
# Long enough to come back from a provider's page.
ANONYMOUS_SESSION_DAYS = 1
USER_AGENT_CHARACTERS_MAX = 255
DATA_CHARACTERS_MAX = 16_000
READING = {"GET", "HEAD"}

# What every page shows, by the name that its area gives it: a value each in SQL, `s` the session.
_brought: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session row with its user and their credits, in one query.

    `brought` is what else came with it, for a page that is read.
    """

    id: int
    data: dict[str, Any]
    expires_at: datetime
    user: User | None
    posted: int
    held: int
    seq: int
    owed: int
    freezes: int
    is_stale: bool
    brought: Mapping[str, Any] | None = None


def bring(**values: str) -> None:
    """Has values in SQL come with the session of whoever reads a page. Call it while set up."""
    _brought.update(values)


def what_is_brought() -> list[str]:
    """The values in SQL."""
    return list(_brought.values())


def brought() -> Mapping[str, Any] | None:
    """What came with the session, as it was when the request began.

    None where nobody is known, or where something may have been written since.
    """
    if not has_request_context() or request.method not in READING:
        return None
    found = current_session().found
    return found.brought if found else None


def find_session(token: str | None, *, is_for_page: bool = False) -> FoundSession | None:
    """The session that a cookie's token stands for, unless it is over."""
    if not token or len(token) > TOKEN_CHARACTERS_MAX:
        return None
    names = list(_brought) if is_for_page else []
    columns = "".join(f", ({_brought[name]}) AS {name}" for name in names)
    row = db.first(FIND.replace("{brought}", columns), {"digest": _digest(token)})
    if row is None:
        return None
    id_, data, expires_at, user_id, is_stale, name, joined_at, banned_at, *rest = row
    posted, held, seq, owed, freezes, *values = rest
    user = None
    if user_id is not None:
        user = User(id=user_id, name=name, created_at=joined_at, banned_at=banned_at)
    return FoundSession(
        id=id_,
        data=data,
        expires_at=expires_at,
        user=user,
        posted=posted or 0,
        held=held or 0,
        seq=seq or 0,
        owed=owed or 0,
        freezes=freezes or 0,
        is_stale=is_stale,
        brought=dict(zip(names, values, strict=True)) if is_for_page else None,
    )


class DatabaseSession(SessionMixin):
    """Flask's session. Reads its row when it is first asked for something."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.has_ended = False
        self.signed_in_user_id: int | None = None
        self._found: FoundSession | None = None
        self._data: dict[str, Any] | None = None
        self._as_loaded = "{}"

    @property
    def is_loaded(self) -> bool:
        """Whether anybody asked: a page that needs no session causes no query."""
        return self._data is not None

    @property
    def found(self) -> FoundSession | None:
        """The row behind the cookie, if there is one that counts."""
        self._load()
        return self._found

    @property
    def has_changed(self) -> bool:
        """Whether the row's data must be written."""
        return self._data is not None and _dump(self._data) != self._as_loaded

    def dump(self) -> str:
        """What the row keeps, as JSON."""
        data = _dump(self._load())
        assert len(data) <= DATA_CHARACTERS_MAX
        return data

    def _load(self) -> dict[str, Any]:
        if self._data is None:
            self._found = find_session(self.token, is_for_page=request.method in READING)
            self._data = dict(self._found.data) if self._found else {}
            self._as_loaded = _dump(self._data)
        return self._data

    def __getitem__(self, key: str) -> Any:
        return self._load()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._load()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())


class DatabaseSessions(SessionInterface):
    """Keeps `DatabaseSession` and its row in step."""

    def __init__(self, settings: Settings) -> None:
        self.is_secure = settings.is_secure
        self.cookie_name = cookie_name(settings)

    def open_session(self, app: Flask, request: Request) -> DatabaseSession:  # noqa: ARG002
        """Called by Flask before each request."""
        return DatabaseSession(request.cookies.get(self.cookie_name))

    def save_session(
        self,
        app: Flask,  # noqa: ARG002 - Flask's interface
        session: SessionMixin,
        response: Response,
    ) -> None:
        """Called by Flask after each request; writes on a connection of its own."""
        session = cast("DatabaseSession", session)
        if not session.is_loaded:
            return
        response.vary.add("Cookie")
        # The view is over. Who held its connection while they wait for another might wait for
        # ever in a crowd.
        db.session.remove()
        found = session.found
        if session.has_ended:
            self._end(found, response)
        elif session.signed_in_user_id is not None or (found is None and session.has_changed):
            self._begin(session, response)
        elif found and session.has_changed:
            _execute(UPDATE, id=found.id, data=session.dump())
        elif found and found.is_stale:
            visits.note(found.id)

    def _begin(self, session: DatabaseSession, response: Response) -> None:
        """A new row under a new token; the one from before sign-in is worthless after it."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        user_id = session.signed_in_user_id
        days = MEMBER_SESSION_DAYS if user_id is not None else ANONYMOUS_SESSION_DAYS
        with db.engine.begin() as connection:
            if session.found:
                connection.execute(DELETE, {"id": session.found.id})
            _insert(connection, token=token, user_id=user_id, data=session.dump(), days=days)
        response.set_cookie(
            self.cookie_name,
            token,
            max_age=days * 24 * 60 * 60,
            httponly=True,
            secure=self.is_secure,
            samesite="Lax",
            path="/",
        )

    def _end(self, found: FoundSession | None, response: Response) -> None:
        if found:
            _execute(DELETE, id=found.id)
        response.delete_cookie(
            self.cookie_name, path="/", secure=self.is_secure, httponly=True, samesite="Lax"
        )


def cookie_name(settings: Settings) -> str:
    """`__Host-` makes browsers refuse a cookie that another host or a plain page planted."""
    return "__Host-potluck" if settings.is_secure else "potluck"


def current_session() -> DatabaseSession:
    """The session of the request that is being answered."""
    return cast("DatabaseSession", session)


def sign_in(user: User) -> None:
    """Signs the browser in as `user`, who must be committed; the old session ends."""
    current = current_session()
    current.clear()
    current.signed_in_user_id = user.id
    # Made now: two first pages at once would each make one, and the later would win.
    generate_csrf()


def sign_out() -> None:
    """Ends the session: its row goes, and with it, its sockets."""
    current_session().has_ended = True


def delete_expired() -> None:
    """Forgets sessions that let nobody in any more. Their sockets are closed by then."""
    _execute(DELETE_EXPIRED)


def _insert(
    connection: Connection, *, token: str, user_id: int | None, data: str, days: int
) -> None:
    connection.execute(
        INSERT,
        {
            "digest": _digest(token),
            "user_id": user_id,
            "data": data,
            "days": days,
            "ip": request.remote_addr,
            "user_agent": _printable(request.user_agent.string)[:USER_AGENT_CHARACTERS_MAX],
        },
    )


def _execute(statement: TextClause, **parameters: object) -> None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(statement, parameters)


def _printable(header: str) -> str:
    """Browsers send what they like, and PostgreSQL keeps no nulls."""
    return "".join(c for c in header if c.isprintable())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True)
