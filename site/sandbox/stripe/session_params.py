"""What a client may ask of a new session, and what Stripe fills in where it is silent.

https://docs.stripe.com/api/checkout/sessions/create
"""

from typing import Any
from urllib.parse import urlsplit

from . import currencies, customers, errors
from .store import Body, Store
from .test_accounts import KINDS

EXPIRES_SECONDS_MIN = 30 * 60
EXPIRES_SECONDS_MAX = 24 * 60 * 60

# Each would change the amount or the flow in a way that is not played here.
UNSUPPORTED = ("invoice_creation", "optional_items", "shipping_options", "subscription_data")
MODES = ("payment", "setup")
NOT_IN_SETUP = (
    "adaptive_pricing",
    "allow_promotion_codes",
    "automatic_tax",
    "customer_creation",
    "discounts",
    "line_items",
    "payment_intent_data",
    "submit_type",
)


def check(store: Store, params: dict[str, Any]) -> None:
    _check_supported(params)
    for name in ("mode", "success_url"):
        if name not in params:
            raise errors.missing_parameter(name)
    _check_mode(params)
    for name in ("success_url", "cancel_url"):
        if name in params:
            _check_url(params[name], name)
    if "customer" in params:
        for other in ("customer_creation", "customer_email"):
            if other in params:
                raise errors.one_only("customer", other)
        customers.load(store, params["customer"], param="customer")


def expires_at(params: dict[str, Any], created: int) -> int:
    moment: int = params.get("expires_at", created + EXPIRES_SECONDS_MAX)
    if moment < created + EXPIRES_SECONDS_MIN:
        limit = "at least 30 minutes"
    elif moment > created + EXPIRES_SECONDS_MAX:
        limit = "less than 24 hours"
    else:
        return moment
    message = f"The `expires_at` timestamp must be {limit} from Checkout Session creation."
    raise errors.invalid_value("expires_at", message)


def method_types(params: dict[str, Any], currency: str) -> list[str]:
    """The ways to pay that the page offers: a card always, a bank debit where there is one.

    A debit is for one payment here, so it is not offered where the method is to be saved.
    """
    types = ["card"]
    saves = "setup_future_usage" in params.get("payment_intent_data", {})
    if params["mode"] == "payment" and not saves and currency in KINDS:
        types.append(KINDS[currency])
    excluded = params.get("excluded_payment_method_types", [])
    allowed = params.get("allowed_payment_method_types") or types
    offered = [kind for kind in types if kind in allowed and kind not in excluded]
    if not offered:
        message = "No valid payment method types for this Checkout Session."
        raise errors.invalid_value("excluded_payment_method_types", message)
    return offered


def defaults(store: Store, params: dict[str, Any]) -> Body:
    """What Stripe fills in where the request is silent."""
    customer = customers.load(store, params["customer"]) if "customer" in params else {}
    taxed = params.get("automatic_tax", {}).get("enabled", False)
    return {
        "adaptive_pricing": {"enabled": False} | params.get("adaptive_pricing", {}),
        "automatic_tax": {
            "enabled": taxed,
            "liability": {"type": "self"} if taxed else None,
            "provider": "stripe" if taxed else None,
            "status": "requires_location_inputs" if taxed else None,
        },
        "custom_fields": params.get("custom_fields", []),
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
            **params.get("custom_text", {}),
        },
        "customer_creation": _customer_creation(params),
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": params.get("customer_email") or customer.get("email"),
            "individual_name": None,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": None,
        },
        "invoice_creation": None,
        "metadata": params.get("metadata", {}),
        "payment_method_options": params.get("payment_method_options", {}),
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "shipping_options": [],
        "ui_mode": "hosted_page",
    }


def _customer_creation(params: dict[str, Any]) -> str | None:
    if "customer" in params or params["mode"] == "setup":
        return None
    return str(params.get("customer_creation", "if_required"))


def _check_supported(params: dict[str, Any]) -> None:
    for name in UNSUPPORTED:
        if params.get(name) and params[name] != {"enabled": False}:
            raise errors.unsupported(name)
    if params.get("mode", "payment") not in MODES:
        raise errors.unsupported(f"mode={params['mode']}")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise errors.unsupported(f"ui_mode={params['ui_mode']}")
    if params.get("payment_intent_data", {}).get("capture_method") == "manual":
        raise errors.unsupported("payment_intent_data[capture_method]=manual")


def _check_mode(params: dict[str, Any]) -> None:
    if params["mode"] == "payment":
        if "setup_intent_data" in params:
            message = "You can not pass `setup_intent_data` in `payment` mode."
            raise errors.invalid_value("setup_intent_data", message)
        return
    for name in NOT_IN_SETUP:
        if params.get(name):
            message = f"You can not pass `{name}` in `setup` mode."
            raise errors.invalid_value(name, message)
    if "currency" not in params:
        raise errors.missing_parameter("currency")
    currencies.known(params["currency"], "currency")


def _check_url(url: str, path: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or set(url) & set(" \r\n;'\""):
        raise errors.StripeError("Not a valid URL", code="url_invalid", param=path)
