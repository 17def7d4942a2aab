"""Lists page by page, newest first, and filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stripe

if TYPE_CHECKING:
    from tests.sandbox.conftest import Shop


@pytest.fixture(scope="module")
def opened(shop: Shop) -> list[str]:
    """Seven sessions, oldest first."""
    return [shop.open_session().id for _ in range(7)]


def test_the_sdk_pages_through_all_newest_first(shop: Shop, opened: list[str]) -> None:
    pages = shop.client.v1.checkout.sessions.list(params={"limit": 2})
    found = [session.id for session in pages.auto_paging_iter()]
    assert found[:7] == opened[::-1]
    assert len(found) == len(set(found))


def test_a_page_may_end_before_an_object(shop: Shop, opened: list[str]) -> None:
    page = shop.client.v1.checkout.sessions.list(params={"limit": 2, "ending_before": opened[1]})
    assert [session.id for session in page.data] == [opened[3], opened[2]]
    assert page.has_more


def test_the_sdk_pages_backwards_too(shop: Shop, opened: list[str]) -> None:
    pages = shop.client.v1.checkout.sessions.list(params={"limit": 3, "ending_before": opened[0]})
    assert [session.id for session in pages.auto_paging_iter()] == opened[1:]


def test_line_items_come_in_the_order_they_were_given(shop: Shop) -> None:
    items = [
        {
            "price_data": {"currency": "eur", "unit_amount": 100, "product_data": {"name": name}},
            "quantity": 1,
        }
        for name in "abcdefghijklm"
    ]
    session = shop.open_session(line_items=items)
    pages = shop.client.v1.checkout.sessions.line_items.list(session.id, params={"limit": 5})
    assert "".join(str(i.description) for i in pages.auto_paging_iter()) == "abcdefghijklm"
    embedded: Any = shop.session(session, "line_items").line_items
    assert (len(embedded.data), embedded.has_more) == (10, True)
    assert len(list(embedded.auto_paging_iter())) == 13


def test_sessions_are_found_by_status_payment_and_time(shop: Shop) -> None:
    sold = shop.sell()
    intent: Any = sold.payment_intent
    sessions = shop.client.v1.checkout.sessions
    assert [s.id for s in sessions.list(params={"payment_intent": intent.id}).data] == [sold.id]
    assert sessions.list(params={"status": "complete"}).data[0].id == sold.id
    assert {s.status for s in sessions.list(params={"status": "open"}).data} == {"open"}
    later = sold.created + 1_000
    assert sessions.list(params={"created": {"gte": later}}).data == []
    assert sessions.list(params={"created": {"lt": later}, "limit": 1}).has_more


def test_payments_and_charges_are_listed_and_expanded(shop: Shop) -> None:
    intent: Any = shop.sell().payment_intent
    intents = shop.client.v1.payment_intents.list(params={"expand": ["data.latest_charge"]})
    newest: Any = intents.data[0]
    assert (newest.id, newest.latest_charge.paid) == (intent.id, True)
    charges = shop.client.v1.charges.list(params={"payment_intent": intent.id})
    assert [charge.id for charge in charges.data] == [intent.latest_charge.id]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"limit": 101}, "parameter_invalid_integer", "limit"),
        ({"limit": 0}, "parameter_invalid_integer", "limit"),
        ({"starting_after": "cs_test_nothing"}, "resource_missing", "starting_after"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
    ],
)
def test_a_wrong_filter_is_refused(shop: Shop, params: Any, code: str, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.checkout.sessions.list(params=params)
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_what_follows_a_payment_is_listed_by_payment_charge_and_time(shop: Shop) -> None:
    v1 = shop.client.v1
    intent: Any = shop.sell().payment_intent
    params: Any = {"charge": intent.latest_charge.id, "amount": 100}
    refunds = [v1.refunds.create(params=params).id for _ in range(3)]
    of_charge: Any = {"charge": intent.latest_charge.id, "limit": 2}
    first = v1.refunds.list(params=of_charge)
    assert ([r.id for r in first.data], first.has_more) == (refunds[:0:-1], True)
    of_charge["starting_after"] = first.data[-1].id
    rest = v1.refunds.list(params=of_charge)
    assert ([r.id for r in rest.data], rest.has_more) == (refunds[:1], False)
    later: Any = {"created": {"gt": intent.created + 1_000}}
    payments: Any = (v1.payment_intents, v1.setup_intents, v1.charges, v1.refunds, v1.disputes)
    others: Any = (v1.customers, v1.coupons, v1.promotion_codes)
    for resource in (*payments, *others):
        assert resource.list(params=later).data == []
