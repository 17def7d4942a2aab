"""The client, and what buying asks of Stripe."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from flask import current_app

from potluck.billing.gateway import news
from potluck.billing.gateway.asking import (
    ASKED_ONCE,
    ASKED_PATIENTLY,
    PAGE_ROWS,
    BuyingUnavailable,
    asking,
    once,
)
from potluck.billing.gateway.news import DisputeNews, RefundNews, Sale
from potluck.settings import Settings
from potluck.texts import gettext as _

if TYPE_CHECKING:
    import stripe
    from stripe.params.checkout import SessionCreateParams

# Set the webhook endpoint to the same version when this one moves.
API_VERSION = "2026-10-28.endive"
ANSWER_TIMEOUT_SECONDS = 5
LIVE_KEY_PREFIXES = ("sk_live_", "rk_live_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A purchase in the words that Stripe's page needs."""

    purchase_id: uuid.UUID
    member: uuid.UUID
    pack: str
    credits: int
    title: str
    amount_minor: int
    currency: str
    expires_at: datetime
    success_url: str
    cancel_url: str


class Gateway:
    """One client a process, over one pool of connections."""

    def __init__(
        self,
        secret_key: str,
        *,
        api_url: str | None,
        answer_timeout_seconds: float = ANSWER_TIMEOUT_SECONDS,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self._page_rows = page_rows
        self.is_live = secret_key.startswith(LIVE_KEY_PREFIXES)
        self._secret_key = secret_key
        self._api_url = api_url
        self._answer_timeout_seconds = answer_timeout_seconds

    @cached_property
    def client(self) -> stripe.StripeClient:
        """The SDK's, made when something is first asked."""
        from potluck.billing.gateway import sdk

        return sdk.client(
            self._secret_key,
            version=API_VERSION,
            api_url=self._api_url,
            answer_timeout_seconds=self._answer_timeout_seconds,
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """None where no key is configured."""
        if settings.stripe_secret_key is None:
            return None
        return cls(settings.stripe_secret_key.get_secret_value(), api_url=settings.stripe_api_url)

    def create_session(self, order: Order) -> Sale:
        """Opens the checkout of a purchase; asked again, Stripe answers with the same one.

        Stripe keeps a key for at least 24 hours, https://docs.stripe.com/api/idempotent_requests.
        """
        with asking(_("Stripe would not open a checkout. Nothing was charged. Try again later.")):
            session = self.client.v1.checkout.sessions.create(
                params=_params(order), options=once(f"purchase:{order.purchase_id}")
            )
        return news.sale_of_checkout(session)

    def sale_of_checkout(self, session_id: str) -> Sale:
        """How a checkout stands. Asked once: whoever wants to know comes again."""
        with asking(_("Stripe would not say how this checkout stands.")):
            session = self.client.v1.checkout.sessions.retrieve(
                session_id,
                params={"expand": ["payment_intent.latest_charge"]},
                options=ASKED_ONCE,
            )
        return news.sale_of_checkout(session)

    def sale_of_payment(self, payment_id: str) -> Sale:
        """How a payment stands."""
        with asking("Stripe would not say how this payment stands."):
            intent = self.client.v1.payment_intents.retrieve(
                payment_id, params={"expand": ["latest_charge"]}, options=ASKED_ONCE
            )
        return news.sale_of_payment(intent)

    def checkout_of_payment(self, payment_id: str) -> str | None:
        """The id of the checkout that a payment was made in."""
        with asking("Stripe would not say which checkout this payment belongs to."):
            sessions = self.client.v1.checkout.sessions.list(
                params={"payment_intent": payment_id}, options=ASKED_ONCE
            )
        return sessions.data[0].id if sessions.data else None

    def declines_of(self, payment_id: str) -> int:
        """How many cards were refused for a payment; at least so many, where it is a page."""
        with asking("Stripe would not list the charges of this payment."):
            charges = self.client.v1.charges.list(
                params={"payment_intent": payment_id, "limit": PAGE_ROWS}, options=ASKED_ONCE
            )
        return sum(charge.status == "failed" for charge in charges.data)

    def expire(self, session_id: str) -> None:
        """Closes a checkout that is open; one that is over stays as it is."""
        with asking("Stripe would not close this checkout."):
            self.client.v1.checkout.sessions.expire(session_id, options=ASKED_ONCE)

    def refund(self, refund_id: uuid.UUID, *, payment_id: str, amount_minor: int) -> RefundNews:
        """Gives money back; asked again, Stripe answers with the same refund."""
        with asking(_("Stripe refused this refund, so no money was moved.")):
            refund = self.client.v1.refunds.create(
                params={
                    "payment_intent": payment_id,
                    "amount": amount_minor,
                    "metadata": {"refund": str(refund_id)},
                },
                options=once(f"refund:{refund_id}"),
            )
        return news.refund(refund)

    def refunds_of(self, payment_id: str) -> list[RefundNews]:
        """Every refund of a payment, in whatever state."""
        with asking("Stripe would not list the refunds of this payment."):
            refunds = self.client.v1.refunds.list(
                params={"payment_intent": payment_id, "limit": PAGE_ROWS}, options=ASKED_ONCE
            )
            return [news.refund(refund) for refund in refunds.auto_paging_iter()]

    def disputes_of(self, payment_id: str) -> list[DisputeNews]:
        """Every dispute of a payment."""
        with asking("Stripe would not list the disputes of this payment."):
            disputes = self.client.v1.disputes.list(
                params={"payment_intent": payment_id, "limit": PAGE_ROWS}, options=ASKED_ONCE
            )
            return [news.dispute(dispute) for dispute in disputes.auto_paging_iter()]

    def pages(self, noun: str, *, since: datetime, expand: str) -> Iterator[list[Any]]:
        """Everything of a kind that was made since then, newest first, a page at a time."""
        lists: dict[str, Any] = {
            "checkouts": self.client.v1.checkout.sessions,
            "payments": self.client.v1.payment_intents,
            "refunds": self.client.v1.refunds,
            "disputes": self.client.v1.disputes,
        }
        params: dict[str, Any] = {
            "created": {"gte": int(since.timestamp())},
            "limit": self._page_rows,
            "expand": [f"data.{expand}"],
        }
        while True:
            with asking(f"Stripe would not list its {noun}."):
                page = lists[noun].list(params=params, options=ASKED_PATIENTLY)
            yield page.data
            if not page.has_more:
                return
            params["starting_after"] = page.data[-1].id


def current_gateway() -> Gateway:
    """That of the app that is being served; raises `BuyingUnavailable`."""
    gateway: Gateway | None = current_app.extensions["stripe"]
    if gateway is None:
        message = _("Credits can't be bought here at the moment. Nothing was charged.")
        raise BuyingUnavailable(message)
    return gateway


def is_configured() -> bool:
    """Whether credits can be bought at all."""
    return current_app.extensions["stripe"] is not None


def _params(order: Order) -> SessionCreateParams:
    """Made of the order alone: under one key Stripe takes only the very same parameters."""
    reference = str(order.purchase_id)
    mark = {
        "purchase": reference,
        "member": str(order.member),
        "pack": order.pack,
        "credits": str(order.credits),
    }
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "client_reference_id": reference,
        "metadata": mark,
        "payment_intent_data": {"metadata": mark},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.currency,
                    "unit_amount": order.amount_minor,
                    "product_data": {"name": order.title},
                },
            }
        ],
        # Operators make codes in Stripe's dashboard; where there are none, none fits.
        "allow_promotion_codes": True,
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(order.expires_at.timestamp()),
    }
