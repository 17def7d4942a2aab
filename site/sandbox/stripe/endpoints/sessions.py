"""Checkout Sessions.

https://docs.stripe.com/api/checkout/sessions
"""

from typing import Any

from flask import Response, request
from stripe.params import checkout as sdk

from sandbox.stripe import sessions
from sandbox.stripe.answers import listed, retrieved
from sandbox.stripe.api import answer_reading, answer_writing, api
from sandbox.stripe.listing import page
from sandbox.stripe.store import Body, Store, under


@api.post("/checkout/sessions")
def create_session() -> Response:
    pages_url = request.host_url
    return answer_writing(
        sdk.SessionCreateParams,
        lambda store, params: sessions.create(store, params, pages_url=pages_url),
    )


@api.get("/checkout/sessions")
def list_sessions() -> Response:
    return listed(sdk.SessionListParams, sessions.KIND)


@api.get("/checkout/sessions/<object_id>")
def retrieve_session(object_id: str) -> Response:
    return retrieved(sdk.SessionRetrieveParams, sessions.KIND, object_id)


@api.post("/checkout/sessions/<object_id>/expire")
def expire_session(object_id: str) -> Response:
    return answer_writing(
        sdk.SessionExpireParams,
        lambda store, _params: sessions.expire(store, sessions.load_current(store, object_id)),
    )


@api.get("/checkout/sessions/<object_id>/line_items")
def list_line_items(object_id: str) -> Response:
    def verb(store: Store, params: dict[str, Any]) -> Body:
        sessions.load(store, object_id)
        items = page(store, "item", params, [under(object_id)], oldest_first=True)
        return items | {"url": request.path}

    return answer_reading(sdk.SessionListLineItemsParams, verb)
