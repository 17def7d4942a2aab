"""Events.

https://docs.stripe.com/api/events
"""

from collections.abc import Iterator
from typing import Any

from flask import Response
from stripe import params as sdk

from sandbox.stripe.answers import listed, retrieved
from sandbox.stripe.api import api
from sandbox.stripe.store import Condition, Store, where


@api.get("/events")
def list_events() -> Response:
    return listed(sdk.EventListParams, "event", _filters)


@api.get("/events/<object_id>")
def retrieve_event(object_id: str) -> Response:
    return retrieved(sdk.EventRetrieveParams, "event", object_id)


def _filters(_store: Store, params: dict[str, Any]) -> Iterator[Condition]:
    if "type" in params:
        yield where("type", "GLOB", params["type"])
    if "types" in params:
        yield where("type", "IN", *params["types"])
    if "delivery_success" in params:
        yield where("pending_webhooks", "=" if params["delivery_success"] else ">", 0)
