"""Every API path: which of the SDK's params it takes and which verb answers."""

from collections.abc import Iterator
from typing import Any

from flask import Response, request
from stripe import params as sdk
from stripe.params import checkout as sdk_checkout

from . import refunds, sessions
from .api import answer_reading, answer_writing, api
from .errors import StripeError
from .listing import equalities, page
from .store import Body, Condition, Store, under, where

__all__ = ["api"]


@api.post("/checkout/sessions")
def create_session() -> Response:
    pages_url = request.host_url
    return answer_writing(
        sdk_checkout.SessionCreateParams,
        lambda store, params: sessions.create(store, params, pages_url=pages_url),
    )


@api.get("/checkout/sessions")
def list_sessions() -> Response:
    return _list(sdk_checkout.SessionListParams, "checkout.session")


@api.get("/checkout/sessions/<object_id>")
def retrieve_session(object_id: str) -> Response:
    return _retrieve(sdk_checkout.SessionRetrieveParams, "checkout.session", object_id)


@api.post("/checkout/sessions/<object_id>/expire")
def expire_session(object_id: str) -> Response:
    return answer_writing(
        sdk_checkout.SessionExpireParams,
        lambda store, _params: sessions.expire(store, sessions.load_current(store, object_id)),
    )


@api.get("/checkout/sessions/<object_id>/line_items")
def list_line_items(object_id: str) -> Response:
    def verb(store: Store, params: dict[str, Any]) -> Body:
        sessions.load(store, object_id)
        items = page(store, "item", params, [under(object_id)], oldest_first=True)
        return items | {"url": request.path}

    return answer_reading(sdk_checkout.SessionListLineItemsParams, verb)


@api.get("/payment_intents")
def list_payment_intents() -> Response:
    return _list(sdk.PaymentIntentListParams, "payment_intent")


@api.get("/payment_intents/<object_id>")
def retrieve_payment_intent(object_id: str) -> Response:
    return _retrieve(sdk.PaymentIntentRetrieveParams, "payment_intent", object_id)


@api.get("/charges")
def list_charges() -> Response:
    return _list(sdk.ChargeListParams, "charge")


@api.get("/charges/<object_id>")
def retrieve_charge(object_id: str) -> Response:
    return _retrieve(sdk.ChargeRetrieveParams, "charge", object_id)


@api.get("/customers/<object_id>")
def retrieve_customer(object_id: str) -> Response:
    return _retrieve(sdk.CustomerRetrieveParams, "customer", object_id)


@api.post("/refunds")
def create_refund() -> Response:
    return answer_writing(sdk.RefundCreateParams, refunds.create)


@api.get("/refunds")
def list_refunds() -> Response:
    return _list(sdk.RefundListParams, "refund")


@api.get("/refunds/<object_id>")
def retrieve_refund(object_id: str) -> Response:
    return _retrieve(sdk.RefundRetrieveParams, "refund", object_id)


@api.get("/events")
def list_events() -> Response:
    return answer_reading(
        sdk.EventListParams,
        lambda store, params: (
            page(store, "event", params, _event_filters(params)) | {"url": request.path}
        ),
    )


@api.get("/events/<object_id>")
def retrieve_event(object_id: str) -> Response:
    return _retrieve(sdk.EventRetrieveParams, "event", object_id)


@api.route("/<path:_path>", methods=["GET", "POST", "DELETE"])
def unrecognized(_path: str) -> Response:
    message = (
        f"Unrecognized request URL ({request.method}: {request.path}). "
        "The stand-in for Stripe plays only a part of its API."
    )
    raise StripeError(message, status=404)


def _retrieve(params_type: type, kind: str, object_id: str) -> Response:
    return answer_reading(params_type, lambda store, _params: store.load(kind, object_id))


def _list(params_type: type, kind: str) -> Response:
    return answer_reading(
        params_type,
        lambda store, params: page(store, kind, params, equalities(params)) | {"url": request.path},
    )


def _event_filters(params: dict[str, Any]) -> Iterator[Condition]:
    if "type" in params:
        yield where("type", "GLOB", params["type"])
    if "types" in params:
        yield where("type", "IN", *params["types"])
    if "delivery_success" in params:
        yield where("pending_webhooks", "=" if params["delivery_success"] else ">", 0)
