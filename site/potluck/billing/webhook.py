"""Where Stripe reports: verified, kept, and only then handled."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from potluck.billing import events, signature
from potluck.billing.gateway import StripeUnavailable, current_gateway
from potluck.billing.signature import WebhookRefused
from potluck.database import db
from potluck.settings import current_settings
from potluck.web import WEBHOOK_BODY_BYTES_MAX

blueprint = Blueprint("webhook", __name__, url_prefix="/billing")


@blueprint.post("/webhook")
def receive() -> ResponseReturnValue:
    """200 once the event is handled, 500 so that Stripe sends it again."""
    request.max_content_length = WEBHOOK_BODY_BYTES_MAX
    gateway = current_gateway()
    body = request.get_data()
    header = request.headers.get("Stripe-Signature")
    signature.verify(body, header, secret=_secret())
    event = events.read(body, is_live=gateway.is_live)
    events.keep(event)
    db.session.commit()
    if not events.handle(event["id"]):
        message = "The event is kept; it could not be handled yet."
        return _said("not_handled", message), HTTPStatus.INTERNAL_SERVER_ERROR
    return {"received": True}


@blueprint.errorhandler(WebhookRefused)
@blueprint.errorhandler(StripeUnavailable)
def refuse(refusal: WebhookRefused | StripeUnavailable) -> ResponseReturnValue:
    """As JSON whatever was asked for: no person reads it."""
    db.session.rollback()
    return _said(refusal.code, refusal.message), refusal.status


def _secret() -> str:
    secret = current_settings().stripe_webhook_secret
    # The settings refuse a key for Stripe without it.
    assert secret
    return secret.get_secret_value()


def _said(code: str, message: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": message}}
