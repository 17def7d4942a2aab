"""Buyers on the hosted page: what they see, and what each test card does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop

APPROVED = "4242424242424242"
AUTHENTICATED = "4000002500003155"
DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline", "Your card was declined."),
    "4000000000009995": ("card_declined", "insufficient_funds", "insufficient funds"),
    "4000000000000069": ("expired_card", None, "Your card has expired."),
    "4000000000000127": ("incorrect_cvc", None, "security code is incorrect"),
    "4012888888881881": ("card_declined", "test_mode_live_card", "used a non test card"),
}


def page(url: str | None) -> requests.Response:
    assert url
    return requests.get(url, timeout=10)


def charges_of(shop: Shop, intent: Any) -> list[Any]:
    return shop.client.v1.charges.list(params={"payment_intent": intent}).data


def test_the_page_shows_what_is_bought_and_that_no_money_moves(shop: Shop) -> None:
    answer = page(shop.open_session().url)
    for words in ("No money moves", "Tray of pies", "Twelve, with gravy", "€25.00"):
        assert words in answer.text
    assert 'href="http://shop.test/basket"' in answer.text
    assert "form-action 'self' http://shop.test" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_what_a_shop_writes_is_escaped(shop: Shop) -> None:
    product = {"name": "<script>alert(1)</script>"}
    price = {"currency": "eur", "unit_amount": 500, "product_data": product}
    session = shop.open_session(line_items=[{"price_data": price, "quantity": 1}])
    assert "<script" not in page(session.url).text


@pytest.mark.parametrize("form", [{}, {"test_card": APPROVED}])
def test_a_good_card_completes_the_session(
    shop: Shop, receiver: Receiver, form: dict[str, str]
) -> None:
    opened = shop.open_session(
        customer_creation="always",
        payment_intent_data={"metadata": {"basket": "7"}, "description": "Pies"},
    )
    answer = shop.pay(opened, **form)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://shop.test/thanks?session={opened.id}"

    session: Any = shop.session(opened, "payment_intent.latest_charge", "customer")
    intent, charge = session.payment_intent, session.payment_intent.latest_charge
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert (session.customer_details.email, session.customer_details.name) == (
        "dana@example.com",
        "Dana Cook",
    )
    assert session.customer.email == "dana@example.com"
    assert (intent.status, intent.amount_received, intent.description) == (
        "succeeded",
        2500,
        "Pies",
    )
    assert intent.metadata["basket"] == charge.metadata["basket"] == "7"
    assert (charge.paid, charge.amount, charge.refunded) == (True, 2500, False)
    assert charge.payment_method_details.card.last4 == "4242"
    receiver.wait_for("payment_intent.created", intent.id)
    receiver.wait_for("payment_intent.succeeded", intent.id)
    receiver.wait_for("charge.succeeded", charge.id)
    completed: Any = receiver.wait_for("checkout.session.completed", opened.id)
    assert completed.data.object.payment_status == "paid"


@pytest.mark.parametrize("card", DECLINES)
def test_a_bad_card_is_refused_and_another_can_follow(
    shop: Shop, receiver: Receiver, card: str
) -> None:
    code, decline_code, words = DECLINES[card]
    opened = shop.open_session()
    answer = shop.pay(opened, card)
    assert answer.status_code == 402
    assert words.replace("'", "&#39;") in answer.text
    assert card not in answer.text.replace(f'value="{card}"', "")

    session: Any = shop.session(opened, "payment_intent")
    error = session.payment_intent.last_payment_error.to_dict()
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.payment_intent.status == "requires_payment_method"
    assert (error["code"], error.get("decline_code")) == (code, decline_code)
    (charge,) = charges_of(shop, session.payment_intent.id)
    assert (charge.status, charge.failure_code) == ("failed", code)
    receiver.wait_for("payment_intent.payment_failed", session.payment_intent.id)
    receiver.wait_for("charge.failed", charge.id)

    assert shop.pay(opened).status_code == 303
    assert shop.session(opened).payment_intent == session.payment_intent.id


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("card_number", "4242424242424241", "Your card number is invalid."),
        ("card_number", "424242", "Your card number is incomplete."),
        ("card_number", "", "Enter a card number."),
        ("expiry", "12 / 20", "expiration date is in the past"),
        ("expiry", "13 / 40", "expiration month is invalid"),
        ("expiry", "next year", "as MM / YY"),
        ("cvc", "12", "security code is incomplete"),
        ("email", "dana", "Enter an e-mail address."),
        ("name", " ", "Enter the name on the card."),
    ],
)
def test_a_slip_in_the_form_is_pointed_out_before_anybody_is_charged(
    shop: Shop, field: str, value: str, words: str
) -> None:
    session = shop.open_session()
    answer = shop.pay(session, **{field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'aria-describedby="{field}-wrong"' in answer.text
    assert 'value="dana@example.com"' in answer.text or field == "email"
    assert shop.session(session).payment_intent is None


def test_an_email_the_shop_gave_is_shown_and_kept(shop: Shop) -> None:
    session = shop.open_session(customer_email="kim@example.com")
    assert "kim@example.com" in page(session.url).text
    shop.pay(session, email="somebody@else.test")
    details: Any = shop.session(session).customer_details
    assert details.email == "kim@example.com"


@pytest.mark.parametrize("passed", [True, False])
def test_a_card_with_3d_secure_asks_before_it_pays(
    shop: Shop,
    receiver: Receiver,
    passed: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    opened = shop.open_session()
    asked = shop.pay(opened, AUTHENTICATED)
    assert asked.headers["Location"].endswith(f"/{opened.id}/authentication")
    waiting: Any = shop.session(opened, "payment_intent")
    assert (waiting.payment_status, waiting.payment_intent.status) == ("unpaid", "requires_action")
    authentication = f"{opened.url}/authentication"
    assert "Complete authentication" in page(authentication).text

    result = {"result": "complete" if passed else "fail"}
    answer = requests.post(authentication, data=result, allow_redirects=False, timeout=10)
    session: Any = shop.session(opened, "payment_intent")
    if passed:
        assert answer.headers["Location"].startswith("http://shop.test/thanks")
        assert (session.payment_status, session.payment_intent.status) == ("paid", "succeeded")
    else:
        assert "unable to authenticate" in answer.text
        assert (session.status, session.payment_intent.status) == (
            "open",
            "requires_payment_method",
        )
        receiver.wait_for("payment_intent.payment_failed", session.payment_intent.id)
        assert charges_of(shop, session.payment_intent.id) == []


def test_authentication_nobody_asked_for_pays_nothing(shop: Shop) -> None:
    session = shop.open_session()
    requests.post(f"{session.url}/authentication", data={"result": "complete"}, timeout=10)
    assert shop.session(session).payment_status == "unpaid"


def test_paying_many_times_at_once_makes_one_charge(shop: Shop) -> None:
    session = shop.open_session()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.pay(session), range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["Location"] for answer in answers} == {
        f"http://shop.test/thanks?session={session.id}"
    }
    assert len(charges_of(shop, shop.session(session).payment_intent)) == 1


def test_the_page_of_a_paid_session_says_so_and_leads_on(shop: Shop) -> None:
    session = shop.open_session()
    shop.pay(session)
    answer = page(session.url)
    assert "Already paid" in answer.text
    assert f'href="http://shop.test/thanks?session={session.id}"' in answer.text


def test_an_expired_session_says_so_and_takes_no_payment(shop: Shop) -> None:
    session = shop.open_session()
    shop.client.v1.checkout.sessions.expire(session.id)
    assert "has expired" in page(session.url).text
    assert shop.pay(session).status_code == 303
    assert shop.session(session).payment_intent is None


def test_a_page_nobody_opened_is_not_found(shop: Shop) -> None:
    answer = page(f"{shop.open_session().url}x")
    assert answer.status_code == 404
    assert "no such checkout" in answer.text
