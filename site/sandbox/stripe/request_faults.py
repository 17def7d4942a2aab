"""What an ordered fault does to a request of the API: one to a request, the oldest that matches."""

import time
from collections.abc import Iterator

from flask import Response

from . import faults
from .database import Database
from .errors import StripeError
from .faults import Fault
from .idempotency import Answer

TOO_MANY = (
    "Request rate limit exceeded. Learn more about rate limits here "
    "https://stripe.com/docs/rate-limits."
)
UNKNOWN_ERROR = "An unknown error occurred. (It was ordered from the stand-in for Stripe.)"


class HungUp(Exception):
    """The client hears nothing, now or later, on this connection."""


def begin(database: Database, request: str) -> Fault | None:
    """Take what is ordered for `request`, such as `POST /v1/refunds`; it may go no further."""
    fault = _take(database, request)
    if fault is None:
        return None
    if fault.kind == "500_before":
        raise _unknown_error()
    if fault.kind == "429":
        raise StripeError(TOO_MANY, status=429, code="rate_limit")
    if fault.kind in ("slow", "timeout_before"):
        time.sleep(fault.seconds or 0)
    if fault.kind == "timeout_before":
        raise HungUp
    return fault


def spoil(fault: Fault | None, answer: Answer) -> Answer:
    """The answer to be remembered for what was carried out."""
    if fault and fault.kind == "500_after":
        return Answer(500, _unknown_error().body())
    return answer


def end(fault: Fault | None) -> None:
    """Keep an answer from the client, which by now may ask for it again with the same key."""
    if fault and fault.kind == "timeout_after":
        time.sleep(fault.seconds or 0)
        raise HungUp


def silence() -> Response:
    """An answer of which the server sends no byte before it closes the connection."""
    return Response(_nothing())


def _nothing() -> Iterator[bytes]:
    # The server takes it for a client that went away, before it has sent even the status.
    raise ConnectionAbortedError("an ordered fault")
    yield b""


def _take(database: Database, request: str) -> Fault | None:
    # Nearly always nothing is ordered, and then nobody has to wait for the turn to write.
    with database.reading() as store:
        if not faults.matching(store, "request", request):
            return None
    with database.writing() as store:
        wanted = faults.matching(store, "request", request)
        return faults.take(store, wanted[0]) if wanted else None


def _unknown_error() -> StripeError:
    return StripeError(UNKNOWN_ERROR, status=500, kind="api_error")
