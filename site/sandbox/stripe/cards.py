"""Stripe's test cards, and the checks a card form makes before anybody is charged.

https://docs.stripe.com/testing
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

NUMBER_DIGITS_MIN = 13
NUMBER_DIGITS_MAX = 19
EXPIRY_YEARS_MAX = 50
DECEMBER = 12


@dataclass(frozen=True)
class Decline:
    """Why an issuer refused, as `last_payment_error` and the charge report it."""

    code: str
    message: str
    decline_code: str | None = None


@dataclass(frozen=True)
class TestCard:
    number: str
    title: str
    decline: Decline | None = None
    needs_authentication: bool = False

    @property
    def spaced(self) -> str:
        return " ".join(re.findall("....", self.number))


TEST_CARDS = {
    card.number: card
    for card in (
        TestCard("4242424242424242", "Succeeds"),
        TestCard("4000002500003155", "Asks for 3-D Secure", needs_authentication=True),
        TestCard(
            "4000000000000002",
            "Declined",
            Decline("card_declined", "Your card was declined.", "generic_decline"),
        ),
        TestCard(
            "4000000000009995",
            "Insufficient funds",
            Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds"),
        ),
        TestCard("4000000000000069", "Expired", Decline("expired_card", "Your card has expired.")),
        TestCard(
            "4000000000000127",
            "Wrong security code",
            Decline("incorrect_cvc", "Your card's security code is incorrect."),
        ),
    )
}

# What Stripe answers in test mode to the number of a real card.
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "Your card was declined. Your request was in test mode, but used a non test card. "
    "Pick one of the test cards on this page.",
    "test_mode_live_card",
)
AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again.",
)


@dataclass(frozen=True)
class Card:
    """What of a card may be kept: never its whole number, never its security code."""

    last4: str
    exp_month: int
    exp_year: int
    decline: Decline | None
    needs_authentication: bool


def test_card(number: str) -> Card:
    """One of the test cards, with an expiry that has not come yet."""
    return _card(number, month=DECEMBER, year=datetime.now(UTC).year + 4)


def read_card(form: Mapping[str, str]) -> tuple[Card | None, dict[str, str]]:
    """The card in a form, or else what is wrong, by field."""
    number = re.sub(r"[\s-]", "", form.get("card_number", ""))
    month, year, wrong_expiry = _expiry(form.get("expiry", ""))
    errors = {
        "card_number": _wrong_number(number),
        "expiry": wrong_expiry,
        "cvc": _wrong_cvc(form.get("cvc", "").strip()),
    }
    wrong = {field: error for field, error in errors.items() if error}
    return (None, wrong) if wrong else (_card(number, month=month, year=year), {})


def _card(number: str, *, month: int, year: int) -> Card:
    known = TEST_CARDS.get(number)
    return Card(
        last4=number[-4:],
        exp_month=month,
        exp_year=year,
        decline=known.decline if known else NOT_A_TEST_CARD,
        needs_authentication=known.needs_authentication if known else False,
    )


def _wrong_number(number: str) -> str | None:
    if not number:
        return "Enter a card number."
    if not re.fullmatch(r"[0-9]+", number) or len(number) > NUMBER_DIGITS_MAX:
        return "Your card number is invalid."
    if len(number) < NUMBER_DIGITS_MIN:
        return "Your card number is incomplete."
    return None if _passes_luhn(number) else "Your card number is invalid."


def _passes_luhn(number: str) -> bool:
    doubled = (int(digit) * 2 for digit in number[-2::-2])
    total = sum(map(int, number[-1::-2])) + sum(sum(divmod(value, 10)) for value in doubled)
    return total % 10 == 0


def _expiry(text: str) -> tuple[int, int, str | None]:
    match = re.fullmatch(r"\s*([0-9]{1,2})\s*/?\s*(20)?([0-9]{2})\s*", text, re.ASCII)
    if not match:
        return 0, 0, "Enter the expiry date as MM / YY."
    month, year = int(match[1]), 2000 + int(match[3])
    today = datetime.now(UTC)
    if not 1 <= month <= DECEMBER:
        return 0, 0, "Your card's expiration month is invalid."
    if (year, month) < (today.year, today.month):
        return 0, 0, "Your card's expiration date is in the past."
    if year > today.year + EXPIRY_YEARS_MAX:
        return 0, 0, "Your card's expiration year is invalid."
    return month, year, None


def _wrong_cvc(cvc: str) -> str | None:
    if re.fullmatch(r"[0-9]{3,4}", cvc):
        return None
    return "Your card's security code is incomplete." if cvc else "Enter the security code."
