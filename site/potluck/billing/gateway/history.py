"""What Stripe remembers since a date, a page at a time, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from potluck.billing.gateway import news
from potluck.billing.gateway.client import current_gateway
from potluck.billing.gateway.news import Sale

# Shown with each, so that nobody has to ask for them one by one.
PAYMENT = "payment_intent.latest_charge"


def checkouts(*, since: datetime) -> Iterator[list[Sale]]:
    """Every checkout, paid or not."""
    for page in current_gateway().pages("checkouts", since=since, expand=PAYMENT):
        yield [news.sale_of_checkout(session) for session in page]


def payments(*, since: datetime) -> Iterator[list[Sale]]:
    """Every payment, made in a checkout or without."""
    for page in current_gateway().pages("payments", since=since, expand="latest_charge"):
        yield [news.sale_of_payment(intent) for intent in page]


def returns(
    noun: Literal["refunds", "disputes"], *, since: datetime
) -> Iterator[list[Sale | None]]:
    """For every refund or dispute its payment, however old; None where it has none."""
    for page in current_gateway().pages(noun, since=since, expand=PAYMENT):
        yield [_payment(returned) for returned in page]


def _payment(returned: Any) -> Sale | None:
    from potluck.billing.gateway import sdk

    intent = returned.payment_intent
    return news.sale_of_payment(intent) if isinstance(intent, sdk.PaymentIntent) else None
