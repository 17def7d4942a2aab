"""What every page shares: request ids, headers, forgery protection, error pages, fragments."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    g,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from potluck import request_notes
from potluck.database import db
from potluck.outages import is_absence
from potluck.refusals import Refusal
from potluck.settings import LOOPBACK_HOSTS, Settings, current_settings
from potluck.texts import gettext as _

logger = logging.getLogger(__name__)

BODY_BYTES_MAX = 64 * 1024
LOCAL_PATH_CHARACTERS_MAX = 200
# Stripe's events are larger than any form, and come from one sender that signs them.
WEBHOOK_BODY_BYTES_MAX = 512 * 1024
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

csrf = CSRFProtect()
# Of the settings that were asked for last: they are as good as never others.
_headers_of: dict[str, Any] = {}


def init_app(app: Flask, settings: Settings) -> None:
    """Hooks all of this up. Call it before any blueprint is registered."""
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=BODY_BYTES_MAX,
        MAX_FORM_MEMORY_SIZE=BODY_BYTES_MAX,
        # The token lives as long as the session row that it is kept in.
        WTF_CSRF_TIME_LIMIT=None,
        TEMPLATES_AUTO_RELOAD=not settings.is_production,
    )
    app.before_request(_start)
    app.before_request(_lead_to_our_name)
    app.before_request(_refuse_other_origins)
    csrf.init_app(app)
    app.after_request(_add_headers)
    app.teardown_request(_release_session)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(PoolTimeout, _database_away)
    app.register_error_handler(Exception, _crashed)


def fragment(template: str, **context: object) -> str:
    """Renders a partial on its own: the same one that its page includes."""
    return render_template(template, **context)


def local_path(target: str | None) -> str:
    """A path of ours, or home: never a link that leads people elsewhere."""
    is_ours = (
        target
        and len(target) <= LOCAL_PATH_CHARACTERS_MAX
        and target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and target.isprintable()
    )
    return target if target and is_ours else "/"


def safety_headers(settings: Settings) -> dict[str, str]:
    """The locks that every answer carries."""
    if _headers_of.get("settings") is not settings:
        _headers_of.update(settings=settings, headers=_safety_headers(settings))
    headers: dict[str, str] = _headers_of["headers"]
    return headers


def wants_fragment() -> bool:
    """True for a request that htmx makes, whose answer goes into a part of the page."""
    return request.headers.get("HX-Request") == "true"


def wants_json() -> bool:
    """True for a client that asked for JSON rather than a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def _start() -> None:
    g.request_id = request_notes.request_id(request.headers.get("X-Request-Id", ""))
    g.started_at = time.monotonic()


def _lead_to_our_name() -> ResponseReturnValue | None:
    """127.0.0.1 and localhost are two sites to a browser: a cookie of one is none of the other's.

    Who typed the other name would come back from the provider as a stranger.
    """
    ours, theirs = urlsplit(current_settings().public_url), urlsplit(request.host_url)
    both_are_here = {ours.hostname, theirs.hostname} <= LOOPBACK_HOSTS
    if not both_are_here or ours.hostname == theirs.hostname or ours.port != theirs.port:
        return None
    if request.method not in SAFE_METHODS or request.blueprint == "health":
        return None
    target = current_settings().origin + request.full_path.removesuffix("?")
    return redirect(target, HTTPStatus.TEMPORARY_REDIRECT)


def _refuse_other_origins() -> None:
    """A second lock beside the token: browsers say where a post comes from."""
    origin = request.headers.get("Origin")
    if request.method in SAFE_METHODS or origin is None:
        return
    if origin != current_settings().origin:
        message = _(
            "This came from another site, so it was not done. Open the page here and try again."
        )
        raise Refusal(message, code="wrong_origin", status=HTTPStatus.BAD_REQUEST)


def _add_headers(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "-")
    for name, value in safety_headers(current_settings()).items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    _log_request(response)
    return response


