"""A room's page, kept for the member who asked for it as long as nothing in it has changed.

Phones load their pages again whenever they are looked at, and everybody does who goes back and
forth. Each time the database is asked, in one question, whether the session is still good, the
seat still theirs, and every row that the page was made of the same version of it: PostgreSQL
names with each the transaction that wrote it. Whatever differs, the app makes the page.

Not while a text is written or a clock runs, which is another page each second, and not for whoever
began the round with somebody's sheet, of which the page tells them.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from potluck.accounts import sessions, visits
from potluck.database import db
from potluck.front_doors import Answer, Door, FromApp
from potluck.request_heads import cookie
from potluck.rooms import newest_round, provider, room_reads
from potluck.rooms.rounds import EARLIER_ROUNDS_MAX
from potluck.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

ENDPOINT = "rooms.show"
PATH = "/rooms/"
# A page is some 20 KB.
KEPT_MAX = 512
# What no row knows of: an operator's recipe in a file, a limit of the process.
KEPT_SECONDS = 60.0

# One row where the page may be kept: no visit is to be noted, and nothing runs out by itself.
VERSIONS = f"""
    SELECT s.id, s.user_id, CAST(json_build_array(
        s.xmin::text, u.xmin::text, a.xmin::text, rooms.xmin::text, {{brought}},
        {room_reads.OWN_VALUE.replace(":viewer_id", "s.user_id").replace(":server", "%(server)s")},
        (SELECT json_agg(json_build_array(m.user_id, m.xmin::text, p.xmin::text) ORDER BY m.seat)
            FROM room_members m JOIN users p ON p.id = m.user_id
            WHERE m.room_id = rooms.id AND m.left_at IS NULL),
        (SELECT json_agg(json_build_array(rounds.id, rounds.version,
            (SELECT xmin::text FROM users WHERE id = rounds.treated_by),
            (SELECT json_agg(
                json_build_array(c.user_id, c.xmin::text, author.xmin::text, payer.xmin::text)
                ORDER BY c.user_id)
                FROM contributions c JOIN users author ON author.id = c.user_id
                LEFT JOIN users payer ON payer.id = c.paid_by WHERE c.round_id = rounds.id),
            (SELECT json_build_array(g.xmin::text,
                (SELECT json_agg(json_build_array(id, xmin::text) ORDER BY id) FROM pictures
                    WHERE generation_id = g.id))
                FROM generations g WHERE g.round_id = rounds.id),
            {newest_round.OUTCOME_VALUE}) ORDER BY rounds.id)
            FROM (SELECT *, xmin::text AS version FROM rounds WHERE room_id = rooms.id
                ORDER BY number DESC LIMIT {1 + EARLIER_ROUNDS_MAX}) rounds)
    ) AS text)
    FROM sessions s
    JOIN users u ON u.id = s.user_id AND u.banned_at IS NULL
    JOIN accounts a ON a.user_id = u.id
    JOIN room_members mine ON mine.user_id = u.id AND mine.left_at IS NULL
    JOIN rooms ON rooms.id = mine.room_id AND rooms.closed_at IS NULL
    WHERE s.token_digest = %(digest)s AND s.expires_at > now()
        AND NOT {visits.IS_STALE}
        AND rooms.code = %(code)s AND rooms.active_at > now() - interval '1 minute'
        AND (SELECT (phase = 'collecting' AND closes_at IS NULL OR ended_at IS NOT NULL)
            AND NOT EXISTS (SELECT FROM remixes WHERE round_id = r.id AND begun_by = u.id)
            FROM rounds r WHERE room_id = rooms.id ORDER BY number DESC LIMIT 1)
"""  # noqa: S608 - put together from constants


class Asked(NamedTuple):
    """All that a page may depend on besides the database."""

    path: str
    cookies: str
    languages: str


class Versions(NamedTuple):
    """Whose session it is, and which versions of its rows the page would be made of."""

    session_id: int
    user_id: int
    rows: str


class Kept(NamedTuple):
    """A page as it was answered; none where somebody asked for the first time."""

    asked_at: float
    versions: Versions | None
    answer: Answer | None


class KeptPages(Door):
    """The door of a server's rooms."""

    def __init__(self, behind: WSGIApplication, settings: Settings) -> None:
        super().__init__(behind, settings)
        self._cookie_name = sessions.cookie_name(settings)
        self._kept: OrderedDict[Asked, Kept] = OrderedDict()
        self._server = provider.text_server(settings).url
        brought = ", ".join(f"({value})" for value in sessions.what_is_brought())
        self._statement = VERSIONS.format(brought=brought)

    def _knows(self, path: str) -> bool:
        return path.startswith(PATH) and "/" not in path[len(PATH) :]

    def _answer(self, environ: WSGIEnvironment, asked_at: float) -> Answer | None:
        kept = self._kept_for(environ, asked_at) if _is_whole(environ) else None
        if kept is None or kept.answer is None or kept.versions != self._versions(environ):
            return None
        return kept.answer

    def _key(self, environ: WSGIEnvironment) -> Asked | None:
        return _asked(environ) if self._knows(environ["PATH_INFO"]) and _is_whole(environ) else None

    def _make(self, environ: WSGIEnvironment) -> FromApp:
        """Keeps what the app says to whoever asks for the second time."""
        asked_at = time.monotonic()
        is_again = self._kept_for(environ, asked_at) is not None
        before = self._versions(environ) if is_again else None
        made = self._ask_behind(environ)
        if made.may_be_kept:
            is_as_before = before is not None and before == self._versions(environ)
            kept = _answer(made, before) if before and is_as_before else None
            self._keep(environ, Kept(asked_at, before, kept))
        return made

    def _kept_for(self, environ: WSGIEnvironment, asked_at: float) -> Kept | None:
        """What there was of the minute before, for exactly this request."""
        kept = self._kept.get(_asked(environ))
        return kept if kept and asked_at < kept.asked_at + KEPT_SECONDS else None

    def _keep(self, environ: WSGIEnvironment, kept: Kept) -> None:
        asked = _asked(environ)
        self._kept[asked] = kept
        self._kept.move_to_end(asked)
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)

    def _versions(self, environ: WSGIEnvironment) -> Versions | None:
        """None where the app has to look for itself."""
        token = cookie(environ, self._cookie_name)
        if not token or len(token) > sessions.TOKEN_CHARACTERS_MAX:
            return None
        values = {
            "digest": hashlib.sha256(token.encode()).digest(),
            "code": environ["PATH_INFO"].removeprefix(PATH).lower(),
            "server": self._server,
        }
        try:
            row = db.quick.first(self._statement, values)
        except psycopg.Error:
            return None
        return Versions(*row) if row else None


def _is_whole(environ: WSGIEnvironment) -> bool:
    """Whether the page is asked for, and nothing else about it."""
    return not environ.get("QUERY_STRING") and "HTTP_HX_REQUEST" not in environ


def _answer(made: FromApp, versions: Versions) -> Answer:
    ids = {"session": versions.session_id, "user": versions.user_id}
    return Answer(ENDPOINT, made.kept_headers, made.body, ids)


def _asked(environ: WSGIEnvironment) -> Asked:
    return Asked(
        environ["PATH_INFO"],
        environ.get("HTTP_COOKIE", ""),
        environ.get("HTTP_ACCEPT_LANGUAGE", ""),
    )
