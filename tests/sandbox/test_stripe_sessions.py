"""Opening, reading and expiring Checkout Sessions, with the unmodified SDK."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import stripe

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop, StandIn


def test_a_new_session_is_open_unpaid_and_has_a_page(shop: Shop, stand_in: StandIn) -> None:
    session = shop.open_session(
        client_reference_id="basket-7",
        customer_email="dana@example.com",
        metadata={"basket": "7", "0": "numbers may be keys"},
        submit_type="pay",
        allow_promotion_codes=False,
    )
    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_subtotal, session.amount_total, session.currency) == (2500, 2500, "eur")
    assert session.url == f"{stand_in.url}/c/pay/{session.id}"
    assert session.payment_intent is None
    assert session.livemode is False
    assert session.expires_at == session.created + 24 * 60 * 60
    assert session.client_reference_id == "basket-7"
    assert session.metadata
    assert session.metadata.to_dict() == {"basket": "7", "0": "numbers may be keys"}
    assert session.customer_details
    assert session.customer_details.email == "dana@example.com"
    assert (session.mode, session.ui_mode, session.submit_type) == ("payment", "hosted_page", "pay")


def test_a_session_has_every_field_the_sdk_knows(shop: Shop) -> None:
    session = shop.session(shop.open_session(), "line_items").to_dict()
    known = {name for name in stripe.checkout.Session.__annotations__ if name.islower()}
    assert known == session.keys()


def test_a_session_is_read_back_with_its_line_items(shop: Shop) -> None:
    opened = shop.open_session()
    session = shop.session(opened, "line_items.data.price.product")
    assert session.line_items
    (item,) = session.line_items.data
    assert (item.description, item.quantity, item.amount_total) == ("Tray of pies", 2, 2500)
    assert item.price
    assert (item.price.unit_amount, item.price.currency) == (1250, "eur")
    product: Any = item.price.product
    assert product.description == "Twelve, with gravy"
    listed = shop.client.v1.checkout.sessions.line_items.list(opened.id)
    assert [i.id for i in listed.data] == [item.id]
    assert "line_items" not in shop.session(opened).to_dict()


def test_a_decimal_price_is_rounded_once_for_the_whole_line(shop: Shop) -> None:
    price = {
        "currency": "usd",
        "unit_amount_decimal": "0.55",
        "product_data": {"name": "Grain of rice"},
    }
    session = shop.open_session(line_items=[{"price_data": price, "quantity": 101}])
    assert session.amount_total == 56


def test_an_open_session_can_be_expired_once(shop: Shop, receiver: Receiver) -> None:
    session = shop.open_session()
    expired = shop.client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    receiver.wait_for("checkout.session.expired", session.id)
    with pytest.raises(stripe.InvalidRequestError, match="has a status of `expired`"):
        shop.client.v1.checkout.sessions.expire(session.id)


def test_a_paid_session_cannot_be_expired(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="has a status of `complete`"):
        shop.client.v1.checkout.sessions.expire(shop.sell().id)


def test_a_session_may_expire_between_half_an_hour_and_a_day(shop: Shop) -> None:
    soon = int(time.time()) + 31 * 60
    assert shop.open_session(expires_at=soon).expires_at == soon
    for minutes, words in ((29, "at least 30 minutes"), (25 * 60, "less than 24 hours")):
        with pytest.raises(stripe.InvalidRequestError, match=words) as refusal:
            shop.open_session(expires_at=int(time.time()) + minutes * 60)
        assert refusal.value.param == "expires_at"


def test_a_session_nobody_opened_is_not_found(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such checkout session") as refusal:
        shop.client.v1.checkout.sessions.retrieve("cs_test_nothing")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_only_the_secret_key_is_let_in(stand_in: StandIn) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        stand_in.client("sk_test_somebody_else").v1.checkout.sessions.list()


def test_answers_name_the_request_and_the_version(shop: Shop) -> None:
    session = shop.client.v1.checkout.sessions.retrieve(
        shop.open_session().id, options={"stripe_version": "2026-01-01.test"}
    )
    assert session.last_response
    headers: Any = session.last_response.headers
    assert headers["Request-Id"].startswith("req_")
    assert headers["Stripe-Version"] == "2026-01-01.test"


def test_a_path_that_is_not_played_is_said_to_be_unknown(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        shop.client.v1.balance.retrieve()


def test_a_property_that_holds_no_object_cannot_be_expanded(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.session(shop.open_session(), "currency")
