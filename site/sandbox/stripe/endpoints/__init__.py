"""Every API path: which of the SDK's params it takes and which verb answers."""

from flask import Response, request

from sandbox.stripe.api import api
from sandbox.stripe.errors import StripeError

from . import aftermath, customers, events, payments, promotions, sessions

__all__ = ["aftermath", "api", "customers", "events", "payments", "promotions", "sessions"]


@api.route("/<path:_path>", methods=["GET", "POST", "DELETE"])
def unrecognized(_path: str) -> Response:
    message = (
        f"Unrecognized request URL ({request.method}: {request.path}). "
        "The stand-in for Stripe plays only a part of its API."
    )
    raise StripeError(message, status=404)
