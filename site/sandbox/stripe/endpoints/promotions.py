"""Coupons and promotion codes.

https://docs.stripe.com/api/coupons and https://docs.stripe.com/api/promotion_codes
"""

from flask import Response
from stripe import params as sdk

from sandbox.stripe import coupons, promotion_codes
from sandbox.stripe.answers import listed, retrieved
from sandbox.stripe.api import answer_reading, answer_writing, api
from sandbox.stripe.listing import equalities


@api.post("/coupons")
def create_coupon() -> Response:
    return answer_writing(sdk.CouponCreateParams, coupons.create)


@api.get("/coupons")
def list_coupons() -> Response:
    return listed(sdk.CouponListParams, coupons.KIND)


@api.get("/coupons/<object_id>")
def retrieve_coupon(object_id: str) -> Response:
    return answer_reading(
        sdk.CouponRetrieveParams, lambda store, _params: coupons.load(store, object_id)
    )


@api.post("/promotion_codes")
def create_promotion_code() -> Response:
    return answer_writing(sdk.PromotionCodeCreateParams, promotion_codes.create)


@api.get("/promotion_codes")
def list_promotion_codes() -> Response:
    return listed(
        sdk.PromotionCodeListParams,
        promotion_codes.KIND,
        lambda _store, params: equalities(promotion_codes.filters(params)),
    )


@api.get("/promotion_codes/<object_id>")
def retrieve_promotion_code(object_id: str) -> Response:
    return retrieved(sdk.PromotionCodeRetrieveParams, promotion_codes.KIND, object_id)


@api.post("/promotion_codes/<object_id>")
def update_promotion_code(object_id: str) -> Response:
    return answer_writing(
        sdk.PromotionCodeUpdateParams,
        lambda store, params: promotion_codes.update(store, params, object_id),
    )
