"""The checks a card form makes before anybody is charged."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .test_cards import REAL_CARD, TEST_CARDS, TestCard

NUMBER_DIGITS_MIN = 13
NUMBER_DIGITS_MAX = 19
EXPIRY_YEARS_MAX = 50
DECEMBER = 12


@dataclass(frozen=True)
class Card:
    """What of a card may be kept: of a real one never the whole number or the security code."""

    last4: str
    exp_month: int
    exp_year: int
    played: TestCard


def one_click(number: str) -> Card:
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
    played = TEST_CARDS.get(number, REAL_CARD)
    return Card(last4=number[-4:], exp_month=month, exp_year=year, played=played)


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
