"""Bank accounts that can be debited on the page, by the currency that they are debited in.

A debit takes days on Stripe. Here it takes until `/control` says how it went, unless the account
is one of those that fail: they do so at once.

https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers
https://docs.stripe.com/payments/sepa-debit/accept-a-payment#test-integration
"""

from dataclasses import dataclass
from typing import Any

from .ids import new_id
from .test_cards import Decline

INSUFFICIENT_FUNDS = Decline(
    "insufficient_funds", "The customer's account has insufficient funds to cover this payment."
)
ACCOUNT_CLOSED = Decline("account_closed", "The customer's bank account has been closed.")
ACH_ROUTING_NUMBER = "110000000"


@dataclass(frozen=True)
class TestAccount:
    number: str
    title: str
    kind: str
    decline: Decline | None = None

    def details(self) -> dict[str, Any]:
        """What a payment method shows of the account."""
        shared = {"fingerprint": new_id("x")[2:], "last4": self.number[-4:]}
        if self.kind == "sepa_debit":
            return {
                "bank_code": self.number[4:12],
                "branch_code": "",
                "country": self.number[:2],
                "generated_from": {"charge": None, "setup_attempt": None},
                **shared,
            }
        return {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": ACH_ROUTING_NUMBER,
            "status_details": {},
            **shared,
        }


KINDS = {"usd": "us_bank_account", "eur": "sepa_debit"}
UNDECIDED, POOR, CLOSED = "Takes a while", "Insufficient funds", "Account closed"
TEST_ACCOUNTS = {
    account.number: account
    for account in (
        TestAccount("000123456789", UNDECIDED, "us_bank_account"),
        TestAccount("000222222227", POOR, "us_bank_account", INSUFFICIENT_FUNDS),
        TestAccount("000111111113", CLOSED, "us_bank_account", ACCOUNT_CLOSED),
        TestAccount("DE89370400440532013000", UNDECIDED, "sepa_debit"),
        TestAccount("DE62370400440532013001", POOR, "sepa_debit", INSUFFICIENT_FUNDS),
    )
}


def debitable(method_types: list[str]) -> list[TestAccount]:
    return [account for account in TEST_ACCOUNTS.values() if account.kind in method_types]
