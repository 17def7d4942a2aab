"""What is believed of what arrives at the webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from potluck.billing.gateway import Gateway
from potluck.web import WEBHOOK_BODY_BYTES_MAX
from tests.billing.people import Member, Webhook, rows
from tests.billing.stripe_line import SECRET_KEY, WEBHOOK_SECRET, Line, StandIn, sign


@pytest.fixture(autouse=True)
def _nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert SECRET_KEY not in caplog.text
    assert WEBHOOK_SECRET not in caplog.text
    assert "v1=" not in caplog.text


def event(**changes: Any) -> str:
    """An event about a checkout that nobody opened."""
    return json.dumps(
        {
            "id": f"evt_{uuid.uuid4().hex}",
            "object": "event",
            "type": "product.created",
            "livemode": False,
            "data": {"object": {"id": "prod_1"}},
            **changes,
        }
    )


def refusal(webhook: Webhook, body: bytes, signature: str | None) -> str:
    """The code of a refusal; whatever was refused has left no trace."""
    before = rows("SELECT count(*) FROM stripe_events")
    answer = webhook.post(body, signature)
    assert answer.status_code == 400
    assert rows("SELECT count(*) FROM stripe_events") == before
    code: str = answer.get_json()["error"]["code"]
    return code


@pytest.mark.fault("M10")
def test_an_event_without_a_signature_is_refused(webhook: Webhook) -> None:
    assert refusal(webhook, event().encode(), None) == "signature_missing"


@pytest.mark.fault("M10")
def test_an_event_signed_with_another_secret_is_refused(webhook: Webhook) -> None:
    body = event()
    assert refusal(webhook, body.encode(), sign(body, secret="whsec_guess")) == "signature_invalid"


@pytest.mark.fault("M10")
def test_an_event_that_was_changed_on_the_way_is_refused(webhook: Webhook) -> None:
    body = event()
    assert refusal(webhook, body.encode() + b" ", sign(body)) == "signature_invalid"


@pytest.mark.fault("M10")
@pytest.mark.parametrize(
    "signature",
    ["nonsense", "t=,v1=", "t=now,v1=00", "v1=00", "t=1", "t=1,t=2,v1=00", "t=-1,v1=00"],
)
def test_a_signature_that_makes_no_sense_is_refused(webhook: Webhook, signature: str) -> None:
    assert refusal(webhook, event().encode(), signature) == "signature_malformed"


@pytest.mark.fault("M10")
def test_a_signature_with_letters_from_elsewhere_is_refused(webhook: Webhook) -> None:
    body = event()
    timestamp = sign(body).partition(",")[0]
    assert refusal(webhook, body.encode(), f"{timestamp},v1=é") == "signature_invalid"


@pytest.mark.fault("M10")
def test_an_event_from_ten_minutes_ago_is_refused(webhook: Webhook) -> None:
    body = event()
    assert refusal(webhook, body.encode(), sign(body, age_seconds=600)) == "signature_stale"


@pytest.mark.fault("M10")
def test_an_event_from_the_future_is_refused(webhook: Webhook) -> None:
    body = event()
    assert refusal(webhook, body.encode(), sign(body, age_seconds=-600)) == "signature_future"


def test_clocks_may_differ_by_a_minute(webhook: Webhook) -> None:
    for age_seconds in (60, -60):
        body = event()
        assert webhook.post(body.encode(), sign(body, age_seconds=age_seconds)).status_code == 200


def test_while_the_secret_is_changed_either_signature_counts(webhook: Webhook) -> None:
    body = event()
    old = sign(body, secret="whsec_of_yesterday")
    assert webhook.post(body.encode(), f"{old},{sign(body).partition(',')[2]}").status_code == 200


@pytest.mark.fault("M10")
def test_a_body_that_is_not_text_is_refused(webhook: Webhook) -> None:
    body = b'{"id": "\xff"}'
    signature = sign_bytes(body)
    assert refusal(webhook, body, signature) == "body_not_utf8"


@pytest.mark.fault("M10")
@pytest.mark.parametrize("body", ["", "{", "[" * 100_000])
def test_a_body_that_is_not_json_is_refused(webhook: Webhook, body: str) -> None:
    assert refusal(webhook, body.encode(), sign(body)) == "body_not_json"


@pytest.mark.fault("M10")
@pytest.mark.parametrize("body", ["[]", "null", "{}", event(id=7), event(object="v2.core.event")])
def test_a_body_that_is_no_event_is_refused(webhook: Webhook, body: str) -> None:
    assert refusal(webhook, body.encode(), sign(body)) == "body_not_event"


@pytest.mark.fault("M10")
def test_a_body_of_a_megabyte_is_refused_unread(webhook: Webhook) -> None:
    body = event(padding="x" * 1_000_000)
    assert webhook.post(body.encode(), sign(body)).status_code == 413
    assert rows("SELECT 1 FROM stripe_events WHERE id = :id", id=json.loads(body)["id"]) == []


def test_an_event_larger_than_any_form_is_taken(webhook: Webhook) -> None:
    body = event(padding="x" * (WEBHOOK_BODY_BYTES_MAX - 1_000))
    assert webhook.post(body.encode(), sign(body)).status_code == 200


def test_a_live_event_at_a_test_installation_is_refused(webhook: Webhook) -> None:
    body = event(livemode=True)
    assert refusal(webhook, body.encode(), sign(body)) == "wrong_mode"


@pytest.mark.fault("M11")
def test_a_test_event_at_a_live_installation_is_refused(
    app: Flask, dana: Member, stand_in: StandIn, line: Line, webhook: Webhook
) -> None:
    checkout = dana.start_checkout()
    stand_in.pay(checkout.session_id)
    completed = line.wait_for("checkout.session.completed", checkout.session_id)
    app.extensions["stripe"] = Gateway("sk_live_x", api_url=line.url)
    assert refusal(webhook, completed.body, completed.signature) == "wrong_mode"
    assert (dana.purchases, dana.credits) == (["open"], 0)


def test_events_about_other_things_are_kept_and_done_with(webhook: Webhook) -> None:
    body = event(type="charge.succeeded")
    assert webhook.post(body.encode(), sign(body)).status_code == 200
    query = "SELECT type, handled_at, payload FROM stripe_events WHERE id = :id"
    (row,) = rows(query, id=json.loads(body)["id"])
    assert row.type == "charge.succeeded"
    assert row.handled_at
    assert row.payload == json.loads(body)


def test_a_checkout_of_another_shop_on_the_same_account_is_let_pass(
    webhook: Webhook, gateway: Gateway, stand_in: StandIn
) -> None:
    session = gateway.client.v1.checkout.sessions.create(
        params={
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": 900,
                        "product_data": {"name": "A cake"},
                    },
                }
            ],
            "success_url": "http://cakes.test/thanks",
            "metadata": {"purchase": "cake-7"},
        }
    )
    stand_in.pay(session.id)
    assert webhook.send("checkout.session.completed", {"id": session.id}).status_code == 200


def test_where_stripe_is_not_set_up_events_are_refused(app: Flask, webhook: Webhook) -> None:
    app.extensions["stripe"] = None
    body = event()
    answer = webhook.post(body.encode(), sign(body))
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "buying_unavailable"


def sign_bytes(body: bytes) -> str:
    """The SDK signs text only."""
    now = str(int(time.time())).encode()
    digest = hmac.new(WEBHOOK_SECRET.encode(), now + b"." + body, hashlib.sha256).hexdigest()
    return f"t={now.decode()},v1={digest}"
