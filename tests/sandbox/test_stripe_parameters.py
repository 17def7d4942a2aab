"""Parameters are those of the SDK's own types, and are refused in Stripe's words."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest
import stripe
from stripe.params.checkout import _session_create_params as sdk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.conftest import Shop, StandIn

SESSIONS = "/v1/checkout/sessions"


def fields(of: str = "SessionCreateParams", path: str = "") -> Iterator[tuple[str, bool]]:
    """Every parameter in the SDK's source by its name in a form, and whether it is a hash."""
    for node in ast.parse(inspect.getsource(getattr(sdk, of))).body[0].body:  # type: ignore[attr-defined]
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        annotation = ast.unparse(node.annotation)
        name = f"{path}[{node.target.id}]" if path else node.target.id
        if "List[" in annotation:
            name += "[0]"
        if "Dict[str, SessionCreateParams" in annotation:
            name += "[eur]"
        nested = re.search(r"SessionCreateParams\w+", annotation)
        yield name, bool(nested)
        if nested:
            yield from fields(nested[0], name)


KNOWN = list(fields())


def code(answer: dict[str, Any]) -> tuple[str | None, str | None]:
    error = answer.get("error", {})
    return error.get("code"), error.get("param")


def test_every_parameter_the_sdk_knows_is_known(stand_in: StandIn) -> None:
    assert len(KNOWN) > 200
    leaves = [name for name, is_hash in KNOWN if not is_hash]
    refused = {name: code(stand_in.post(SESSIONS, {name: "1"}))[0] for name in leaves}
    assert [name for name, why in refused.items() if why == "parameter_unknown"] == []


def test_a_parameter_the_sdk_does_not_know_is_refused_at_every_depth(stand_in: StandIn) -> None:
    hashes = [name for name, is_hash in KNOWN if is_hash]
    for name in ("potato", *(f"{name}[potato]" for name in hashes)):
        assert code(stand_in.post(SESSIONS, {name: "1"})) == ("parameter_unknown", name)


@pytest.mark.parametrize(
    ("changes", "code", "param", "words"),
    [
        ({"potato": "1"}, "parameter_unknown", "potato", "Received unknown parameter: potato"),
        (
            {"payment_method_types": ["card"]},
            "parameter_unknown",
            "payment_method_types",
            "Received unknown parameter: payment_method_types",
        ),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at", "Invalid integer"),
        ({"mode": "gift"}, None, "mode", "must be one of payment, setup, or subscription"),
        ({"mode": "subscription"}, None, "mode=subscription", "does not support"),
        ({"allow_promotion_codes": "perhaps"}, None, "allow_promotion_codes", "Invalid boolean"),
        ({"cancel_url": ""}, "parameter_invalid_empty", "cancel_url", "empty string"),
        ({"success_url": "thanks"}, "url_invalid", "success_url", "Not a valid URL"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer", "No such customer"),
        ({"metadata": {"note": "x" * 501}}, None, "metadata[note]", "up to 500 characters"),
        (
            {"discounts": [{"coupon": "nothing"}]},
            "resource_missing",
            "discounts[0][coupon]",
            "No such coupon",
        ),
        ({"invoice_creation": {"enabled": True}}, None, "invoice_creation", "does not support"),
        ({"setup_intent_data": {}, "mode": "setup"}, None, "line_items", "in `setup` mode"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(
    shop: Shop, changes: dict[str, Any], code: str | None, param: str, words: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words) as refusal:
        shop.open_session(**changes)
    assert (refusal.value.code, refusal.value.param) == (code, param)


@pytest.mark.parametrize("name", ["mode", "line_items", "success_url"])
def test_a_missing_parameter_is_named(shop: Shop, name: str) -> None:
    params = shop.params()
    del params[name]
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param") as refusal:
        shop.client.v1.checkout.sessions.create(params=params)
    assert (refusal.value.code, refusal.value.param) == ("parameter_missing", name)


PRICE = {"currency": "eur", "unit_amount": 1250, "product_data": {"name": "Pie"}}


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        ({"price_data": PRICE}, "parameter_missing", "[quantity]"),
        ({"price_data": PRICE, "quantity": 0}, "parameter_invalid_integer", "[quantity]"),
        ({"quantity": 1}, "parameter_missing", "[price_data]"),
        ({"price": "price_1", "quantity": 1}, "resource_missing", "[price]"),
        (
            {"price_data": {"unit_amount": 100}, "quantity": 1},
            "parameter_missing",
            "[price_data][currency]",
        ),
        (
            {"price_data": PRICE | {"unit_amount": "12.5"}, "quantity": 1},
            "parameter_invalid_integer",
            "[price_data][unit_amount]",
        ),
        (
            {"price_data": PRICE | {"currency": "zzz"}, "quantity": 1},
            None,
            "[price_data][currency]",
        ),
        (
            {"price_data": PRICE | {"product_data": {"name": ""}}, "quantity": 1},
            "parameter_invalid_empty",
            "[price_data][product_data][name]",
        ),
    ],
)
def test_a_wrong_line_item_is_refused_by_its_path(
    shop: Shop, item: dict[str, Any], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.open_session(line_items=[item])
    assert (refusal.value.code, refusal.value.param) == (code, f"line_items[0]{param}")


@pytest.mark.parametrize(
    ("currency", "amount", "code"),
    [
        ("usd", 49, "amount_too_small"),
        ("gbp", 29, "amount_too_small"),
        ("jpy", 49, "amount_too_small"),
        ("usd", 100_000_000, "amount_too_large"),
        ("usd", 50, None),
        ("gbp", 30, None),
    ],
)
def test_the_total_has_the_limits_of_its_currency(
    shop: Shop, currency: str, amount: int, code: str | None
) -> None:
    price = PRICE | {"currency": currency, "unit_amount": amount}
    items = [{"price_data": price, "quantity": 1}]
    if code is None:
        assert shop.open_session(line_items=items).amount_total == amount
        return
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.open_session(line_items=items)
    assert refusal.value.code == code
