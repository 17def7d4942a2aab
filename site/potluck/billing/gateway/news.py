"""What Stripe says, in our words: of a sale, a refund, a dispute. Nothing here asks or writes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import stripe

SaleState = Literal["open", "processing", "paid", "failed", "expired"]
RefundState = Literal["pending", "succeeded", "failed"]
DisputeState = Literal["inquiry", "open", "closed", "won", "lost"]

# https://docs.stripe.com/api/refunds/object#refund_object-status
REFUND_STATES: dict[str | None, RefundState] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
# https://docs.stripe.com/api/disputes/object#dispute_object-status: a warning is an inquiry, for
# which no money is taken; a prevented dispute took none either.
DISPUTE_STATES: dict[str, DisputeState] = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "closed",
    "prevented": "closed",
    "needs_response": "open",
    "under_review": "open",
    "won": "won",
    "lost": "lost",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Our words in Stripe's metadata: enough to write the purchase down again.

    Only a holder of the key can set them; a client reference is chosen by whoever opens a
    payment link, and proves nothing.
    """

    purchase_id: uuid.UUID
    member: uuid.UUID | None
    pack: str | None
    credits: int | None
    is_automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """How a purchase stands at Stripe: a checkout with its payment, or a payment alone.

    Amounts are in minor units of `currency`, the one we asked for. `url` is gone once it is over.
    """

    session_id: str | None
    payment_id: str | None
    url: str | None
    state: SaleState
    currency: str
    amount_minor: int
    paid_minor: int
    receipt_url: str | None
    # The bank's code for why the latest try failed, or Stripe's where the bank gave none.
    decline: str | None
    is_live: bool
    client_reference: str | None
    mark: Mark | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundNews:
    """A refund as Stripe has it. `ours` is our own id, where it was asked for here."""

    id: str
    payment_id: str
    amount_minor: int
    state: RefundState
    ours: uuid.UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeNews:
    """A dispute as Stripe has it."""

    id: str
    payment_id: str
    amount_minor: int
    state: DisputeState
    reason: str
    evidence_due_at: datetime | None


def sale_of_checkout(session: stripe.checkout.Session) -> Sale:
    """Reads a session whose payment, and that one's latest charge, are expanded."""
    from potluck.billing.gateway import sdk

    intent = session.payment_intent
    payment = intent if isinstance(intent, sdk.PaymentIntent) else None
    state = _checkout_state(session, payment)
    received_minor = payment.amount_received if payment else session.amount_total or 0
    return Sale(
        session_id=session.id,
        payment_id=payment.id if payment else None,
        url=session.url,
        state=state,
        # Somebody may pay in their own; that is in `presentment_details`, and none of ours.
        currency=session.currency or "",
        amount_minor=session.amount_total or 0,
        paid_minor=received_minor if state == "paid" else 0,
        receipt_url=_receipt_url(payment),
        decline=_decline(payment),
        is_live=session.livemode,
        client_reference=session.client_reference_id,
        mark=_mark(session.metadata),
        created_at=_time(session.created),
    )


def sale_of_payment(intent: stripe.PaymentIntent) -> Sale:
    """Reads a payment, made with or without a checkout, whose latest charge is expanded."""
    return Sale(
        session_id=None,
        payment_id=intent.id,
        url=None,
        state=_payment_state(intent),
        currency=intent.currency,
        amount_minor=intent.amount,
        paid_minor=intent.amount_received,
        receipt_url=_receipt_url(intent),
        decline=_decline(intent),
        is_live=intent.livemode,
        client_reference=None,
        mark=_mark(intent.metadata),
        created_at=_time(intent.created),
    )


def refund(refund: stripe.Refund) -> RefundNews:
    """Reads a refund of a payment."""
    ours = refund.metadata.to_dict().get("refund") if refund.metadata else None
    return RefundNews(
        id=refund.id,
        payment_id=_id(refund.payment_intent),
        amount_minor=refund.amount,
        state=REFUND_STATES[refund.status],
        ours=_uuid(ours),
    )


def dispute(dispute: stripe.Dispute) -> DisputeNews:
    """Reads a dispute of a payment."""
    due_by = dispute.evidence_details.due_by
    return DisputeNews(
        id=dispute.id,
        payment_id=_id(dispute.payment_intent),
        amount_minor=dispute.amount,
        state=DISPUTE_STATES[dispute.status],
        reason=dispute.reason,
        evidence_due_at=_time(due_by) if due_by else None,
    )


def member(metadata: stripe.StripeObject | dict[str, str] | None) -> uuid.UUID | None:
    """The reference of the member whom something at Stripe belongs to."""
    return _uuid(_words(metadata).get("member"))


def _checkout_state(
    session: stripe.checkout.Session, payment: stripe.PaymentIntent | None
) -> SaleState:
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
    if payment and payment.status in {"requires_payment_method", "canceled"}:
        return "failed"
    return "processing"


def _payment_state(intent: stripe.PaymentIntent) -> SaleState:
    """https://docs.stripe.com/payments/paymentintents/lifecycle."""
    if intent.status == "succeeded":
        return "paid"
    if intent.status in {"requires_payment_method", "canceled"}:
        return "failed"
    return "processing" if intent.status == "processing" else "open"


def _receipt_url(payment: stripe.PaymentIntent | None) -> str | None:
    from potluck.billing.gateway import sdk

    charge = payment.latest_charge if payment else None
    return charge.receipt_url if isinstance(charge, sdk.Charge) else None


def _decline(payment: stripe.PaymentIntent | None) -> str | None:
    error = payment.last_payment_error if payment else None
    said = error.to_dict() if error else {}
    return said.get("decline_code") or said.get("code")


def _mark(metadata: stripe.StripeObject | dict[str, str] | None) -> Mark | None:
    values = _words(metadata)
    purchase_id = _uuid(values.get("purchase"))
    if purchase_id is None:
        return None
    sold = values.get("credits", "")
    return Mark(
        purchase_id=purchase_id,
        member=_uuid(values.get("member")),
        pack=values.get("pack"),
        credits=int(sold) if sold.isascii() and sold.isdigit() else None,
        is_automatic=values.get("source") == "automatic",
    )


def _words(metadata: stripe.StripeObject | dict[str, str] | None) -> dict[str, str]:
    from potluck.billing.gateway import sdk

    return metadata.to_dict() if isinstance(metadata, sdk.StripeObject) else metadata or {}


def _id(expandable: str | stripe.StripeObject | None) -> str:
    """Of something that Stripe names or spells out; empty where there is none."""
    from potluck.billing.gateway import sdk

    return str(expandable["id"]) if isinstance(expandable, sdk.StripeObject) else expandable or ""


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _uuid(reference: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(reference)
    except (TypeError, ValueError):
        return None
