"""Rows of the shop's balance, as far as disputes show them.

https://docs.stripe.com/api/balance_transactions/object
"""

import stripe

from . import currencies
from .blanks import blank
from .store import Body

# What Stripe asks for a dispute, in whole units of the currency.
DISPUTE_FEE_UNITS = 15


def withdrawal(dispute: Body) -> Body:
    fee = DISPUTE_FEE_UNITS * 10 ** currencies.decimals(dispute["currency"])
    what = f"Chargeback withdrawal for {dispute['charge']}"
    return _row(dispute, amount=-dispute["amount"], fee=fee, description=what)


def reinstatement(dispute: Body) -> Body:
    what = f"Chargeback reversal for {dispute['charge']}"
    return _row(dispute, amount=dispute["amount"], fee=0, description=what)


def _row(dispute: Body, *, amount: int, fee: int, description: str) -> Body:
    row = blank(stripe.BalanceTransaction, kind="balance_transaction", prefix="txn")
    detail = {"amount": fee, "currency": dispute["currency"], "type": "stripe_fee"}
    more = {"application": None, "description": "Dispute fee"}
    return row | {
        "amount": amount,
        "available_on": row["created"],
        "balance_type": "payments",
        "currency": dispute["currency"],
        "description": description,
        "fee": fee,
        "fee_details": [detail | more] if fee else [],
        "net": amount - fee,
        "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
        "source": dispute["id"],
        "status": "available",
        "type": "adjustment",
    }
