"""How often somebody may do what costs others: by member, and by the address they come from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, make_response
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address
from flask_login import current_user
from werkzeug.http import parse_list_header
from werkzeug.middleware.proxy_fix import ProxyFix

from potluck.settings import Settings
from potluck.texts import gettext as _
from potluck.web import error_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESSES_KNOWN_MAX = 1_000


def _too_often(_limit: RequestLimit) -> Response:
    message = _("That was tried often in a short time, so it has to wait: try again in an hour.")
    status = HTTPStatus.TOO_MANY_REQUESTS
    return make_response(error_response(status=status, code="too_many_requests", message=message))


# Counted in this process: each of several web processes counts for itself.
limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", on_breach=_too_often)


def init_app(app: Flask) -> None:
    """Counts."""
    limiter.init_app(app)


def find_addresses(app: Flask, settings: Settings) -> None:
    """Finds the address of those who come through a proxy beside us.

    Call it last: sockets, too, are to be met at the outermost door.
    """
    if settings.is_production:
        app.wsgi_app = _NearbyProxy(app.wsgi_app)  # type: ignore[method-assign]


def member() -> str:
    """Whom to count for: the member."""
    return f"member:{current_user.get_id()}"


class _NearbyProxy:
    """Believes `X-Forwarded-For` from this machine and its private network, from nobody else."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._behind_proxy = ProxyFix(app, x_for=1)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = self._behind_proxy if is_nearby(environ.get("REMOTE_ADDR", "")) else self._app
        return app(environ, start_response)


def address_behind(address: str, forwarded_for: str | None) -> str:
    """Whose request it is, as `_NearbyProxy` finds it, where there may be a proxy."""
    if not forwarded_for or not is_nearby(address):
        return address
    *_, nearest = parse_list_header(forwarded_for) or [address]
    return nearest


@lru_cache(maxsize=ADDRESSES_KNOWN_MAX)
def is_nearby(address: str) -> bool:
    """Whether it belongs to this machine or its private network."""
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
