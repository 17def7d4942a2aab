"""Events are delivered twice, late, in another order or not at all, as ordered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import stripe

from tests.sandbox.conftest import EVENT_SECONDS_MAX, Shop
from tests.sandbox.faults import Faults, arrived, wait_for_many

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver, StandIn

EXPIRED = "checkout.session.expired"
HOUR_SECONDS = 3600


def expire_one(shop: Shop) -> str:
    """The id of a session of which an event tells."""
    session = shop.open_session()
    return shop.client.v1.checkout.sessions.expire(session.id).id


def test_a_duplicate_is_the_same_event_more_than_once(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("duplicate", EXPIRED, copies=5, count=1)
    copied, single = expire_one(shop), expire_one(shop)
    events = wait_for_many(receiver, EXPIRED, copied, 6)
    assert len(events) == 6
    assert len({event.id for event in events}) == 1
    assert faults.wait_for_state("delivered", EXPIRED, copied)["attempts"] == 6
    assert faults.wait_for_state("delivered", EXPIRED, single)["attempts"] == 1
    assert shop.client.v1.events.retrieve(events[0].id).pending_webhooks == 0


def test_copies_arrive_although_the_first_was_refused(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("duplicate", EXPIRED, copies=2)
    session = shop.open_session()
    receiver.refusing.add(session.id)
    shop.client.v1.checkout.sessions.expire(session.id)
    assert receiver.refused.get(timeout=EVENT_SECONDS_MAX).type == EXPIRED
    assert len(wait_for_many(receiver, EXPIRED, session.id, 2)) >= 2
    assert faults.wait_for_state("delivered", EXPIRED, session.id)["attempts"] >= 3


def test_a_delayed_event_comes_when_its_time_has_come(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("delay", EXPIRED, seconds=1)
    began = time.monotonic()
    receiver.wait_for(EXPIRED, expire_one(shop))
    assert time.monotonic() - began >= 1


def test_a_delayed_event_waits_through_a_restart_until_released(
    own_stand_in: StandIn, receiver: Receiver
) -> None:
    faults, shop = Faults(own_stand_in), Shop(own_stand_in)
    faults.order("delay", "checkout.session.*", seconds=HOUR_SECONDS, count=1)
    subject = expire_one(shop)
    own_stand_in.stop()
    own_stand_in.start()
    receiver.wait_for(EXPIRED, expire_one(shop))
    waiting = faults.delivery(EXPIRED, subject)
    assert (waiting["state"], waiting["attempts"]) == ("waiting", 0)
    assert waiting["due"] > time.time() + HOUR_SECONDS / 2
    assert faults.release() == 1
    receiver.wait_for(EXPIRED, subject)


def test_reordered_events_come_newest_first_once_enough_have_gathered(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("reorder", EXPIRED, gather=6)
    subjects = [expire_one(shop) for _ in range(5)]
    assert {faults.delivery(EXPIRED, subject)["state"] for subject in subjects} == {"held"}
    assert arrived(receiver, subjects) == []
    subjects.append(expire_one(shop))
    receiver.wait_for(EXPIRED, subjects[0])
    assert arrived(receiver, subjects) == subjects[::-1]


def test_held_events_wait_through_a_restart_until_released(
    own_stand_in: StandIn, receiver: Receiver
) -> None:
    faults, shop = Faults(own_stand_in), Shop(own_stand_in)
    faults.order("reorder", EXPIRED)
    subjects = [expire_one(shop) for _ in range(4)]
    own_stand_in.stop()
    own_stand_in.start()
    assert faults.delivery(EXPIRED, subjects[-1])["state"] == "held"
    assert faults.release() == 4
    receiver.wait_for(EXPIRED, subjects[0])
    assert arrived(receiver, subjects) == subjects[::-1]


def test_a_refused_event_does_not_stop_those_behind_it(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("reorder", EXPIRED, gather=2)
    older, newer = shop.open_session(), shop.open_session()
    receiver.refusing.add(newer.id)
    for session in (older, newer):
        shop.client.v1.checkout.sessions.expire(session.id)
    assert receiver.refused.get(timeout=EVENT_SECONDS_MAX).data.object["id"] == newer.id
    receiver.wait_for(EXPIRED, newer.id)
    assert arrived(receiver, [older.id, newer.id]) == [older.id, newer.id]


def test_events_are_let_go_when_no_more_can_gather(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("reorder", EXPIRED, gather=10, count=2)
    subjects = [expire_one(shop), expire_one(shop)]
    receiver.wait_for(EXPIRED, subjects[0])
    assert arrived(receiver, subjects) == subjects[::-1]


def test_removing_a_reorder_lets_go_what_it_held(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    fault, other = faults.order("reorder", EXPIRED, count=2), faults.order("reorder", "none")
    subject = expire_one(shop)
    faults.ask("DELETE", f"/faults/{other['id']}")
    assert faults.delivery(EXPIRED, subject)["state"] == "held"
    faults.ask("DELETE", f"/faults/{fault['id']}")
    receiver.wait_for(EXPIRED, subject)


def test_a_dropped_event_is_found_in_the_list_and_sent_again(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("drop", EXPIRED, count=1)
    subject, later = expire_one(shop), expire_one(shop)
    receiver.wait_for(EXPIRED, later)
    dropped = faults.delivery(EXPIRED, subject)
    assert (dropped["state"], dropped["attempts"]) == ("dropped", 0)
    undelivered = shop.client.v1.events.list(params={"delivery_success": False}).data
    (event,) = [event for event in undelivered if event.id == dropped["event"]]
    assert event.pending_webhooks == 1
    assert receiver.of(EXPIRED, subject) == []

    faults.send_again(event.id)
    assert receiver.wait_for(EXPIRED, subject).id == event.id
    faults.wait_for_state("delivered", EXPIRED, subject)
    assert shop.client.v1.events.retrieve(event.id).pending_webhooks == 0


def test_a_delivered_event_is_sent_again_as_often_as_asked(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    subject = expire_one(shop)
    event = receiver.wait_for(EXPIRED, subject)
    for number in (2, 3):
        faults.wait_for_state("delivered", EXPIRED, subject)
        faults.send_again(event.id)
        assert len(wait_for_many(receiver, EXPIRED, subject, number)) == number
    faults.wait_for_state("delivered", EXPIRED, subject)
    assert shop.client.v1.events.retrieve(event.id).pending_webhooks == 0


def test_a_held_event_sent_again_is_held_no_more(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("reorder", EXPIRED)
    subject = expire_one(shop)
    faults.send_again(faults.delivery(EXPIRED, subject)["event"])
    receiver.wait_for(EXPIRED, subject)
    faults.wait_for_state("delivered", EXPIRED, subject)
    assert faults.release() == 0


def test_kinds_meet_in_one_event(shop: Shop, receiver: Receiver, faults: Faults) -> None:
    faults.order("duplicate", EXPIRED)
    faults.order("reorder", EXPIRED, gather=2)
    older, newer = expire_one(shop), expire_one(shop)
    assert len(wait_for_many(receiver, EXPIRED, older, 2)) == 2
    assert len(wait_for_many(receiver, EXPIRED, newer, 2)) == 2
    assert arrived(receiver, [older, newer])[0] == newer


def test_a_fault_happens_to_matching_events_alone(
    shop: Shop, receiver: Receiver, faults: Faults
) -> None:
    faults.order("drop", "charge.*")
    session = shop.sell()
    receiver.wait_for("checkout.session.completed", session.id)
    intent = session.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert faults.delivery("charge.succeeded", intent.latest_charge.id)["state"] == "dropped"
