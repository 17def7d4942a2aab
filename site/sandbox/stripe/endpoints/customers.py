"""Customers and the payment methods they keep.

https://docs.stripe.com/api/customers and https://docs.stripe.com/api/payment_methods
"""

from collections.abc import Iterator
from typing import Any

from flask import Response
from stripe import params as sdk

from sandbox.stripe import customers, payment_methods
from sandbox.stripe.answers import listed, retrieved
from sandbox.stripe.api import answer_reading, answer_writing, api
from sandbox.stripe.listing import equalities
from sandbox.stripe.store import Body, Condition, Store


@api.post("/customers")
def create_customer() -> Response:
    return answer_writing(sdk.CustomerCreateParams, customers.create)


@api.get("/customers")
def list_customers() -> Response:
    return listed(
        sdk.CustomerListParams,
        customers.KIND,
        lambda _store, params: [*equalities(params), customers.EXISTING],
    )


@api.get("/customers/<object_id>")
def retrieve_customer(object_id: str) -> Response:
    return retrieved(sdk.CustomerRetrieveParams, customers.KIND, object_id)


@api.post("/customers/<object_id>")
def update_customer(object_id: str) -> Response:
    return answer_writing(
        sdk.CustomerUpdateParams,
        lambda store, params: customers.update(store, params, object_id),
    )


@api.delete("/customers/<object_id>")
def delete_customer(object_id: str) -> Response:
    return answer_writing(
        sdk.CustomerDeleteParams, lambda store, _params: customers.delete(store, object_id)
    )


@api.get("/customers/<object_id>/payment_methods")
def list_methods_of_customer(object_id: str) -> Response:
    def filters(store: Store, params: dict[str, Any]) -> Iterator[Condition]:
        yield payment_methods.of_customer(store, object_id, param="id")
        yield from equalities(params)

    return listed(sdk.CustomerListPaymentMethodsParams, payment_methods.KIND, filters)


@api.get("/customers/<object_id>/payment_methods/<method_id>")
def retrieve_method_of_customer(object_id: str, method_id: str) -> Response:
    def verb(store: Store, _params: dict[str, Any]) -> Body:
        return payment_methods.load_of(store, method_id, object_id)

    return answer_reading(sdk.CustomerRetrievePaymentMethodParams, verb)


@api.get("/payment_methods")
def list_payment_methods() -> Response:
    def filters(store: Store, params: dict[str, Any]) -> Iterator[Condition]:
        if "customer" in params:
            payment_methods.of_customer(store, params["customer"], param="customer")
        yield from equalities(params)

    return listed(sdk.PaymentMethodListParams, payment_methods.KIND, filters)


@api.get("/payment_methods/<object_id>")
def retrieve_payment_method(object_id: str) -> Response:
    return retrieved(sdk.PaymentMethodRetrieveParams, payment_methods.KIND, object_id)


@api.post("/payment_methods/<object_id>/attach")
def attach_payment_method(object_id: str) -> Response:
    return answer_writing(
        sdk.PaymentMethodAttachParams,
        lambda store, params: payment_methods.attach(store, params, object_id),
    )


@api.post("/payment_methods/<object_id>/detach")
def detach_payment_method(object_id: str) -> Response:
    return answer_writing(
        sdk.PaymentMethodDetachParams,
        lambda store, _params: payment_methods.detach(store, object_id),
    )
