"""Stripe, as far as charging a saved card needs it, while its owner is away.

https://docs.stripe.com/payments/save-and-reuse?platform=web&ui=checkout#charge-saved-payment-method
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from potluck.billing.gateway import news
from potluck.billing.gateway.asking import ASKED_ONCE, PAGE_ROWS, asking, once, unavailable
from potluck.billing.gateway.client import current_gateway
from potluck.billing.gateway.news import Sale
from potluck.texts import gettext as _

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams

# Our clock and Stripe's may differ by so much.
CLOCKS_SECONDS = 10 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A purchase for which a saved card is charged."""

    purchase_id: uuid.UUID
    member: uuid.UUID
    pack: str
    credits: int
    title: str
    amount_minor: int
    currency: str
    customer_id: str
    payment_method_id: str
    created_at: datetime


def charge(order: Charge) -> Sale:
    """Charges the card while its owner is away; asked again, Stripe answers the same.

    That the bank declined is an answer as well: the sale has failed, and says why. Raises
    `StripeRefused` where the question itself was wrong, so that there is no payment.
    """
    from potluck.billing.gateway import sdk

    with asking(_("Stripe would not take this payment. Nothing was charged.")):
        try:
            intent = current_gateway().client.v1.payment_intents.create(
                params=_params(order), options=once(f"purchase:{order.purchase_id}")
            )
        except sdk.CardError as refusal:
            payment = refusal.error.payment_intent if refusal.error else None
            if payment is None:
                raise
            intent = payment
        except (sdk.APIError, sdk.AuthenticationError, sdk.PermissionError) as error:
            # Stripe's fault or the operator's, not the card's; and the money may have moved.
            raise unavailable(error) from error
    return news.sale_of_payment(intent)


def payment_of(order: Charge) -> Sale | None:
    """The payment that was made for a purchase whose answer never came, if one was."""
    since = int(order.created_at.timestamp()) - CLOCKS_SECONDS
    with asking("Stripe would not list the payments of this customer."):
        intents = current_gateway().client.v1.payment_intents.list(
            params={
                "customer": order.customer_id,
                "created": {"gte": since},
                "limit": PAGE_ROWS,
                "expand": ["data.latest_charge"],
            },
            options=ASKED_ONCE,
        )
        sales = [news.sale_of_payment(intent) for intent in intents.auto_paging_iter()]
    ours = (s for s in sales if s.mark and s.mark.purchase_id == order.purchase_id)
    return next(ours, None)


def cancel(payment_id: str) -> Sale:
    """Gives up a payment that waits for somebody who isn't there."""
    with asking("Stripe would not give this payment up."):
        intent = current_gateway().client.v1.payment_intents.cancel(payment_id)
    return news.sale_of_payment(intent)


def _params(order: Charge) -> PaymentIntentCreateParams:
    """Made of the purchase alone: under one key Stripe takes only the very same parameters."""
    return {
        "amount": order.amount_minor,
        "currency": order.currency,
        "customer": order.customer_id,
        "payment_method": order.payment_method_id,
        "off_session": True,
        "confirm": True,
        "description": order.title,
        "metadata": {
            "purchase": str(order.purchase_id),
            "member": str(order.member),
            "pack": order.pack,
            "credits": str(order.credits),
            "source": "automatic",
        },
        "expand": ["latest_charge"],
    }