def _safety_headers(settings: Settings) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": _content_security_policy(settings),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def _content_security_policy(settings: Settings) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self' {_socket_origin(settings)}; manifest-src 'self'; "
        f"form-action 'self' {settings.checkout_origin}; base-uri 'none'; frame-ancestors 'none'"
    )


def _socket_origin(settings: Settings) -> str:
    """Older Safari does not count wss:// of the same host as 'self'."""
    return settings.origin.replace("http", "ws", 1)


def _log_request(response: Response) -> None:
    if "started_at" in g:
        request_notes.note(
            request.method,
            request.path,
            request.endpoint or "none",
            response.status_code,
            started_at=g.started_at,
            ids={"request": g.request_id, **g.get("log_ids", {})},
        )


def _release_session(_error: BaseException | None) -> None:
    """Gives the connection back, and with it takes back what nobody committed."""
    db.session.remove()


def _refused(refusal: Refusal) -> ResponseReturnValue:
    db.session.rollback()
    return error_response(status=refusal.status, code=refusal.code, message=refusal.message)


def _csrf_error(_error: CSRFError) -> ResponseReturnValue:
    if not current_user.is_authenticated:
        # The token went with the session: a reload would not help.
        return error_response(status=HTTPStatus.UNAUTHORIZED, code="signed_out")
    message = _("This page was open for too long, or was not ours. Reload it and try again.")
    return error_response(status=HTTPStatus.BAD_REQUEST, code="csrf", message=message)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None:
        return error
    # Werkzeug's name, since Python has renamed some of its own.
    code = error.name.lower().replace(" ", "_")
    response = make_response(error_response(status=error.code, code=code))
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def _database_away(error: OperationalError | PoolTimeout) -> ResponseReturnValue:
    """It can't be reached, it was restarted, or others held what was needed for too long."""
    db.session.rollback()
    if not is_absence(error):
        logger.error("the database failed", exc_info=error)
    return error_response(status=HTTPStatus.SERVICE_UNAVAILABLE, code="database_unavailable")


def _crashed(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    logger.error("request failed", exc_info=error)
    return error_response(status=InternalServerError.code, code="internal_error")


def _error_text(status: int) -> str | None:
    texts: dict[int, str] = {
        HTTPStatus.BAD_REQUEST: _("Something in this request makes no sense here."),
        HTTPStatus.UNAUTHORIZED: _("You are signed out. Sign in and try again."),
        HTTPStatus.FORBIDDEN: _("This is not yours to open."),
        HTTPStatus.NOT_FOUND: _("There is nothing here, or it isn't yours to see."),
        HTTPStatus.METHOD_NOT_ALLOWED: _("This address doesn't take that kind of request."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _(
            "That is too much at once. Make it shorter and try again."
        ),
        HTTPStatus.TOO_MANY_REQUESTS: _(
            "That was a lot in a short time. Wait a minute and try again."
        ),
        HTTPStatus.INTERNAL_SERVER_ERROR: _(
            "Something broke on our side, and it has been written down. Try again in a moment."
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: _(
            "We can't reach something we need. Try again in a moment."
        ),
    }
    return texts.get(status)


def error_response(*, status: int, code: str, message: str | None = None) -> ResponseReturnValue:
    """The error as the client reads it: JSON, a fragment, or a page."""
    text = message or _error_text(status) or HTTPStatus(status).phrase
    request_id = g.get("request_id", "-")
    if wants_json():
        return {"error": {"code": code, "message": text, "request_id": request_id}}, status
    template = "errors/_error.html" if wants_fragment() else "errors/page.html"
    page = render_template(
        template,
        status=status,
        code=code,
        message=text,
        request_id=request_id,
        back_url=_page_of_form(),
    )
    return page, status


def _page_of_form() -> str | None:
    """Where somebody whose form was refused can try again; None for those who sent none."""
    origin = current_settings().origin
    referrer = request.referrer or ""
    if request.method in SAFE_METHODS or not referrer.startswith(f"{origin}/"):
        return None
    return referrer.removeprefix(origin)
