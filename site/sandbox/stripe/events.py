"""Events: recorded in the transaction that caused them, delivered later.

https://docs.stripe.com/api/events/object
"""

import time

import stripe

from . import outbox
from .ids import new_id
from .store import Body, Store

# Parameters and objects follow the installed SDK, so its version is the one spoken here.
API_VERSION = stripe.api_version
WEBHOOK_ENDPOINTS = 1


def record(store: Store, kind: str, subject: Body, previous: Body | None = None) -> None:
    """Record that `kind` happened to `subject`; `previous` holds the attributes it changed."""
    data: Body = {"object": subject}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "data": data,
        "livemode": False,
        "pending_webhooks": WEBHOOK_ENDPOINTS,
        "request": {
            "id": store.cause.request_id,
            "idempotency_key": store.cause.idempotency_key,
        },
        "type": kind,
    }
    outbox.enqueue(store, store.add(event))
