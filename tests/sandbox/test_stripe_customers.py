"""Customers and the payment methods they keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.sandbox.stripe_trade import APPROVED, new_customer, open_setup, pay_with, save_card

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop


def test_a_customer_is_made_read_and_changed(shop: Shop, receiver: Receiver) -> None:
    customers = shop.client.v1.customers
    made = new_customer(shop, name="Dana", metadata={"shelf": "3", "note": "left-handed"})
    assert made.id.startswith("cus_")
    assert customers.retrieve(made.id).to_dict() == made.to_dict()
    receiver.wait_for("customer.created", made.id)

    params: Any = {"name": "Dana Cook", "metadata": {"note": "", "size": "L"}}
    changed = customers.update(made.id, params=params)
    assert (changed.name, changed.email) == ("Dana Cook", "dana@example.com")
    assert changed.metadata
    assert changed.metadata.to_dict() == {"shelf": "3", "size": "L"}
    updated: Any = receiver.wait_for("customer.updated", made.id)
    assert updated.data.previous_attributes["name"] == "Dana"


def test_customers_are_found_by_their_address(shop: Shop) -> None:
    kim = new_customer(shop, email="kim.found@example.com")
    new_customer(shop)
    found = shop.client.v1.customers.list(params={"email": "kim.found@example.com"})
    assert [customer.id for customer in found.data] == [kim.id]


def test_a_deleted_customer_is_gone_for_good(shop: Shop, receiver: Receiver) -> None:
    customers = shop.client.v1.customers
    customer = new_customer(shop, email="gone@example.com")
    method = save_card(shop, customer.id)
    assert customers.delete(customer.id).deleted
    deleted: Any = receiver.wait_for("customer.deleted", customer.id)
    assert deleted.data.object.email == "gone@example.com"
    assert customers.retrieve(customer.id).to_dict() == {
        "id": customer.id,
        "object": "customer",
        "deleted": True,
    }
    assert customer.id not in {each.id for each in customers.list().data}
    assert shop.client.v1.payment_methods.retrieve(method).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        shop.open_session(customer=customer.id)


def test_a_customers_cards_are_listed_and_let_go(shop: Shop, receiver: Receiver) -> None:
    methods = shop.client.v1.payment_methods
    customer = new_customer(shop)
    kept = [save_card(shop, customer.id) for _ in range(2)]
    save_card(shop, new_customer(shop).id)
    assert [m.id for m in methods.list(params={"customer": customer.id}).data] == kept[::-1]
    of_one = shop.client.v1.customers.payment_methods
    assert [m.id for m in of_one.list(customer.id, params={"type": "card"}).data] == kept[::-1]
    assert of_one.list(customer.id, params={"limit": 1}).has_more
    assert of_one.retrieve(customer.id, kept[0]).id == kept[0]

    assert methods.detach(kept[0]).customer is None
    detached: Any = receiver.wait_for("payment_method.detached", kept[0])
    assert detached.data.previous_attributes["customer"] == customer.id
    assert [m.id for m in of_one.list(customer.id).data] == kept[1:]
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        methods.attach(kept[0], params={"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        methods.detach(kept[0])


def test_a_card_saved_by_nobody_can_be_given_to_a_customer(shop: Shop, receiver: Receiver) -> None:
    session = open_setup(shop)
    shop.pay(session)
    saved: Any = shop.session(session, "setup_intent.payment_method")
    method = saved.setup_intent.payment_method
    assert (saved.customer, method.customer) == (None, None)
    customer = new_customer(shop)
    attach = shop.client.v1.payment_methods.attach
    assert attach(method.id, params={"customer": customer.id}).customer == customer.id
    receiver.wait_for("payment_method.attached", method.id)
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        attach(method.id, params={"customer": new_customer(shop).id})


def test_a_card_that_paid_without_being_kept_is_used_up(shop: Shop) -> None:
    intent = pay_with(shop, APPROVED)
    params: Any = {"customer": new_customer(shop).id}
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        shop.client.v1.payment_methods.attach(intent.payment_method, params=params)


def test_a_default_card_must_be_the_customers(shop: Shop) -> None:
    customer = new_customer(shop)
    own, others = save_card(shop, customer.id), save_card(shop, new_customer(shop).id)
    update = shop.client.v1.customers.update
    params: Any = {"invoice_settings": {"default_payment_method": own}}
    changed: Any = update(customer.id, params=params)
    assert changed.invoice_settings.default_payment_method == own
    params = {"invoice_settings": {"default_payment_method": others}}
    with pytest.raises(stripe.InvalidRequestError, match="must be attached"):
        update(customer.id, params=params)


@pytest.mark.parametrize("name", ["source", "test_clock", "balance"])
def test_what_is_not_played_is_refused(shop: Shop, name: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="does not support") as refusal:
        new_customer(shop, **{name: "1"})
    assert refusal.value.param == name


def test_nobodys_cards_cannot_be_listed(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.payment_methods.list(params={"customer": "cus_nobody"})
    assert (refusal.value.code, refusal.value.param) == ("resource_missing", "customer")
