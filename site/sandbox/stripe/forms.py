"""Reading what a buyer entered on the hosted page."""

from collections.abc import Mapping

from .cards import Card, one_click, read_card
from .payment_methods import Buyer
from .payments import Order
from .store import Body
from .test_accounts import TestAccount, debitable
from .test_cards import TEST_CARDS

EMAIL_CHARACTERS_MAX = 800
NAME_CHARACTERS_MAX = 200
# Whoever clicks a test card need not type anything.
TEST_BUYER = Buyer(email="buyer@example.com", name="Test Buyer")

Wrong = dict[str, str]


def read_order(form: Mapping[str, str], session: Body) -> tuple[Order | None, Wrong]:
    """The order in a form, or else what is wrong, by field. `session` is priced as shown."""
    currency = form.get("currency")
    if means := _one_click(form, session):
        buyer = _buyer(form, session)
        buyer = Buyer(buyer.email or TEST_BUYER.email, buyer.name or TEST_BUYER.name)
        return Order(buyer, means, currency), {}
    is_free = session["mode"] == "payment" and session["amount_total"] == 0
    card, wrong = (None, {}) if is_free else read_card(form)
    buyer = _buyer(form, session)
    if "@" not in buyer.email[1:-1] or len(buyer.email) > EMAIL_CHARACTERS_MAX:
        wrong = {"email": "Enter an e-mail address.", **wrong}
    if not buyer.name:
        wrong = {**wrong, "name": "Enter the name on the card."}
    return (None, wrong) if wrong else (Order(buyer, card, currency), {})


def _one_click(form: Mapping[str, str], session: Body) -> Card | TestAccount | None:
    accounts = {account.number: account for account in debitable(session["payment_method_types"])}
    if form.get("test_account") in accounts:
        return accounts[form["test_account"]]
    return one_click(form["test_card"]) if form.get("test_card") in TEST_CARDS else None


def _buyer(form: Mapping[str, str], session: Body) -> Buyer:
    email = session["customer_details"]["email"] or form.get("email", "").strip()
    return Buyer(email, form.get("name", "").strip()[:NAME_CHARACTERS_MAX])
