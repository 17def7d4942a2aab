"""A key makes a request happen once."""

from __future__ import annotations

import sqlite3
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import pytest
import stripe

if TYPE_CHECKING:
    from tests.sandbox.conftest import Shop, StandIn


def replayed(thing: Any) -> bool:
    return "Idempotent-Replayed" in thing.last_response.headers


def test_the_same_key_and_parameters_answer_the_same_session(shop: Shop) -> None:
    create = shop.client.v1.checkout.sessions.create
    first = create(params=shop.params(), options={"idempotency_key": "basket-1"})
    again = create(params=shop.params(), options={"idempotency_key": "basket-1"})
    assert again.to_dict() == first.to_dict()
    assert (replayed(first), replayed(again)) == (False, True)


def test_the_same_key_with_other_parameters_is_refused(shop: Shop) -> None:
    create = shop.client.v1.checkout.sessions.create
    create(params=shop.params(), options={"idempotency_key": "basket-2"})
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        create(
            params=shop.params(client_reference_id="other"),
            options={"idempotency_key": "basket-2"},
        )


def test_the_same_key_at_another_endpoint_is_refused(shop: Shop) -> None:
    session = shop.client.v1.checkout.sessions.create(
        params=shop.params(), options={"idempotency_key": "basket-3"}
    )
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        shop.client.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "basket-3"})


def test_a_key_whose_request_was_refused_can_be_used_again(shop: Shop) -> None:
    create = shop.client.v1.checkout.sessions.create
    with pytest.raises(stripe.InvalidRequestError):
        create(params=shop.params(mode="gift"), options={"idempotency_key": "basket-4"})
    assert create(params=shop.params(), options={"idempotency_key": "basket-4"}).status == "open"


def test_a_key_in_flight_is_a_conflict_and_makes_one_session(shop: Shop, stand_in: StandIn) -> None:
    def create() -> stripe.checkout.Session:
        return stand_in.client().v1.checkout.sessions.create(
            params=shop.params(), options={"idempotency_key": "basket-5"}
        )

    lock = sqlite3.connect(stand_in.database, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor() as pool:
        asked = {pool.submit(create), pool.submit(create)}
        done, waiting = wait(asked, timeout=10, return_when=FIRST_COMPLETED)
        lock.execute("ROLLBACK")
        lock.close()
    (conflict,), (session,) = done, waiting
    error = conflict.exception()
    assert isinstance(error, stripe.StripeError)
    assert (error.http_status, error.code) == (409, None)
    assert "in-progress request" in str(error)
    assert session.result().status == "open"


def test_a_failure_is_stored_and_replayed(shop: Shop, stand_in: StandIn) -> None:
    def create(key: str) -> stripe.checkout.Session:
        options: Any = {"idempotency_key": key}
        return shop.client.v1.checkout.sessions.create(params=shop.params(), options=options)

    with sqlite3.connect(stand_in.database) as database:
        database.execute("ALTER TABLE objects RENAME TO mislaid")
    with pytest.raises(stripe.APIError):
        create("basket-6")
    with sqlite3.connect(stand_in.database) as database:
        database.execute("ALTER TABLE mislaid RENAME TO objects")
    with pytest.raises(stripe.APIError) as refusal:
        create("basket-6")
    assert refusal.value.http_status == 500
    assert create("basket-7").status == "open"
