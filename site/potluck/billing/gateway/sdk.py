"""What we use of Stripe's SDK, in one place: it is long in loading.

It also loads each of its nouns when the first of them comes. The modules beside this one load it
where they use it, and a server has loaded it by then (`potluck.loading`).
"""

from __future__ import annotations

import stripe
from requests import Session
from requests.adapters import HTTPAdapter
from stripe import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    CardError,
    Charge,
    Customer,
    Dispute,
    InvalidRequestError,
    PaymentIntent,
    PaymentMethod,
    PermissionError,  # noqa: A004 - the SDK's name for it
    RateLimitError,
    Refund,
    RequestsClient,
    SetupIntent,
    StripeClient,
    StripeError,
    StripeObject,
)
from stripe.checkout import Session as CheckoutSession

__all__ = [
    "APIConnectionError",
    "APIError",
    "AuthenticationError",
    "CardError",
    "Charge",
    "CheckoutSession",
    "Customer",
    "Dispute",
    "InvalidRequestError",
    "PaymentIntent",
    "PaymentMethod",
    "PermissionError",
    "RateLimitError",
    "Refund",
    "SetupIntent",
    "StripeError",
    "StripeObject",
    "client",
]

CONNECT_TIMEOUT_SECONDS = 3
CONNECTIONS_MAX = 10

stripe.enable_telemetry = False


def client(
    secret_key: str, *, version: str, api_url: str | None, answer_timeout_seconds: float
) -> StripeClient:
    """One for a whole process: otherwise the SDK opens a pool of its own in every greenlet."""
    session = Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS_MAX))
    session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS_MAX))
    return StripeClient(
        secret_key,
        stripe_version=version,
        base_addresses={"api": api_url} if api_url else None,
        http_client=RequestsClient(
            session=session, timeout=(CONNECT_TIMEOUT_SECONDS, answer_timeout_seconds)
        ),
    )
