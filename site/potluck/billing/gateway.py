"""Stripe, as far as buying needs it. Nothing else uses its SDK."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, Self

import requests
import stripe
from flask import current_app
from requests.adapters import HTTPAdapter

from potluck.database import db
from potluck.refusals import Refusal
from potluck.settings import Settings

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

logger = logging.getLogger(__name__)

# Set the webhook endpoint to the same version when this one moves.
API_VERSION = "2026-10-28.endive"
CONNECT_TIMEOUT_SECONDS = 3
ANSWER_TIMEOUT_SECONDS = 5
CREATE_RETRIES_MAX = 2
CONNECTIONS_MAX = 10
LIVE_KEY_PREFIXES = ("sk_live_", "rk_live_")

Outcome = Literal["open", "processing", "paid", "failed", "expired"]


class StripeUnavailable(Refusal):
    """Stripe gave no answer; the same question may be asked again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "stripe_unavailable"


class StripeRefused(StripeUnavailable):
    """Stripe answered, and would answer the same to the same question."""

    code = "stripe_refused"


class BuyingUnavailable(StripeUnavailable):
    """This installation has no key for Stripe."""

    code = "buying_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A purchase in the words that Stripe's page needs."""

    purchase_id: uuid.UUID
    title: str
    amount_minor: int
    currency: str
    expires_at: datetime
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSession:
    """What Stripe says of a checkout. `url` is gone once it is over."""

    id: str
    url: str | None
    outcome: Outcome
    currency: str
    is_live: bool
    client_reference: str | None
    purchase_reference: str | None


class Gateway:
    """One client a process, over one pool of connections."""

    def __init__(
        self,
        secret_key: str,
        *,
        api_url: str | None,
        answer_timeout_seconds: float = ANSWER_TIMEOUT_SECONDS,
    ) -> None:
        self.is_live = secret_key.startswith(LIVE_KEY_PREFIXES)
        # Otherwise the SDK opens a pool of its own in every greenlet.
        session = requests.Session()
        session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS_MAX))
        session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS_MAX))
        stripe.enable_telemetry = False
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_url} if api_url else None,
            http_client=stripe.RequestsClient(
                session=session, timeout=(CONNECT_TIMEOUT_SECONDS, answer_timeout_seconds)
            ),
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """None where no key is configured."""
        if settings.stripe_secret_key is None:
            return None
        return cls(settings.stripe_secret_key.get_secret_value(), api_url=settings.stripe_api_url)

    def create_session(self, order: Order) -> CheckoutSession:
        """Opens the checkout of a purchase; asked again, Stripe answers with the same one.

        Stripe keeps a key for at least 24 hours, https://docs.stripe.com/api/idempotent_requests.
        """
        with _asking():
            session = self._client.v1.checkout.sessions.create(
                params=_params(order),
                options={
                    "idempotency_key": f"purchase:{order.purchase_id}",
                    "max_network_retries": CREATE_RETRIES_MAX,
                },
            )
        return _checkout_session(session)

    def checkout_session(self, session_id: str) -> CheckoutSession:
        """How a checkout stands. Asked once: whoever wants to know comes again."""
        with _asking():
            session = self._client.v1.checkout.sessions.retrieve(
                session_id,
                params={"expand": ["payment_intent"]},
                options={"max_network_retries": 0},
            )
        return _checkout_session(session)


def current_gateway() -> Gateway:
    """That of the app that is being served; raises `BuyingUnavailable`."""
    gateway: Gateway | None = current_app.extensions["stripe"]
    if gateway is None:
        message = "Credits can't be bought here at the moment. Nothing was charged."
        raise BuyingUnavailable(message)
    return gateway


def is_configured() -> bool:
    """Whether credits can be bought at all."""
    return current_app.extensions["stripe"] is not None


@contextmanager
def _asking() -> Iterator[None]:
    # A transaction that waits for Stripe would keep its locks for as long as Stripe likes.
    assert not db.session().in_transaction()
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise _unavailable(error) from error
    except stripe.StripeError as error:
        # The same key is in use by the other of two clicks.
        if error.http_status == HTTPStatus.CONFLICT:
            raise _unavailable(error) from error
        logger.error("Stripe refused: %s %s", type(error).__name__, error)  # noqa: TRY400
        message = "Stripe would not open a checkout. Nothing was charged. Try again in a minute."
        raise StripeRefused(message) from error


def _unavailable(error: stripe.StripeError) -> StripeUnavailable:
    logger.warning("Stripe gave no answer: %s", type(error).__name__)
    return StripeUnavailable(
        "Stripe doesn't answer, so no payment was started and nothing was charged. "
        "Try again in a minute."
    )


def _params(order: Order) -> SessionCreateParams:
    """Made of the order alone: under one key Stripe takes only the very same parameters."""
    reference = str(order.purchase_id)
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "client_reference_id": reference,
        "metadata": {"purchase": reference},
        "payment_intent_data": {"metadata": {"purchase": reference}},
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
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(order.expires_at.timestamp()),
    }


def _checkout_session(session: stripe.checkout.Session) -> CheckoutSession:
    metadata = session.metadata.to_dict() if session.metadata else {}
    conversion = session.currency_conversion
    return CheckoutSession(
        id=session.id,
        url=session.url,
        outcome=_outcome(session),
        # Some checkouts are paid in the buyer's own currency; this is the one we asked for.
        currency=conversion.source_currency if conversion else session.currency or "",
        is_live=session.livemode,
        client_reference=session.client_reference_id,
        purchase_reference=metadata.get("purchase"),
    )


def _outcome(session: stripe.checkout.Session) -> Outcome:
    """From how things stand and never from an event's name: events come in any order.

    `no_payment_required` is a checkout that a promotion code made free. A delayed payment that
    failed leaves its intent without a payment method. https://docs.stripe.com/checkout/fulfillment
    """
    if session.status == "open":
        return "open"
    if session.status == "expired":
        return "expired"
    if session.payment_status in {"paid", "no_payment_required"}:
        return "paid"
    intent = session.payment_intent
    if isinstance(intent, stripe.PaymentIntent) and intent.status in {
        "requires_payment_method",
        "canceled",
    }:
        return "failed"
    return "processing"
