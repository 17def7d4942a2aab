"""Stripe's test cards and what each of them does.

https://docs.stripe.com/testing
"""

import re
from dataclasses import dataclass
from typing import Literal

Authentication = Literal["never", "unless_set_up", "on_session", "always"]
RefundOutcome = Literal["succeeds", "pending", "fails_later"]


@dataclass(frozen=True)
class Decline:
    """Why a bank refused, as `last_payment_error` and the charge report it."""

    code: str
    message: str
    decline_code: str | None = None


@dataclass(frozen=True)
class Complaint:
    """The dispute that follows a payment."""

    reason: str
    inquiry: bool = False


@dataclass(frozen=True)
class TestCard:
    number: str
    title: str
    group: str = "Common"
    decline: Decline | None = None
    can_be_saved: bool = True
    authentication: Authentication = "never"
    refund: RefundOutcome = "succeeds"
    complaint: Complaint | None = None

    @property
    def spaced(self) -> str:
        return " ".join(re.findall("....", self.number))

    def needs_authentication(self, *, off_session: bool, set_up: bool) -> bool:
        """Whether 3-D Secure stands before a payment, given whether the card was saved for it."""
        if self.authentication in ("never", "always"):
            return self.authentication == "always"
        if not off_session:
            return True
        return self.authentication == "unless_set_up" and not set_up


GENERIC = Decline("card_declined", "Your card was declined.", "generic_decline")
INSUFFICIENT = Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds")
EXPIRED = Decline("expired_card", "Your card has expired.")
WRONG_CODE = Decline("incorrect_cvc", "Your card's security code is incorrect.")
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)
AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again.",
)
SETUP_AUTHENTICATION_FAILED = Decline(
    "setup_intent_authentication_failure", AUTHENTICATION_FAILED.message
)
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "Your card was declined. Your request was in test mode, but used a non test card. "
    "Pick one of the test cards on this page.",
    "test_mode_live_card",
)

# What Stripe answers in test mode to the number of a real card.
REAL_CARD = TestCard("", "A real card", decline=NOT_A_TEST_CARD, can_be_saved=False)

UNSAVABLE = (
    TestCard("4000000000000002", "Declined", decline=GENERIC, can_be_saved=False),
    TestCard("4000000000009995", "Insufficient funds", decline=INSUFFICIENT, can_be_saved=False),
    TestCard("4000000000000069", "Expired", decline=EXPIRED, can_be_saved=False),
    TestCard("4000000000000127", "Wrong security code", decline=WRONG_CODE, can_be_saved=False),
)
SAVED, REFUNDS, DISPUTES = "When saved", "Refunds", "Disputes"
TEST_CARDS = {
    card.number: card
    for card in (
        TestCard("4242424242424242", "Succeeds"),
        TestCard("4000002500003155", "Asks for 3-D Secure", authentication="unless_set_up"),
        *UNSAVABLE,
        TestCard("4000002760003184", "Always asks", SAVED, authentication="always"),
        TestCard("4000003800000446", "Asks only while saving", SAVED, authentication="on_session"),
        TestCard("4000000000000341", "Saved, then declined", SAVED, decline=GENERIC),
        TestCard("4000000000007726", "Refund is pending", REFUNDS, refund="pending"),
        TestCard("4000000000005126", "Refund can fail later", REFUNDS, refund="fails_later"),
        TestCard("4000000000000259", "Fraudulent", DISPUTES, complaint=Complaint("fraudulent")),
        TestCard(
            "4000000000002685",
            "Not received",
            DISPUTES,
            complaint=Complaint("product_not_received"),
        ),
        TestCard(
            "4000000000001976", "Inquiry", DISPUTES, complaint=Complaint("fraudulent", inquiry=True)
        ),
    )
}


def grouped() -> dict[str, list[TestCard]]:
    groups: dict[str, list[TestCard]] = {}
    for card in TEST_CARDS.values():
        groups.setdefault(card.group, []).append(card)
    return groups
