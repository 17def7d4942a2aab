"""Events: signed, retried, listed. The receiver checks every signature with the SDK."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import stripe

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, Shop, StandIn

EVENT_SECONDS_MAX = 10


def test_an_event_says_what_happened_and_which_request_did_it(
    shop: Shop, receiver: Receiver
) -> None:
    session = shop.open_session()
    expired = shop.client.v1.checkout.sessions.expire(
        session.id, options={"idempotency_key": "expire-1"}
    )
    event: Any = receiver.wait_for("checkout.session.expired", session.id)
    assert event.id.startswith("evt_")
    assert (event.object, event.livemode, event.pending_webhooks) == ("event", False, 1)
    assert event.api_version == stripe.api_version
    assert event.request.idempotency_key == "expire-1"
    assert expired.last_response
    assert event.request.id == expired.last_response.request_id
    assert event.data.object.to_dict() == expired.to_dict()


def test_an_event_is_found_again_by_id_and_by_type(shop: Shop, receiver: Receiver) -> None:
    session = shop.sell()
    event = receiver.wait_for("checkout.session.completed", session.id)
    assert shop.client.v1.events.retrieve(event.id).type == event.type
    events = shop.client.v1.events
    assert events.list(params={"type": "checkout.session.completed"}).data[0].id == event.id
    assert {e.type for e in events.list(params={"type": "charge.*"}).data} >= {"charge.succeeded"}
    chosen = events.list(params={"types": ["charge.succeeded", "payment_intent.succeeded"]})
    assert {e.type for e in chosen.data} == {"charge.succeeded", "payment_intent.succeeded"}


def test_an_event_answered_500_is_delivered_again(shop: Shop, receiver: Receiver) -> None:
    session = shop.open_session()
    receiver.refusing.add(session.id)
    shop.client.v1.checkout.sessions.expire(session.id)
    refused = receiver.refused.get(timeout=EVENT_SECONDS_MAX)
    undelivered = shop.client.v1.events.list(params={"delivery_success": False})
    assert refused.id in {event.id for event in undelivered.data}
    accepted = receiver.wait_for("checkout.session.expired", session.id)
    assert accepted.id == refused.id


def test_a_session_expires_when_its_time_has_come(
    shop: Shop, stand_in: StandIn, receiver: Receiver
) -> None:
    session = shop.open_session()
    with sqlite3.connect(stand_in.database) as database:
        database.execute(
            "UPDATE objects SET body = json_set(body, '$.expires_at', 1) WHERE id = ?",
            (session.id,),
        )
    event: Any = receiver.wait_for("checkout.session.expired", session.id)
    assert event.request.id is None
    assert shop.session(session).status == "expired"
