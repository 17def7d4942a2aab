"""Charging a saved card while its owner is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.sandbox.stripe_trade import (
    APPROVED,
    ASKS_ALWAYS,
    ASKS_UNLESS_SET_UP,
    ASKS_WHILE_SAVING,
    SAVED_THEN_DECLINED,
    new_customer,
    open_setup,
    press,
    save_card,
)

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop


def rent(customer: str, method: str, **changes: Any) -> Any:
    params = {
        "amount": 4200,
        "currency": "eur",
        "customer": customer,
        "payment_method": method,
        "off_session": True,
        "confirm": True,
        "description": "Rent",
        "metadata": {"month": "5"},
    }
    return {**params, **changes}


@pytest.mark.parametrize("card", [APPROVED, ASKS_UNLESS_SET_UP, ASKS_WHILE_SAVING])
def test_a_saved_card_pays_while_its_owner_is_away(
    shop: Shop, receiver: Receiver, card: str
) -> None:
    customer = new_customer(shop).id
    method = save_card(shop, customer, card)
    intent: Any = shop.client.v1.payment_intents.create(
        params=rent(customer, method, expand=["latest_charge"])
    )
    assert (intent.status, intent.amount_received) == ("succeeded", 4200)
    assert (intent.customer, intent.payment_method) == (customer, method)
    charge = intent.latest_charge
    assert (charge.paid, charge.description, charge.metadata["month"]) == (True, "Rent", "5")
    receiver.wait_for("payment_intent.created", intent.id)
    receiver.wait_for("payment_intent.succeeded", intent.id)
    receiver.wait_for("charge.succeeded", charge.id)
    intents = shop.client.v1.payment_intents.list(params={"customer": customer})
    assert [i.id for i in intents.data] == [intent.id]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        (SAVED_THEN_DECLINED, "card_declined", "generic_decline"),
        (ASKS_ALWAYS, "authentication_required", "authentication_required"),
    ],
)
def test_a_refusal_is_a_card_error_that_names_the_payment(
    shop: Shop, receiver: Receiver, card: str, code: str, decline_code: str
) -> None:
    customer = new_customer(shop).id
    method = save_card(shop, customer, card)
    with pytest.raises(stripe.CardError) as refused:
        shop.client.v1.payment_intents.create(params=rent(customer, method))
    error: Any = refused.value.error
    assert (refused.value.http_status, refused.value.code) == (402, code)
    assert error.decline_code == decline_code
    assert error.payment_method.id == method
    assert error.payment_intent.status == "requires_payment_method"
    intent: Any = shop.client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert intent.to_dict() == error.payment_intent.to_dict()
    assert intent.last_payment_error.code == code
    charge = shop.client.v1.charges.retrieve(error.charge)
    assert (charge.status, charge.failure_code) == ("failed", code)
    receiver.wait_for("payment_intent.created", intent.id)
    receiver.wait_for("payment_intent.payment_failed", intent.id)
    receiver.wait_for("charge.failed", charge.id)


def test_a_refused_payment_is_replayed_under_its_key_and_charges_nothing_more(shop: Shop) -> None:
    customer = new_customer(shop).id
    method = save_card(shop, customer, SAVED_THEN_DECLINED)
    intents = set()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            shop.client.v1.payment_intents.create(
                params=rent(customer, method), options={"idempotency_key": f"rent-{method}"}
            )
        error: Any = refused.value.error
        intents.add(error.payment_intent.id)
    assert len(intents) == 1
    assert refused.value.headers
    assert refused.value.headers["Idempotent-Replayed"] == "true"
    charges = shop.client.v1.charges.list(params={"customer": customer})
    assert len(charges.data) == 1


def test_a_refused_payment_can_be_confirmed_with_another_card(shop: Shop) -> None:
    customer = new_customer(shop).id
    bad, good = (save_card(shop, customer, card) for card in (SAVED_THEN_DECLINED, APPROVED))
    with pytest.raises(stripe.CardError) as refused:
        shop.client.v1.payment_intents.create(params=rent(customer, bad))
    error: Any = refused.value.error
    confirmed = shop.client.v1.payment_intents.confirm(
        error.payment_intent.id, params={"payment_method": good, "off_session": True}
    )
    assert (confirmed.status, confirmed.last_payment_error) == ("succeeded", None)
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded") as again:
        shop.client.v1.payment_intents.confirm(confirmed.id)
    assert again.value.code == "payment_intent_unexpected_state"


def test_a_card_that_was_not_set_up_needs_its_owner(shop: Shop) -> None:
    customer = new_customer(shop).id
    session = shop.open_session(
        customer=customer, payment_intent_data={"setup_future_usage": "on_session"}
    )
    shop.pay(session, ASKS_UNLESS_SET_UP)
    press(f"{session.url}/authentication", result="complete")
    paid: Any = shop.session(session, "payment_intent")
    with pytest.raises(stripe.CardError) as refused:
        shop.client.v1.payment_intents.create(
            params=rent(customer, paid.payment_intent.payment_method)
        )
    assert refused.value.code == "authentication_required"


def test_a_payment_waits_to_be_confirmed_or_canceled(shop: Shop, receiver: Receiver) -> None:
    intents = shop.client.v1.payment_intents
    customer = new_customer(shop).id
    params = rent(customer, save_card(shop, customer))
    del params["confirm"], params["off_session"]
    waiting = intents.create(params=params)
    assert waiting.status == "requires_confirmation"
    assert intents.confirm(waiting.id).status == "succeeded"
    other = intents.create(params=params)
    canceled = intents.cancel(other.id, params={"cancellation_reason": "duplicate"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "duplicate")
    receiver.wait_for("payment_intent.canceled", other.id)
    for verb in (intents.confirm, intents.cancel):
        with pytest.raises(stripe.InvalidRequestError, match="a status of canceled"):
            verb(other.id)


def test_with_its_owner_there_a_card_may_ask(shop: Shop) -> None:
    customer = new_customer(shop).id
    method = save_card(shop, customer, ASKS_ALWAYS)
    create = shop.client.v1.payment_intents.create
    intent: Any = create(params=rent(customer, method, off_session=False))
    assert (intent.status, intent.next_action.type) == ("requires_action", "use_stripe_sdk")
    with pytest.raises(stripe.CardError):
        create(params=rent(customer, method, off_session=False, error_on_requires_action=True))


def test_what_belongs_to_checkout_is_left_to_it(shop: Shop) -> None:
    session = shop.open_session()
    shop.pay(session, "4000000000000002")
    intent: Any = shop.session(session).payment_intent
    for verb in (shop.client.v1.payment_intents.cancel, shop.client.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
            verb(intent)


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"currency": "zzz"}, None, "currency"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_nothing"}, "resource_missing", "payment_method"),
        ({"confirm": False}, None, "off_session"),
        ({"capture_method": "manual"}, None, "capture_method=manual"),
        ({"transfer_data": {"destination": "acct_1"}}, None, "transfer_data"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
    ],
)
def test_a_wrong_payment_is_refused_by_name(
    shop: Shop, changes: dict[str, Any], code: str | None, param: str
) -> None:
    customer = new_customer(shop).id
    params: Any = {**rent(customer, save_card(shop, customer)), **changes}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.payment_intents.create(params=params)
    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert shop.client.v1.payment_intents.list(params={"customer": customer}).data == []


def test_somebody_elses_card_cannot_be_charged(shop: Shop) -> None:
    method = save_card(shop, new_customer(shop).id)
    create = shop.client.v1.payment_intents.create
    with pytest.raises(stripe.InvalidRequestError, match="does not belong to the Customer"):
        create(params=rent(new_customer(shop).id, method))
    params = rent("", method)
    del params["customer"]
    with pytest.raises(stripe.InvalidRequestError, match="Please include the Customer"):
        create(params=params)


def test_a_card_that_nobody_keeps_cannot_be_charged(shop: Shop) -> None:
    session = open_setup(shop)
    shop.pay(session)
    saved: Any = shop.session(session, "setup_intent")
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        shop.client.v1.payment_intents.create(
            params=rent(new_customer(shop).id, saved.setup_intent.payment_method)
        )


def test_a_payment_nobody_made_is_not_found(shop: Shop) -> None:
    intents = shop.client.v1.payment_intents
    for verb in (intents.retrieve, intents.confirm, intents.cancel):
        with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent") as refusal:
            verb("pi_nothing")
        assert refusal.value.http_status == 404
