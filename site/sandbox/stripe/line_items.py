"""What a session sells."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import stripe

from . import currencies, errors
from .blanks import blank
from .store import Body, Store

LINE_ITEMS_MAX = 100


def build(store: Store, params: list[dict[str, Any]]) -> list[Body]:
    """Line items of one currency, or a refusal naming the parameter that is wrong.

    Their products are stored; where the items belong is for the caller to say.
    """
    if not params:
        raise errors.missing_parameter("line_items")
    if len(params) > LINE_ITEMS_MAX:
        message = f"A maximum of {LINE_ITEMS_MAX} line items is supported."
        raise errors.invalid_value("line_items", message)
    items = [_line_item(store, item, f"line_items[{index}]") for index, item in enumerate(params)]
    for index, item in enumerate(items):
        if item["currency"] != items[0]["currency"]:
            message = "All line items must be in the same currency."
            raise errors.invalid_value(f"line_items[{index}][price_data][currency]", message)
    return items


def _line_item(store: Store, params: dict[str, Any], path: str) -> Body:
    for name in ("adjustable_quantity", "tax_rates"):
        if name in params:
            raise errors.unsupported(f"{path}[{name}]")
    if "price" in params:
        raise errors.no_such("price", params["price"], param=f"{path}[price]")
    if "price_data" not in params:
        raise errors.missing_parameter(f"{path}[price_data]")
    quantity = _quantity(params, path)
    price = _price(store, params["price_data"], f"{path}[price_data]")
    unit = Decimal(price["unit_amount_decimal"])
    amount = int((unit * quantity).quantize(Decimal(1), ROUND_HALF_UP))
    return {
        **blank(stripe.LineItem, kind="item", prefix="li"),
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": params["price_data"]["product_data"]["name"],
        "metadata": params.get("metadata", {}),
        "price": price,
        "quantity": quantity,
    }


def _quantity(params: dict[str, Any], path: str) -> int:
    if "quantity" not in params:
        message = f"Quantity is required. Add `quantity` to `{path}`"
        raise errors.StripeError(message, code="parameter_missing", param=f"{path}[quantity]")
    quantity: int = params["quantity"]
    if quantity < 1:
        message = "This value must be greater than or equal to 1."
        raise errors.invalid_integer(f"{path}[quantity]", message)
    return quantity


def _price(store: Store, params: dict[str, Any], path: str) -> Body:
    currency = currencies.known(params["currency"], f"{path}[currency]")
    if "recurring" in params:
        raise errors.unsupported(f"{path}[recurring]")
    if "product" in params:
        raise errors.no_such("product", params["product"], param=f"{path}[product]")
    if "product_data" not in params:
        raise errors.missing_parameter(f"{path}[product_data]")
    unit = _unit_amount(params, path)
    return {
        **blank(stripe.Price, kind="price", prefix="price"),
        # A price made for one session can not be used again.
        "active": False,
        "billing_scheme": "per_unit",
        "currency": currency,
        "metadata": {},
        "product": _add_product(store, params["product_data"])["id"],
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "type": "one_time",
        "unit_amount": int(unit) if unit == unit.to_integral_value() else None,
        "unit_amount_decimal": str(unit),
    }


def _add_product(store: Store, params: dict[str, Any]) -> Body:
    product = {
        **blank(stripe.Product, kind="product", prefix="prod"),
        "active": False,
        "images": params.get("images", []),
        "marketing_features": [],
        "metadata": params.get("metadata", {}),
        "description": params.get("description"),
        "name": params["name"],
        "tax_code": params.get("tax_code"),
        "type": "service",
        "unit_label": params.get("unit_label"),
    }
    return store.add(product)


def _unit_amount(params: dict[str, Any], path: str) -> Decimal:
    given = [name for name in ("unit_amount", "unit_amount_decimal") if name in params]
    if len(given) != 1:
        if given:
            message = "You may only specify one of these parameters: " + ", ".join(given) + "."
            raise errors.invalid_value(path, message)
        raise errors.missing_parameter(f"{path}[unit_amount]")
    unit = Decimal(params[given[0]])
    if unit < 0:
        message = "This value must be greater than or equal to 0."
        raise errors.invalid_integer(f"{path}[{given[0]}]", message)
    return unit
