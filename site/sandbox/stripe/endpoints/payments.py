"""Payment intents, setup intents and charges.

https://docs.stripe.com/api/payment_intents, https://docs.stripe.com/api/setup_intents and
https://docs.stripe.com/api/charges
"""

from flask import Response
from stripe import params as sdk

from sandbox.stripe import charges, payment_intents, setup_intents
from sandbox.stripe.answers import listed, retrieved
from sandbox.stripe.api import answer_writing, api


@api.post("/payment_intents")
def create_payment_intent() -> Response:
    return answer_writing(sdk.PaymentIntentCreateParams, payment_intents.create)


@api.get("/payment_intents")
def list_payment_intents() -> Response:
    return listed(sdk.PaymentIntentListParams, payment_intents.KIND)


@api.get("/payment_intents/<object_id>")
def retrieve_payment_intent(object_id: str) -> Response:
    return retrieved(sdk.PaymentIntentRetrieveParams, payment_intents.KIND, object_id)


@api.post("/payment_intents/<object_id>/confirm")
def confirm_payment_intent(object_id: str) -> Response:
    return answer_writing(
        sdk.PaymentIntentConfirmParams,
        lambda store, params: payment_intents.confirm(store, params, object_id),
    )


@api.post("/payment_intents/<object_id>/cancel")
def cancel_payment_intent(object_id: str) -> Response:
    return answer_writing(
        sdk.PaymentIntentCancelParams,
        lambda store, params: payment_intents.cancel(store, params, object_id),
    )


@api.get("/setup_intents")
def list_setup_intents() -> Response:
    return listed(sdk.SetupIntentListParams, setup_intents.KIND)


@api.get("/setup_intents/<object_id>")
def retrieve_setup_intent(object_id: str) -> Response:
    return retrieved(sdk.SetupIntentRetrieveParams, setup_intents.KIND, object_id)


@api.get("/charges")
def list_charges() -> Response:
    return listed(sdk.ChargeListParams, charges.KIND)


@api.get("/charges/<object_id>")
def retrieve_charge(object_id: str) -> Response:
    return retrieved(sdk.ChargeRetrieveParams, charges.KIND, object_id)
