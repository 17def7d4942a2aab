"""Events from Stripe: kept as they came, then handled, and handled again where that failed."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import defer

from potluck.billing import cards, checkout, returns
from potluck.billing.fulfilment import fulfil, fulfil_payment
from potluck.billing.gateway import wallet
from potluck.billing.models import StripeEvent
from potluck.billing.signature import WebhookRefused
from potluck.database import db

logger = logging.getLogger(__name__)

# Each of them only says that something has news; what they are is asked of Stripe.
CHECKOUT_TYPES = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
PAYMENT_TYPES = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.processing",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
    }
)
CARD_SAVED = "setup_intent.succeeded"
RETURN_TYPES = frozenset(
    {
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
ERROR_CHARACTERS_MAX = 500

INSERT = text("""
    INSERT INTO stripe_events (id, type, payload) VALUES (:id, :type, CAST(:payload AS jsonb))
    ON CONFLICT (id) DO NOTHING
""")
HANDLED = text("""
    UPDATE stripe_events
    SET handled_at = coalesce(handled_at, now()), attempts = attempts + 1, last_error = NULL
    WHERE id = :id
""")
FAILED = text("""
    UPDATE stripe_events SET attempts = attempts + 1, last_error = :error WHERE id = :id
""")


def read(body: bytes, *, is_live: bool) -> dict[str, Any]:
    """The event in a body whose signature was verified; raises `WebhookRefused`."""
    try:
        event = json.loads(body.decode())
    except UnicodeDecodeError:
        raise WebhookRefused("The body is not UTF-8.", code="body_not_utf8") from None
    except (ValueError, RecursionError):
        raise WebhookRefused("The body is not JSON.", code="body_not_json") from None
    if not _looks_like_an_event(event):
        raise WebhookRefused("The body is not an event.", code="body_not_event")
    if event["livemode"] is not is_live:
        raise WebhookRefused("The event is of the other mode.", code="wrong_mode")
    return event  # type: ignore[no-any-return]  # a dict, as was just looked at


def keep(event: dict[str, Any]) -> None:
    """Stores the event unless it is here already."""
    values = {"id": event["id"], "type": event["type"], "payload": json.dumps(event)}
    db.session.execute(INSERT, values)


def handle(event_id: str) -> bool:
    """Does what the event asks for, once; False when it must be tried again. Commits."""
    event = db.session.get_one(StripeEvent, event_id)
    is_handled = event.handled_at is not None
    db.session.commit()
    return is_handled or replay(event_id)


def replay(event_id: str) -> bool:
    """Does what the event asks for even if that was done before; False if it failed. Commits."""
    event = db.session.get_one(StripeEvent, event_id)
    kind, payload = event.type, event.payload
    db.session.commit()
    try:
        _do(kind, payload["data"]["object"])
    except Exception as error:
        # Whatever it was: it is written down where the operator sees it and can replay.
        db.session.rollback()
        logger.exception("event %s (%s) could not be handled", event_id, kind)
        db.session.execute(FAILED, {"id": event_id, "error": _in_a_line(error)})
        db.session.commit()
        return False
    db.session.execute(HANDLED, {"id": event_id})
    db.session.commit()
    return True


def waiting() -> Sequence[StripeEvent]:
    """Events that were kept and could not be handled yet, in the order they came."""
    query = select(StripeEvent).filter_by(handled_at=None).options(defer(StripeEvent.payload))
    return db.session.scalars(query.order_by(StripeEvent.received_at, StripeEvent.id)).all()


def _do(kind: str, subject: dict[str, Any]) -> None:
    if kind == CARD_SAVED:
        cards.remember(wallet.setup(subject["id"]))
    elif kind in CHECKOUT_TYPES and subject.get("mode") == "setup":
        cards.remember(wallet.setup(subject["setup_intent"]))
    elif kind in CHECKOUT_TYPES:
        fulfil(subject["id"])
    elif kind in PAYMENT_TYPES and subject["metadata"].get("source") == "automatic":
        fulfil_payment(subject["id"])
    elif kind == "payment_intent.payment_failed":
        # Whether a payment in a checkout went through, the checkout's own events tell.
        checkout.close_after_declines(subject["id"])
    elif kind in RETURN_TYPES and subject["payment_intent"]:
        returns.bring_up_to_date(subject["payment_intent"])


def _looks_like_an_event(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("object") == "event"
        and isinstance(value.get("id"), str)
        and isinstance(value.get("type"), str)
        and isinstance(value.get("livemode"), bool)
    )


def _in_a_line(error: Exception) -> str:
    """Without the statement and its values, which SQLAlchemy adds in further lines."""
    line = f"{type(error).__name__}: {error}".partition("\n")[0]
    return line[:ERROR_CHARACTERS_MAX]
