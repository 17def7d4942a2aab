"""What people of a trade do with the stand-in for Stripe, in their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
import stripe

if TYPE_CHECKING:
    from tests.sandbox.conftest import Shop, StandIn

APPROVED = "4242424242424242"
ASKS_UNLESS_SET_UP = "4000002500003155"
ASKS_ALWAYS = "4000002760003184"
ASKS_WHILE_SAVING = "4000003800000446"
SAVED_THEN_DECLINED = "4000000000000341"
REFUND_PENDING = "4000000000007726"
REFUND_FAILS = "4000000000005126"
FRAUDULENT = "4000000000000259"
NOT_RECEIVED = "4000000000002685"
INQUIRY = "4000000000001976"


def page(url: str | None) -> requests.Response:
    assert url
    return requests.get(url, timeout=10)


def press(url: str | None, **form: str) -> requests.Response:
    assert url
    return requests.post(url, data=form, allow_redirects=False, timeout=10)


def new_customer(shop: Shop, **params: Any) -> stripe.Customer:
    given: Any = {"email": "dana@example.com", **params}
    return shop.client.v1.customers.create(params=given)


def open_setup(shop: Shop, **params: Any) -> stripe.checkout.Session:
    """A session in which a card can be saved."""
    defaults: Any = {
        "mode": "setup",
        "currency": "eur",
        "success_url": "http://shop.test/saved?session={CHECKOUT_SESSION_ID}",
    }
    given: Any = {**defaults, **params}
    return shop.client.v1.checkout.sessions.create(params=given)


def save_card(shop: Shop, customer: str, card: str = APPROVED) -> str:
    """The id of a card that a customer saved, going through 3-D Secure if asked."""
    session = open_setup(shop, customer=customer)
    answer = shop.pay(session, card)
    if answer.headers["Location"].endswith("/authentication"):
        press(f"{session.url}/authentication", result="complete")
    saved: Any = shop.session(session, "setup_intent")
    assert saved.setup_intent.status == "succeeded"
    method: str = saved.setup_intent.payment_method
    return method


def pay_with(shop: Shop, card: str, **changes: Any) -> Any:
    """The payment intent, with its charge, of a session paid with `card`."""
    session = shop.open_session(**changes)
    assert shop.pay(session, card).status_code == 303
    paid: Any = shop.session(session, "payment_intent.latest_charge")
    assert paid.payment_status == "paid"
    return paid.payment_intent


def price(currency: str, unit_amount: int, **changes: Any) -> list[dict[str, Any]]:
    """Line items that come to `unit_amount`."""
    data = {"currency": currency, "unit_amount": unit_amount, "product_data": {"name": "Pie"}}
    return [{"price_data": {**data, **changes}, "quantity": 1}]


def control(stand_in: StandIn, path: str, **sent: Any) -> requests.Response:
    """A decision, as a program makes it."""
    return requests.post(f"{stand_in.url}/control/{path}", json=sent, timeout=10)


def decide(stand_in: StandIn, path: str, **sent: Any) -> Any:
    answer = control(stand_in, path, **sent)
    assert answer.status_code == 200, answer.text
    return answer.json()
