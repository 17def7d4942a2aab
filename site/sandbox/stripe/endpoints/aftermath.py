"""What comes after a payment: refunds and disputes.

https://docs.stripe.com/api/refunds and https://docs.stripe.com/api/disputes
"""

from flask import Response
from stripe import params as sdk

from sandbox.stripe import charges, dispute_outcomes, disputes, refund_outcomes, refunds
from sandbox.stripe.answers import listed, retrieved
from sandbox.stripe.api import answer_writing, api
from sandbox.stripe.store import under


@api.post("/refunds")
def create_refund() -> Response:
    return answer_writing(sdk.RefundCreateParams, refunds.create)


@api.get("/refunds")
def list_refunds() -> Response:
    return listed(sdk.RefundListParams, refunds.KIND)


@api.get("/refunds/<object_id>")
def retrieve_refund(object_id: str) -> Response:
    return retrieved(sdk.RefundRetrieveParams, refunds.KIND, object_id)


@api.post("/refunds/<object_id>/cancel")
def cancel_refund(object_id: str) -> Response:
    return answer_writing(
        sdk.RefundCancelParams,
        lambda store, _params: refund_outcomes.cancel(store, object_id),
    )


@api.get("/charges/<object_id>/refunds")
def list_refunds_of_charge(object_id: str) -> Response:
    return listed(
        sdk.ChargeListRefundsParams,
        refunds.KIND,
        lambda store, _params: [under(store.load(charges.KIND, object_id)["id"])],
    )


@api.get("/disputes")
def list_disputes() -> Response:
    return listed(sdk.DisputeListParams, disputes.KIND)


@api.get("/disputes/<object_id>")
def retrieve_dispute(object_id: str) -> Response:
    return retrieved(sdk.DisputeRetrieveParams, disputes.KIND, object_id)


@api.post("/disputes/<object_id>")
def update_dispute(object_id: str) -> Response:
    return answer_writing(
        sdk.DisputeUpdateParams,
        lambda store, params: dispute_outcomes.update(store, params, object_id),
    )


@api.post("/disputes/<object_id>/close")
def close_dispute(object_id: str) -> Response:
    return answer_writing(
        sdk.DisputeCloseParams, lambda store, _params: dispute_outcomes.close(store, object_id)
    )
