"""Stripe, as far as keeping a card needs it: customers, setups, and letting cards go again.

https://docs.stripe.com/payments/save-and-reuse?platform=web&ui=checkout
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from potluck.billing.gateway import news
from potluck.billing.gateway.asking import ASKED_ONCE, PAGE_ROWS, asking, once
from potluck.billing.gateway.client import current_gateway
from potluck.texts import gettext as _

if TYPE_CHECKING:
    import stripe
    from stripe.params.checkout import SessionCreateParams

logger = logging.getLogger(__name__)

SETUP_SECONDS = 60 * 60
GONE = "resource_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What its owner knows a card by; the number itself never leaves Stripe."""

    payment_method_id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """An occasion to save a card. `card` is None until it is saved, and once it is detached."""

    member: uuid.UUID | None
    customer_id: str | None
    card: Card | None
    is_live: bool
    created_at: datetime


def create_customer(*, reference: uuid.UUID, member: uuid.UUID) -> str:
    """The id of a customer without name or address; asked again, the same one."""
    with asking(_("Stripe would not keep a card just now. Nothing was saved or charged.")):
        customer = current_gateway().client.v1.customers.create(
            params={"metadata": {"member": str(member)}}, options=once(f"customer:{reference}")
        )
    return customer.id


def open_setup(
    *, customer_id: str, member: uuid.UUID, currency: str, page: str, consent: str
) -> str:
    """The address of Stripe's page on which a card is saved. Nothing is charged there."""
    mark = {"member": str(member)}
    params: SessionCreateParams = {
        "mode": "setup",
        "ui_mode": "hosted_page",
        "allowed_payment_method_types": ["card"],
        "customer": customer_id,
        "currency": currency,
        "metadata": mark,
        "setup_intent_data": {"metadata": mark},
        "custom_text": {"submit": {"message": consent}},
        "success_url": f"{page}?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{page}?cancelled=1",
        "expires_at": int(time.time()) + SETUP_SECONDS,
    }
    with asking(_("Stripe would not keep a card just now. Nothing was saved or charged.")):
        session = current_gateway().client.v1.checkout.sessions.create(
            params=params, options=once(f"setup:{uuid.uuid4()}")
        )
    assert session.url
    return session.url


def setup_of_session(session_id: str) -> Setup | None:
    """How saving a card went; None where Stripe knows no such session for that."""
    from potluck.billing.gateway import sdk

    with asking(_("Stripe would not say whether the card was saved.")):
        try:
            session = current_gateway().client.v1.checkout.sessions.retrieve(
                session_id, params={"expand": ["setup_intent.payment_method"]}, options=ASKED_ONCE
            )
        except sdk.InvalidRequestError as error:
            if error.code != GONE:
                raise
            return None
    intent = session.setup_intent
    return _setup(intent) if isinstance(intent, sdk.SetupIntent) else None


def setup(setup_id: str) -> Setup:
    """The same, by the id that events name."""
    with asking(_("Stripe would not say whether the card was saved.")):
        intent = current_gateway().client.v1.setup_intents.retrieve(
            setup_id, params={"expand": ["payment_method"]}, options=ASKED_ONCE
        )
    return _setup(intent)


def detach(payment_method_id: str) -> None:
    """Makes a card useless for us, for good. One that is detached already stays so."""
    from potluck.billing.gateway import sdk

    with asking(_("Stripe would not let the card go.")):
        try:
            current_gateway().client.v1.payment_methods.detach(payment_method_id)
        except sdk.InvalidRequestError as error:
            logger.info("card %s was gone already: %s", payment_method_id, error.code)


def detach_all(customer_id: str) -> None:
    """Lets every card of a customer go, those that were replaced and then forgotten as well."""
    from potluck.billing.gateway import sdk

    with asking("Stripe would not list the cards that it keeps."):
        try:
            cards = current_gateway().client.v1.customers.payment_methods.list(
                customer_id, params={"limit": PAGE_ROWS}, options=ASKED_ONCE
            )
        except sdk.InvalidRequestError as error:
            if error.code != GONE:
                raise
            return
        payment_method_ids = [card.id for card in cards.auto_paging_iter()]
    for payment_method_id in payment_method_ids:
        detach(payment_method_id)


def _setup(intent: stripe.SetupIntent) -> Setup:
    from potluck.billing.gateway import sdk

    method, customer = intent.payment_method, intent.customer
    is_saved = isinstance(method, sdk.PaymentMethod) and intent.status == "succeeded"
    return Setup(
        member=news.member(intent.metadata),
        customer_id=customer.id if isinstance(customer, sdk.Customer) else customer,
        card=_card(method) if is_saved and isinstance(method, sdk.PaymentMethod) else None,
        is_live=intent.livemode,
        created_at=datetime.fromtimestamp(intent.created, UTC),
    )


def _card(method: stripe.PaymentMethod) -> Card | None:
    if method.card is None or method.customer is None:
        return None
    return Card(
        payment_method_id=method.id,
        brand=method.card.brand,
        last4=method.card.last4 or "",
        exp_month=method.card.exp_month,
        exp_year=method.card.exp_year,
    )
