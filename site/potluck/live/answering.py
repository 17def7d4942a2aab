"""Answers what clients ask: each event is checked, handled and acknowledged, whatever comes.

An event needs no request, and a third of its cost would be to build one: handlers run in the
application's context alone, and know their socket by its id.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask, g
from pydantic import BaseModel, ValidationError
from socketio import Namespace
from socketio.exceptions import ConnectionRefusedError as Refused

from potluck import languages
from potluck.database import db
from potluck.live import tongues
from potluck.live.budgets import MESSAGE_COST, Budget
from potluck.live.protocol import EVENTS, ErrorCode
from potluck.logs import about
from potluck.outages import is_absence
from potluck.refusals import Refusal
from potluck.texts import gettext as _

logger = logging.getLogger(__name__)

Answer = dict[str, Any]

# Under this name handlers find in the request whose cookie it came with.
COOKIE = "potluck.cookie"


class TooManyRequests(Refusal):
    """The connection has used its budget up."""

    def __init__(self, pause_seconds: float) -> None:
        super().__init__(_("That was a lot at once. Pause for a moment, and ask again."))
        self.code = ErrorCode.TOO_MANY_REQUESTS
        self.pause_seconds = math.ceil(pause_seconds * 100) / 100


class AnsweringNamespace(Namespace):
    """Each event of its table in the protocol is answered by the method of that name."""

    def __init__(self, namespace: str, app: Flask) -> None:
        super().__init__(namespace)
        self._app = app
        self._events = EVENTS[namespace]
        # Events that anybody here may ask without a payload, and whose answers lie in memory: to
        # make a context for them would be most of what they cost.
        self.known: dict[str, Callable[[], Mapping[str, object]]] = {}

    def on_connect(self, environ: Mapping[str, Any], auth: object) -> None:
        """Lets the socket in, or raises `Refused`.

        `environ` is what is known of the handshake, its `Cookie` included; `auth` is what the
        client says of itself.
        """
        raise NotImplementedError

    def on_disconnect(self) -> None:
        """Forgets the socket."""
        raise NotImplementedError

    def trigger_event(self, event: str, sid: str, *args: Any) -> None:
        """Called by the library when a socket comes or goes, and for nothing else."""
        auth = args[1] if len(args) > 1 else None
        language = _language(args[0], auth) if event == "connect" else tongues.of(sid)
        with self._hearing(sid, language):
            try:
                if event == "connect":
                    self.on_connect(args[0], auth)
                    tongues.remember(sid, language)
                else:
                    tongues.forget(sid)
                    self.on_disconnect()
            except Refused:
                raise
            except Exception as error:
                if not is_absence(error):
                    logger.exception("%s of a socket failed", event)
                if event == "connect":
                    refuse(ErrorCode.INTERNAL_ERROR)

    def answer(self, sid: str, event: object, arguments: list[Any], budget: Budget) -> Answer:
        """What the client is told; nothing that it sends makes this raise."""
        known = self._known(event, budget) if not arguments else None
        if known is not None:
            return {"ok": True, **known}
        with self._hearing(sid, tongues.of(sid)):
            try:
                return self._answer(event, arguments, budget)
            except Exception as error:
                # The client waits for an answer, and its connection is none the worse.
                if not is_absence(error):
                    logger.exception("event %s failed", event)
                db.session.rollback()
                return _error("internal_error", _("Something broke on our side. Try again."))

    def ids_of(self, sid: str) -> dict[str, object]:  # noqa: ARG002 - for those who know more
        """What the log shall say of whoever is heard."""
        return {}

    def admit(self) -> None:
        """Called before each event is handled; raises a `Refusal` if the socket may not ask."""

    @contextmanager
    def _hearing(self, sid: str, language: str) -> Iterator[None]:
        """In the end the connection to the database goes back, with what nobody committed."""
        with self._app.app_context(), about(socket=sid, **self.ids_of(sid)):
            g.sid, g.language = sid, language
            try:
                yield
            finally:
                db.session.remove()

    def _known(self, name: object, budget: Budget) -> Mapping[str, object] | None:
        """An answer that takes no context to give; None where it takes one, or words."""
        answer = self.known.get(name) if isinstance(name, str) else None
        if answer is None or budget.take(MESSAGE_COST):
            return None
        try:
            return answer()
        except Exception:
            logger.exception("event %s failed", name)
            return None

    def _answer(self, event: object, arguments: list[Any], budget: Budget) -> Answer:
        try:
            self.admit()
            answer: Answer = {"ok": True, **self._handle(event, arguments, budget)}
            # Whoever was shown out meanwhile is told nothing more.
            self.admit()
        except TooManyRequests as refusal:
            answer = _error(refusal.code, refusal.message)
            answer["error"]["pause_seconds"] = refusal.pause_seconds
            return answer
        except Refusal as refusal:
            db.session.rollback()
            return _error(refusal.code, refusal.message)
        return answer

    def _handle(self, name: object, arguments: list[Any], budget: Budget) -> Mapping[str, object]:
        event = self._events.get(name) if isinstance(name, str) else None
        pause_seconds = budget.take(event.cost if event else 1)
        if pause_seconds:
            raise TooManyRequests(pause_seconds)
        if event is None:
            message = _("There is no such event here.")
            raise Refusal(message, code=ErrorCode.UNKNOWN_EVENT)
        handler: Callable[[BaseModel], Mapping[str, object]] = getattr(self, str(name))
        return handler(_parsed(event.payload, arguments))


def refuse(code: ErrorCode) -> None:
    """Turns a socket away that wants to come in; for `on_connect`."""
    raise Refused(code, {"code": code})


def sid() -> str:
    """The id of the socket that is being heard."""
    known: str = g.sid
    return known


def _parsed(shape: type[BaseModel], arguments: list[Any]) -> BaseModel:
    """The event's one argument in its shape."""
    if len(arguments) > 1:
        message = _("An event takes one argument at most.")
        raise Refusal(message, code=ErrorCode.BAD_PAYLOAD)
    try:
        return shape.model_validate(arguments[0] if arguments and arguments[0] is not None else {})
    except ValidationError as error:
        place = error.errors(include_input=False, include_url=False)[0]["loc"]
        # A name of the client's own may be as long as a message, and is not said back.
        if place and place[0] in shape.model_fields:
            field = place[0]
            message = _("Something is wrong with %(field)s: see the protocol.", field=field)
        else:
            message = _("Something is wrong with the payload: see the protocol.")
        raise Refusal(message, code=ErrorCode.BAD_PAYLOAD) from None


def _error(code: str, message: str) -> Answer:
    return {"ok": False, "error": {"code": ErrorCode(code), "message": message}}


def _language(environ: Mapping[str, Any], auth: object) -> str:
    """That of the page that opened the socket, or else what its browser likes."""
    named = auth.get("language") if isinstance(auth, dict) else None
    is_ours = isinstance(named, str) and named in languages.LANGUAGES
    return str(named) if is_ours else languages.of_handshake(environ)
