"""What the doors in front of the app share: what may be answered there, and how it is.

Flask, its session and its engine are most of what a small answer costs. So the few that are asked
for again and again are given before any of that begins, to those with whom everything is as usual.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from potluck import logs, web
from potluck.database import db

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Headers = Iterable[tuple[str, str]]


def is_usual(environ: WSGIEnvironment, *, host: str | None) -> bool:
    """Whether somebody reads, by the name that we have, while the database can be reached.

    By another of our names the app leads to the first.
    """
    is_reading = environ["REQUEST_METHOD"] == "GET" and not environ.get("SCRIPT_NAME")
    is_by_our_name = environ.get("HTTP_HOST", "").partition(":")[0] == host
    return is_reading and is_by_our_name and not db.is_away


def answer(
    environ: WSGIEnvironment,
    start_response: StartResponse,
    *,
    endpoint: str,
    headers: Headers,
    body: bytes,
    started_at: float,
    **ids: int,
) -> Iterable[bytes]:
    """Says it, noted as the app would, under a name that no other request has.

    `started_at` is monotonic, and `ids` stand beside the request's in the log.
    """
    request_id = web.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
    with logs.about(request=request_id, **ids):
        web.note_request("GET", environ["PATH_INFO"], endpoint, 200, started_at=started_at)
    start_response("200 OK", [*headers, ("X-Request-Id", request_id)])
    return [body]
