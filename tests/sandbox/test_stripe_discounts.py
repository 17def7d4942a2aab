"""Coupons, promotion codes, and what they take off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.sandbox.stripe_trade import APPROVED, new_customer, page, press, price

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop


def coupon(shop: Shop, **params: Any) -> stripe.Coupon:
    given: Any = {"percent_off": 20, **params}
    return shop.client.v1.coupons.create(params=given)


def code(shop: Shop, of: stripe.Coupon, **params: Any) -> stripe.PromotionCode:
    given: Any = {"promotion": {"type": "coupon", "coupon": of.id}, **params}
    return shop.client.v1.promotion_codes.create(params=given)


def enter(session: stripe.checkout.Session, text: str) -> Any:
    return press(f"{session.url}/discount", promotion_code=text)


def test_a_coupon_and_its_codes_are_found_again(shop: Shop, receiver: Receiver) -> None:
    half = coupon(shop, percent_off=50, id="HALF", name="Half", metadata={"for": "friends"})
    assert (half.id, half.duration, half.valid, half.times_redeemed) == ("HALF", "once", True, 0)
    assert shop.client.v1.coupons.retrieve("HALF").to_dict() == half.to_dict()
    assert shop.client.v1.coupons.list().data[0].id == "HALF"
    friends = code(shop, half, code="FRIENDS")
    codes = shop.client.v1.promotion_codes
    assert (friends.active, friends.promotion.coupon) == (True, "HALF")
    assert codes.retrieve(friends.id).code == "FRIENDS"
    for params in ({"code": "FRIENDS"}, {"coupon": "HALF"}, {"coupon": "HALF", "active": True}):
        wanted: Any = params
        assert [found.id for found in codes.list(params=wanted).data] == [friends.id]
    receiver.wait_for("coupon.created", "HALF")
    receiver.wait_for("promotion_code.created", friends.id)
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        code(shop, half, code="friends")
    with pytest.raises(stripe.InvalidRequestError) as again:
        coupon(shop, id="HALF")
    assert again.value.code == "resource_already_exists"


def test_a_shop_gives_a_discount(shop: Shop, receiver: Receiver) -> None:
    fifth = coupon(shop)
    session = shop.open_session(discounts=[{"coupon": fifth.id}])
    assert (session.amount_subtotal, session.amount_total) == (2500, 2000)
    assert session.total_details
    assert session.total_details.amount_discount == 500
    assert session.discounts
    assert session.discounts[0].coupon == fifth.id
    assert "\N{MINUS SIGN}€5.00" in page(session.url).text
    shop.pay(session)
    paid: Any = shop.session(session, "payment_intent")
    assert (paid.payment_intent.amount, paid.payment_intent.amount_received) == (2000, 2000)
    assert shop.client.v1.coupons.retrieve(fifth.id).times_redeemed == 1


def test_a_buyer_enters_a_code_and_takes_it_back(shop: Shop) -> None:
    name = code(shop, coupon(shop)).code
    session = shop.open_session(allow_promotion_codes=True)
    assert "Promotion code" in page(session.url).text
    assert enter(session, name.lower()).status_code == 303
    assert "€20.00" in page(session.url).text
    discounted: Any = shop.session(session, "discounts.promotion_code")
    assert discounted.amount_total == 2000
    assert discounted.discounts[0].promotion_code.code == name
    assert enter(session, "").status_code == 303
    assert shop.session(session).amount_total == 2500


def test_a_code_changes_what_is_paid_after_a_refusal(shop: Shop) -> None:
    session = shop.open_session(allow_promotion_codes=True)
    shop.pay(session, "4000000000000002")
    enter(session, code(shop, coupon(shop)).code)
    shop.pay(session)
    paid: Any = shop.session(session, "payment_intent.latest_charge")
    assert (paid.payment_status, paid.payment_intent.latest_charge.amount) == ("paid", 2000)


def test_a_code_entered_during_3d_secure_starts_the_payment_again(shop: Shop) -> None:
    session = shop.open_session(allow_promotion_codes=True)
    shop.pay(session, "4000002500003155")
    enter(session, code(shop, coupon(shop)).code)
    press(f"{session.url}/authentication", result="complete")
    assert shop.session(session).payment_status == "unpaid"
    shop.pay(session)
    assert shop.session(session).amount_total == 2000


def test_a_code_for_everything_leaves_nothing_to_pay(shop: Shop, receiver: Receiver) -> None:
    session = shop.open_session(allow_promotion_codes=True)
    shop.pay(session, "4000000000000002")
    enter(session, code(shop, coupon(shop, percent_off=100)).code)
    assert "Nothing to pay" in page(session.url).text
    answer = press(session.url, email="dana@example.com", name="Dana Cook")
    assert answer.headers["Location"] == f"http://shop.test/thanks?session={session.id}"
    free: Any = shop.session(session)
    assert (free.status, free.payment_status) == ("complete", "no_payment_required")
    assert (free.amount_total, free.payment_intent) == (0, None)
    assert free.customer_details.email == "dana@example.com"
    completed: Any = receiver.wait_for("checkout.session.completed", session.id)
    assert completed.data.object.payment_status == "no_payment_required"


def test_so_much_off_is_shared_by_the_items(shop: Shop) -> None:
    items = [*price("eur", 1000), *price("eur", 333), *price("eur", 667)]
    given: Any = {"amount_off": 100, "currency": "eur"}
    off = shop.client.v1.coupons.create(params=given)
    session: Any = shop.open_session(
        line_items=items, discounts=[{"coupon": off.id}], expand=["line_items"]
    )
    assert session.amount_total == 1900
    shares = [item.amount_discount for item in session.line_items.data]
    assert (sum(shares), shares[0]) == (100, 50)
    assert sum(item.amount_total for item in session.line_items.data) == 1900


@pytest.mark.parametrize(
    ("restriction", "words"),
    [
        ({"expires_at": 1}, "expired"),
        ({"active": False}, "invalid"),
        ({"restrictions": {"minimum_amount": 9000, "minimum_amount_currency": "eur"}}, "larger"),
    ],
)
def test_a_code_that_does_not_apply_is_explained(
    shop: Shop, restriction: dict[str, Any], words: str
) -> None:
    session = shop.open_session(allow_promotion_codes=True)
    answer = enter(session, code(shop, coupon(shop), **restriction).code)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-describedby="promotion_code-wrong"' in answer.text
    assert shop.session(session).amount_total == 2500


def test_a_code_belongs_to_its_customer_and_to_first_orders(shop: Shop) -> None:
    customer = new_customer(shop).id
    own = code(shop, coupon(shop), customer=customer)
    first = code(shop, coupon(shop), restrictions={"first_time_transaction": True})
    stranger = shop.open_session(allow_promotion_codes=True)
    assert enter(stranger, own.code).status_code == 422
    session = shop.open_session(customer=customer, allow_promotion_codes=True)
    for promotion in (own, first):
        assert enter(session, promotion.code).status_code == 303
    shop.pay(session, APPROVED)
    second = shop.open_session(customer=customer, allow_promotion_codes=True)
    assert enter(second, first.code).status_code == 422


def test_a_code_is_used_up(shop: Shop) -> None:
    once = code(shop, coupon(shop), max_redemptions=1)
    session = shop.open_session(discounts=[{"promotion_code": once.id}])
    shop.pay(session)
    used = shop.client.v1.promotion_codes.retrieve(once.id)
    assert (used.active, used.times_redeemed) == (False, 1)
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        shop.open_session(discounts=[{"promotion_code": once.id}])


def test_a_code_that_somebody_else_used_up_meanwhile_pays_for_nobody(shop: Shop) -> None:
    once = code(shop, coupon(shop), max_redemptions=1)
    first, second = (shop.open_session(allow_promotion_codes=True) for _ in range(2))
    for session in (first, second):
        enter(session, once.code)
    assert shop.pay(first).status_code == 303
    answer = shop.pay(second)
    assert answer.status_code == 402
    assert "This code has expired." in answer.text
    assert shop.session(second).payment_intent is None
    enter(second, "")
    assert shop.pay(second).status_code == 303
    assert shop.session(second).amount_total == 2500


def test_a_shop_withdraws_a_code(shop: Shop) -> None:
    promotion = code(shop, coupon(shop))
    codes = shop.client.v1.promotion_codes
    assert codes.update(promotion.id, params={"active": False}).active is False
    session = shop.open_session(allow_promotion_codes=True)
    assert enter(session, promotion.code).status_code == 422


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"percent_off": 101}, None, "percent_off"),
        ({"percent_off": 0}, None, "percent_off"),
        ({}, "parameter_missing", "percent_off"),
        ({"amount_off": 100}, "parameter_missing", "currency"),
        ({"amount_off": 0, "currency": "eur"}, "parameter_invalid_integer", "amount_off"),
        ({"percent_off": 5, "applies_to": {"products": ["p"]}}, None, "applies_to"),
    ],
)
def test_a_wrong_coupon_is_refused_by_name(
    shop: Shop, params: Any, code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.coupons.create(params=params)
    assert (refusal.value.code, refusal.value.param) == (code, param)


def test_a_session_takes_one_discount_of_its_own_currency(shop: Shop) -> None:
    fifth = coupon(shop)
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        shop.open_session(discounts=[{"coupon": fifth.id}], allow_promotion_codes=True)
    with pytest.raises(stripe.InvalidRequestError, match="one discount"):
        shop.open_session(discounts=[{"coupon": fifth.id}] * 2)
    dollars: Any = {"amount_off": 100, "currency": "usd"}
    foreign = shop.client.v1.coupons.create(params=dollars)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be used for eur"):
        shop.open_session(discounts=[{"coupon": foreign.id}])
    most = coupon(shop, percent_off=99.9)
    with pytest.raises(stripe.InvalidRequestError) as small:
        shop.open_session(discounts=[{"coupon": most.id}])
    assert small.value.code == "amount_too_small"
