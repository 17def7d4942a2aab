"""Stripe, in our words. Nothing else knows its SDK."""

from __future__ import annotations

from potluck.billing.gateway.asking import (
    BuyingUnavailable,
    StripeBroke,
    StripeRefused,
    StripeUnavailable,
    StripeUnknown,
)
from potluck.billing.gateway.client import Gateway, Order, current_gateway, is_configured

__all__ = [
    "BuyingUnavailable",
    "Gateway",
    "Order",
    "StripeBroke",
    "StripeRefused",
    "StripeUnavailable",
    "StripeUnknown",
    "current_gateway",
    "is_configured",
]
